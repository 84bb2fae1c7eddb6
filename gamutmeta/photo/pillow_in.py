"""JPEG, WebP and 8-bit PNG, TIFF and AVIF through Pillow."""

from __future__ import annotations

import importlib
import io
import struct
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from gamutmeta.errors import CarrierError, PhotoError
from gamutmeta.formats.exif import ORIENTATION_TAG
from gamutmeta.formats.jpeg_behind import note_on_rest
from gamutmeta.formats.jpeg_metadata import read_jpeg_metadata
from gamutmeta.formats.png_slim import slim_png
from gamutmeta.photo.picture import FURTHER_PICTURES, Picture, channels_of, check_size
from gamutmeta.photo.upright import turned_back
from gamutmeta.runtime.strips import row_strips

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PIL import Image

__all__ = [
    "array_of",
    "copied_pixels",
    "has_further_pictures",
    "open_pillow",
    "pillow_samples",
    "read_pillow",
    "take_jpeg_metadata",
    "take_metadata",
    "take_profile",
]

_CONVERTED = {"1": "L", "P": "RGB", "PA": "RGBA", "RGBX": "RGB", "RGBa": "RGBA", "La": "LA", "YCbCr": "RGB"}
"""Modes with 8 bits or fewer that hold grey or RGB in another form."""
_KEYED = _CONVERTED | {"1": "LA", "L": "LA", "P": "RGBA", "RGB": "RGBA"}
"""The same for pictures with a transparent colour."""
_JPEG = {"JPEG", "MPO"}
_COPIED_PIXELS = 1 << 15
"""Of a strip. For larger ones the C library asks the system for memory each time: that takes longer than copying."""
_WEBP_BEGINNING = 16
_PLUGINS = {
    "AVIF": "PIL.AvifImagePlugin",
    "JPEG": "PIL.JpegImagePlugin",
    "PNG": "PIL.PngImagePlugin",
    "TIFF": "PIL.TiffImagePlugin",
    "WEBP": "PIL.WebPImagePlugin",
}
_NATIVE = {"L", "LA", "RGB", "RGBA"}
_PILLOWS_LIMIT = (1 << 30) // 4 // 3
"""``PIL.Image.MAX_IMAGE_PIXELS`` unless somebody changes it: a quarter of a gigabyte as RGB."""
_NAMES = {"CMYK": "CMYK", "LAB": "CIE Lab", "I;16": "16-bit grey", "I": "32-bit", "F": "floating-point"}


def read_pillow(file: BinaryIO, formats: Sequence[str], max_pixels: int) -> Picture:
    """Read the first picture of a file with 8 bits per sample.

    Args:
        file: the file, at any position.
        formats: Pillow's names of the formats it may have.
        max_pixels: limit on width x height; ``PIL.Image.MAX_IMAGE_PIXELS`` counts as well if it was lowered.

    Raises:
        PhotoError: CMYK or another mode that is not a photograph here, or too large.
        Exception: whatever Pillow raises for a damaged file.
    """
    with open_pillow(file, formats, max_pixels) as image:
        notes: list[str] = []
        rgb, alpha, is_gray = channels_of(array_of(image), 8, notes)
        picture = Picture(rgb, 8, is_gray, alpha, notes=notes)
        take_profile(picture, image)
        if image.format in _JPEG:
            take_jpeg_metadata(picture, file, image)
        else:
            take_metadata(picture, image)
    return picture


def pillow_samples(file: BinaryIO, formats: Sequence[str], max_pixels: int) -> NDArray[np.uint8]:
    """The samples alone, shape (height, width[, channels]); otherwise as :func:`read_pillow`."""
    with open_pillow(file, formats, max_pixels) as image:
        return array_of(image)


def open_pillow(data: BinaryIO | bytes, formats: Sequence[str], max_pixels: int) -> Image.Image:
    """Open without decoding.

    Raises:
        PhotoError: it is too large.
        Exception: whatever Pillow raises for a damaged file.
    """
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415  # keeps the import of the colour classes light

    file = io.BytesIO(data) if isinstance(data, bytes) else data
    # Image.open would warn of any picture beyond 89 megapixels, and refuse any beyond 179.
    file.seek(0)
    start = file.read(32)
    file_bytes = file.seek(0, io.SEEK_END)
    for name in formats:
        if name not in Image.OPEN:
            # Not Image.init(): it loads all plug-ins, which replace what others have registered for those formats.
            importlib.import_module(_PLUGINS[name])
        factory, accept = Image.OPEN.get(name, (None, None))
        answer = accept(start) if accept is not None else False
        if isinstance(answer, str):
            raise UnidentifiedImageError(answer)
        if factory is not None and answer:
            source = file
            if name == "PNG":
                source = _slim(data, file)
            elif name == "WEBP":
                source = _checked_webp(file, file_bytes, max_pixels)
            source.seek(0)
            try:
                image = factory(source, "")
            except (SyntaxError, LookupError, TypeError, struct.error) as error:
                raise UnidentifiedImageError(f"damaged {name}: {error}") from error
            check_size(*image.size, max_pixels, file_bytes=file_bytes)
            _check_bomb(*image.size, Image.MAX_IMAGE_PIXELS)
            return image
    raise UnidentifiedImageError(f"cannot identify it as {' or '.join(formats)}")


def _slim(data: BinaryIO | bytes, file: BinaryIO) -> BinaryIO:
    """A PNG file without chunks that would keep Pillow from the picture; the file itself where there are none."""
    try:
        slim = slim_png(data)
    except CarrierError:
        # Pillow may read more of it.
        return file
    return file if slim is None else io.BytesIO(slim.data)


