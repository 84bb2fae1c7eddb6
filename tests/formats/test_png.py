from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
from carriers.hosts import PNG_HOSTS, insert_after_ihdr, pixels, png
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from gamutmeta.errors import CarrierError
from gamutmeta.formats.png import SIGNATURE, insert_before_idat, iter_chunks, make_chunk, read_chunk

PLAIN = png()


@pytest.mark.parametrize("name", PNG_HOSTS)
def test_chunks_cover_the_file_and_have_sound_crcs(name: str) -> None:
    data = PNG_HOSTS[name]
    position = len(SIGNATURE)
    for chunk in iter_chunks(data):
        assert chunk.offset == position
        assert data[chunk.data_start : chunk.data_end] == read_chunk(data, chunk)
        assert make_chunk(chunk.type, read_chunk(data, chunk)) == data[chunk.offset : chunk.end]
        position = chunk.end
    assert chunk.type == b"IEND"
    assert list(iter_chunks(io.BytesIO(data))) == list(iter_chunks(data))


@given(st.binary(max_size=100))
def test_pillow_reads_the_chunks_made_here(content: bytes) -> None:
    with Image.open(io.BytesIO(insert_before_idat(PLAIN, make_chunk(b"prVt", content)))) as image:
        assert isinstance(image, PngImagePlugin.PngImageFile)
        assert image.private_chunks == [(b"prVt", content)]
        assert np.array_equal(np.asarray(image), pixels())


def test_places_of_insertion() -> None:
    palette = PNG_HOSTS["palette"]
    profile = make_chunk(b"iCCP", b"name\0\0" + zlib.compress(b"profile"))
    text = make_chunk(b"tEXt", b"Title\0text")
    both = insert_before_idat(insert_after_ihdr(palette, profile), text)
    kinds = [chunk.type for chunk in iter_chunks(both)]
    assert kinds == [b"IHDR", b"iCCP", b"PLTE", b"tEXt", b"IDAT", b"IEND"]
    with Image.open(io.BytesIO(both)) as image:
        assert isinstance(image, PngImagePlugin.PngImageFile)
        assert image.info["icc_profile"] == b"profile"
        assert image.info["Title"] == "text"


def test_several_idat_chunks_stay_together() -> None:
    kinds = [chunk.type for chunk in iter_chunks(insert_before_idat(PNG_HOSTS["many-idat"], make_chunk(b"prVt", b"")))]
    first = kinds.index(b"IDAT")
    assert kinds.count(b"IDAT") > 2
    assert set(kinds[first:-1]) == {b"IDAT"}
    assert kinds[first - 1] == b"prVt"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "signature"),
        (SIGNATURE, "without IEND"),
        (PLAIN[8:], "signature"),
        (SIGNATURE + make_chunk(b"IDAT", b""), "not IHDR"),
        (PLAIN[:-1], "runs past the end"),
        (PLAIN[:-12], "without IEND"),
        (PLAIN[:33] + b"\x80\0\0\0tEXt", "runs past the end"),
        (PLAIN[:33] + b"\0\0\0\0a.bc\0\0\0\0", "not a chunk type"),
    ],
)
def test_damage_is_named(data: bytes, message: str) -> None:
    with pytest.raises(CarrierError, match=message):
        list(iter_chunks(data))


def test_file_without_picture_is_refused() -> None:
    empty = PLAIN[:33] + make_chunk(b"IEND", b"")
    with pytest.raises(CarrierError, match="IDAT"):
        insert_before_idat(empty, b"")


def test_wrong_crc_is_named() -> None:
    chunk = next(iter_chunks(PLAIN))
    damaged = PLAIN[: chunk.data_end] + b"crc!" + PLAIN[chunk.end :]
    with pytest.raises(CarrierError, match=r"CRC.*IHDR"):
        read_chunk(damaged, chunk)


@pytest.mark.parametrize("kind", [b"", b"abc", b"abcde", b"ab1d", "iTXé".encode("latin-1")])
def test_bad_chunk_types_are_not_written(kind: bytes) -> None:
    with pytest.raises(CarrierError, match="chunk type"):
        make_chunk(kind, b"")


def test_number_of_chunks_is_bounded() -> None:
    endless = PLAIN[:33] + make_chunk(b"prVt", b"") * 300_000
    with pytest.raises(CarrierError, match="more than 262144"):
        list(iter_chunks(endless))
    with pytest.raises(CarrierError, match="more than 2 "):
        list(iter_chunks(PLAIN, max_chunks=2))
