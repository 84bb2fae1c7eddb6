from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from photo_files import saved, smooth_array
from PIL import Image

from gamutmeta.errors import CarrierError
from gamutmeta.formats.jpeg import iter_picture, make_segment
from gamutmeta.formats.jpeg_colour import colour_contradiction

PICTURE = Image.fromarray(smooth_array(16, 24))
JFIF = make_segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")


def adobe(transform: int) -> bytes:
    return make_segment(0xEE, b"Adobe\0\x64\0\0\0\0" + bytes([transform]))


def bare(data: bytes) -> bytes:
    """Without JFIF's and Adobe's segments."""
    kept = [data[:2]]
    kept += [data[p.offset : p.end] for p in iter_picture(data) if p.marker not in {0xE0, 0xEE}]
    return b"".join(kept)


YCC, RGB = (bare(saved(PICTURE, "JPEG", subsampling=0, keep_rgb=keep)) for keep in (False, True))
GREY, CMYK = (bare(saved(PICTURE.convert(mode), "JPEG")) for mode in ("L", "CMYK"))


def put(data: bytes, *segments: bytes) -> bytes:
    return data[:2] + b"".join(segments) + data[2:]


@given(st.sampled_from([YCC, RGB]), st.lists(st.sampled_from([JFIF, adobe(0), adobe(1), adobe(2)]), max_size=4))
def test_it_is_where_libjpeg_shows_other_colours(data: bytes, segments: list[bytes]) -> None:
    file = put(data, *segments)
    with Image.open(io.BytesIO(file)) as image, Image.open(io.BytesIO(data)) as plain:
        is_same = np.array_equal(np.asarray(image), np.asarray(plain))
    assert (colour_contradiction(file) is None) == is_same


def test_what_is_said() -> None:
    assert (
        colour_contradiction(put(RGB, JFIF))
        == "its JFIF segment says YCbCr, but its components are named as those of RGB"
    )
    assert (
        colour_contradiction(put(YCC, adobe(0)))
        == "its Adobe segment says RGB, but its components are named as those of YCbCr"
    )


@pytest.mark.parametrize("data", [GREY, CMYK], ids=["grey", "CMYK"])
@pytest.mark.parametrize("segments", [(JFIF,), (adobe(0),), (adobe(2),)])
def test_other_numbers_of_components_are_not_looked_at(data: bytes, segments: tuple[bytes, ...]) -> None:
    assert colour_contradiction(put(data, *segments)) is None


def test_damage() -> None:
    with pytest.raises(CarrierError):
        colour_contradiction(RGB[:20])
