"""Writing a photograph to a file of the kind its name asks for."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from gamutmeta.color.convert import convert_space, requantise
from gamutmeta.color.spaces import space_named
from gamutmeta.errors import CarrierError, GamutMetaWarning, PhotoError
from gamutmeta.photo.alpha import is_opaque
from gamutmeta.photo.files import atomic_write, check_output
from gamutmeta.photo.jpeg_out import NO_TRANSPARENCY, write_jpeg
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
    """Write a photograph in its own space, with transparency, ICC profile, EXIF and XMP; the whole file or nothing.

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

    Warns:
        GamutMetaWarning: the photograph is transparent, which a JPEG cannot hold.
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
    options: dict[str, Any] = {
        "icc": image.icc_profile,
        "exif": with_declared_space(image.exif, image.space),
        "xmp": image.xmp,
    }
    if write is not write_jpeg:
        options["alpha"] = requantise(image.alpha, np.uint8) if depth == 8 and image.alpha is not None else image.alpha
    elif not is_opaque(image.alpha):
        warnings.warn(f"{path}: {NO_TRANSPARENCY}", GamutMetaWarning, stacklevel=2)

    def write_into(file: BinaryIO) -> None:
        write(file, samples, **options)

    try:
        atomic_write(path, write_into, overwrite=overwrite)
    except CarrierError as error:
        raise PhotoError(f"{path}: {error}") from error
