"""Reading somebody's own sRGB picture, which is to stay as it is: what it shows, and whether it is sRGB at all."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.cicp import cicp_space
from gamutmeta.color.icc import MatrixProfile, parse_profile
from gamutmeta.color.jfif import shown_codes
from gamutmeta.color.spaces import SRGB, space_named
from gamutmeta.color.transfer import encode_srgb
from gamutmeta.errors import PhotoError, ProfileError
from gamutmeta.formats.exif import declared_space
from gamutmeta.formats.signature import host_format
from gamutmeta.photo.decoding import decoding
from gamutmeta.photo.picture import FURTHER_PICTURES, MAX_PIXELS
from gamutmeta.photo.pillow_in import read_pillow
from gamutmeta.photo.pixels import decode_srgba, decode_sycc, has_ycc_samples
from gamutmeta.photo.png_in import read_png
from gamutmeta.photo.tiff_in import read_tiff
from gamutmeta.photo.tiff_packed import has_few_bits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.photo.picture import Picture

__all__ = ["NO_SPACE", "SrgbPicture", "read_srgb"]

NO_SPACE = "names no colour space; sRGB was assumed, as viewers do"
"""The end of a note."""

_NEAR_CURVE, _NEAR_MATRIX = 2 / 255, 0.01
"""How far a profile may be from sRGB: two codes, and a hundredth of linear light. Small profiles for the web have
curves of a few points, and are sRGB to everybody."""


@dataclass(frozen=True, slots=True, eq=False)
class SrgbPicture:
    """An 8-bit sRGB picture in colour, as its file stores it.

    Attributes:
        codes: sRGB as viewers show it, uint8 (H, W, 3).
        samples: a JPEG's YCbCr before it is converted and clamped, uint8 (H, W, 3); None where there are none.
        alpha: transparency, uint8 (H, W); None without any.
        exif: EXIF block; None without any.
        xmp: XMP packet; None without any.
        names_space: whether the file says that it is sRGB.
        has_further_pictures: whether other pictures or frames follow this one.
    """

    codes: NDArray[np.uint8]
    samples: NDArray[np.uint8] | None
    alpha: NDArray[np.uint8] | None
    exif: bytes | None
    xmp: bytes | None
    names_space: bool
    has_further_pictures: bool


def read_srgb(data: bytes, *, max_pixels: int = MAX_PIXELS) -> SrgbPicture:
    """Read a JPEG, PNG or TIFF file with 8 bits per sample whose colours are sRGB.

    Args:
        data: the file.
        max_pixels: limit on width x height.

    Raises:
        UnsupportedFileError: another kind of file.
        ProfileError: its colours are others than sRGB, by ICC profile, cICP or EXIF.
        PhotoError: it is damaged, too large, grey or CMYK, or does not have 8 bits per sample.
    """
    kind = host_format(data)
    if has_few_bits(data):
        raise PhotoError("it has fewer than 8 bits per sample, which programs round in different ways; save it with 8")
    has_ycc = kind == "jpeg" and has_ycc_samples(data)
    samples = decode_sycc(data, max_pixels=max_pixels) if has_ycc else None
    codes, alpha = decode_srgba(data, max_pixels=max_pixels) if samples is None else (shown_codes(samples), None)
    with decoding("it cannot be decoded"):
        picture = _read(kind, data, max_pixels)
        if picture.is_gray:
            raise PhotoError("it is grey and has no colours to start from")
    further = any(note == FURTHER_PICTURES or "further pages" in note for note in picture.notes)
    return SrgbPicture(codes, samples, alpha, picture.exif, picture.xmp, _check_space(picture), further)


def _read(kind: str, data: bytes, max_pixels: int) -> Picture:
    file = io.BytesIO(data)
    if kind == "jpeg":
        return read_pillow(file, ("JPEG",), max_pixels)
    return read_png(file, max_pixels) if kind == "png" else read_tiff(file, max_pixels)


def _check_space(picture: Picture) -> bool:
    """Whether the file says that it is sRGB; False if it says nothing.

    Raises:
        ProfileError: it says something else.
    """
    if picture.icc:
        profile = parse_profile(picture.icc)
        if not isinstance(profile, MatrixProfile) or not _is_near_srgb(profile):
            raise ProfileError(f"its ICC profile {profile.description!r} is not that of sRGB")
        return True
    if picture.cicp:
        if cicp_space(*picture.cicp) is not SRGB:
            raise ProfileError("its cICP chunk ({}/{} of H.273) is not that of sRGB".format(*picture.cicp))
        return True
    if picture.space is not None:
        return True  # PNG's chunk sRGB; there is no other
    named = declared_space(picture.exif)
    if named not in {None, "srgb"}:
        raise ProfileError(f"by its EXIF it is {space_named(str(named)).title}, not sRGB")
    return named is not None


def _is_near_srgb(profile: MatrixProfile) -> bool:
    encoded = np.arange(256) / 255
    curves = np.abs(encode_srgb(profile.decode_tables(256).astype(np.float64)) - encoded).max()
    return bool(curves <= _NEAR_CURVE and np.abs(profile.matrix_to(SRGB) - np.eye(3)).max() <= _NEAR_MATRIX)
