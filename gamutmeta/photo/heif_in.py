"""HEIC, HEIF and AVIF files, through pillow-heif.

Its builds may know AVIF's container without having an AV1 decoder; those pixels are decoded by Pillow (8 bits) or
imagecodecs (more).

References:
    ISO/IEC 23008-12:2022, section 6.5.5 (colour information: an ICC profile counts before code points) and 6.5.10,
    6.5.12 (rotation and mirroring, which decoding applies; the EXIF orientation is for information only).
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from gamutmeta.color.cicp import VideoCurve
from gamutmeta.formats.c2pa import MANIFEST_NOTE, has_box
from gamutmeta.formats.heif import clean_aperture
from gamutmeta.photo.picture import FURTHER_PICTURES, PREMULTIPLIED, Picture, channels_of, check_size
from gamutmeta.photo.pillow_in import array_of, open_pillow, take_metadata
from gamutmeta.runtime.extras import imagecodecs_for, optional

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["read_avif", "read_heif"]

_SEQUENCE, _PICTURE = b"avis", b"avif"
"""Major brands."""


def read_heif(file: BinaryIO, max_pixels: int) -> Picture:
    """Read the primary picture of a HEIC or HEIF file, turned upright.

    Args:
        file: the file, at any position.
        max_pixels: limit on width x height.

    Raises:
        PhotoError: too large.
        MissingExtraError: pillow-heif is not installed.
        Exception: whatever pillow-heif raises for a damaged file.
    """
    heif = _open(file)
    width, height = heif.size
    check_size(width, height, max_pixels)
    notes: list[str] = []
    bits = heif.info["bit_depth"]
    extra = (PREMULTIPLIED,) if heif.premultiplied_alpha and heif.has_alpha else None
    rgb, alpha, is_gray = channels_of(np.asarray(heif), bits, notes, extra)
    picture = Picture(rgb, bits, is_gray, alpha, notes=notes)
    _take_colour(picture, heif.info)
    picture.take_exif(heif.info.get("exif"), upright=True)
    picture.take_xmp(heif.info.get("xmp"), upright=True)
    if len(heif) > 1:
        notes.append(FURTHER_PICTURES)
    file.seek(0)
    if has_box(file.read()):
        notes.append(MANIFEST_NOTE)
    return picture


def read_avif(file: BinaryIO, max_pixels: int) -> Picture:
    """Read the primary picture of an AVIF file, as it is stored; its orientation is in its EXIF block.

    Only the clean aperture is kept, if the file has one.

    Args:
        file: the file, at any position.
        max_pixels: limit on width x height.

    Raises:
        PhotoError: too large, or its clean aperture is damaged.
        MissingExtraError: pillow-heif is not installed, or it has more than 8 bits and imagecodecs is not.
        Exception: whatever the decoders raise for a damaged file.
    """
    info = _open(file).info
    bits = info["bit_depth"]
    file.seek(0)
    data = file.read()
    is_sequence = data[8:12] == _SEQUENCE
    if is_sequence:
        # Decoders take the tracks then, and imagecodecs all their frames. Every such file has a picture as well.
        data = data[:8] + _PICTURE + data[12:]
    # Pillow turns the file's rotation into an EXIF orientation.
    with open_pillow(io.BytesIO(data), ("AVIF",), max_pixels) as image:
        if bits == 8:
            samples: NDArray[np.unsignedinteger[Any]] = array_of(image)
        else:
            samples = imagecodecs_for(f"reading {bits}-bit AVIF").avif_decode(data)
        aperture = clean_aperture(data, *image.size)
        if aperture is not None:
            left, upper, right, lower = aperture
            samples = samples[upper:lower, left:right]
        notes: list[str] = [FURTHER_PICTURES] if is_sequence else []
        rgb, alpha, is_gray = channels_of(samples, bits, notes)
        picture = Picture(rgb, bits, is_gray, alpha, notes=notes)
        take_metadata(picture, image)
    if has_box(data):
        notes.append(MANIFEST_NOTE)
    _take_colour(picture, info)
    return picture


def _open(file: BinaryIO) -> Any:
    pillow_heif = optional("pillow_heif", "pillow-heif", "heif", "reading HEIC, HEIF and AVIF")
    return pillow_heif.open_heif(file, convert_hdr_to_8bit=False, hdr_to_16bit=False)


def _take_colour(picture: Picture, info: dict[str, Any]) -> None:
    picture.icc = info.get("icc_profile") or None
    nclx = info.get("nclx_profile")
    if picture.icc is None and nclx:
        picture.cicp = (nclx["color_primaries"], nclx["transfer_characteristics"])
        picture.video = VideoCurve.SRGB
