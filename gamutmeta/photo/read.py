"""Reading a photograph of any supported kind as 16-bit ROMM RGB."""

from __future__ import annotations

import io
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from gamutmeta.color.spaces import assumable_space
from gamutmeta.errors import GamutMetaError, MissingExtraError, PhotoError, ProfileError
from gamutmeta.formats.signature import TIFF_SIGNATURES
from gamutmeta.formats.source import sources_remembered
from gamutmeta.photo.decoding import decoding
from gamutmeta.photo.exr_in import EXR_SIGNATURE, read_exr
from gamutmeta.photo.heif_in import read_avif, read_heif
from gamutmeta.photo.interpret import romm_of
from gamutmeta.photo.jpeg_in import read_jpeg
from gamutmeta.photo.jxl_in import JXL_SIGNATURES, read_jxl
from gamutmeta.photo.picture import MAX_PIXELS, Picture
from gamutmeta.photo.pillow_in import read_pillow
from gamutmeta.photo.png_in import read_png
from gamutmeta.photo.raw_in import RAW_STYLES, RAW_SUFFIXES, read_raw
from gamutmeta.photo.size import sizes_limited
from gamutmeta.photo.tiff_in import has_sensor_data, read_tiff
from gamutmeta.photo.wide import WideImage
from gamutmeta.runtime.extras import optional
from gamutmeta.runtime.inputs import is_path, name_of, opened
from gamutmeta.runtime.logs import logged_by_decoders
from gamutmeta.runtime.memory import trim_heap
from gamutmeta.runtime.warn import warn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gamutmeta.choices import AssumedSpace, RawStyle
    from gamutmeta.runtime.inputs import Readable

__all__ = ["kind_of_photo", "read_photo"]

_AVIF_BRANDS = (b"avif", b"avis")
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"mif2", b"msf1")
_ANY_CODEC_BRANDS = (b"mif1", b"mif2", b"msf1")
"""Of HEIF files whose compatible brands tell what they are coded with."""
_RAW_MAGIC = (b"FUJIFILM", b"FOVb", b"\0MRM", b"IIRO", b"IIRS", b"MMOR", b"IIU\0")
"""Of RAF, X3F, MRW, ORF and RW2."""


def read_photo(
    source: Readable,
    *,
    assume_space: AssumedSpace | None = None,
    raw_style: RawStyle = "neutral",
    max_pixels: int = MAX_PIXELS,
    pixels_per_byte: int | None = None,
) -> WideImage:
    """Read a photograph as ROMM RGB (ProPhoto, D50), 16 bits per channel, adapted with Bradford.

    TIFF (8 to 16 bits), PNG, JPEG, WebP and AVIF are read as they are stored, with their EXIF orientation; HEIC, JPEG
    XL and raw photographs are turned upright. Of a file with several pictures the first is read; of a TIFF whose first
    page is a thumbnail, the full picture. Transparency is kept, and colours that a file stores multiplied by it are
    divided again.

    Args:
        source: path or bytes of the file, or a binary file that is open, from where it stands on. The first bytes
            decide the kind, for raw files also the name.
        assume_space: the space of a picture whose file names none, or one that is not usable: a known one, or
            "linear-" and its name for linear light; sRGB if None.
        raw_style: how raw photographs are developed, see :data:`gamutmeta.photo.raw_in.RAW_STYLES`.
        max_pixels: limit on width x height, checked before decoding.
        pixels_per_byte: limit on the pixels for each byte of the file, which holds from 16 megapixels on; None for
            2,000. No photograph has as many; a blank picture can.

    Returns:
        The photograph, in the space ``"prophoto"``; `notes` says what was assumed or left out.

    Raises:
        PhotoError: the file is damaged, too large, or of a kind that is not supported; no such style.
        ProfileError: its ICC profile is damaged or does not fit, and no `assume_space` was given.
        MissingExtraError: an optional library is needed.
        OSError: the file cannot be opened.

    Warns:
        GamutMetaWarning: the file names no colour space, and one was assumed.
    """
    if assume_space is not None:
        assumable_space(assume_space)
    if raw_style not in RAW_STYLES:
        raise PhotoError(f"the raw style must be {' or '.join(RAW_STYLES)}, not {raw_style!r}")
    name = name_of(source)
    with opened(source) as file, _naming(name), sources_remembered():
        size = file.seek(0, io.SEEK_END)
        if not size:
            raise PhotoError("the file is empty")
        file.seek(0)
        with sizes_limited(pixels_per_byte=pixels_per_byte, file_bytes=size), logged_by_decoders() as logged:
            picture = _decode(source, file, max_pixels, raw_style)
            trim_heap()
            array = romm_of(picture, assume_space)
    picture.notes += [f"the decoder says: {message}" for message in logged]
    if picture.assumption:
        picture.notes.insert(0, picture.assumption)
        warn(f"{name}: {picture.assumption}", stacklevel=2)
    return WideImage(array, "prophoto", alpha=picture.alpha, **picture.metadata.everything())


