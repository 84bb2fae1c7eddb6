from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from carrots import CARROTS
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from photo_files import XMP, exif_block, png_chunks, smooth_array, wide_array
from PIL import Image

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.color.icc import profile_bytes
from gamutmeta.photo import png_out
from gamutmeta.photo.png_out import write_png
from gamutmeta.photo.read import read_photo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

ICC = profile_bytes("rec2020")
EIGHT = smooth_array()


@pytest.fixture(params=["zlib", "zlib_ng.zlib_ng", "isal.isal_zlib"], autouse=True, scope="module")
def _library(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test with zlib, and with what the extra ``fast`` brings."""
    module = pytest.importorskip(request.param, reason="the extra fast is not installed")
    is_isal = request.param.startswith("isal")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(png_out, "isal", lambda: module if is_isal else None)
        patch.setattr(png_out, "_library", lambda: zlib if is_isal else module)
        yield


def written(samples: NDArray[np.uint8 | np.uint16], **options: Any) -> bytes:
    file = io.BytesIO()
    write_png(file, samples, **({"icc": None} | options))
    return file.getvalue()


def decoded(data: bytes) -> NDArray[np.uint16]:
    """A decoder of the one kind of 16-bit PNG that is written, without imagecodecs."""
    chunks = png_chunks(data)
    header = chunks[0][1]
    width, height = (int.from_bytes(header[i : i + 4], "big") for i in (0, 4))
    assert header[8:] == bytes([16, header[9], 0, 0, 0])
    step = {2: 6, 6: 8}[header[9]]
    lines = np.frombuffer(zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT")), np.uint8)
    lines = lines.reshape(height, 1 + step * width)
    assert (lines[:, 0] == 1).all()
    pixels = np.cumsum(lines[:, 1:].reshape(height, width, step), axis=1, dtype=np.uint8)
    return np.ascontiguousarray(pixels).view(">u2").astype(np.uint16)


@given(samples=hnp.arrays(np.uint16, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))))
def test_sixteen_bits(samples: NDArray[np.uint16]) -> None:
    assert np.array_equal(decoded(written(samples)), samples)


@given(samples=hnp.arrays(np.uint16, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(4))))
def test_sixteen_bits_with_transparency(samples: NDArray[np.uint16]) -> None:
    assert np.array_equal(decoded(written(samples[..., :3], alpha=samples[..., 3])), samples)


@given(samples=hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(4))))
def test_eight_bits_with_transparency(samples: NDArray[np.uint8]) -> None:
    with Image.open(io.BytesIO(written(samples[..., :3], alpha=samples[..., 3]))) as image:
        assert np.array_equal(np.asarray(image), samples)


def test_several_strips_with_transparency() -> None:
    samples, alpha = wide_array(821, 640), wide_array(821, 640, seed=1)[..., 0]
    assert np.array_equal(decoded(written(samples, alpha=alpha)), np.dstack([samples, alpha]))


@pytest.mark.parametrize("height", [1, 409, 410])
def test_several_strips(height: int) -> None:
    samples = wide_array(height, 640)
    data = written(samples)
    assert np.array_equal(decoded(data), samples)
    strips = -(-height // (png_out._STRIP_PIXELS // 640))
    # One chunk each, and one for the checksum.
    assert [kind for kind, _ in png_chunks(data)].count(b"IDAT") == strips + 1


def test_other_decoders_agree() -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    samples = wide_array(500, 300)
    assert np.array_equal(imagecodecs.png_decode(written(samples)), samples)


def test_pillow_accepts_it() -> None:
    samples = wide_array(500, 300)
    with Image.open(io.BytesIO(written(samples, icc=ICC, exif=exif_block(), xmp=XMP))) as image:
        assert np.array_equal(np.asarray(image), samples >> 8)
        assert image.info["icc_profile"] == ICC
        assert image.info["exif"] == exif_block()
        assert image.info["xmp"] == XMP


@pytest.mark.parametrize("samples", [EIGHT, wide_array()], ids=["8", "16"])
def test_chunks(samples: NDArray[np.uint8 | np.uint16]) -> None:
    chunks = png_chunks(written(samples, icc=ICC, exif=exif_block(), xmp=XMP))
    kinds = [kind for kind, _ in chunks]
    assert kinds[0] == b"IHDR"
    assert kinds[-1] == b"IEND"
    assert kinds.index(b"iCCP") < kinds.index(b"IDAT")
    content = dict(chunks)
    assert zlib.decompress(content[b"iCCP"].partition(b"\0")[2][1:]) == ICC
    assert content[b"eXIf"] == exif_block()[6:]
    assert content[b"iTXt"] == b"XML:com.adobe.xmp\0\0\0\0\0" + XMP


@pytest.mark.parametrize("samples", [EIGHT, wide_array()], ids=["8", "16"])
def test_bare(samples: NDArray[np.uint8 | np.uint16]) -> None:
    assert {kind for kind, _ in png_chunks(written(samples))} == {b"IHDR", b"IDAT", b"IEND"}


@pytest.mark.parametrize("height", [1, 409, 410, 1300])
@pytest.mark.parametrize("is_noise", [False, True])
def test_eight_bits(height: int, is_noise: bool) -> None:  # noqa: FBT001 - a parameter of the test
    samples = np.resize(EIGHT, (height, 640, 3)) // 16
    if is_noise:
        samples = np.random.default_rng(0).integers(0, 256, samples.shape, np.uint8)
    data = written(samples)
    with Image.open(io.BytesIO(data)) as image:
        assert np.array_equal(np.asarray(image), samples)
    assert len(data) < (1.01 if is_noise else 0.1) * samples.nbytes + 200


def test_eight_bits_of_one_column() -> None:
    samples = wide_array(5000, 1).astype(np.uint8)
    with Image.open(io.BytesIO(written(samples))) as image:
        assert np.array_equal(np.asarray(image), samples)


def test_matches_reach_into_the_strip_before() -> None:
    # Random rows that come again after 20 kB: matches are all there is.
    rows = np.random.default_rng(0).integers(0, 32, (20, 320, 3), np.uint8)
    tall = png_out._STRIP_PIXELS // 320 + 1
    alone, joined = np.resize(rows, (tall - 1, 320, 3)), np.resize(rows, (tall + 19, 320, 3))
    data = written(joined)
    with Image.open(io.BytesIO(data)) as image:
        assert np.array_equal(np.asarray(image), joined)
    # The second strip is the rows again; without the window it would hold all of them.
    assert len(data) - len(written(alone)) < rows.nbytes / 10


def test_a_photograph_is_no_larger_than_by_pillow() -> None:
    codes, _ = reduce_to_codes(read_photo(CARROTS).array, Adaptation.BRADFORD)
    pillows = io.BytesIO()
    Image.fromarray(codes).save(pillows, "PNG", compress_level=6)
    assert len(written(codes)) < 1.03 * len(pillows.getvalue())


@pytest.mark.parametrize("levels", [2, 8, 32])
def test_a_drawing_is_no_larger_than_by_pillow(levels: int) -> None:
    codes, _ = reduce_to_codes(read_photo(CARROTS).array, Adaptation.BRADFORD)
    codes = codes // (256 // levels) * (256 // levels)
    pillows = io.BytesIO()
    Image.fromarray(codes).save(pillows, "PNG", compress_level=6)
    assert len(written(codes)) < 1.03 * len(pillows.getvalue())


def test_pictures_that_had_eight_bits_are_small() -> None:
    once_eight = np.tile(EIGHT, (10, 10, 1)).astype(np.uint16) * 257
    assert len(written(once_eight)) < once_eight.nbytes / 20


@given(first=st.binary(max_size=300), second=st.binary(max_size=300))
def test_joined_checksums(first: bytes, second: bytes) -> None:
    joined = png_out._joined(zlib.adler32(first), zlib.adler32(second), len(second))
    assert joined == zlib.adler32(first + second)


def test_joined_checksum_of_much_data() -> None:
    block = bytes([255]) * 10_000_000
    assert png_out._joined(zlib.adler32(block), zlib.adler32(block), len(block)) == zlib.adler32(block + block)
