"""ICC profiles: the ones gamutmeta embeds, and what an embedded one means.

Only what the conversion of RGB and grey photographs needs is read: matrix/TRC profiles become a matrix and curves, and
those that describe a known space are recognised as it. Profiles with lookup tables are only told apart; evaluating
them is a colour management module's work.

References:
    ICC.1:2022 (profile version 4.4); section numbers below are of this edition. Versions 2 and 4 are both read.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.adaptation import Adaptation, adaptation_matrix, xyz_of_xy
from gamutmeta.color.icc_curves import Curve, parse_curve
from gamutmeta.color.icc_tags import description_of, read_tags
from gamutmeta.color.spaces import SPACES, RgbSpace, space_named
from gamutmeta.errors import ProfileError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = [
    "GrayProfile",
    "LutProfile",
    "MatrixProfile",
    "OtherProfile",
    "Profile",
    "described_profile",
    "luminance_of",
    "parse_profile",
    "profile_bytes",
]

_PROFILE_FILES = {
    "prophoto": "ProPhoto-v4.icc",
    "rec2020": "Rec2020-v4.icc",
    "display-p3": "DisplayP3-v4.icc",
    # Made from AdobeCompat-v4.icc by giving it the standard's plain power, without that profile's straight toe.
    "adobe-rgb": "AdobeRGB-v4.icc",
    "srgb": "sRGB-v4.icc",
}

_PCS_WHITE = (0.9642, 1.0, 0.8249)
"""XYZ of the profile connection space's white, D50 (section 7.2.16)."""

_COLORANT_TOLERANCE = 1e-3
"""Profiles of one space differ by this much in their colorants: rounded whites, older adaptations."""

_CURVE_TOLERANCE = 2e-4
"""Linear light. Above what tables and fixed-point parameters round; below the ROMM curve's distance from a plain gamma
of 1.8 without its toe, which is 4.2e-4."""

_LEAST_GAMUT = 1e-3
"""Twice the area of the smallest triangle of primaries that is taken for one; that of sRGB is 0.11."""

_DEVICE_CLASSES = (b"scnr", b"mntr", b"prtr", b"spac")
_LUT_TAGS = ("A2B0", "A2B1", "A2B2", "D2B0", "D2B1", "D2B2", "D2B3")
_MATRIX_TAGS = ("rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC")


@dataclass(frozen=True, slots=True, eq=False)
class MatrixProfile:
    """An RGB profile of matrix/TRC kind (section 8.3.3).

    Attributes:
        description: the profile's name, for messages.
        to_pcs: 3x3, linear RGB to XYZ of the profile connection space (D50).
        curves: decoders of red, green and blue.
        space: the known space it describes, or None.
    """

    description: str
    to_pcs: NDArray[np.float64]
    curves: tuple[Curve, Curve, Curve]
    space: RgbSpace | None

    def matrix_to(self, target: RgbSpace) -> NDArray[np.float64]:
        """3x3 matrix from the profile's linear RGB to linear `target` RGB, Bradford-adapted."""
        return _pcs_to(target) @ self.to_pcs

    def decode_tables(self, codes: int) -> NDArray[np.float32]:
        """Linear value of every integer code, float32 of shape (3, codes)."""
        encoded = np.arange(codes) / (codes - 1)
        return np.stack([curve(encoded) for curve in self.curves]).astype(np.float32)


@dataclass(frozen=True, slots=True)
class GrayProfile:
    """A grey profile with a curve (section 8.3.4).

    Attributes:
        description: the profile's name, for messages.
        curve: decoder to the connection space's achromatic channel: luminance, or lightness L* / 100.
        is_lightness: whether it gives lightness, in a profile whose connection space is CIE Lab (annex F.2).
    """

    description: str
    curve: Curve
    is_lightness: bool = False

    def decode(self, encoded: NDArray[np.float64]) -> NDArray[np.float64]:
        """Luminance of encoded values on [0, 1]."""
        values = self.curve(encoded)
        return luminance_of(100 * values) if self.is_lightness else values

    def decode_tables(self, codes: int) -> NDArray[np.float32]:
        """Linear value of every integer code as three equal rows, float32 of shape (3, codes)."""
        linear = self.decode(np.arange(codes) / (codes - 1)).astype(np.float32)
        return np.broadcast_to(linear, (3, codes))


@dataclass(frozen=True, slots=True)
class LutProfile:
    """A profile with lookup tables (section 8.3.2), to be evaluated by a colour management module.

    Attributes:
        description: the profile's name, for messages.
        is_gray: for grey data and not for RGB.
    """

    description: str
    is_gray: bool = False


@dataclass(frozen=True, slots=True)
class OtherProfile:
    """A device profile for data that are neither RGB nor grey.

    Attributes:
        description: the profile's name, for messages.
        data_space: the signature of its data colour space, such as ``"CMYK"``.
    """

    description: str
    data_space: str


Profile = MatrixProfile | GrayProfile | LutProfile | OtherProfile
"""What :func:`parse_profile` returns."""


