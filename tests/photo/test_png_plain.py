from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from photo_files import hide, png_chunks
from PIL import Image

from gamutmeta.color.icc import profile_bytes
from gamutmeta.formats.png import SIGNATURE, make_chunk
from gamutmeta.photo import pixels, png_in, png_plain
from gamutmeta.photo.png_plain import plain_samples

if TYPE_CHECKING:
    from numpy.typing import NDArray

pytest.importorskip("imagecodecs")

RGB = np.random.default_rng(1).integers(0, 256, (1024, 1030, 3), np.uint8)


def png(array: NDArray[np.uint8], **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG", **options)
    return file.getvalue()


def joined(chunks: list[tuple[bytes, bytes]]) -> bytes:
    return SIGNATURE + b"".join(make_chunk(kind, body) for kind, body in chunks)


def by_pillow(data: bytes) -> NDArray[np.uint8] | None:
    try:
        with Image.open(io.BytesIO(data)) as image:
            return np.asarray(image)
    except (OSError, SyntaxError, ValueError, zlib.error):
        return None


@pytest.mark.parametrize("channels", [3, 4])
def test_large_pictures_as_pillow_decodes_them(channels: int) -> None:
    array = np.dstack([RGB, RGB[..., :1]])[..., :channels]
    data = png(array, icc_profile=profile_bytes("srgb"), compress_level=1)
    samples = plain_samples(data)
    assert samples is not None
    assert samples.flags.c_contiguous
    assert samples.flags.writeable
    assert np.array_equal(samples, array)


def test_both_readers_take_them(monkeypatch: pytest.MonkeyPatch) -> None:
    data, asked = png(RGB, compress_level=1), []

    def spy(given: bytes | BinaryIO) -> NDArray[np.uint8] | None:
        asked.append(type(given))
        return plain_samples(given)

    for module in (pixels, png_in):
        monkeypatch.setattr(module, "plain_samples", spy)
    assert np.array_equal(pixels.decode_srgb(data), RGB)
    assert np.array_equal(png_in.read_png(io.BytesIO(data), 1 << 24).samples, RGB)
    assert asked == [bytes, io.BytesIO]


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "I;16"])
def test_other_modes_are_left_to_pillow(mode: str) -> None:
    image = Image.fromarray(RGB)
    file = io.BytesIO()
    (Image.new("I;16", image.size) if mode == "I;16" else image.convert(mode)).save(file, "PNG", compress_level=1)
    assert plain_samples(file.getvalue()) is None


def test_what_is_not_plain_is_left_to_pillow() -> None:
    small = RGB[:20, :30]
    data = png(small)
    assert plain_samples(data) is None  # as it is small
    assert plain_samples(data, min_pixels=0) is not None
    assert plain_samples(png(small, transparency=(1, 2, 3)), min_pixels=0) is None
    header, *rest = png_chunks(data)
    interlaced = [(header[0], header[1][:12] + b"\1"), *rest]
    assert plain_samples(joined(interlaced), min_pixels=0) is None
    pieces = [(kind, body) for kind, body in rest if kind == b"IDAT"]
    body = b"".join(body for _, body in pieces)
    apart = [header, (b"IDAT", body[:50]), (b"tEXt", b"a\0b"), (b"IDAT", body[50:]), (b"IEND", b"")]
    assert plain_samples(joined(apart), min_pixels=0) is None
    assert plain_samples(joined([header, header, *rest]), min_pixels=0) is None
    assert plain_samples(joined([header, (b"IEND", b"")]), min_pixels=0) is None
    assert plain_samples(data[:-20], min_pixels=0) is None


def test_without_imagecodecs(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "imagecodecs")
    data = png(RGB, compress_level=1)
    assert plain_samples(data) is None
    assert np.array_equal(pixels.decode_srgb(data), RGB)


def damaged(data: bytes, how: str, seed: int) -> bytes:
    """A PNG with one bit changed, in the file or (with the right CRC) in its compressed picture; or cut off."""
    source = np.random.default_rng(seed)
    bit = 1 << int(source.integers(8))
    if how == "cut":
        return data[: source.integers(8, len(data))]
    if how == "bit":
        at = int(source.integers(8, len(data)))
        return data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]
    chunks = png_chunks(data)
    at = next(n for n, (kind, _) in enumerate(chunks) if kind == b"IDAT")
    body = bytearray(chunks[at][1])
    body[source.integers(0 if how == "compressed" else len(body) - 4, len(body))] ^= bit
    chunks[at] = (b"IDAT", bytes(body))
    return joined(chunks)


@given(
    shape=st.tuples(st.integers(1, 40), st.integers(1, 40), st.sampled_from([3, 4])),
    how=st.sampled_from(["cut", "bit", "compressed", "checksum"]),
    seed=st.integers(0, 1 << 30),
)
def test_damage_is_left_to_pillow(shape: tuple[int, int, int], how: str, seed: int) -> None:
    array = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    data = damaged(png(array), how, seed)
    samples = plain_samples(data, min_pixels=0)
    if samples is not None:
        found = by_pillow(data)
        assert found is not None
        assert np.array_equal(samples, found)


def test_a_picture_of_another_shape_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    data = png(RGB[:20, :30])
    monkeypatch.setattr(png_plain.importlib, "import_module", lambda _: _Other)
    assert plain_samples(data, min_pixels=0) is None


class _Other:
    @staticmethod
    def png_decode(_: bytes) -> NDArray[np.uint8]:
        return np.zeros((20, 30, 4), np.uint8)
