"""The parts of the fit that only CUDA uses: drawing samples there, and recorded steps of several pictures.

A backend computes the step: torch's operations, or the kernels of :mod:`gamutmeta.fit.gpu.triton`.
"""
