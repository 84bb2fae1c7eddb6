from __future__ import annotations

import io

import numpy as np
import pytest
from heif_boxes import clap, with_property
from hypothesis import given
from hypothesis import strategies as st
from photo_files import saved, smooth_array
from PIL import Image

from gamutmeta.errors import PhotoError
from gamutmeta.formats.boxes import make_box
from gamutmeta.formats.heif import clean_aperture

SMOOTH = smooth_array(64, 96)
AVIF = saved(Image.fromarray(SMOOTH), "AVIF", quality=90)
WHOLE = ((48, 1), (32, 1), (4, 1), (-6, 1))


def heif(box: bytes, *, wide: bool) -> bytes:
    """Nothing but the boxes that tell of a property; with 16- or 32-bit item numbers, and 7- or 15-bit indexes."""
    other = make_box(b"ispe", bytes(12))
    number = b"\0\0\0\x07" if wide else b"\0\x07"
    first = b"\0\0\0\3" if wide else b"\0\3"
    own, others = (b"\2\0\1\x80\2", b"\1\0\1") if wide else (b"\2\1\x82", b"\1\1")
    ipma = make_box(b"ipma", (b"\1\0\0\1" if wide else bytes(4)) + b"\0\0\0\2" + first + others + number + own)
    iprp = make_box(b"iprp", make_box(b"ipco", other + box) + ipma)
    pitm = make_box(b"pitm", (b"\1\0\0\0" if wide else bytes(4)) + number)
    return make_box(b"ftyp", b"avif") + make_box(b"meta", bytes(4) + pitm + iprp)


@pytest.mark.parametrize("wide", [False, True])
def test_where_it_is(*, wide: bool) -> None:
    assert clean_aperture(heif(clap(*WHOLE), wide=wide), 96, 64) == (28, 10, 76, 42)
    assert clean_aperture(heif(clap((95, 1), (63, 1), (-1, 2), (1, 2)), wide=wide), 96, 64) == (0, 1, 95, 64)
    assert clean_aperture(heif(make_box(b"pixi", bytes(32)), wide=wide), 96, 64) is None
    assert clean_aperture(make_box(b"ftyp", b"avif"), 96, 64) is None


def test_it_is_that_of_libheif() -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    file = io.BytesIO()
    pillow_heif.from_bytes("RGB", (96, 64), SMOOTH.tobytes()).save(file, quality=-1, chroma=444)
    data = with_property(file.getvalue(), clap(*WHOLE))
    shown = np.asarray(pillow_heif.open_heif(io.BytesIO(data)))
    left, upper, right, lower = clean_aperture(data, 96, 64) or (0, 0, 0, 0)
    assert shown.shape == (32, 48, 3)
    assert np.abs(shown.astype(int) - SMOOTH[upper:lower, left:right]).max() <= 2


@pytest.mark.parametrize(
    "box",
    [
        clap((47, 1), (32, 1), (0, 1), (0, 1)),
        clap((98, 1), (32, 1), (0, 1), (0, 1)),
        clap((48, 1), (32, 1), (40, 1), (0, 1)),
        clap((48, 1), (32, 1), (0, 1), (-17, 1)),
        clap((0, 1), (32, 1), (0, 1), (0, 1)),
        clap((48, 0), (32, 1), (0, 1), (0, 1)),
        make_box(b"clap", bytes(7)),
    ],
)
def test_what_is_no_part_of_the_picture_is_refused(box: bytes) -> None:
    with pytest.raises(PhotoError, match="HEIF: "):
        clean_aperture(with_property(AVIF, box), 96, 64)


@given(st.binary(max_size=80), st.integers(0, 200))
def test_any_bytes(garbage: bytes, place: int) -> None:
    data = heif(clap(*WHOLE), wide=bool(place % 2))
    for damaged in (data[:place] + garbage + data[place + len(garbage) :], data[:place], garbage):
        try:
            found = clean_aperture(damaged, 96, 64)
        except PhotoError:
            continue
        assert found is None or 0 <= found[0] < found[2] <= 96