def luminance_of(lightness: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIE L*, 0 to 100, to luminance, 0 to 1: CIE 15:2018, section 8.2.1.1."""
    return np.where(lightness > 8, ((lightness + 16) / 116) ** 3, lightness * (27 / 24389))


@cache
def profile_bytes(space_name: str) -> bytes:
    """The ICC profile (version 4) of a known space, to be embedded in files.

    Raises:
        PhotoError: if there is no space of that name.
    """
    file = _PROFILE_FILES[space_named(space_name).name]
    return (resources.files("gamutmeta.color") / "profiles" / file).read_bytes()


def parse_profile(icc: bytes) -> Profile:
    """Read an ICC profile.

    Args:
        icc: the profile's bytes; any bytes are safe.

    Raises:
        ProfileError: if it is damaged, or not the profile of a device; the message names the tag or header field.
    """
    tags = read_tags(icc)
    device_class, data_space, pcs = icc[12:16], icc[16:20], icc[20:24]
    description = description_of(tags.get("desc", b""))
    if device_class not in _DEVICE_CLASSES:
        raise ProfileError(f"ICC header: class {device_class!r} is not a device's ({description})")
    has_tables = any(tag in tags for tag in _LUT_TAGS)
    if data_space in {b"RGB ", b"GRAY"} and has_tables:
        return LutProfile(description, is_gray=data_space == b"GRAY")
    if data_space == b"RGB ":
        return _matrix_profile(tags, pcs, description)
    if data_space == b"GRAY":
        curve = parse_curve(_required(tags, "kTRC", description), "kTRC")
        return GrayProfile(description, curve, is_lightness=pcs == b"Lab ")
    return OtherProfile(description, data_space.decode("latin-1").strip())


def described_profile(
    primaries: tuple[tuple[float, float], ...], white: tuple[float, float], curves: tuple[Curve, Curve, Curve]
) -> MatrixProfile | None:
    """What a file without a profile says about its RGB, in the form of a profile; None if that is no RGB space.

    Args:
        primaries: CIE xy of red, green and blue.
        white: CIE xy of white.
        curves: decoders of red, green and blue.
    """
    columns = np.array([[x, y, 1 - x - y] for x, y in primaries]).T
    if white[1] <= 0 or abs(np.linalg.det(columns)) < _LEAST_GAMUT:
        return None
    scale = np.linalg.solve(columns, xyz_of_xy(white))
    if not np.isfinite(scale).all() or scale.min() <= 0:
        return None
    x, y, z = _PCS_WHITE
    to_pcs = adaptation_matrix(white, (x / (x + y + z), y / (x + y + z))) @ (columns * scale)
    return MatrixProfile("the file's own description", to_pcs, curves, _recognise(to_pcs, curves))


def _matrix_profile(tags: Mapping[str, memoryview], pcs: bytes, description: str) -> MatrixProfile:
    if pcs != b"XYZ ":
        raise ProfileError(f"ICC header: matrix profile with connection space {pcs!r} ({description})")
    data = {tag: _required(tags, tag, description) for tag in _MATRIX_TAGS}
    to_pcs = np.stack([_xyz(data[tag], tag) for tag in _MATRIX_TAGS[:3]], axis=1)
    red, green, blue = (parse_curve(data[tag], tag) for tag in _MATRIX_TAGS[3:])
    curves = (red, green, blue)
    return MatrixProfile(description, to_pcs, curves, _recognise(to_pcs, curves))


def _required(tags: Mapping[str, memoryview], tag: str, description: str) -> memoryview:
    try:
        return tags[tag]
    except KeyError:
        raise ProfileError(f"ICC tag {tag} is missing ({description})") from None


def _xyz(data: memoryview, tag: str) -> NDArray[np.float64]:
    """XYZType (section 10.31): three s15Fixed16Number."""
    if bytes(data[:4]) != b"XYZ " or len(data) < 20:
        raise ProfileError(f"ICC tag {tag}: damaged XYZ value")
    return np.array(struct.unpack_from(">3i", data, 8)) / 65536


def _recognise(to_pcs: NDArray[np.float64], curves: tuple[Curve, Curve, Curve]) -> RgbSpace | None:
    encoded = np.linspace(0, 1, 1025)
    decoded = [curve(encoded) for curve in dict.fromkeys(curves)]
    for space in SPACES.values():
        colorants = np.linalg.inv(_pcs_to(space))
        if np.abs(colorants - to_pcs).max() > _COLORANT_TOLERANCE:
            continue
        expected = space.decode(encoded)
        if all(np.abs(values - expected).max() <= _CURVE_TOLERANCE for values in decoded):
            return space
    return None


@cache
def _pcs_to(target: RgbSpace) -> NDArray[np.float64]:
    """3x3 matrix from connection-space XYZ to linear `target` RGB; read-only."""
    x, y, z = _PCS_WHITE
    white = (x / (x + y + z), y / (x + y + z))
    adapt = adaptation_matrix(white, target.white, Adaptation.BRADFORD)
    matrix: NDArray[np.float64] = np.linalg.inv(target.to_xyz()) @ adapt
    matrix.setflags(write=False)
    return matrix
