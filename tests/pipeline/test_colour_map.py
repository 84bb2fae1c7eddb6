"""What an sRGB screen shows too far from the base is found strip by strip, as the plain definition finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gamutmeta.color.transfer import encode_srgb
from gamutmeta.formats.gain_map import Channel, GainMapMetadata
from gamutmeta.pipeline import colour_map
from gamutmeta.pipeline.colour_map import MOST_CODES, MadeMap
from gamutmeta.pipeline.shown import ShownPicture, map_figures
from gamutmeta.report import MapFigures
from gamutmeta.runtime import strips

if TYPE_CHECKING:
    from numpy.typing import NDArray

HEIGHT, WIDTH, CELLS = 61, 47, (16, 16)


def picture_of(spread: int, seed: int = 1) -> ShownPicture:
    rng = np.random.default_rng(seed)
    base = rng.integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    base[: HEIGHT // 4] //= 16  # the dark, where a little gain is many codes
    codes = rng.integers(128 - spread, 129 + spread, (*CELLS, 3)).astype(np.uint8)
    return ShownPicture(base, codes, GainMapMetadata((Channel(-1.0, 1.0, 1.0, 1.0, 1.0),), 7.0, 6.0))


def by_definition(picture: ShownPicture) -> tuple[NDArray[np.bool_], float]:
    every = slice(0, HEIGHT)
    codes = np.rint(255 * encode_srgb(np.clip(picture.linear(every), 0, 1)))
    moved = np.abs(codes - picture.codes(every)).max(-1)
    far = (moved > MOST_CODES).astype(np.float32)
    return picture.part(every).gathered(far[None])[0] > colour_map._TOUCHED, float(moved.max())


@pytest.mark.parametrize("spread", [0, 6, 12, 40])
def test_far_pixels_are_those_of_the_definition(spread: int) -> None:
    picture = picture_of(spread)
    touched, largest = colour_map._far(picture, (HEIGHT, WIDTH), CELLS)
    expected, most = by_definition(picture)
    assert np.array_equal(touched, expected)
    assert largest == most if most > MOST_CODES else largest <= MOST_CODES
    assert expected.any() == (spread > 0)


def test_the_limits_of_every_code() -> None:
    """What lies within them is never too far; a hundredth of a code is left to look at exactly."""
    codes = np.arange(256)
    for limits, side, end in ((colour_map._DARKEST, -1, 0), (colour_map._BRIGHTEST, 1, 255)):
        free = ~np.isfinite(limits)
        assert np.array_equal(free, np.abs(codes - end) <= MOST_CODES)
        nearest = 255 * encode_srgb(limits[~free])
        assert np.array_equal(np.rint(nearest), (codes + side * MOST_CODES)[~free])
        beyond = nearest + side * 2 * colour_map._ROOM
        assert (np.abs(np.rint(beyond) - codes[~free]) > MOST_CODES).all()


def test_figures_and_cells_are_the_same_with_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = picture_of(20)
    photograph = np.random.default_rng(2).integers(0, 65536, (HEIGHT, WIDTH, 3)).astype(np.uint16)

    def found(threads: int) -> tuple[Any, ...]:
        def work_on(work: Any, height: int, width: int) -> None:
            strips.for_each_strip(work, height, width, pixels=5 * WIDTH, threads=threads)

        monkeypatch.setattr("gamutmeta.pipeline.colour_map.for_each_strip", work_on)
        monkeypatch.setattr("gamutmeta.pipeline.shown.for_each_strip", work_on)
        touched, largest = colour_map._far(picture, (HEIGHT, WIDTH), CELLS)
        return touched.tobytes(), largest, map_figures(picture, photograph, 1)

    assert found(1) == found(4)


@pytest.mark.parametrize(("gain", "is_better"), [(-1.0, False), (0.0, False), (0.04, False), (0.06, True)])
def test_a_map_that_brings_what_nobody_prints_is_of_no_use(gain: float, *, is_better: bool) -> None:
    figures = MapFigures(
        map_bytes=700,
        p3_psnr_og=24.1 + gain,
        p3_psnr_og_plain=24.1,
        p3_psnr_ig=60.0,
        p3_psnr_ig_plain=60.0,
        srgb_psnr=50.0,
        srgb_codes=7,
    )
    assert MadeMap(b"", figures).is_better == is_better
