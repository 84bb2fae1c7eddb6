from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from benchmarks.decoders import by_libjxl, by_plain_upsampling, perturbed
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.photo.pixels import decode_srgb, encode_srgb_file

if TYPE_CHECKING:
    from numpy.typing import NDArray


def difference(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> NDArray[np.int64]:
    return np.abs(a.astype(np.int64) - b)


@pytest.mark.parametrize("most", [1, 2])
def test_codes_are_changed_by_so_much_in_both_directions_and_never_wrap(most: int) -> None:
    codes = np.tile(np.array([0, 1, 128, 254, 255], np.uint8), (400, 1))
    change = perturbed(codes, most).astype(int) - codes
    assert set(change[:, 2]) == set(range(-most, most + 1))
    assert change[:, 0].min() == 0
    assert change[:, 0].max() == most
    assert change[:, 4].min() == -most
    assert change[:, 4].max() == 0
    np.testing.assert_array_equal(perturbed(codes, most), perturbed(codes, most))
    assert (perturbed(codes, most, seed=1) != perturbed(codes, most)).any()


@pytest.fixture(params=[(120, 160), (119, 157)], ids=["even", "odd"])
def pixels(request: pytest.FixtureRequest, wide: NDArray[np.uint16]) -> NDArray[np.uint8]:
    height, width = request.param
    return reduce_to_codes(wide[:height, :width], Adaptation.BRADFORD)[0]


@pytest.mark.parametrize("options", [{"quality": 95}, {"quality": 80, "subsampling": "4:2:0", "progressive": True}])
def test_libjxl_decodes_the_same_picture_a_little_otherwise(pixels: NDArray[np.uint8], options: Any) -> None:
    pytest.importorskip("imagecodecs")
    data = encode_srgb_file(pixels, **options)
    codes = by_libjxl(data)
    assert codes.dtype == np.uint8
    apart = difference(codes, decode_srgb(data))
    assert 0.1 < apart.mean() < 1


def test_repeated_chroma_differs_at_edges_of_colour_alone(pixels: NDArray[np.uint8]) -> None:
    data = encode_srgb_file(pixels, subsampling="4:2:0")
    codes = by_plain_upsampling(data)
    assert codes.dtype == np.uint8
    apart = difference(codes, decode_srgb(data))
    assert apart.max() > 10
    assert np.median(apart) <= 1
    # Interpolation keeps the mean colour.
    assert abs(codes.mean() - decode_srgb(data).mean()) < 0.1


def test_without_colour_there_is_nothing_to_interpolate(pixels: NDArray[np.uint8]) -> None:
    grey = np.repeat(pixels[..., :1], 3, axis=2)
    data = encode_srgb_file(grey, subsampling="4:2:0")
    np.testing.assert_array_equal(by_plain_upsampling(data), decode_srgb(data))
