from __future__ import annotations

import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from photo_files import XMP, exif_block, saved, smooth_array
from PIL import Image

from gamutmeta.formats.comments import Comment
from gamutmeta.formats.png import insert_before_idat, iter_chunks, make_chunk
from gamutmeta.formats.png_metadata import (
    PngMetadata,
    density_chunk,
    raw_profile_chunk,
    read_png_metadata,
    text_chunk,
)

PICTURE = saved(Image.fromarray(smooth_array(8, 8)), "PNG")
EXIF = exif_block()
BARE = EXIF.removeprefix(b"Exif\0\0")
RESOURCES = b"8BIM\4\4\0\0\0\0\0\2xx"
XMP_IN_APP1 = b"http://ns.adobe.com/xap/1.0/\0" + XMP
KEYWORD = b"XML:com.adobe.xmp"


def read(*chunks: bytes) -> PngMetadata:
    data = insert_before_idat(PICTURE, b"".join(chunks))
    return read_png_metadata(data, iter_chunks(data))


def profile(kind: str, data: bytes, *, chunk: str = "zTXt", end: str = "\n", digits: str = "hex") -> bytes:
    """A raw profile in a chunk of any type, with lines of 72 digits."""
    text = data.hex() if digits == "hex" else data.hex().upper()
    lines = end.join(text[i : i + 72] for i in range(0, len(text), 72))
    body = f"{end}{kind}{end}{len(data):8}{end}{lines}{end}".encode()
    keyword = f"Raw profile type {kind}".encode()
    if chunk == "tEXt":
        return make_chunk(b"tEXt", keyword + b"\0" + body)
    if chunk == "zTXt":
        return make_chunk(b"zTXt", keyword + b"\0\0" + zlib.compress(body))
    return make_chunk(b"iTXt", keyword + (b"\0\1\0\0\0" + zlib.compress(body)))


CHUNKS = pytest.mark.parametrize("chunk", ["tEXt", "zTXt", "iTXt"])


@CHUNKS
@pytest.mark.parametrize("style", [("\n", "hex"), ("\n", "upper"), ("\r\n", "hex")])
@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        ("exif", EXIF, {"exif": EXIF}),
        ("exif", BARE, {"exif": EXIF}),
        ("APP1", EXIF, {"exif": EXIF}),
        ("APP1", XMP_IN_APP1, {"xmp": XMP}),
        ("exif", XMP_IN_APP1, {"xmp": XMP}),
        ("xmp", XMP, {"xmp": XMP}),
        ("iptc", RESOURCES, {"resources": RESOURCES}),
        ("8bim", RESOURCES, {"resources": RESOURCES}),
        ("icc", b"profile", {"icc": b"profile"}),
        ("icm", b"profile", {"icc": b"profile"}),
    ],
)
def test_raw_profiles(chunk: str, style: tuple[str, str], kind: str, data: bytes, expected: dict[str, bytes]) -> None:
    found = read(profile(kind, data, chunk=chunk, end=style[0], digits=style[1]))
    assert (found.texts, found.notes) == ((), ())
    assert {n: getattr(found, n) for n in ("exif", "xmp", "resources", "icc") if getattr(found, n)} == expected


@CHUNKS
def test_xmp_in_any_text_chunk(chunk: str) -> None:
    packet = XMP.replace(b'"x"', '"é"'.encode())
    body = {
        "tEXt": b"\0" + packet,
        "zTXt": b"\0\0" + zlib.compress(packet),
        "iTXt": b"\0\0\0\0\0" + packet,
    }[chunk]
    assert read(make_chunk(chunk.encode(), KEYWORD + body)).xmp == packet


def test_what_the_standard_names_counts_first() -> None:
    other = exif_block(orientation=3)
    assert read(profile("exif", other), make_chunk(b"eXIf", BARE)).exif == EXIF
    assert read(profile("xmp", b"<x/>"), make_chunk(b"iTXt", KEYWORD + bytes(5) + XMP)).xmp == XMP


def test_texts() -> None:
    found = read(
        make_chunk(b"tEXt", b"Title\0caf\xe9"),
        make_chunk(b"zTXt", b"Author\0\0" + zlib.compress("é".encode())),
        make_chunk(b"iTXt", b"Comment\0\0\0fr\0\0" + "日".encode()),
        make_chunk(b"iTXt", b"gamutmeta\0\0\0\0\0AAAA"),
    )
    assert found.texts == (
        Comment("Title", "café".encode()),
        Comment("Author", "é".encode()),
        Comment("Comment", "日".encode()),
    )


def test_what_is_written_is_read_by_pillow_and_here() -> None:
    texts = [Comment("Title", b"plain"), Comment("Comment", "日".encode()), Comment("Author", "é".encode())]
    chunks = [text_chunk(text) for text in texts]
    assert [chunk[4:8] for chunk in chunks] == [b"tEXt", b"iTXt", b"tEXt"]
    found = read(*chunks, raw_profile_chunk("iptc", RESOURCES), density_chunk(300, 150))
    assert found.texts == tuple(texts)
    assert found.resources == RESOURCES
    assert found.density == pytest.approx((300, 150), abs=0.02)
    with Image.open(io.BytesIO(insert_before_idat(PICTURE, b"".join(chunks)))) as image:
        assert image.info == {"Title": "plain", "Comment": "日", "Author": "é"}
    assert text_chunk(Comment("\u2713" * 90, b"x\0y"))[8:-4] == b"?" * 79 + b"\0xy"


@pytest.mark.parametrize(
    "chunk",
    [
        make_chunk(b"tEXt", b"no separator"),
        make_chunk(b"tEXt", b"\0no keyword"),
        make_chunk(b"zTXt", b"Title\0\0not zlib"),
        make_chunk(b"zTXt", b"Title\0\0" + zlib.compress(b"x" * 99)[:-6]),
        make_chunk(b"iTXt", b"Title\0\0\0no end"),
        make_chunk(b"iTXt", b"Title\0"),
        make_chunk(b"zTXt", b"Title\0\0" + zlib.compress(bytes((64 << 20) + 1))),
        make_chunk(b"tEXt", b"Title\0x")[:-1] + b"?",
    ],
    ids=lambda chunk: str(chunk[:20]),
)
def test_damaged_texts_are_noted(chunk: bytes) -> None:
    found = read(chunk, make_chunk(b"eXIf", BARE))
    assert found.exif == EXIF
    assert found.texts == ()
    assert found.notes == ("a text chunk of the PNG file is damaged and was left out",)


@given(text=st.binary(max_size=80))
def test_any_raw_profile(text: bytes) -> None:
    found = read(make_chunk(b"tEXt", b"Raw profile type exif\0" + text))
    assert found.exif is None or found.exif.startswith(b"Exif\0\0")


@pytest.mark.parametrize("data", [b"", bytes(9), b"\0\0\0\1\0\0\0\1\0", b"\0\0\0\1\0\0\0\0\1"])
def test_no_density(data: bytes) -> None:
    assert read(make_chunk(b"pHYs", data)).density is None
