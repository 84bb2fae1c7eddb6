"""JPEG XL files, through OpenImageIO (libjxl), which turns them upright and says what its pixels mean.

References:
    ISO/IEC 18181-2 (file format), sections 9.3 (Exif box), 9.4 (XML box) and 9.8 (brotli-compressed box).
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from gamutmeta.color.cicp import HIGH_DYNAMIC_RANGE, cicp_space
from gamutmeta.errors import MissingExtraError, PhotoError
from gamutmeta.formats.boxes import iter_boxes
from gamutmeta.formats.exif import MAX_PACKET
from gamutmeta.photo.picture import FURTHER_PICTURES, STRAIGHT, UNSPECIFIED, Picture, channels_of, check_size
from gamutmeta.runtime.extras import imagecodecs_for, openimageio_for

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["JXL_SIGNATURES", "read_jxl"]

JXL_SIGNATURES = (b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n")
"""Of a bare codestream, and of a file of boxes."""

_BITS = {"uint8": 8, "uint16": 16}
_LINEAR_SRGB = (1, 8)
_LEAST = 128


def read_jxl(file: BinaryIO, max_pixels: int) -> Picture:
    """Read the first frame of a JPEG XL file, turned upright.

    Args:
        file: the file, at any position.
        max_pixels: limit on width x height.

    Raises:
        PhotoError: too large, floating-point, damaged, or of high dynamic range.
        MissingExtraError: OpenImageIO is not installed.
    """
    file.seek(0)
    data = file.read()
    # OpenImageIO reads files by their names.
    with tempfile.TemporaryDirectory(prefix="gamutmeta-") as folder:
        path = Path(folder) / "picture.jxl"
        # It takes files that are shorter than what it looks at for damaged; what follows a codestream is ignored.
        bare = data.startswith(JXL_SIGNATURES[0])
        path.write_bytes(data.ljust(_LEAST, b"\0") if bare else data)
        picture = _read_picture(path, max_pixels)
    if data.startswith(JXL_SIGNATURES[1]):
        _take_metadata(picture, data)
    return picture


def _read_picture(path: Path, max_pixels: int) -> Picture:
    oiio: Any = openimageio_for("reading JPEG XL")
    keep_straight = oiio.ImageSpec()
    keep_straight.attribute("oiio:UnassociatedAlpha", 1)
    source = oiio.ImageInput.open(str(path), keep_straight)
    if source is None:
        raise PhotoError(f"damaged JPEG XL: {oiio.geterror()}")
    spec = source.spec()
    check_size(spec.width, spec.height, max_pixels)
    if str(spec.format) not in _BITS:
        raise PhotoError(f"JPEG XL with {spec.format} samples is not supported; save it with 16 bits")
    samples = source.read_image(str(spec.format))
    problem, has_more = source.geterror(), bool(source.seek_subimage(1, 0))
    source.close()
    if samples is None or problem:
        raise PhotoError(f"damaged JPEG XL: {problem}")
    notes = [FURTHER_PICTURES] if has_more else []
    bits, colours = _BITS[str(spec.format)], 1 if spec.nchannels < 3 else 3
    extra = [STRAIGHT if i == spec.alpha_channel else UNSPECIFIED for i in range(colours, spec.nchannels)]
    rgb, alpha, is_gray = channels_of(np.asarray(samples), bits, notes, extra)
    picture = Picture(rgb, bits, is_gray, alpha, notes=notes)
    _take_colour(picture, spec)
    return picture


def _take_colour(picture: Picture, spec: Any) -> None:
    """Code points where there are any: the profile is then made from them, and for PQ and HLG maps tones as well."""
    code_points = spec.getattribute("CICP")
    cicp = None if code_points is None else (int(code_points[0]), int(code_points[1]))
    if cicp is not None and (cicp_space(*cicp) or cicp[1] in HIGH_DYNAMIC_RANGE):
        picture.cicp = cicp
        if cicp == _LINEAR_SRGB:
            picture.notes.append(
                "a lossy JPEG XL with this ICC profile is decoded as linear sRGB: colours outside sRGB are lost"
            )
        return
    profile = spec.getattribute("ICCProfile")
    picture.icc = None if profile is None else np.asarray(profile, np.uint8).tobytes()


def _take_metadata(picture: Picture, data: bytes) -> None:
    packets = _packets(picture, data)
    raw = packets.get(b"Exif", b"")
    # Four bytes say how far behind them the TIFF header is; the pixels are upright.
    body = raw[4 + int.from_bytes(raw[:4], "big") :]
    picture.take_exif(body, upright=True)
    picture.take_xmp(packets.get(b"xml "), upright=True)


def _packets(picture: Picture, data: bytes) -> Mapping[bytes, bytes]:
    """Content of the first Exif and XML box, decompressed where need be."""
    found: dict[bytes, bytes] = {}
    for box in iter_boxes(data):
        compressed = box.type == b"brob"
        kind = data[box.start : box.start + 4] if compressed else box.type
        if kind not in {b"Exif", b"xml "} or kind in found or box.end - box.start > MAX_PACKET:
            continue
        if not compressed:
            found[kind] = data[box.start : box.end]
            continue
        try:
            found[kind] = _inflated(data[box.start + 4 : box.end])
        except MissingExtraError as error:
            picture.notes.append(f"compressed metadata were left out: {error}")
    return found


def _inflated(data: bytes) -> bytes:
    imagecodecs = imagecodecs_for("reading compressed metadata of JPEG XL")
    try:
        return bytes(imagecodecs.brotli_decode(data, out=MAX_PACKET))
    except imagecodecs.BrotliError as error:
        raise PhotoError(f"damaged metadata in a JPEG XL file: {error}") from error
