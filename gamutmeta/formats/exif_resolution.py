"""The resolution for print: EXIF's fields, of which JFIF's density and PNG's pHYs are copies.

References:
    CIPA DC-008-2019 (Exif 2.32), section 4.6.2 (XResolution, YResolution, ResolutionUnit).
"""

from __future__ import annotations

import struct
from fractions import Fraction

from gamutmeta.formats.exif_fields import find_field, number_at, order_of, span_of, with_fields
from gamutmeta.formats.exif_tree import Field

__all__ = ["resolution_of", "with_resolution"]

_X, _Y, _UNIT = 0x011A, 0x011B, 0x0128
_SHORT, _RATIONAL = 3, 5
_PER_INCH = {2: 1.0, 3: 2.54}
"""By ResolutionUnit: inch, which is the default, and centimetre."""
_DEFAULT = (72.0, 72.0)
"""What EXIF asks writers for who know no resolution."""
_ROUNDING = 1e-3
_LARGEST = 1e6


def resolution_of(exif: bytes | None) -> tuple[float, float] | None:
    """Pixels per inch, across and down; None where the block tells none."""
    x, y = _ratio(exif, _X), _ratio(exif, _Y)
    unit = number_at(exif, find_field(exif, _UNIT))
    factor = _PER_INCH.get(2 if unit is None else unit)
    if x is None or factor is None:
        return None
    return x * factor, (x if y is None else y) * factor


def with_resolution(exif: bytes | None, density: tuple[float, float] | None) -> bytes | None:
    """The block, or a new one, with the resolution that the file tells outside of EXIF.

    EXIF's own counts, unless it is the 72 pixels per inch that stand there by default.

    Args:
        exif: a block that :func:`~gamutmeta.formats.exif.checked_exif` has let through.
        density: pixels per inch, across and down.
    """
    if density is None or not all(0 < number < _LARGEST for number in density):
        return exif
    if resolution_of(exif) not in {None, _DEFAULT}:
        return exif
    order = "<" if exif is None else order_of(exif)
    fields = [
        Field(tag, _RATIONAL, 1, struct.pack(order + "II", *_fraction(number).as_integer_ratio()))
        for tag, number in zip((_X, _Y), density, strict=True)
    ]
    return with_fields(exif, [*fields, Field(_UNIT, _SHORT, 1, struct.pack(order + "H", 2))])


def _ratio(exif: bytes | None, tag: int) -> float | None:
    entry = find_field(exif, tag)
    if exif is None or entry is None or entry.type != _RATIONAL or entry.count != 1:
        return None
    above, below = struct.unpack_from(order_of(exif) + "II", exif, span_of(entry)[0])
    return above / below if above and below else None


def _fraction(number: float) -> Fraction:
    """PNG counts pixels per metre, in whole numbers: 300 per inch are 299.9994 there."""
    whole = round(number)
    if whole and abs(number - whole) < _ROUNDING * whole:
        return Fraction(whole)
    return Fraction(number).limit_denominator(1000)
