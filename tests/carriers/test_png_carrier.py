from __future__ import annotations

import base64
import io
import zlib

import imagecodecs
import numpy as np
import pytest
from carriers.hosts import CONTAINER, LARGE_ICC, OTHER_CONTAINER, PNG_HOSTS, insert_after_ihdr, png
from hypothesis import given
from PIL import Image, PngImagePlugin
from strategies import carriers_containers, carriers_png_neighbours

from gamutmeta.carriers import MAGIC, MAX_CONTAINER, Extracted, embed, extract, find, strip
from gamutmeta.errors import (
    CarrierError,
    DuplicatePayloadError,
    NoPayloadError,
    PayloadExistsError,
    PayloadTooLargeError,
)
from gamutmeta.formats.png import insert_before_idat, iter_chunks, make_chunk

PLAIN = png()
TEXT = base64.b64encode(CONTAINER)
HEAD = b"gamutmeta\0"


def _with(content: bytes) -> bytes:
    return insert_before_idat(PLAIN, make_chunk(b"iTXt", content))


@pytest.mark.parametrize("name", PNG_HOSTS)
def test_embedding_changes_nothing_else(name: str) -> None:
    host = PNG_HOSTS[name]
    assert find(host) == []
    with pytest.raises(NoPayloadError):
        extract(host)
    stamped = embed(host, CONTAINER)
    assert extract(stamped) == Extracted(CONTAINER, "itxt")
    assert find(stamped) == ["itxt"]
    assert strip(stamped) == host
    kinds = [chunk.type for chunk in iter_chunks(stamped)]
    assert kinds[kinds.index(b"IDAT") - 1] == b"iTXt"


@pytest.mark.parametrize("name", PNG_HOSTS)
def test_decoders_see_the_same_picture_and_metadata(name: str) -> None:
    host = PNG_HOSTS[name]
    stamped = embed(host, CONTAINER)
    with Image.open(io.BytesIO(host)) as before, Image.open(io.BytesIO(stamped)) as after:
        assert np.array_equal(np.asarray(before), np.asarray(after))
        assert before.info | {"gamutmeta": TEXT.decode()} == after.info
        assert before.getexif() == after.getexif()
    assert np.array_equal(imagecodecs.png_decode(host), imagecodecs.png_decode(stamped))


def test_profile_is_really_there() -> None:
    with Image.open(io.BytesIO(embed(PNG_HOSTS["profile"], CONTAINER))) as image:
        assert image.info["icc_profile"] == LARGE_ICC


@given(carriers_containers(), carriers_png_neighbours(), carriers_png_neighbours())
def test_round_trip_among_any_neighbours(container: bytes, first: bytes, later: bytes) -> None:
    host = insert_before_idat(insert_after_ihdr(PLAIN, first), later)
    stamped = embed(host, container)
    assert extract(stamped) == Extracted(container, "itxt")
    assert strip(stamped) == host


def test_chunk_byte_by_byte() -> None:
    assert embed(PLAIN, CONTAINER) == _with(b"gamutmeta\0" + b"\0" + b"\0" + b"\0" + b"\0" + TEXT)


def test_compressed_text_and_other_fields_are_read() -> None:
    fields = HEAD + b"\1\0" + b"en\0" + b"Gamut" + b"\0"
    assert extract(_with(fields + zlib.compress(TEXT))).container == CONTAINER
    assert extract(_with(HEAD + b"\0\0" + b"en\0Gamut\0" + TEXT)).container == CONTAINER
    info = PngImagePlugin.PngInfo()
    info.add_itxt("gamutmeta", TEXT.decode(), zip=True)
    assert extract(png(pnginfo=info)).container == CONTAINER


def test_existing_payload_is_refused_or_replaced() -> None:
    stamped = embed(PLAIN, CONTAINER)
    with pytest.raises(PayloadExistsError, match="itxt"):
        embed(stamped, OTHER_CONTAINER)
    assert embed(stamped, OTHER_CONTAINER, replace=True) == embed(PLAIN, OTHER_CONTAINER)


def test_two_are_an_error() -> None:
    twice = insert_after_ihdr(embed(PLAIN, CONTAINER), make_chunk(b"iTXt", HEAD + b"\0\0\0\0" + TEXT))
    with pytest.raises(DuplicatePayloadError, match="2 text"):
        extract(twice)
    assert find(twice) == ["itxt", "itxt"]
    assert strip(twice) == PLAIN


