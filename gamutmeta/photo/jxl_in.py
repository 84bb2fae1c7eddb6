"""JPEG XL files, through OpenImageIO (libjxl), which turns them upright and says what its pixels mean.

What it does not say is read from the header of the codestream; the first frame of an animation comes from imagecodecs.

References:
    ISO/IEC 18181-2 (file format), sections 9.3 (Exif box), 9.4 (XML box) and 9.8 (brotli-compressed box).
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from gamutmeta.color.cicp import HIGH_DYNAMIC_RANGE, VideoCurve, cicp_space
from gamutmeta.errors import MissingExtraError, PhotoError
from gamutmeta.formats.boxes import iter_boxes
from gamutmeta.formats.c2pa import MANIFEST_NOTE, has_box
from gamutmeta.formats.exif import MAX_PACKET
from gamutmeta.formats.jxl import ALPHA, BLACK, BOXED, CODESTREAM, lengthened, read_jxl_header
from gamutmeta.photo.picture import (
    FURTHER_PICTURES,
    PREMULTIPLIED,
    STRAIGHT,
    UNSPECIFIED,
    Picture,
    channels_of,
    check_size,
)
from gamutmeta.runtime.extras import imagecodecs_for, openimageio_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gamutmeta.formats.jxl import JxlHeader

__all__ = ["JXL_SIGNATURES", "read_jxl"]

JXL_SIGNATURES = (CODESTREAM, BOXED)

_BITS = {"uint8": 8, "uint16": 16}
_LINEAR_SRGB = (1, 8)
_LEAST = 128
"""OpenImageIO takes files with fewer bytes for damaged."""


def read_jxl(file: BinaryIO, max_pixels: int) -> Picture:
    """Read the first frame of a JPEG XL file, turned upright.

    Args:
        file: the file, at any position.
        max_pixels: limit on width x height.

    Raises:
        PhotoError: too large, CMYK, floating-point, damaged, or of high dynamic range.
        MissingExtraError: OpenImageIO is not installed, or imagecodecs, which animations need.
    """
    file.seek(0)
    data = file.read()
    header = read_jxl_header(data)
    if BLACK in header.extra:
        raise PhotoError("CMYK JPEG XL is not supported; save it as RGB")
    # OpenImageIO reads files by their names.
    with tempfile.TemporaryDirectory(prefix="gamutmeta-") as folder:
        path = Path(folder) / "picture.jxl"
        path.write_bytes(lengthened(data, _LEAST))
        picture = _read_picture(path, header, max_pixels)
    if data.startswith(BOXED):
        _take_metadata(picture, data)
    return picture


def _read_picture(path: Path, header: JxlHeader, max_pixels: int) -> Picture:
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
    notes: list[str] = []
    samples: NDArray[np.unsignedinteger[Any]] | None
    if header.is_animated:
        # OpenImageIO hands the last frame out.
        samples = _first_frame(path, spec)
        notes.append(FURTHER_PICTURES)
    else:
        decoded: Any = source.read_image(str(spec.format))
        samples = None if decoded is None else np.asarray(decoded)
    problem = source.geterror()
    source.close()
    if samples is None or problem:
        raise PhotoError(f"damaged JPEG XL: {problem}")
    # The library names an alpha channel behind RGB alone, and nobody tells that colours are multiplied by it.
    meanings = zip(header.extra, header.premultiplied, strict=True)
    extra = [_meaning(kind, is_premultiplied=is_premultiplied) for kind, is_premultiplied in meanings]
    bits = _BITS[str(spec.format)]
    rgb, alpha, is_gray = channels_of(samples, bits, notes, extra)
    picture = Picture(rgb, bits, is_gray, alpha, notes=notes)
    _take_colour(picture, spec, header)
    return picture


def _meaning(kind: int, *, is_premultiplied: bool) -> int:
    if kind != ALPHA:
        return UNSPECIFIED
    return PREMULTIPLIED if is_premultiplied else STRAIGHT


def _first_frame(path: Path, spec: Any) -> NDArray[np.unsignedinteger[Any]]:
    samples = np.asarray(imagecodecs_for("reading animated JPEG XL").jpegxl_decode(path.read_bytes(), index=0))
    if samples.shape[:2] != (spec.height, spec.width):
        raise PhotoError(f"JPEG XL: its first frame has the shape {samples.shape}")
    return samples


def _take_colour(picture: Picture, spec: Any, header: JxlHeader) -> None:
    """Code points where there are any: the profile is then made from them, and for PQ and HLG maps tones as well."""
    code_points = spec.getattribute("CICP")
    cicp = None if code_points is None else (int(code_points[0]), int(code_points[1]))
    if cicp is not None and (cicp_space(*cicp, VideoCurve.CAMERA) or cicp[1] in HIGH_DYNAMIC_RANGE):
        picture.cicp, picture.video = cicp, VideoCurve.CAMERA
        if cicp == _LINEAR_SRGB and header.is_xyb:
            picture.notes.append(
                "a lossy JPEG XL with this ICC profile is decoded as linear sRGB: colours outside sRGB are lost"
            )
        return
    profile = spec.getattribute("ICCProfile")
    picture.icc = None if profile is None else np.asarray(profile, np.uint8).tobytes()


def _take_metadata(picture: Picture, data: bytes) -> None:
    if has_box(data):
        picture.notes.append(MANIFEST_NOTE)
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
