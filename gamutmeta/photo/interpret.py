"""From what a file says about its colours to 16-bit ROMM RGB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.cicp import HIGH_DYNAMIC_RANGE, cicp_space
from gamutmeta.color.convert import convert_space, to_prophoto
from gamutmeta.color.icc import GrayProfile, LutProfile, MatrixProfile, OtherProfile, parse_profile, profile_bytes
from gamutmeta.color.spaces import PROPHOTO, RgbSpace, conversion_matrix, decode_table, space_named
from gamutmeta.errors import PhotoError, ProfileError
from gamutmeta.formats.exif import declared_space
from gamutmeta.runtime.extras import imagecodecs_for
from gamutmeta.runtime.strips import for_each_strip

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.photo.picture import Picture

__all__ = ["romm_of"]

_RELATIVE_COLORIMETRIC = 1
"""ICC.1:2022, section 7.2.15: white to white, as the exact matrices do."""


def romm_of(picture: Picture, assume_space: str | None) -> NDArray[np.uint16]:
    """The picture in ROMM RGB.

    Args:
        picture: its `notes` and `assumption` tell afterwards how it was understood.
        assume_space: a known space for a picture that names none, or one that cannot be used; sRGB if None.

    Returns:
        uint16, shape (height, width, 3), contiguous.

    Raises:
        ProfileError: the ICC profile is damaged or does not fit the picture, and `assume_space` is None.
        PhotoError: the picture has a high dynamic range, and `assume_space` is None.
        MissingExtraError: the profile has lookup tables, and imagecodecs is not installed.
    """
    encoding = _encoding_of(picture, assume_space)
    codes = 1 << picture.bits
    if isinstance(encoding, bytes):
        return _through_tables(picture, encoding)
    if isinstance(encoding, MatrixProfile):
        matrix = np.eye(3) if picture.is_gray else encoding.matrix_to(PROPHOTO)
        return to_prophoto(picture.samples, encoding.decode_tables(codes), matrix)
    if isinstance(encoding, GrayProfile):
        return to_prophoto(picture.samples, encoding.decode_tables(codes), np.eye(3))
    tables = np.broadcast_to(decode_table(encoding, codes), (3, codes))
    if picture.is_gray:
        # Grey is grey in every space; the matrix would round it to almost grey.
        return to_prophoto(picture.samples, tables, np.eye(3))
    if picture.bits in {8, 16}:
        return np.ascontiguousarray(convert_space(picture.samples, encoding, PROPHOTO, np.uint16))
    return to_prophoto(picture.samples, tables, conversion_matrix(encoding, PROPHOTO))


def _encoding_of(picture: Picture, assume_space: str | None) -> RgbSpace | MatrixProfile | GrayProfile | bytes:
    """What decodes the samples: a known space, a profile, or the bytes of a profile with lookup tables."""
    reason = "no colour profile"
    if picture.icc:
        try:
            return _encoding_of_profile(picture.icc, is_gray=picture.is_gray)
        except ProfileError as error:
            if assume_space is None:
                raise ProfileError(f"{error}; pass assume_space=NAME to assume a space") from error
            reason = str(error)
    elif picture.cicp:
        space = _space_of_cicp(picture.cicp, assume_space)
        if space is not None:
            return space
        reason = "no usable colour description ({}/{} of H.273)".format(*picture.cicp)
    elif picture.space:
        return picture.space
    elif name := declared_space(picture.exif):
        if name != "srgb":
            picture.notes.append(f"no colour profile; EXIF says {space_named(name).title}")
        return space_named(name)
    space = space_named(assume_space or "srgb")
    picture.assumption = f"{reason}; {space.title} was assumed"
    return space


def _encoding_of_profile(icc: bytes, *, is_gray: bool) -> RgbSpace | MatrixProfile | GrayProfile | bytes:
    profile = parse_profile(icc)
    if isinstance(profile, LutProfile):
        _check_tables(icc, profile.description)
        return icc
    if isinstance(profile, OtherProfile):
        raise ProfileError(f"ICC profile {profile.description!r} is for {profile.data_space} data")
    if isinstance(profile, GrayProfile) and not is_gray:
        raise ProfileError(f"ICC profile {profile.description!r} is for grey pictures")
    if isinstance(profile, MatrixProfile) and profile.space is not None:
        return profile.space
    return profile


def _space_of_cicp(cicp: tuple[int, int], assume_space: str | None) -> RgbSpace | None:
    primaries, transfer = cicp
    if transfer in HIGH_DYNAMIC_RANGE and assume_space is None:
        kind = HIGH_DYNAMIC_RANGE[transfer]
        raise PhotoError(f"the picture has a high dynamic range ({kind}), which ROMM RGB cannot represent")
    return cicp_space(primaries, transfer)


def _check_tables(icc: bytes, description: str) -> None:
    """Try the profile on one pixel."""
    imagecodecs = imagecodecs_for(f"ICC profile {description!r}")
    try:
        _transformed(np.zeros((1, 1, 3), np.float32), icc)
    except (imagecodecs.CmsError, ValueError) as error:
        raise ProfileError(f"ICC profile {description!r} cannot be evaluated: {error}") from error


def _through_tables(picture: Picture, icc: bytes) -> NDArray[np.uint16]:
    height, width, _ = picture.samples.shape
    result = np.empty((height, width, 3), np.uint16)
    scale = np.float32(1 / ((1 << picture.bits) - 1))

    def work(rows: slice) -> None:
        encoded = _transformed(picture.samples[rows] * scale, icc)
        result[rows] = np.rint(np.clip(encoded, 0, 1) * 65535)

    for_each_strip(work, height, width)
    return result


def _transformed(encoded: NDArray[np.float32], icc: bytes) -> NDArray[np.float32]:
    """Encoded device values to encoded ROMM RGB, not clipped."""
    result: NDArray[np.float32] = imagecodecs_for("an ICC profile with lookup tables").cms_transform(
        np.ascontiguousarray(encoded),
        icc,
        profile_bytes("prophoto"),
        colorspace="rgb",
        outcolorspace="rgb",
        intent=_RELATIVE_COLORIMETRIC,
    )
    return result
