"""Digests that bind a payload to its picture, and ignore whatever can change without changing the picture.

All of them are SHA-256 (FIPS 180-4) cut to its first 16 bytes.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from typing import TYPE_CHECKING, Final

from gamutmeta.carriers.host import host_format
from gamutmeta.carriers.jpeg import EOI, SCAN, SOS, iter_picture
from gamutmeta.errors import CarrierError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from gamutmeta.carriers.host import HostFormat
    from gamutmeta.carriers.source import BytesLike

__all__ = ["DIGEST_BYTES", "MAX_PIXELS", "coded_digest", "file_digest", "samples_digest"]

DIGEST_BYTES = 16

MAX_PIXELS = 500_000_000
"""Pixels of a PNG or TIFF that are decoded at most: as many as a photograph may have."""

# SOF0-15 with DHT, JPG and DAC in their midst; SOS, DQT, DNL, DRI; EOI (T.81, Table B.1).
_CODED: Final = frozenset({*range(0xC0, 0xD0), SOS, 0xDB, 0xDC, 0xDD, SCAN, EOI})

_SAMPLES_PREFIX = b"gamutmeta-rgb8"
_STRIP_BYTES = 2**20

_MODES: Final = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "YCbCr"})

# What Pillow's decoders raise on damaged files, warnings that a caller turned into errors among them.
_DECODER_ERRORS: Final = (
    OSError,
    SyntaxError,
    ValueError,
    ArithmeticError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    RuntimeError,
    MemoryError,
    EOFError,
    Warning,
    struct.error,
    zlib.error,
)


def coded_digest(jpeg: BytesLike) -> bytes:
    """Digest the coded picture of a JPEG file.

    Hashed are, in file order and complete with marker and length, the segments DQT, SOF0-15, DHT, DAC, DRI, DNL and
    SOS, the entropy-coded data with its restart markers, and EOI. Left out are APPn and COM segments, the fill bytes
    before markers, and whatever follows EOI.

    Args:
        jpeg: the whole file.

    Returns:
        16 bytes.

    Raises:
        CarrierError: the file is damaged or ends without EOI.
    """
    jpeg = bytes(jpeg)
    view = memoryview(jpeg)
    digest = hashlib.sha256()
    scans = 0
    for piece in iter_picture(jpeg):
        if piece.marker in _CODED:
            digest.update(view[piece.offset : piece.end])
            scans += piece.marker == SOS
    if not scans:
        raise CarrierError("JPEG: the file holds no picture")
    return digest.digest()[:DIGEST_BYTES]


def samples_digest(rgb: NDArray[np.uint8]) -> bytes:
    """Digest decoded samples.

    Hashed are the ASCII text "gamutmeta-rgb8", width and height as 32-bit big-endian integers, then the samples row by
    row, interleaved.

    Args:
        rgb: shape (H, W, 3), dtype uint8, any strides.

    Returns:
        16 bytes.

    Raises:
        CarrierError: another shape or dtype.
    """
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype.name != "uint8":
        raise CarrierError(f"samples have shape {rgb.shape} and dtype {rgb.dtype}; needed are (H, W, 3) and uint8")
    height, width, _ = rgb.shape
    digest = _samples_hash(width, height)
    rows = _rows_per_strip(width)
    for top in range(0, height, rows):
        digest.update(rgb[top : top + rows].tobytes())
    return digest.digest()[:DIGEST_BYTES]


def file_digest(data: BytesLike, *, max_pixels: int = MAX_PIXELS) -> tuple[str, bytes]:
    """Digest the picture in a file by the kind of digest that suits its format.

    Args:
        data: the whole file.
        max_pixels: a larger PNG or TIFF is not decoded.

    Returns:
        ("jpeg", `coded_digest`) for JPEG; for PNG and the first page of TIFF ("rgb8", `samples_digest` of the
        picture as coded, before any orientation is applied, alpha dropped, grey and palette turned into RGB).

    Raises:
        UnsupportedFileError: not a JPEG, PNG or TIFF.
        CarrierError: damaged, larger than `max_pixels`, or not an 8-bit grey, palette or RGB picture; also what Pillow
            does not decode, such as big-endian BigTIFF.
    """
    host = host_format(data)
    if host == "jpeg":
        return "jpeg", coded_digest(data)
    return "rgb8", _decoded_digest(bytes(data), host, max_pixels)


def _decoded_digest(data: bytes, host: HostFormat, max_pixels: int) -> bytes:
    from PIL import Image  # noqa: PLC0415 (Pillow is needed for decoding alone)

    try:
        return _png_digest(data, max_pixels) if host == "png" else _tiff_digest(data, max_pixels)
    except CarrierError:
        raise
    except (*_DECODER_ERRORS, Image.DecompressionBombError) as error:
        raise CarrierError(f"{host.upper()}: the picture cannot be decoded ({error})") from error


def _png_digest(data: bytes, max_pixels: int) -> bytes:
    # The class itself, since Image.open would go through whatever handlers are registered.
    from PIL.PngImagePlugin import PngImageFile  # noqa: PLC0415 (Pillow is needed for decoding alone)

    if data[12:16] == b"IHDR" and data[24:25] > b"\x08":
        raise CarrierError("PNG: 16 bits per sample; only 8-bit pictures are bound by their samples")
    with PngImageFile(io.BytesIO(data)) as image:
        _check_size(image, max_pixels)
        return _image_digest(image)


def _tiff_digest(data: bytes, max_pixels: int) -> bytes:
    from PIL import Image  # noqa: PLC0415 (Pillow is needed for decoding alone)
    from PIL.TiffImagePlugin import BITSPERSAMPLE, TiffImageFile  # noqa: PLC0415

    # Pillow turns a TIFF upright while it loads; this turns it back.
    turn_back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    with TiffImageFile(io.BytesIO(data)) as image:
        bits = max(image.tag_v2.get(BITSPERSAMPLE, (1,)))
        if bits > 8:
            raise CarrierError(f"TIFF: {bits} bits per sample; only 8-bit pictures are bound by their samples")
        _check_size(image, max_pixels)
        orientation = image.getexif().get(274)
        image.load()
        coded = image.transpose(turn_back[orientation]) if orientation in turn_back else image
        return _image_digest(coded)


def _check_size(image: Image.Image, max_pixels: int) -> None:
    width, height = image.size
    if width * height > max_pixels:
        raise CarrierError(f"a picture of {width} x {height} pixels; at most {max_pixels} are decoded")


def _image_digest(image: Image.Image) -> bytes:
    """Digest a Pillow image strip by strip, so that only one strip is ever converted and copied."""
    if image.mode not in _MODES:
        raise CarrierError(f"a picture of mode {image.mode}; only 8-bit grey, palette and RGB are bound by samples")
    image.load()
    # A transparent colour has no part in the samples, but would take Pillow's conversion another way.
    image.info.pop("transparency", None)
    width, height = image.size
    digest = _samples_hash(width, height)
    rows = _rows_per_strip(width)
    for top in range(0, height, rows):
        strip = image.crop((0, top, width, min(height, top + rows)))
        digest.update(strip.convert("RGB").tobytes())
    return digest.digest()[:DIGEST_BYTES]


def _samples_hash(width: int, height: int) -> hashlib._Hash:
    return hashlib.sha256(_SAMPLES_PREFIX + struct.pack(">II", width, height))


def _rows_per_strip(width: int) -> int:
    return max(1, _STRIP_BYTES // max(1, 3 * width))
