"""Smaller copies, against Pillow's own of 8 bits."""

from __future__ import annotations

import numpy as np
import pytest
from photo_files import exif_block, smooth_array
from PIL import Image

from gamutmeta.formats.exif import orientation_of
from gamutmeta.photo import WideImage
from gamutmeta.photo.resample import resized_within


def photograph(**metadata: object) -> WideImage:
    return WideImage(smooth_array().astype(np.uint16) * 257, **metadata)  # type: ignore[arg-type]


def test_it_is_what_edits_make_of_8_bits() -> None:
    wide = photograph()
    small = resized_within(wide, 21)
    expected = np.asarray(
        Image.fromarray((wide.array // 257).astype(np.uint8)).resize(small.size, Image.Resampling.LANCZOS)
    )
    assert small.size == (21, 13)
    assert np.abs(small.array / 257 - expected).max() <= 1


@pytest.mark.parametrize(("longest", "size"), [(64, (64, 40)), (32, (32, 20)), (1, (1, 1))])
def test_the_longer_side(longest: int, size: tuple[int, int]) -> None:
    assert resized_within(photograph(), longest).size == size
    turned = WideImage(np.ascontiguousarray(photograph().array.transpose(1, 0, 2)))
    assert resized_within(turned, longest).size == size[::-1]


def test_nothing_is_enlarged() -> None:
    same = resized_within(photograph(notes=("read",)), 100)
    assert np.array_equal(same.array, photograph().array)
    assert same.notes == ("read", "the photograph has 64 pixels on its longer side, and was not enlarged to 100")
    assert resized_within(photograph(), 64).notes == ()


def test_white_and_black_stay() -> None:
    for value in (0, 65535):
        flat = WideImage(np.full((50, 70, 3), value, np.uint16))
        assert (resized_within(flat, 13).array == value).all()


def test_what_cannot_be_seen_gives_no_colour() -> None:
    array = np.zeros((40, 40, 3), np.uint16)
    array[:, :20] = (60000, 30000, 0)
    alpha = np.zeros((40, 40), np.uint16)
    alpha[:, :20] = 65535
    small = resized_within(WideImage(array, alpha=alpha), 10)
    assert small.alpha is not None
    seen = small.alpha > 1000
    assert seen.any()
    assert np.abs(small.array[seen].astype(int) - (60000, 30000, 0)).max() <= 2
    assert small.alpha[:, :4].min() > 60000


def test_metadata_follow() -> None:
    wide = photograph(exif=exif_block(orientation=6))
    small = resized_within(wide, 32)
    assert orientation_of(small.exif) == 6
    assert small.space == wide.space
