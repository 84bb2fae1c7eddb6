"""The parts of the fit for CUDA alone: samples drawn there, and steps of several pictures, recorded and played again.

The step itself is computed by a backend: torch's operations, or the kernels of :mod:`gamutmeta.fit.gpu.triton`.
"""
