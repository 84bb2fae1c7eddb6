"""The RGB colour spaces gamutmeta knows by name, and the exact matrices between them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from gamutmeta.color import transfer
from gamutmeta.color.adaptation import Adaptation, adaptation_matrix, xyz_of_xy
from gamutmeta.errors import PhotoError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from gamutmeta.color.transfer import Floats

__all__ = [
    "ADOBE_RGB",
    "ALIASES",
    "ASSUMABLE",
    "ASSUMABLE_ALIASES",
    "DISPLAY_P3",
    "PROPHOTO",
    "REC2020",
    "SPACES",
    "SRGB",
    "RgbSpace",
    "apply_matrix",
    "assumable_space",
    "conversion_matrix",
    "decode_table",
    "expansion_matrix",
    "reduction_matrix",
    "space_named",
]

D50 = (0.3457, 0.3585)
"""ISO 22028-2 (ROMM RGB), CIE 15 rounded to four digits."""
D65 = (0.3127, 0.3290)
"""IEC 61966-2-1, BT.2020, SMPTE EG 432-1, Adobe RGB (1998)."""


@dataclass(frozen=True, slots=True)
class RgbSpace:
    """An additive RGB space.

    Attributes:
        name: the name used on the command line and in ``WideImage.space``.
        title: the name a person reads.
        primaries: CIE xy of red, green and blue.
        white: CIE xy of R = G = B.
        decode: encoded [0, 1] to linear [0, 1].
        encode: linear [0, 1] to encoded [0, 1].
    """

    name: str
    title: str
    primaries: tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
    white: tuple[float, float]
    decode: Callable[[Floats], Floats]
    encode: Callable[[Floats], Floats]

    def to_xyz(self) -> NDArray[np.float64]:
        """3x3 matrix from linear RGB to XYZ relative to the space's own white (white has Y = 1).

        SMPTE RP 177-1993, section 3.3.
        """
        # Of a primary with y = 0, as of XYZ as an RGB space, only the direction is known; the scale is found below.
        columns = np.stack([xyz_of_xy(p) if p[1] else [p[0], 0, 1 - p[0]] for p in self.primaries], axis=1)
        scale = np.linalg.solve(columns, xyz_of_xy(self.white))
        return columns * scale


PROPHOTO = RgbSpace(
    "prophoto",
    "ROMM RGB (ProPhoto)",
    ((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001)),
    D50,
    transfer.decode_romm,
    transfer.encode_romm,
)
"""ISO 22028-2:2013."""

SRGB = RgbSpace(
    "srgb",
    "sRGB",
    ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06)),
    D65,
    transfer.decode_srgb,
    transfer.encode_srgb,
)
"""IEC 61966-2-1:1999."""

DISPLAY_P3 = RgbSpace(
    "display-p3",
    "Display P3",
    ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
    D65,
    transfer.decode_srgb,
    transfer.encode_srgb,
)
"""SMPTE EG 432-1 primaries with D65 and the sRGB curve."""

REC2020 = RgbSpace(
    "rec2020",
    "Rec.2020",
    ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    D65,
    transfer.decode_rec2020,
    transfer.encode_rec2020,
)
"""ITU-R BT.2020-2."""

ADOBE_RGB = RgbSpace(
    "adobe-rgb",
    "Adobe RGB (1998)",
    ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)),
    D65,
    transfer.decode_adobe,
    transfer.encode_adobe,
)
"""Adobe RGB (1998) Color Image Encoding, version 2005-05."""

SPACES: Mapping[str, RgbSpace] = MappingProxyType(
    {s.name: s for s in (PROPHOTO, REC2020, DISPLAY_P3, ADOBE_RGB, SRGB)},
)
"""The known spaces by name, widest first."""

ALIASES: Mapping[str, str] = MappingProxyType({"p3": DISPLAY_P3.name, "adobergb": ADOBE_RGB.name})
"""Other names of known spaces -> the names in `SPACES`; arguments and options take both."""

_ROMM_TO_XYZ_PRINTED = np.array([[0.7977, 0.1352, 0.0313], [0.2880, 0.7119, 0.0001], [0.0, 0.0, 0.8249]])
"""ISO 22028-2, as printed (four digits)."""
_XYZ_TO_SRGB_PRINTED = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
"""IEC 61966-2-1, as printed (four digits)."""


def space_named(name: str) -> RgbSpace:
    """The known space of that name, or of that alias.

    Raises:
        PhotoError: if there is none.
    """
    try:
        return SPACES[ALIASES.get(name, name)]
    except KeyError:
        raise PhotoError(f"unknown colour space {name!r}; known are {', '.join([*SPACES, *ALIASES])}") from None


def _unchanged(values: Floats) -> Floats:
    return values.copy()


ASSUMABLE: Mapping[str, RgbSpace] = MappingProxyType(
    {
        **SPACES,
        **{
            f"linear-{space.name}": replace(
                space, name=f"linear-{space.name}", title=f"linear {space.title}", decode=_unchanged, encode=_unchanged
            )
            for space in SPACES.values()
        },
    }
)
"""The spaces that a photograph can be assumed to be in, by name: the known ones, and each with linear light."""

ASSUMABLE_ALIASES: Mapping[str, str] = MappingProxyType(
    {**ALIASES, **{f"linear-{alias}": f"linear-{name}" for alias, name in ALIASES.items()}}
)
"""Other names of the spaces in `ASSUMABLE`."""


def assumable_space(name: str) -> RgbSpace:
    """The space of that name, or of that alias, that a photograph can be assumed to be in.

    Raises:
        PhotoError: if there is none.
    """
    try:
        return ASSUMABLE[ASSUMABLE_ALIASES.get(name, name)]
    except KeyError:
        known = ", ".join([*ASSUMABLE, *ASSUMABLE_ALIASES])
        raise PhotoError(f"unknown colour space {name!r}; known are {known}") from None


@cache
def conversion_matrix(source: RgbSpace, target: RgbSpace) -> NDArray[np.float64]:
    """3x3 float64 matrix from linear `source` RGB to linear `target` RGB, Bradford-adapted; read-only.

    Derived from the primaries and whites at full precision.
    """
    adapt = adaptation_matrix(source.white, target.white, Adaptation.BRADFORD)
    # Spaces that differ in nothing but their curves get exactly the identity.
    alike = (source.primaries, source.white) == (target.primaries, target.white)
    matrix = np.eye(3) if alike else np.linalg.inv(target.to_xyz()) @ adapt @ source.to_xyz()
    matrix.setflags(write=False)
    return matrix


@cache
def reduction_matrix(adaptation: Adaptation) -> NDArray[np.float64]:
    """3x3 float64 matrix from linear ProPhoto to linear sRGB; read-only.

    Bradford is derived at full precision. CAT02 is the paper's Eq. 7, which comes from the four-digit matrices printed
    in the two standards.
    """
    if adaptation is Adaptation.BRADFORD:
        return conversion_matrix(PROPHOTO, SRGB)
    adapt = adaptation_matrix(PROPHOTO.white, SRGB.white, adaptation)
    matrix: NDArray[np.float64] = _XYZ_TO_SRGB_PRINTED @ adapt @ _ROMM_TO_XYZ_PRINTED
    matrix.setflags(write=False)
    return matrix


@cache
def expansion_matrix(adaptation: Adaptation) -> NDArray[np.float64]:
    """3x3 float64 matrix from linear sRGB to linear ProPhoto, the inverse of :func:`reduction_matrix`; read-only."""
    matrix: NDArray[np.float64] = np.linalg.inv(reduction_matrix(adaptation)).astype(np.float64)
    matrix.setflags(write=False)
    return matrix


@cache
def decode_table(space: RgbSpace, codes: int) -> NDArray[np.float32]:
    """Linear value of every integer code, float32 of shape (codes,); read-only. `codes` is a power of two."""
    table = space.decode(np.arange(codes) / (codes - 1)).astype(np.float32)
    table.setflags(write=False)
    return table


def apply_matrix(matrix: NDArray[np.floating[Any]], linear: Floats) -> Floats:
    """``(m0 r + m1 g) + m2 b`` for each row of the matrix, in float32 and in that order.

    The order is part of the expansion's arithmetic: the highest octave of the paper's features magnifies the last bit
    two thousand times. (A BLAS product sums in an order that depends on the machine, and is slower for three columns.)

    Args:
        matrix: shape (3, 3); row k makes output channel k. Rounded to float32 first.
        linear: float32 of shape (..., 3).

    Returns:
        float32 of the same shape.
    """
    rounded = matrix.astype(np.float32)
    result = np.empty_like(linear)
    for k in range(3):
        m = rounded[k]
        result[..., k] = linear[..., 0] * m[0] + linear[..., 1] * m[1] + linear[..., 2] * m[2]
    return result
