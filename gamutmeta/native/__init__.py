"""Machine code, built ahead from the C files of this folder: loading it, and building it.

A library for every processor and, for x86-64, one for those with AVX2 and FMA lie beside the sources. Where there is
none, numpy does the same work.
"""