def test_payload_behind_the_picture_is_found_by_strip_alone() -> None:
    *_, end = iter_chunks(PLAIN)
    late = PLAIN[: end.offset] + make_chunk(b"iTXt", HEAD + b"\0\0\0\0" + TEXT) + PLAIN[end.offset :]
    with pytest.raises(NoPayloadError):
        extract(late)
    with pytest.raises(PayloadExistsError):
        embed(late, CONTAINER)
    assert find(late) == ["itxt"]
    assert strip(late) == PLAIN


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"gamutmeta",
        b"Gamutmeta\0\0\0\0\0" + TEXT,
        b"gamutmeta2\0\0\0\0\0" + TEXT,
    ],
)
def test_other_text_is_not_ours(content: bytes) -> None:
    host = _with(content)
    with pytest.raises(NoPayloadError):
        extract(host)
    assert strip(host) == host


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (HEAD, "before its text"),
        (HEAD + b"\0", "before its text"),
        (HEAD + b"\0\0en\0", "before its text"),
        (HEAD + b"\0\0\0\0", "magic"),
        (HEAD + b"\0\0\0\0no base64 !", "base64"),
        (HEAD + b"\0\0\0\0" + base64.b64encode(b"no container"), "magic"),
        (HEAD + b"\2\0\0\0" + TEXT, "compression flag 2"),
        (HEAD + b"\1\1\0\0" + zlib.compress(TEXT), "compression method 01"),
        (HEAD + b"\1\0\0\0" + TEXT, "inflated"),
        (HEAD + b"\1\0\0\0" + zlib.compress(TEXT)[:-9], "cut off"),
    ],
)
def test_damage_of_ours_is_named(content: bytes, message: str) -> None:
    host = _with(content)
    with pytest.raises(CarrierError, match=message) as caught:
        extract(host)
    assert not isinstance(caught.value, NoPayloadError)
    assert strip(host) == PLAIN


OTHER_KINDS = {b"tEXt": HEAD + TEXT, b"zTXt": HEAD + b"\0" + zlib.compress(TEXT)}


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_what_editors_make_of_our_text_is_read_found_and_stripped(kind: bytes) -> None:
    rewritten = insert_after_ihdr(PLAIN, make_chunk(kind, OTHER_KINDS[kind]))
    assert extract(rewritten).container == CONTAINER
    assert find(rewritten) == ["itxt"]
    assert strip(rewritten) == PLAIN
    assert embed(rewritten, OTHER_CONTAINER, replace=True) == embed(PLAIN, OTHER_CONTAINER)
    with pytest.raises(DuplicatePayloadError, match="2 text"):
        extract(insert_after_ihdr(embed(PLAIN, CONTAINER), make_chunk(kind, OTHER_KINDS[kind])))


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        (b"tEXt", HEAD, "magic"),
        (b"tEXt", HEAD + b"no base64 !", "base64"),
        (b"zTXt", HEAD, "method none"),
        (b"zTXt", HEAD + b"\1" + zlib.compress(TEXT), "method 01"),
        (b"zTXt", HEAD + b"\0" + TEXT, "inflated"),
        (b"zTXt", HEAD + b"\0" + zlib.compress(TEXT)[:-9], "cut off"),
        (b"zTXt", HEAD + b"\0" + zlib.compress(bytes(1_000_000)), "inflates"),
    ],
)
def test_damage_of_these_is_named(kind: bytes, content: bytes, message: str) -> None:
    host = insert_after_ihdr(PLAIN, make_chunk(kind, content))
    with pytest.raises(CarrierError, match=message) as caught:
        extract(host)
    assert not isinstance(caught.value, NoPayloadError)
    assert strip(host) == PLAIN


def test_wrong_crc_is_named() -> None:
    stamped = embed(PLAIN, CONTAINER)
    damaged = stamped.replace(TEXT[:20], TEXT[:19] + b"A")
    assert damaged != stamped
    with pytest.raises(CarrierError, match="CRC"):
        extract(damaged)


def test_limits() -> None:
    largest = MAGIC.ljust(MAX_CONTAINER, b"\xff")
    assert extract(embed(PLAIN, largest)).container == largest
    with pytest.raises(PayloadTooLargeError, match="itxt"):
        embed(PLAIN, largest + b"x")
    bomb = zlib.compress(bytes(100_000_000), 9)
    assert len(bomb) < 100_000
    with pytest.raises(PayloadTooLargeError, match="inflates"):
        extract(_with(HEAD + b"\1\0\0\0" + bomb))
    with pytest.raises(PayloadTooLargeError, match="no container is that large"):
        extract(_with(HEAD + b"\0\0\0\0" + bytes(1_000_000)))
