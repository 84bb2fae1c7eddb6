"""The caller's :class:`~gamutmeta.container.Limits`, for the readers of files and for the work of expansion."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from gamutmeta.container.limits import DEFAULT_LIMITS
from gamutmeta.photo.size import sizes_limited

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gamutmeta.container import Limits
    from gamutmeta.model.descriptor import Descriptor

__all__ = ["check_work", "pictures_limited"]

_limits: ContextVar[Limits] = ContextVar("limits", default=DEFAULT_LIMITS)


@contextmanager
def pictures_limited(limits: Limits | None) -> Iterator[None]:
    """Have this thread keep to the limits meanwhile; None for those that hold already.

    Files are read only if they announce pictures within them, and :func:`check_work` keeps to them.
    """
    if limits is None:
        yield
        return
    pixels = min(limits.pixels, limits.picture_pixels)
    token = _limits.set(limits)
    try:
        with sizes_limited(max_pixels=pixels, pixels_per_byte=limits.pixels_per_byte):
            yield
    finally:
        _limits.reset(token)


def check_work(descriptor: Descriptor, width: int, height: int) -> None:
    """Check what a model costs on a picture of that size, before anything is computed.

    Raises:
        LimitError: more multiply-adds than :func:`pictures_limited` or the default allows.
    """
    _limits.get().check_work(descriptor, width, height)
