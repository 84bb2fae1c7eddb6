"""Writing a photograph to a file of the kind its name asks for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from gamutmeta.color.convert import convert_space
from gamutmeta.color.spaces import space_named
from gamutmeta.errors import CarrierError, PhotoError
from gamutmeta.photo.files import atomic_write, check_output
from gamutmeta.photo.jpeg_out import write_jpeg
from gamutmeta.photo.metadata import with_declared_space
from gamutmeta.photo.png_out import write_png
from gamutmeta.photo.tiff_out import write_tiff

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from gamutmeta.photo.wide import WideImage

__all__ = ["write_photo"]

_WRITERS: Mapping[str, Callable[..., None]] = {
    ".tif": write_tiff,
    ".tiff": write_tiff,
    ".png": write_png,
    ".jpg": write_jpeg,
    ".jpeg": write_jpeg,
}


def write_photo(image: WideImage, path: str | os.PathLike[str], *, depth: int = 16, overwrite: bool = False) -> None:
    """Write a photograph in its own space, with ICC profile, EXIF and XMP; the whole file or nothing.

    Args:
        image: the photograph.
        path: where to; the name's end tells the kind: ``.tif``, ``.tiff``, ``.png``, and ``.jpg``, ``.jpeg`` with 8
            bits.
        depth: bits per channel, 16 or 8.
        overwrite: replace a file that is there already.

    Raises:
        PhotoError: no such kind or depth, or the EXIF block is damaged.
        OutputExistsError: the file exists and `overwrite` is false, or it is a folder.
        OSError: the file cannot be written.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in _WRITERS:
        raise PhotoError(
            f"{path}: a photograph is written as {', '.join(_WRITERS)}, not {suffix or 'without a suffix'}"
        )
    if depth not in {8, 16}:
        raise PhotoError(f"a photograph has 8 or 16 bits per channel, not {depth}")
    write = _WRITERS[suffix]
    if write is write_jpeg and depth == 16:
        raise PhotoError(f"{path}: a JPEG holds 8 bits per channel; ask for depth 8, or write a TIFF or PNG")
    check_output(path, overwrite=overwrite)
    space = space_named(image.space)
    samples = convert_space(image.array, space, space, np.uint8) if depth == 8 else image.array
    exif = with_declared_space(image.exif, image.space)

    def write_into(file: BinaryIO) -> None:
        write(file, samples, icc=image.icc_profile, exif=exif, xmp=image.xmp)

    try:
        atomic_write(path, write_into, overwrite=overwrite)
    except CarrierError as error:
        raise PhotoError(f"{path}: {error}") from error
