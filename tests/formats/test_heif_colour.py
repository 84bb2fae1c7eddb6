from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from heif_boxes import says
from photo_files import XMP, exif_block, saved, smooth_array
from PIL import Image

from gamutmeta.formats.boxes import make_box
from gamutmeta.formats.heif import boxes_within
from gamutmeta.formats.heif_colour import with_code_points

if TYPE_CHECKING:
    from types import ModuleType

SMOOTH = smooth_array(64, 96)


@pytest.fixture(params=["RGB", "RGBA"])
def avif(request: pytest.FixtureRequest) -> bytes:
    image = Image.fromarray(SMOOTH)
    if request.param == "RGBA":
        image.putalpha(Image.fromarray(SMOOTH[..., 0]))
    return saved(image, "AVIF", quality=90, subsampling="4:4:4", exif=exif_block(orientation=1), xmp=XMP)


@pytest.mark.parametrize(("primaries", "transfer"), [(12, 13), (9, 14), (2, 2), (1, 13)])
def test_avif(avif: bytes, primaries: int, transfer: int) -> None:
    new = with_code_points(avif, primaries, transfer)
    assert says(new, primaries, transfer, 6)
    assert len(new) == len(avif)
    with Image.open(io.BytesIO(new)) as image, Image.open(io.BytesIO(avif)) as old:
        assert np.array_equal(np.asarray(image), np.asarray(old))
        assert image.getexif() == old.getexif()
        assert image.info["xmp"] == old.info["xmp"] == XMP


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("bits", [8, 10, 12])
def test_lossless_avif_whose_header_grows(bits: int, *, alpha: bool) -> None:
    """sRGB's header without a matrix is shorter than all others; what lies behind it moves."""
    imagecodecs = pytest.importorskip("imagecodecs")
    samples = SMOOTH if bits == 8 else SMOOTH.astype(np.uint16) << (bits - 8)
    if alpha:
        samples = np.dstack([samples, samples[..., 0]])
    data = imagecodecs.avif_encode(samples, 100, speed=8, bitspersample=bits, primaries=1, transfer=13, matrix=0)
    assert says(data, 1, 13, 0)
    sizes = set()
    for code_points in ((12, 13), (9, 14), (2, 2)):
        new = with_code_points(data, *code_points)
        assert says(new, *code_points, 0)
        assert np.array_equal(imagecodecs.avif_decode(new), samples)
        sizes.add(len(new) - len(data))
        assert with_code_points(new, 1, 13) == data
    assert sizes <= {0, 1}


@pytest.fixture
def pillow_heif() -> ModuleType:
    return pytest.importorskip("pillow_heif")


@pytest.mark.parametrize(("quality", "matrix"), [(90, 6), (-1, 0)])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_heic(pillow_heif: Any, mode: str, quality: int, matrix: int) -> None:
    samples = SMOOTH if mode == "RGB" else np.dstack([SMOOTH, SMOOTH[..., 0]])
    file = io.BytesIO()
    picture = pillow_heif.from_bytes(mode, (96, 64), samples.tobytes())
    picture.save(file, quality=quality, matrix_coefficients=matrix, full_range_flag=1, exif=exif_block(), xmp=XMP)
    data = file.getvalue()
    assert says(data, 1, 13, matrix)
    new = with_code_points(data, 2, 2)
    assert says(new, 2, 2, matrix)
    assert not says(new, 1, 13, matrix)
    old, found = (pillow_heif.open_heif(io.BytesIO(file), convert_hdr_to_8bit=False) for file in (data, new))
    assert np.array_equal(np.asarray(found), np.asarray(old))
    assert found.info["exif"] == old.info["exif"]
    assert found.info["xmp"] == XMP


def test_files_of_another_structure_stay() -> None:
    data = saved(Image.fromarray(SMOOTH), "AVIF")
    whole = next(box for box in boxes_within(data, b"meta") if box.type == b"iloc")
    other = bytearray(data)
    other[whole.start] = 2
    for file in (bytes(other), data[:100], make_box(b"ftyp", b"avif"), b"", b"no boxes"):
        assert with_code_points(file, 2, 2) == file
    # A picture of tiles has no coded data of its own.
    struct.pack_into(">I", other, whole.start - 8, 8)
    assert with_code_points(bytes(other), 2, 2) == bytes(other)
