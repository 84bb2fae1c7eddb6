"""Other ways to keep wide-gamut colour beside an sRGB picture, to measure gamutmeta against.

Each is a :class:`~benchmarks.rivals.method.Method`: it turns a photograph and its sRGB codes into bytes, and restores
the photograph from the codes and those bytes alone.
"""
