"""Other ways to keep wide-gamut colour beside an sRGB picture, to measure gamutmeta against.

Each has a ``name``, the ``budgets`` in bytes that it is measured at (None where its size is what it is), and the
``adaptation`` of its codes. ``fit(wide, codes, budget, seed)`` turns a photograph, ROMM RGB, uint16 (H, W, 3), and its
sRGB codes, uint8 (H, W, 3), into metadata; ``expand(codes, metadata)`` restores the photograph from these alone.
"""
