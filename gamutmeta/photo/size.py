"""Sizes that a file announces, checked before anything is decoded or allocated for them.

A few hundred bytes can announce half a gigapixel, and decoders believe it: they allocate first, and fill with grey what
the file does not hold. So there are two bounds, one on the pixels and one on the pixels for each byte of the file.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gamutmeta.errors import PhotoError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FREE_PIXELS", "MAX_PIXELS", "PIXELS_PER_BYTE", "check_size", "sizes_limited"]

MAX_PIXELS = 500_000_000
"""Default limit on width x height of a photograph: 3 GB as 16-bit RGB."""

PIXELS_PER_BYTE = 2_000
"""Default limit on the pixels for each byte of the file.

Photographs have fewer than 100, also at the lowest qualities. A blank picture has up to 341 as JPEG and up to 1,032 as
8-bit PNG or TIFF; a blank WebP, AVIF or JPEG XL can have millions."""

FREE_PIXELS = 1 << 24
"""Pixels that a file of any length may have: 16 megapixels take a moment, whatever they hold."""


@dataclass(frozen=True, slots=True)
class _Limits:
    pixels: int | None = None
    pixels_per_byte: int = PIXELS_PER_BYTE
    file_bytes: int | None = None


_DEFAULT = _Limits()
_limits: ContextVar[_Limits] = ContextVar("limits", default=_DEFAULT)


@contextmanager
def sizes_limited(
    *, max_pixels: int | None = None, pixels_per_byte: int | None = None, file_bytes: int | None = None
) -> Iterator[None]:
    """Have :func:`check_size` keep to other limits in this thread meanwhile; None for those that hold already.

    Args:
        max_pixels: in the place of :data:`MAX_PIXELS`.
        pixels_per_byte: in the place of :data:`PIXELS_PER_BYTE`.
        file_bytes: length of the file that is read, for readers that do not know it.
    """
    given = {"pixels": max_pixels, "pixels_per_byte": pixels_per_byte, "file_bytes": file_bytes}
    token = _limits.set(replace(_limits.get(), **{name: value for name, value in given.items() if value is not None}))
    try:
        yield
    finally:
        _limits.reset(token)


def check_size(width: int, height: int, max_pixels: int = MAX_PIXELS, *, file_bytes: int | None = None) -> None:
    """Check a size that a file announces before anything is allocated for it.

    Args:
        width: in pixels.
        height: in pixels.
        max_pixels: limit on width x height. The default gives way to the limit of :func:`sizes_limited`.
        file_bytes: length of the file, if it is known; else what :func:`sizes_limited` was told.

    Raises:
        PhotoError: the size is empty, or larger than allowed.
    """
    limits, pixels = _limits.get(), width * height
    if width < 1 or height < 1:
        raise PhotoError(f"the picture is empty ({width} x {height})")
    if limits.pixels is not None:
        max_pixels = limits.pixels if max_pixels == MAX_PIXELS else min(max_pixels, limits.pixels)
    if pixels > max_pixels:
        raise PhotoError(f"{width} x {height} pixels are more than the limit of {max_pixels}")
    length = limits.file_bytes if file_bytes is None else file_bytes
    if length is not None and pixels > max(FREE_PIXELS, length * limits.pixels_per_byte):
        raise PhotoError(
            f"{width} x {height} pixels in a file of {length:,} bytes are more than {limits.pixels_per_byte:,} for "
            "each byte; if the file is to be trusted, pass pixels_per_byte=N to allow more"
        )
