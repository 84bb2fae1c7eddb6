"""Colours that a file describes by numbers of its own, without a profile: PNG's chunks and TIFF's fields.

References:
    W3C, Portable Network Graphics (PNG) Specification (Third Edition), sections 11.3.2.1 (cHRM) and 11.3.2.2 (gAMA);
    TIFF 6.0, section 20 (RGB image colorimetry) and TransferFunction.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, BinaryIO

from gamutmeta.color.icc import described_profile
from gamutmeta.color.icc_curves import ParametricCurve, SampledCurve
from gamutmeta.color.spaces import D65, SRGB
from gamutmeta.formats.exif import MAX_PACKET
from gamutmeta.formats.tiff_ifd import read_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gamutmeta.color.icc_curves import Curve
    from gamutmeta.formats.tiff_ifd import Ifd
    from gamutmeta.photo.picture import Picture

__all__ = ["take_png_colour", "take_tiff_colour"]

_PNG_UNIT = 100_000
_SRGB_GAMMA = 45_455
"""What writers of sRGB put into gAMA, for readers that know nothing else (PNG, section 11.3.2.5)."""
_NEAR_GAMMA = 500
_NEAR_CHROMATICITY = 0.003
_TIFF_GAMMA = 2.2
"""Of files without a TransferFunction."""
_TRANSFER_FUNCTION, _WHITE_POINT, _PRIMARIES = 301, 318, 319
_SHORT, _RATIONAL = 3, 5

_Chromaticities = tuple[tuple[float, float], tuple[tuple[float, float], ...]]
"""White, and red, green and blue."""
_SRGB_CHROMATICITIES: _Chromaticities = (D65, SRGB.primaries)

_SRGB_CURVE = ParametricCurve(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
"""IEC 61966-2-1 in the form of ICC's function 3."""


def take_png_colour(picture: Picture, chunks: Mapping[bytes, bytes]) -> None:
    """Keep what the chunks gAMA and cHRM say; a note tells which."""
    gamma = int.from_bytes(chunks.get(b"gAMA", b""), "big") if len(chunks.get(b"gAMA", b"")) == 4 else 0
    told = chunks.get(b"cHRM", b"")
    found = _pairs(tuple(v / _PNG_UNIT for v in struct.unpack(">8I", told))) if len(told) == 32 else None
    if not gamma and found is None:
        return
    names = " and ".join(name for name, is_there in (("gAMA", gamma), ("cHRM", found)) if is_there)
    chromaticities = found or _SRGB_CHROMATICITIES
    if _are_near(chromaticities) and (not gamma or abs(gamma - _SRGB_GAMMA) <= _NEAR_GAMMA):
        picture.space = SRGB
        return
    # Without a chunk on it, the curve is that of everything else on the web.
    curve = _SRGB_CURVE if not gamma else ParametricCurve(_PNG_UNIT / gamma)
    _take(picture, chromaticities, (curve, curve, curve), names)


def take_tiff_colour(picture: Picture, file: BinaryIO, ifd: Ifd) -> None:
    """Keep what the fields WhitePoint, PrimaryChromaticities and TransferFunction say; a note tells which.

    Raises:
        CarrierError: they are damaged.
    """
    white, primaries = _rationals(file, ifd, _WHITE_POINT, 2), _rationals(file, ifd, _PRIMARIES, 6)
    found = _pairs((*white, *primaries)) if white and primaries else None
    linear = ParametricCurve(1.0)
    curves = (linear, linear, linear) if picture.is_float else _transfer_function(file, ifd, 1 << picture.bits)
    if found is None and (curves is None or picture.is_float):
        return
    told = (("PrimaryChromaticities", found), ("TransferFunction", None if picture.is_float else curves))
    names = " and ".join(name for name, is_there in told if is_there is not None)
    chromaticities = found or _SRGB_CHROMATICITIES
    if curves is None and _are_near(chromaticities):
        picture.space = SRGB
        return
    plain = ParametricCurve(_TIFF_GAMMA)
    _take(picture, chromaticities, curves or (plain, plain, plain), names)


def _take(picture: Picture, chromaticities: _Chromaticities, curves: tuple[Curve, Curve, Curve], names: str) -> None:
    white, primaries = chromaticities
    profile = described_profile(primaries, white, curves)
    if profile is None:
        picture.notes.append(f"{names}: no colours of an RGB space; ignored")
        return
    picture.space = profile.space or profile
    title = "a space of its own" if profile.space is None else profile.space.title
    describe = "describe" if " and " in names else "describes"
    picture.notes.append(f"no colour profile; {names} {describe} {title}")


def _pairs(numbers: tuple[float, ...]) -> _Chromaticities:
    pairs = tuple(zip(numbers[::2], numbers[1::2], strict=True))
    return pairs[0], pairs[1:]


def _are_near(chromaticities: _Chromaticities) -> bool:
    """Whether they are sRGB's, as writers round them."""
    found, srgb = ([pair[0], *pair[1]] for pair in (chromaticities, _SRGB_CHROMATICITIES))
    return all(
        abs(number - other) <= _NEAR_CHROMATICITY
        for pair, expected in zip(found, srgb, strict=True)
        for number, other in zip(pair, expected, strict=True)
    )


def _rationals(file: BinaryIO, ifd: Ifd, tag: int, count: int) -> tuple[float, ...]:
    """The values of a field of so many fractions; none where it is missing or of another form."""
    entry = next((entry for entry in ifd.entries if entry.tag == tag), None)
    if entry is None or (entry.type, entry.count) != (_RATIONAL, count):
        return ()
    numbers = struct.unpack(f"{ifd.layout.order}{2 * count}I", read_value(file, entry, max_bytes=MAX_PACKET))
    return tuple(a / b if b else 0.0 for a, b in zip(numbers[::2], numbers[1::2], strict=True))


def _transfer_function(file: BinaryIO, ifd: Ifd, codes: int) -> tuple[Curve, Curve, Curve] | None:
    """A table for all channels, or one for each; None where it is missing or of another form."""
    entry = next((entry for entry in ifd.entries if entry.tag == _TRANSFER_FUNCTION), None)
    if entry is None or entry.type != _SHORT or entry.count not in {codes, 3 * codes}:
        return None
    numbers = struct.unpack(f"{ifd.layout.order}{entry.count}H", read_value(file, entry, max_bytes=MAX_PACKET))
    tables = [SampledCurve(tuple(v / 65535 for v in numbers[i : i + codes])) for i in range(0, entry.count, codes)]
    return (tables[0], tables[0], tables[0]) if len(tables) == 1 else (tables[0], tables[1], tables[2])
