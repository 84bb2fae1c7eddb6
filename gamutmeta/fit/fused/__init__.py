"""The step of the fit by Triton: what :mod:`gamutmeta.fit.static_work` does by torch, in four kernels for all pictures.

Nothing here is imported but on CUDA, and where the tests ask for Triton's interpreter.
"""
