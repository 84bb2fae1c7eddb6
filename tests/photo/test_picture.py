from __future__ import annotations

import numpy as np
import pytest
from photo_files import wide_array

from gamutmeta.errors import PhotoError
from gamutmeta.photo.picture import MAX_PIXELS, check_size, rgb_of

ARRAY = wide_array(4, 5)


NOTES = {
    1: [],
    2: ["transparency was left out"],
    3: [],
    4: ["transparency was left out"],
    5: ["further channels were left out"],
    8: ["further channels were left out"],
}


@pytest.mark.parametrize("channels", NOTES)
def test_channels(channels: int) -> None:
    samples = np.concatenate([ARRAY, ARRAY, ARRAY[..., :2]], axis=2)[..., :channels]
    notes: list[str] = []
    rgb, is_gray = rgb_of(samples, notes)
    assert rgb.shape == (4, 5, 3)
    assert is_gray == (channels < 3)
    assert np.array_equal(rgb, ARRAY[..., :1].repeat(3, axis=2) if is_gray else ARRAY)
    assert notes == NOTES[channels]
    assert np.shares_memory(rgb, samples)


def test_two_dimensions_are_grey() -> None:
    rgb, is_gray = rgb_of(ARRAY[..., 0], [])
    assert is_gray
    assert np.array_equal(rgb[..., 2], ARRAY[..., 0])


@pytest.mark.parametrize("shape", [(4,), (4, 5, 0), (4, 5, 9), (2, 4, 5, 3)])
def test_other_shapes(shape: tuple[int, ...]) -> None:
    with pytest.raises(PhotoError, match="not a picture"):
        rgb_of(np.zeros(shape, np.uint8), [])


def test_sizes() -> None:
    check_size(20_000, 25_000, MAX_PIXELS)
    with pytest.raises(PhotoError, match="more than the limit of 500000000"):
        check_size(20_001, 25_000, MAX_PIXELS)
    for size in ((0, 5), (5, 0), (-1, -1)):
        with pytest.raises(PhotoError, match="empty"):
            check_size(*size, MAX_PIXELS)
