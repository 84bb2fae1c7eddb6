from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from libjxl import encoded
from photo_files import wide_array

from gamutmeta.errors import PhotoError
from gamutmeta.formats.boxes import make_box
from gamutmeta.formats.jxl import ALPHA, BLACK, BOXED, JxlHeader, lengthened, read_jxl_header

RGBA = np.dstack([wide_array(24, 40), wide_array(24, 40, seed=1)[..., 0]])
EIGHT = (RGBA >> 8).astype(np.uint8)
BOX = make_box(b"ftyp", b"jxl \0\0\0\0jxl ")


def boxed(codestream: bytes) -> bytes:
    return BOXED + BOX + make_box(b"jxlc", codestream)


@pytest.mark.parametrize("samples", [RGBA, EIGHT], ids=["16", "8"])
@pytest.mark.parametrize("premultiplied", [False, True])
@pytest.mark.parametrize("channels", [[0, 3], [0, 1, 2, 3]], ids=["grey", "RGB"])
def test_whether_colours_are_multiplied(channels: list[int], samples: np.ndarray, *, premultiplied: bool) -> None:
    data = encoded(np.ascontiguousarray(samples[..., channels]), premultiplied=premultiplied)
    expected = JxlHeader(is_animated=False, is_xyb=False, extra=(ALPHA,), premultiplied=(premultiplied,))
    # libjxl puts 16 bits into boxes.
    assert read_jxl_header(data) == expected
    assert read_jxl_header(data if data.startswith(BOXED) else boxed(data)) == expected


def test_a_codestream_in_parts() -> None:
    data = encoded(EIGHT, premultiplied=True)
    parts = make_box(b"jxlp", bytes(4) + data[:30]) + make_box(b"jxlp", b"\x80\0\0\1" + data[30:])
    assert read_jxl_header(BOXED + BOX + parts).premultiplied == (True,)


def test_the_black_channel_of_cmyk() -> None:
    data = encoded(EIGHT[..., :3].copy(), black=EIGHT[..., 3].copy())
    assert read_jxl_header(data).extra == (BLACK,)


def test_short_files_are_lengthened() -> None:
    data = encoded(EIGHT[:2, :2].copy())
    for short in (data, boxed(data), BOXED + BOX + b"\0\0\0\0jxlc" + data):
        longer = lengthened(short, 128)
        assert len(longer) >= 128
        assert read_jxl_header(longer) == read_jxl_header(short)
    assert lengthened(data, len(data)) == data


@given(st.binary(max_size=64))
def test_any_bytes(data: bytes) -> None:
    for start in (b"", b"\xff\x0a", BOXED, BOXED + b"\0\0\0\0jxlc\xff\x0a"):
        try:
            header = read_jxl_header(start + data)
        except PhotoError:
            continue
        assert len(header.extra) == len(header.premultiplied)
