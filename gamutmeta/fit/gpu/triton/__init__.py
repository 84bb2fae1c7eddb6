"""The step of the fit by Triton: the work of :mod:`gamutmeta.fit.gpu.torch_backend`, in four kernels for all pictures.

This package is imported only on CUDA, and by tests that use Triton's interpreter.
"""
