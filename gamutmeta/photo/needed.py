"""The optional libraries that reading or writing a file needs, found out without decoding anything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gamutmeta.errors import MissingExtraError
from gamutmeta.photo.kinds import kind_of
from gamutmeta.photo.read import kind_of_photo
from gamutmeta.photo.tiff_in import has_sensor_data
from gamutmeta.photo.tiff_samples import require_codec
from gamutmeta.runtime.extras import imagecodecs_for, openimageio_for, optional

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping
    from typing import Any, BinaryIO

__all__ = ["require_reader", "require_writer"]

_DEPTH_PLACE = 24
"""Of the bits per sample in a PNG: signature, length and name of IHDR, width, height."""


def require_reader(path: str | os.PathLike[str]) -> None:
    """Make sure that the library is installed which reads a photograph; of one that is damaged nothing is said.

    What only decoding shows is not looked for: an AVIF with more than 8 bits, a profile with lookup tables.

    Raises:
        MissingExtraError: it is not.
        OSError: the file cannot be read.
    """
    # Whoever opens a pipe would wait for it, and take its beginning away.
    if not Path(path).is_file():
        return
    with Path(path).open("rb") as file:
        kind = kind_of_photo(path, file)
        if kind in _READING:
            _READING[kind]()
        try:
            if kind == "TIFF":
                _require_for_tiff(file)
            elif kind == "PNG":
                _require_for_png(file)
        except MissingExtraError:
            raise
        except Exception:  # noqa: BLE001 - decoders raise anything for a damaged file, and its reader tells it
            return


def require_writer(path: str | os.PathLike[str]) -> None:
    """Make sure that the library is installed which writes the kind of photograph that a name asks for.

    Raises:
        MissingExtraError: it is not.
        PhotoError: there is no such kind.
    """
    kind = kind_of(path)
    if kind in _WRITING:
        _WRITING[kind]()


def _rawpy() -> Any:
    return optional("rawpy", "rawpy", "raw", "reading raw photographs")


def _heif() -> Any:
    return optional("pillow_heif", "pillow-heif", "heif", "reading HEIC, HEIF and AVIF")


def _require_for_tiff(file: BinaryIO) -> None:
    if has_sensor_data(file):
        _rawpy()
    else:
        file.seek(0)
        require_codec(file)


def _require_for_png(file: BinaryIO) -> None:
    file.seek(_DEPTH_PLACE)
    if file.read(1) == b"\x10":
        imagecodecs_for("reading 16-bit PNG")


_READING: Mapping[str | None, Callable[[], Any]] = {
    "raw": _rawpy,
    "HEIF": _heif,
    "AVIF": _heif,
    "JPEG XL": lambda: openimageio_for("reading JPEG XL"),
    "OpenEXR": lambda: openimageio_for("reading OpenEXR"),
}
_WRITING: Mapping[str, Callable[[], Any]] = {
    "avif": lambda: optional("pyvips", "pyvips", "avif", "writing AVIF"),
    "heic": lambda: optional("pillow_heif", "pillow-heif", "heif", "writing HEIC"),
    "jxl": lambda: openimageio_for("writing JPEG XL"),
}
