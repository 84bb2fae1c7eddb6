"""From what a file says about its colours to what decodes its samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.cicp import HIGH_DYNAMIC_RANGE, cicp_space
from gamutmeta.color.icc import GrayProfile, LutProfile, MatrixProfile, OtherProfile, parse_profile, profile_bytes
from gamutmeta.color.icc_hdr import dynamic_range_of
from gamutmeta.color.spaces import RgbSpace, assumable_space
from gamutmeta.errors import PhotoError, ProfileError
from gamutmeta.formats.exif import declared_space
from gamutmeta.runtime.extras import imagecodecs_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.photo.picture import Picture

__all__ = ["Encoding", "TableProfile", "encoding_of"]

_RELATIVE_COLORIMETRIC = 1
"""ICC.1:2022, section 7.2.15: white to white, as the exact matrices do."""


class TableProfile:
    """An ICC profile with lookup tables, which LittleCMS evaluates.

    Args:
        icc: the profile.
        description: its name.
        is_gray: for grey data and not for RGB; an attribute as well.

    Raises:
        ProfileError: if it cannot be evaluated.
        MissingExtraError: imagecodecs is not installed.
    """

    def __init__(self, icc: bytes, description: str, *, is_gray: bool) -> None:
        self._icc, self.is_gray = icc, is_gray
        imagecodecs = imagecodecs_for(f"ICC profile {description!r}")
        try:
            self(np.zeros((1, 1) if is_gray else (1, 1, 3), np.float32))
        except (imagecodecs.CmsError, ValueError) as error:
            raise ProfileError(f"ICC profile {description!r} cannot be evaluated: {error}") from error

    def __call__(self, encoded: NDArray[np.float32]) -> NDArray[np.float32]:
        """Encoded device values, (h, w, 3) or, for grey, (h, w), to encoded ROMM RGB, (h, w, 3), not clipped."""
        result: NDArray[np.float32] = imagecodecs_for("an ICC profile with lookup tables").cms_transform(
            np.ascontiguousarray(encoded),
            self._icc,
            profile_bytes("prophoto"),
            colorspace="gray" if self.is_gray else "rgb",
            outcolorspace="rgb",
            intent=_RELATIVE_COLORIMETRIC,
        )
        return result


Encoding = RgbSpace | MatrixProfile | GrayProfile | TableProfile
"""What decodes samples."""


def encoding_of(picture: Picture, assume_space: str | None) -> Encoding:
    """What decodes the samples of a picture.

    Args:
        picture: its `notes` and `assumption` tell afterwards how it was understood.
        assume_space: as for :func:`gamutmeta.photo.interpret.romm_of`.

    Raises:
        ProfileError: the ICC profile is damaged or does not fit the picture, and `assume_space` is None.
        PhotoError: the picture has a high dynamic range, and `assume_space` is None.
        MissingExtraError: the profile has lookup tables, and imagecodecs is not installed.
    """
    reason = "no colour profile"
    if picture.icc or picture.icc_problem:
        try:
            return _of_profile(picture)
        except ProfileError as error:
            if assume_space is None:
                raise ProfileError(f"{error}; pass assume_space=NAME to assume a space") from error
            reason = str(error)
        except PhotoError as error:
            if assume_space is None:
                raise
            reason = str(error)
    elif picture.cicp:
        if picture.cicp[1] in HIGH_DYNAMIC_RANGE and assume_space is None:
            raise _too_bright(HIGH_DYNAMIC_RANGE[picture.cicp[1]])
        space = cicp_space(*picture.cicp, picture.video)
        if space is not None:
            return space
        reason = "no usable colour description ({}/{} of H.273)".format(*picture.cicp)
    elif (told := _told_in_words(picture)) is not None:
        return told
    # Floating-point samples are linear light unless something says otherwise.
    assumed = assumable_space(assume_space or ("linear-srgb" if picture.is_float else "srgb"))
    picture.assumption = f"{reason}; {assumed.title} was assumed"
    return assumed


def _told_in_words(picture: Picture) -> Encoding | None:
    """What the file says without a profile or code points."""
    name = declared_space(picture.exif)
    if picture.space is not None or name is None:
        return picture.space
    space = assumable_space(name)
    if name != "srgb":
        picture.notes.append(f"no colour profile; EXIF says {space.title}")
    return space


def _too_bright(kind: str) -> PhotoError:
    return PhotoError(f"the picture has a high dynamic range ({kind}), which ROMM RGB cannot represent")


def _of_profile(picture: Picture) -> Encoding:
    if picture.icc_problem is not None:
        raise ProfileError(picture.icc_problem)
    icc = picture.icc or b""
    kind = dynamic_range_of(icc)
    if kind is not None:
        raise _too_bright(kind)
    profile = parse_profile(icc)
    if isinstance(profile, OtherProfile):
        raise ProfileError(f"ICC profile {profile.description!r} is for {profile.data_space} data")
    for_gray = isinstance(profile, GrayProfile) or (isinstance(profile, LutProfile) and profile.is_gray)
    if for_gray and not picture.is_gray:
        raise ProfileError(f"ICC profile {profile.description!r} is for grey pictures")
    if isinstance(profile, LutProfile):
        return TableProfile(icc, profile.description, is_gray=profile.is_gray)
    if isinstance(profile, MatrixProfile) and profile.space is not None:
        return profile.space
    return profile
