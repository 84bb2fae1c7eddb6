"""Conformance vectors; :mod:`spec.vectors.make` makes all of them."""
