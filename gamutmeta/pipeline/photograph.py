"""The photograph that is to be reduced: read where a file is given, in ROMM RGB, and at the size that is wanted."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gamutmeta.errors import PhotoError
from gamutmeta.photo.jpeg_out import check_jpeg_size
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.resample import resized_within
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline.limited import pictures_limited

if TYPE_CHECKING:
    from gamutmeta.choices import HostFormat
    from gamutmeta.pipeline.options import ReduceOptions
    from gamutmeta.runtime.inputs import Readable

__all__ = ["photograph_for"]


def photograph_for(wide: WideImage | Readable, options: ReduceOptions, format_: HostFormat | None) -> WideImage:
    """The photograph in ROMM RGB, at the size that is wanted.

    Args:
        wide: the photograph, or a file of it.
        options: how it is read, and its longer side.
        format_: of the sRGB file; None for the one that follows from the options.

    Raises:
        PhotoError: if it is neither a photograph nor a file, or too large for a JPEG.
        GamutMetaError, OSError: as for :func:`gamutmeta.read_photo`.
    """
    if not isinstance(wide, WideImage):
        wide = _read(wide, options)
    wide = wide.convert("prophoto")
    if options.resize is not None:
        wide = resized_within(wide, options.resize)
    if format_ == "jpeg":
        check_jpeg_size(*wide.size)
    return wide


def _read(source: Readable, options: ReduceOptions) -> WideImage:
    is_readable = isinstance(source, str | os.PathLike | bytes | bytearray | memoryview) or hasattr(source, "read")
    if not is_readable:
        name = f"{type(source).__module__}.{type(source).__qualname__}"
        raise PhotoError(f"reduce needs a gamutmeta.WideImage, which has a colour space, or a file, not {name}")
    with pictures_limited(options.limits):
        return read_photo(source, assume_space=options.assume_space, raw_style=options.raw_style)
