"""Fits a gain map that turns a clipped sRGB picture into one with Display P3 colours, for readers of ISO 21496-1.

The parts: :mod:`~gamutmeta.fit.colour_map.grid` enlarges a map as readers do, and back;
:mod:`~gamutmeta.fit.colour_map.pixels` says how far a map is from the photograph;
:mod:`~gamutmeta.fit.colour_map.solve` fits it; :mod:`~gamutmeta.fit.colour_map.rounding` rounds it to the steps of a
JPEG. None of them needs torch.
"""
