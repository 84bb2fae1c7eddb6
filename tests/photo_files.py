"""Synthetic photographs and metadata for tests."""

from __future__ import annotations

import io
import struct
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import ExifTags, Image

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from numpy.typing import NDArray

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="x"/></rdf:RDF></x:xmpmeta>'
)


def wide_array(height: int = 37, width: int = 53, seed: int = 0) -> NDArray[np.uint16]:
    """Any colours, 16 bits."""
    return np.random.default_rng(seed).integers(0, 65536, (height, width, 3), np.uint16)


def smooth_array(height: int = 40, width: int = 64) -> NDArray[np.uint8]:
    """Soft colours that lossy coding hardly changes, 8 bits."""
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([60 + x, 180 - y, 90 + (x + y) // 2], axis=-1).astype(np.uint8)


def exif_block(order: str = "<", *, orientation: int = 6, color_space: int = 1, interop: str | None = "R98") -> bytes:
    """An EXIF block with IFD0, Exif, GPS and interoperability directories, and a maker note."""
    exif = Image.Exif()
    exif.endian = order
    exif[ExifTags.Base.Make] = "Maker"
    exif[ExifTags.Base.Model] = "A model of some length"
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Copyright] = "Nobody"
    exif[ExifTags.Base.YCbCrPositioning] = 1
    photo = {0x829A: 1 / 250, 0x9003: "2026:01:02 03:04:05", 0x927C: b"maker\0note", 0xA001: color_space}
    if interop:
        photo[0xA005] = {1: interop}
    exif._ifds[0x8769] = photo
    exif._ifds[0x8825] = {1: "N", 2: (48.0, 12.0, 34.5)}
    return b"Exif\0\0" + exif.tobytes()[6:]


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def placed(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def tiff_bytes(samples: NDArray[Any], **options: Any) -> bytes:
    """A TIFF file by tifffile."""
    import tifffile  # noqa: PLC0415  # collecting the tests needs no tifffile

    buffer = io.BytesIO()
    tifffile.imwrite(buffer, samples, **({"photometric": "rgb", "metadata": None} | options))
    return buffer.getvalue()


def png_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Type and data of every chunk."""
    chunks = []
    offset = 8
    while offset < len(data):
        (length,) = struct.unpack_from(">I", data, offset)
        chunks.append((data[offset + 4 : offset + 8], data[offset + 8 : offset + 8 + length]))
        offset += 12 + length
    return chunks


def hide(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    """Make imports of these modules fail, as if they were not installed."""
    for module in modules:
        monkeypatch.setitem(sys.modules, module, None)


def dng_bytes(
    height: int = 64, width: int = 96, orientation: int = 6, *, wall: int = 8000, has_thumbnail: bool = False
) -> bytes:
    """A raw photograph of a grey wall at `wall` / 16383 of the sensor's range, with Bayer pattern and white balance."""
    import tifffile  # noqa: PLC0415  # as above

    mosaic = np.full((height, width), wall, np.uint16)
    mosaic[::2, ::2] = wall * 3 // 4
    mosaic[1::2, 1::2] = wall // 2
    xyz_to_camera = (3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.2040, 1.0570)
    neutral = (0.75, 1, 0.5)
    tags = [
        (0xC612, "B", 4, (1, 4, 0, 0), True),  # DNGVersion
        (0xC613, "B", 4, (1, 1, 0, 0), True),  # DNGBackwardVersion
        (0xC614, "s", 0, "Synthetic", True),  # UniqueCameraModel
        (33421, "H", 2, (2, 2), True),  # CFARepeatPatternDim
        (33422, "B", 4, (0, 1, 1, 2), True),  # CFAPattern
        (0xC61D, "I", 1, 16383, True),  # WhiteLevel
        (0xC61A, "H", 1, 0, True),  # BlackLevel
        (0xC621, "2i", 9, [n for v in xyz_to_camera for n in (round(v * 10000), 10000)], True),  # ColorMatrix1
        (0xC65A, "H", 1, 21, True),  # CalibrationIlluminant1: D65
        (0xC628, "2I", 3, [n for v in neutral for n in (round(v * 10000), 10000)], True),  # AsShotNeutral
        (0x010F, "s", 0, "Maker", True),
        (0x0112, "H", 1, orientation, True),
    ]
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as tiff:
        if has_thumbnail:
            green = np.full((8, 12, 3), (0, 255, 0), np.uint8)
            tiff.write(green, photometric="rgb", subfiletype=1, subifds=1, metadata=None, extratags=tags)
            tags = [tag for tag in tags if tag[0] in {33421, 33422, 0xC61D, 0xC61A}]
        tiff.write(mosaic, photometric=32803, extratags=tags, metadata=None)
    return buffer.getvalue()
