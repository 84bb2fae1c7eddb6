"""JPEG, WebP and 8-bit PNG, TIFF and AVIF through Pillow."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from gamutmeta.errors import PhotoError
from gamutmeta.photo.metadata import checked_exif, checked_xmp
from gamutmeta.photo.picture import Picture, check_size, rgb_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray
    from PIL import Image

__all__ = ["array_of", "open_pillow", "pillow_samples", "read_pillow", "take_metadata"]

_CONVERTED = {"1": "L", "P": "RGB", "PA": "RGBA", "RGBX": "RGB", "RGBa": "RGBA", "La": "LA", "YCbCr": "RGB"}
"""Modes with 8 bits or fewer that hold grey or RGB in another form."""
_NATIVE = {"L", "LA", "RGB", "RGBA"}
_TURN_BACK: Mapping[int, Callable[[NDArray[np.uint8]], NDArray[np.uint8]]] = {
    2: np.fliplr,
    3: lambda turned: np.rot90(turned, 2),
    4: np.flipud,
    5: lambda turned: np.swapaxes(turned, 0, 1),
    6: lambda turned: np.rot90(turned, 1),
    7: lambda turned: np.rot90(np.swapaxes(turned, 0, 1), 2),
    8: lambda turned: np.rot90(turned, -1),
}
"""By EXIF orientation: from the upright picture to the one that is stored."""
_ORIENTATION = 0x0112
_NAMES = {"CMYK": "CMYK", "LAB": "CIE Lab", "I;16": "16-bit grey", "I": "32-bit", "F": "floating-point"}


def read_pillow(file: BinaryIO, formats: Sequence[str], max_pixels: int) -> Picture:
    """Read the first picture of a file with 8 bits per sample.

    Args:
        file: the file, at its beginning.
        formats: Pillow's names of the formats it may have.
        max_pixels: limit on width x height; Pillow's own ``Image.MAX_IMAGE_PIXELS`` counts as well.

    Raises:
        PhotoError: CMYK or another mode that is not a photograph here, or too large.
        Exception: whatever Pillow raises for a damaged file.
    """
    with open_pillow(file, formats, max_pixels) as image:
        notes: list[str] = []
        samples, is_gray = rgb_of(array_of(image), notes)
        picture = Picture(samples, 8, is_gray, icc=image.info.get("icc_profile") or None, notes=notes)
        take_metadata(picture, image)
    return picture


def pillow_samples(file: BinaryIO, formats: Sequence[str], max_pixels: int) -> NDArray[np.uint8]:
    """The samples alone, shape (height, width[, channels]); otherwise as :func:`read_pillow`."""
    with open_pillow(file, formats, max_pixels) as image:
        return array_of(image)


def open_pillow(file: BinaryIO, formats: Sequence[str], max_pixels: int) -> Image.Image:
    """Open without decoding.

    Raises:
        PhotoError: it is too large.
        Exception: whatever Pillow raises for a damaged file.
    """
    from PIL import Image  # noqa: PLC0415  # keeps the import of the colour classes light

    image = Image.open(file, formats=list(formats))
    check_size(*image.size, max_pixels)
    return image


def array_of(image: Image.Image) -> NDArray[np.uint8]:
    """Decode: uint8 of shape (height, width) or (height, width, channels) with 1 to 4 channels, as it is stored.

    Raises:
        PhotoError: CMYK or another mode that is not a photograph here.
    """
    # Pillow turns a TIFF upright while it decodes (and no other format); to be asked before that.
    orientation = image.getexif().get(_ORIENTATION) if image.format == "TIFF" else None
    if image.mode in _CONVERTED:
        image = image.convert(_CONVERTED[image.mode])
    if image.mode not in _NATIVE:
        name = _NAMES.get(image.mode, image.mode)
        raise PhotoError(f"{name} {image.format or 'picture'} is not supported; save it as RGB")
    turn_back = _TURN_BACK.get(orientation or 1)
    return np.asarray(image) if turn_back is None else turn_back(np.asarray(image))


def take_metadata(picture: Picture, image: Image.Image) -> None:
    """Fill EXIF, XMP and notes in from what Pillow found."""
    raw = image.info.get("exif")
    picture.exif = checked_exif(raw)
    if raw and picture.exif is None:
        picture.notes.append("the EXIF block is damaged and was left out")
    picture.xmp, note = checked_xmp(image.info.get("xmp"))
    if note:
        picture.notes.append(note)
    # A JPEG with a gain map has an index of pictures ("mp") but counts as one frame.
    if getattr(image, "n_frames", 1) > 1 or "mp" in image.info:
        picture.notes.append("the file has further pictures, which were left out")