class _InTwoParts(io.BytesIO):
    """Gives at first no more than the beginning, as a stream may.

    Pillow's plug-in for WebP holds the size in the first 30 bytes against its own limit, which is lower than ours.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        """See io.BytesIO."""
        is_beginning = size is not None and size > 0 and self.tell() == 0
        return super().read(_WEBP_BEGINNING if is_beginning else size)


def _checked_webp(file: BinaryIO, file_bytes: int, max_pixels: int) -> BinaryIO:
    """The file for Pillow, which allocates the canvas when it opens one: so the size is looked at before.

    References:
        RFC 9649, sections 2.5 to 2.7.

    Raises:
        PhotoError: it is too large.
    """
    file.seek(0)
    head = file.read(30)
    kind, size = head[12:16], None
    if kind == b"VP8X" and len(head) == 30:
        size = int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    elif kind == b"VP8L" and len(head) >= 25:
        bits = int.from_bytes(head[21:25], "little")
        size = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 " and len(head) == 30:
        size = int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF
    if size is not None:
        check_size(*size, max_pixels, file_bytes=file_bytes)
    file.seek(0)
    return _InTwoParts(file.read())


def _check_bomb(width: int, height: int, limit: int | None) -> None:
    """Keep to a limit that the application has set for Pillow, below Pillow's own; as there, twice as much is let in.

    Raises:
        PhotoError: the picture is larger.
    """
    if limit is not None and limit < _PILLOWS_LIMIT and width * height > 2 * limit:
        raise PhotoError(f"{width} x {height} pixels are more than twice PIL.Image.MAX_IMAGE_PIXELS ({limit})")


def array_of(image: Image.Image) -> NDArray[np.uint8]:
    """Decode: uint8 of shape (height, width) or (height, width, channels) with 1 to 4 channels, as it is stored.

    Raises:
        PhotoError: CMYK or another mode that is not a photograph here.
    """
    # Pillow turns a TIFF upright while it decodes (and no other format); to be asked before that.
    orientation = image.getexif().get(ORIENTATION_TAG) if image.format == "TIFF" else None
    kind = image.format or "picture"
    # PNG's transparent colour, or transparency of a palette's colours.
    wanted = _KEYED.get(image.mode) if "transparency" in image.info else _CONVERTED.get(image.mode)
    if wanted is not None:
        image = image.convert(wanted)
    if image.mode not in _NATIVE:
        raise PhotoError(f"{_NAMES.get(image.mode, image.mode)} {kind} is not supported; save it as RGB")
    array = copied_pixels(image)
    return turned_back(array, orientation or 1)


def copied_pixels(image: Image.Image) -> NDArray[np.uint8]:
    """The pixels, strip by strip: ``numpy.asarray`` would hold the whole picture three times on the way."""
    from PIL import Image  # noqa: PLC0415  # as in open_pillow

    # Up to Pillow 12, crop() minds the limit too.
    limit = Image.MAX_IMAGE_PIXELS
    strip_pixels = _COPIED_PIXELS if limit is None else min(_COPIED_PIXELS, limit)
    if image.format == "TIFF" and getattr(image, "tile", None) and image._im is None:  # noqa: SLF001 - as plug-ins do
        # Pillow's plug-in would do the same after asking its own limit; ours was asked already.
        image.im = Image.new(image.mode, getattr(image, "_tile_size", image.size), None).im
    image.load()
    channels = len(image.getbands())
    array = np.empty((image.height, image.width, channels), np.uint8)
    for rows in row_strips(image.height, image.width, strip_pixels):
        strip = np.asarray(image.crop((0, rows.start, image.width, rows.stop)))
        array[rows] = strip.reshape(strip.shape[0], image.width, channels)
    return array[..., 0] if channels == 1 else array


def take_profile(picture: Picture, image: Image.Image) -> None:
    """Fill the ICC profile in from what Pillow found."""
    picture.icc = image.info.get("icc_profile") or None
    if image.format in {"JPEG", "MPO"} and "icc_profile" in image.info and picture.icc is None:
        picture.icc_problem = "the ICC profile is incomplete: segments of it are missing"


def take_metadata(picture: Picture, image: Image.Image) -> None:
    """Fill EXIF, XMP and notes in from what Pillow found."""
    picture.take_exif(image.info.get("exif"))
    picture.take_xmp(image.info.get("xmp"))
    if has_further_pictures(image):
        picture.notes.append(FURTHER_PICTURES)


def take_jpeg_metadata(picture: Picture, file: BinaryIO, image: Image.Image) -> None:
    """As :func:`take_metadata`, together with what Pillow does not look at or keep apart in a JPEG."""
    try:
        found = read_jpeg_metadata(file)
    except CarrierError:
        # Pillow puts up with more than is worth doing for comments.
        picture.notes.append("the segments of the JPEG file are damaged: IPTC-IIM and comments were left out")
        take_metadata(picture, image)
        return
    picture.take_exif(image.info.get("exif"))
    picture.take_jpeg(found)
    if has_further_pictures(image):
        picture.notes.append(FURTHER_PICTURES)
    rest = note_on_rest(file)
    if rest is not None:
        picture.notes.append(rest)


def has_further_pictures(image: Image.Image) -> bool:
    """Whether the file holds more than this one."""
    # A JPEG with a gain map has an index of pictures ("mp") but counts as one frame.
    return getattr(image, "n_frames", 1) > 1 or "mp" in image.info