def _decode(source: Readable, file: BinaryIO, max_pixels: int, raw_style: str) -> Picture:
    kind = kind_of_photo(source, file)
    if kind == "raw":
        file.seek(0)
        return read_raw(source if is_path(source) else file, max_pixels, style=raw_style)
    if kind is None:
        raise PhotoError("not a TIFF, PNG, JPEG, WebP, HEIC, AVIF, JPEG XL, OpenEXR or raw photograph")
    if kind == "TIFF" and has_sensor_data(file):
        # A DNG, or another raw photograph, under a TIFF's name. What LibRaw does not know, read_tiff refuses.
        with suppress(_unknown_raw()):
            file.seek(0)
            return read_raw(source if is_path(source) else file, max_pixels, style=raw_style)
    file.seek(0)
    return _READERS[kind](file, max_pixels)


def kind_of_photo(source: Readable, file: BinaryIO) -> str | None:
    """What a photograph is, by its first bytes and its name: "TIFF", "PNG", "JPEG", "raw" and so on; None if unknown.

    Args:
        source: as for :func:`read_photo`, for the name.
        file: the same, open and at its beginning.
    """
    kind = _kind_of(file.read(32))
    # Many raw files are TIFF files by their first bytes, and told from them by their names alone.
    is_raw = kind in {"TIFF", None} and Path(name_of(source)).suffix.lower() in RAW_SUFFIXES
    return "raw" if is_raw else kind


def _unknown_raw() -> type[Exception]:
    error: type[Exception] = optional("rawpy", "rawpy", "raw", "reading raw photographs").LibRawFileUnsupportedError
    return error


def _kind_of(head: bytes) -> str | None:
    """The kind of a file, from its first 32 bytes."""
    brand = head[8:12] if head[4:8] == b"ftyp" else b""
    if brand in _ANY_CODEC_BRANDS and any(avif in head[16:32] for avif in _AVIF_BRANDS):
        brand = _AVIF_BRANDS[0]
    signs = {
        "raw": head.startswith(_RAW_MAGIC) or _is_canon(head) or brand == b"crx ",
        "TIFF": head.startswith(TIFF_SIGNATURES),
        "PNG": head.startswith(b"\x89PNG"),
        "JPEG": head.startswith(b"\xff\xd8"),
        "WebP": head.startswith(b"RIFF") and head[8:12] == b"WEBP",
        "JPEG XL": head.startswith(JXL_SIGNATURES),
        "OpenEXR": head.startswith(EXR_SIGNATURE),
        "AVIF": brand in _AVIF_BRANDS,
        "HEIF": brand in _HEIF_BRANDS,
    }
    return next((kind for kind, fits in signs.items() if fits), None)


def _is_canon(head: bytes) -> bool:
    """CRW, or CR2 with its mark in a TIFF file's header."""
    return head[6:14] == b"HEAPCCDR" or (head.startswith(b"II*\0") and head[8:10] == b"CR")


_READERS: Mapping[str, Callable[[BinaryIO, int], Picture]] = {
    "TIFF": read_tiff,
    "PNG": read_png,
    "JPEG": read_jpeg,
    "WebP": lambda file, max_pixels: read_pillow(file, ("WEBP",), max_pixels),
    "JPEG XL": read_jxl,
    "OpenEXR": read_exr,
    "AVIF": read_avif,
    "HEIF": read_heif,
}


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """Turn whatever the decoders raise into a PhotoError that names the file."""
    try:
        with decoding("cannot be decoded, and may be damaged"):
            yield
    except MissingExtraError:
        raise
    except ProfileError as error:
        raise ProfileError(f"{path}: {error}") from error
    except GamutMetaError as error:
        raise PhotoError(f"{path}: {error}") from error
