"""Coding-independent code points: the colour description of PNG's cICP chunk and of HEIF's and AVIF's nclx boxes.

References:
    ITU-T H.273 (07/2024), table 2 (ColourPrimaries) and table 3 (TransferCharacteristics); ITU-R BT.1886.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color import transfer
from gamutmeta.color.spaces import D65, DISPLAY_P3, REC2020, SRGB, RgbSpace

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamutmeta.color.transfer import Floats

    Primaries = tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
    Curves = tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]
    """Decoder and encoder."""

__all__ = ["HIGH_DYNAMIC_RANGE", "UNSPECIFIED", "VideoCurve", "cicp_space", "code_points"]

HIGH_DYNAMIC_RANGE = {16: "PQ", 18: "HLG"}
"""Transfer characteristics of pictures whose white is far below their largest value (ITU-R BT.2100)."""

UNSPECIFIED = (2, 2)
"""Primaries and transfer characteristics that something else says, such as an ICC profile."""

_KNOWN = {SRGB.name: (1, 13), DISPLAY_P3.name: (12, 13), REC2020.name: (9, 14)}
_BT2020_10, _BT2020_12 = 14, 15
"""One function; the standard has a number for each depth."""

_ILLUMINANT_C, _DCI_WHITE, _EQUAL_ENERGY = (0.310, 0.316), (0.314, 0.351), (1 / 3, 1 / 3)
_BT601_525 = ((0.63, 0.34), (0.31, 0.595), (0.155, 0.07))

_PRIMARIES: dict[int, tuple[Primaries, tuple[float, float]]] = {
    1: (SRGB.primaries, D65),  # ITU-R BT.709
    4: (((0.67, 0.33), (0.21, 0.71), (0.14, 0.08)), _ILLUMINANT_C),  # ITU-R BT.470, system M
    5: (((0.64, 0.33), (0.29, 0.60), (0.15, 0.06)), D65),  # ITU-R BT.601, 625 lines
    6: (_BT601_525, D65),  # ITU-R BT.601, 525 lines
    7: (_BT601_525, D65),  # SMPTE ST 240, the same as 6
    8: (((0.681, 0.319), (0.243, 0.692), (0.145, 0.049)), _ILLUMINANT_C),  # generic film
    9: (REC2020.primaries, D65),  # ITU-R BT.2020
    10: (((1, 0), (0, 1), (0, 0)), _EQUAL_ENERGY),  # SMPTE ST 428-1: XYZ
    11: (DISPLAY_P3.primaries, _DCI_WHITE),  # SMPTE RP 431-2: DCI P3
    12: (DISPLAY_P3.primaries, D65),  # SMPTE EG 432-1
    22: (((0.63, 0.34), (0.295, 0.605), (0.155, 0.077)), D65),  # EBU Tech 3213
}
"""Primaries and white."""


class VideoCurve(StrEnum):
    """What the transfer characteristics of video stand for: BT.709, BT.601, BT.2020, xvYCC and BT.1361.

    H.273 gives a camera's curve for them. What viewers show differs by the kind of file, and so does this.
    """

    DISPLAY = "display"
    """A reference display, gamma 2.4 (ITU-R BT.1886): what Chromium shows of a PNG, and Rec.2020 in CSS Color 4."""
    SRGB = "srgb"
    """The curve of sRGB: what Chromium shows of an AVIF."""
    CAMERA = "camera"
    """The inverse of the camera's curve: what libjxl, and so every decoder of JPEG XL, computes."""


def _linear(values: Floats) -> Floats:
    return values.copy()


def _power(exponent: float, scale: float = 1) -> Curves:
    """Linear light is `scale` times a power of the encoded value, and back."""

    def decode(values: Floats) -> Floats:
        return np.asarray(np.copysign(scale * np.abs(values) ** exponent, values))

    def encode(values: Floats) -> Floats:
        return np.asarray(np.copysign((np.abs(values) / scale) ** (1 / exponent), values))

    return decode, encode


def _logarithmic(decades: float) -> Curves:
    """1 + log10(light) / decades, and 0 below that: H.273, table 3, values 9 and 10."""

    def decode(values: Floats) -> Floats:
        return np.where(values > 0, 10.0 ** (decades * (values - 1)), 0).astype(values.dtype)

    def encode(values: Floats) -> Floats:
        light = np.maximum(values, 10.0**-decades)
        return np.asarray(1 + np.log10(light) / decades).astype(values.dtype)

    return decode, encode


def _decode_240m(values: Floats) -> Floats:
    alpha, beta = 1.111572195921731, 0.022821585529445
    magnitude = np.abs(values)
    power = ((magnitude + (alpha - 1)) / alpha) ** (1 / 0.45)
    return np.asarray(np.copysign(np.where(magnitude < 4 * beta, magnitude / 4, power), values))


def _encode_240m(values: Floats) -> Floats:
    alpha, beta = 1.111572195921731, 0.022821585529445
    light = np.abs(values)
    return np.asarray(np.copysign(np.where(light < beta, 4 * light, alpha * light**0.45 - (alpha - 1)), values))


_SRGB = (transfer.decode_srgb, transfer.encode_srgb)
_VIDEO: dict[VideoCurve, Curves] = {
    VideoCurve.DISPLAY: _power(2.4),
    VideoCurve.SRGB: _SRGB,
    # The same function as BT.709's and BT.601's, whose constants have fewer digits.
    VideoCurve.CAMERA: (transfer.decode_rec2020, transfer.encode_rec2020),
}
_VIDEO_CODES = {1, 6, 11, 12, 14, 15}

_TRANSFER: dict[int, Curves] = {
    4: _power(2.2),  # ITU-R BT.470, system M
    5: _power(2.8),  # ITU-R BT.470, systems B and G
    7: (_decode_240m, _encode_240m),  # SMPTE ST 240
    8: (_linear, _linear),
    9: _logarithmic(2),
    10: _logarithmic(2.5),
    13: _SRGB,
    17: _power(2.6, 52.37 / 48),  # SMPTE ST 428-1: white lies below the largest value
}


@cache
def cicp_space(
    primaries: int, transfer_characteristics: int, video: VideoCurve = VideoCurve.DISPLAY
) -> RgbSpace | None:
    """The RGB space of two code points: a known one where there is one.

    Args:
        primaries: H.273 ColourPrimaries.
        transfer_characteristics: H.273 TransferCharacteristics.
        video: what those of video stand for in this kind of file.

    Returns:
        The space, or None if the code points are unspecified, reserved, or of high dynamic range.
    """
    curves = _VIDEO[video] if transfer_characteristics in _VIDEO_CODES else _TRANSFER.get(transfer_characteristics)
    if primaries not in _PRIMARIES or curves is None:
        return None
    chromaticities, white = _PRIMARIES[primaries]
    for known in (SRGB, DISPLAY_P3, REC2020):
        if (known.primaries, known.white, known.decode) == (chromaticities, white, curves[0]):
            return known
    name = f"cicp-{primaries}-{transfer_characteristics}"
    title = f"CICP primaries {primaries}, transfer {transfer_characteristics}"
    return RgbSpace(name, title, chromaticities, white, *curves)


def code_points(space: str, bits: int) -> tuple[int, int] | None:
    """ColourPrimaries and TransferCharacteristics of a known space.

    Args:
        space: its name.
        bits: of the samples, which have a say for Rec.2020.

    Returns:
        The code points, or None where H.273 has none: for ROMM RGB and Adobe RGB.
    """
    known = _KNOWN.get(space)
    if known is not None and known[1] == _BT2020_10 and bits > 10:
        return known[0], _BT2020_12
    return known
