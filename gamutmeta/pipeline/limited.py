"""The limits of pictures, from the caller's :class:`~gamutmeta.container.Limits` to the readers of files."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from gamutmeta.photo.size import sizes_limited

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gamutmeta.container import Limits

__all__ = ["pictures_limited"]


@contextmanager
def pictures_limited(limits: Limits | None) -> Iterator[None]:
    """Have files be read meanwhile, in this thread, only if they announce pictures within the limits; None for ours."""
    if limits is None:
        yield
        return
    pixels = min(limits.pixels, limits.picture_pixels)
    with sizes_limited(max_pixels=pixels, pixels_per_byte=limits.pixels_per_byte):
        yield
