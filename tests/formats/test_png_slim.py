from __future__ import annotations

import io
import zlib

import numpy as np
import pytest
from PIL import Image

from gamutmeta.errors import CarrierError
from gamutmeta.formats.png import insert_before_idat, iter_chunks, make_chunk
from gamutmeta.formats.png_slim import MAX_TEXT, slim_png
from gamutmeta.photo.host_metadata import read_metadata
from gamutmeta.photo.pixels import decode_srgb

PIXELS = np.arange(8 * 9 * 3, dtype=np.uint8).reshape(8, 9, 3)


def png() -> bytes:
    file = io.BytesIO()
    Image.fromarray(PIXELS).save(file, "PNG")
    return file.getvalue()


def compressed(kind: bytes, keyword: bytes, size: int) -> bytes:
    stream = zlib.compress(bytes(size))
    head = {b"zTXt": b"\0", b"iCCP": b"\0", b"iTXt": b"\1\0\0\0"}[kind]
    return make_chunk(kind, keyword + b"\0" + head + stream)


def with_text(kind: bytes, size: int, *, behind: bool = False) -> bytes:
    chunk = compressed(kind, b"Comment", size)
    if behind:
        return png()[:-12] + chunk + png()[-12:]
    return insert_before_idat(png(), chunk)


@pytest.mark.parametrize(
    ("kind", "behind"), [(b"zTXt", False), (b"zTXt", True), (b"iTXt", False), (b"iTXt", True), (b"iCCP", False)]
)
def test_a_text_that_inflates_too_far_is_left_out_and_named(kind: bytes, behind: bool) -> None:  # noqa: FBT001
    data = with_text(kind, MAX_TEXT + 1, behind=behind)
    slim = slim_png(data)
    assert slim is not None
    assert (slim.data, slim.left_out) == (png(), ("Comment",))
    np.testing.assert_array_equal(decode_srgb(data), PIXELS)
    assert read_metadata(data).notes == (
        "compressed texts or profiles of the PNG that are too large were left out: 'Comment'",
    )


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP"])
def test_a_text_of_the_largest_size_is_none_of_ours(kind: bytes) -> None:
    data = with_text(kind, MAX_TEXT)
    assert slim_png(data) is None
    np.testing.assert_array_equal(decode_srgb(data), PIXELS)
    assert read_metadata(data).notes == ()


@pytest.mark.parametrize(
    "body", [b"", b"Comment", b"Comment\0", b"Comment\0\0", b"Comment\0\0no stream", b"Comment\0\1\0"]
)
@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt", b"iCCP"])
def test_what_cannot_be_inflated_stays(kind: bytes, body: bytes) -> None:
    assert slim_png(insert_before_idat(png(), make_chunk(kind, body))) is None


def test_all_texts_together_are_inflated_up_to_a_limit() -> None:
    texts = b"".join(compressed(b"zTXt", b"Text %d" % number, MAX_TEXT) for number in range(40))
    slim = slim_png(insert_before_idat(png(), texts))
    assert slim is not None
    assert slim.left_out == tuple(f"Text {number}" for number in range(16, 40))
    (note,) = read_metadata(insert_before_idat(png(), texts)).notes
    assert note.endswith("'Text 16', 'Text 17', 'Text 18', 'Text 19', 'Text 20' and 19 more")


def test_of_many_chunks_those_that_a_decoder_looks_at_are_kept() -> None:
    xmp = make_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x/>")
    many = make_chunk(b"tEXt", b"Comment\0a") * 1_500 + make_chunk(b"abCD", b"") * 1_500
    physical = make_chunk(b"pHYs", bytes(9)) * 2
    data = insert_before_idat(png(), many + xmp + physical + xmp)
    slim = slim_png(data)
    assert slim is not None
    assert slim.left_out == ()
    kinds = [chunk.type for chunk in iter_chunks(slim.data)]
    assert kinds == [b"IHDR", b"iTXt", b"pHYs", b"IDAT", b"IEND"]
    np.testing.assert_array_equal(decode_srgb(data), PIXELS)
    assert read_metadata(data).xmp == b"<x/>"


def test_damage() -> None:
    with pytest.raises(CarrierError):
        slim_png(png()[:-4])
