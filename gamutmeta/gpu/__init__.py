"""Expansion on CUDA: one Triton kernel from 8-bit codes to 16-bit pixels, and arrays of other libraries in and out.

The room lies right above :mod:`gamutmeta.model`, whose tables it uploads: it knows torch and Triton, but no bytes, no
files and no training. Reading a photograph on a GPU so needs nothing of :mod:`gamutmeta.fit`, and the model stays free
of torch. Nothing here is imported unless a GPU is asked for.
"""
