"""What every reader of photo files hands over: decoded samples, and what the file says about their colours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gamutmeta.errors import PhotoError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.color.spaces import RgbSpace

__all__ = ["MAX_CHANNELS", "MAX_PIXELS", "Picture", "check_size", "rgb_of"]

MAX_PIXELS = 500_000_000
"""Default limit on width x height of a photograph: 3 GB as 16-bit RGB."""
MAX_CHANNELS = 8
"""More channels than red, green, blue, transparency and a few masks are no photograph."""


@dataclass(slots=True)
class Picture:
    """A decoded photograph whose colours are not interpreted yet.

    A file's statements on colour come in the order `icc`, `cicp`, `space`; a reader fills in the one that counts.

    Attributes:
        samples: uint8 or uint16, shape (height, width, 3); grey pictures repeat their one channel.
        bits: significant bits; the largest code is 2^bits - 1.
        is_gray: the file has one channel.
        icc: embedded ICC profile.
        cicp: H.273 code points of primaries and transfer characteristics.
        space: a space the file names in another way.
        exif: EXIF block, as :mod:`gamutmeta.photo.metadata` carries it.
        xmp: XMP packet.
        notes: what was left out or is otherwise worth knowing.
        assumption: what had to be assumed about the colours, if anything.
    """

    samples: NDArray[np.unsignedinteger[Any]]
    bits: int
    is_gray: bool = False
    icc: bytes | None = None
    cicp: tuple[int, int] | None = None
    space: RgbSpace | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    notes: list[str] = field(default_factory=list)
    assumption: str | None = None


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Check a size before anything is allocated for it.

    Raises:
        PhotoError: the size is empty, or larger than allowed.
    """
    if width < 1 or height < 1:
        raise PhotoError(f"the picture is empty ({width} x {height})")
    if width * height > max_pixels:
        raise PhotoError(f"{width} x {height} pixels are more than the limit of {max_pixels}")


def rgb_of(
    samples: NDArray[np.unsignedinteger[Any]], notes: list[str]
) -> tuple[NDArray[np.unsignedinteger[Any]], bool]:
    """Three channels of a decoded array, and whether it was grey.

    Args:
        samples: shape (height, width) or (height, width, channels); a second or fourth channel is transparency.
        notes: gets a note if channels are left out.

    Returns:
        A view of shape (height, width, 3), and true for one or two channels.

    Raises:
        PhotoError: for another shape.
    """
    if samples.ndim == 2:
        samples = samples[:, :, None]
    channels = samples.shape[2] if samples.ndim == 3 else 0
    if not 1 <= channels <= MAX_CHANNELS:
        raise PhotoError(f"samples of shape {samples.shape} are not a picture")
    if channels in {2, 4}:
        notes.append("transparency was left out")
    elif channels > 4:
        notes.append("further channels were left out")
    if channels <= 2:
        return np.broadcast_to(samples[:, :, :1], (*samples.shape[:2], 3)), True
    return samples[:, :, :3], False
