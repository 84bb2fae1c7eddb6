"""Mutants of the decoder in C: each is caught by a vector, or changes nothing. Nothing of the package is imported."""
