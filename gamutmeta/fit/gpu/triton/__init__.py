"""The step of the fit by Triton: the work of :mod:`gamutmeta.fit.gpu.torch_backend`, in four kernels for all pictures.

Nothing here is imported but on CUDA, and where the tests ask for Triton's interpreter.
"""
