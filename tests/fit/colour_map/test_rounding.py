from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from gamutmeta.fit.colour_map.grid import Axis, Grid
from gamutmeta.fit.colour_map.rounding import CENTRE, Rounding, gains_of_codes
from gamutmeta.photo.map_out import decode_map, encode_map

ROWS, COLUMNS = 24, 32


def stencil(emphasis: float = 1.0) -> object:
    grid = Grid(Axis.of(4 * ROWS, ROWS), Axis.of(4 * COLUMNS, COLUMNS))
    curvature = np.zeros((6, 4 * ROWS, 4 * COLUMNS), np.float32)
    curvature[[0, 3, 5]] = emphasis
    return grid.stencil(curvature)


def gains(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    coarse = rng.normal(0, 0.05, (3, 4, 5)).astype(np.float32)
    return Grid(Axis.of(ROWS, 4), Axis.of(COLUMNS, 5)).enlarged(coarse)


FLAT = np.ones((ROWS, COLUMNS), np.float32)


def test_fine_steps_lose_hardly_anything() -> None:
    rounding = Rounding(gains(), stencil(), FLAT)  # type: ignore[arg-type]
    rounded = rounding.rounded(1)
    decoded = gains_of_codes(decode_map(encode_map(rounded.samples, rounded.steps, b"")), rounding.code_gain)
    assert np.abs(decoded - gains()).max() < 4 * rounding.code_gain


def test_coarser_steps_are_smaller_and_worse() -> None:
    rounding = Rounding(gains(), stencil(), FLAT)  # type: ignore[arg-type]
    sizes, errors = [], []
    for step in (1.0, 4.0, 16.0, 64.0):
        rounded = rounding.rounded(step)
        coded = encode_map(rounded.samples, rounded.steps, b"")
        sizes.append(len(coded))
        errors.append(np.square(gains_of_codes(decode_map(coded), rounding.code_gain) - gains()).mean())
    assert sizes == sorted(sizes, reverse=True)
    assert errors == sorted(errors)


def test_the_jpeg_has_the_coefficients_that_were_chosen() -> None:
    rounding = Rounding(gains(), stencil(), FLAT)  # type: ignore[arg-type]
    rounded = rounding.rounded(12)
    coded = encode_map(rounded.samples, rounded.steps, b"")
    with Image.open(io.BytesIO(coded)) as image:
        assert [table[0] for table in image.quantization.values()] == list(rounded.steps)  # type: ignore[attr-defined]
        image.draft("YCbCr", None)  # type: ignore[no-untyped-call]
        assert np.abs(np.asarray(image).astype(int) - rounded.samples).max() <= 1


def test_no_gain_is_a_grey_that_stays_exactly_what_it_is() -> None:
    rounding = Rounding(np.zeros((3, ROWS, COLUMNS), np.float32), stencil(), FLAT)  # type: ignore[arg-type]
    rounded = rounding.rounded(40)
    assert (decode_map(encode_map(rounded.samples, rounded.steps, b"")) == CENTRE).all()
    assert not gains_of_codes(np.full((2, 2, 3), CENTRE, np.uint8), 0.01).any()


@pytest.mark.parametrize("step", [6.0, 20.0])
def test_bits_go_where_errors_count(step: float) -> None:
    emphasis = FLAT.copy()
    emphasis[:, : COLUMNS // 2] = 100
    noise = np.random.default_rng(1).normal(0, 0.02, (3, ROWS, COLUMNS)).astype(np.float32)
    rounding = Rounding(noise, stencil(), emphasis)  # type: ignore[arg-type]
    kept = np.abs(rounding.rounded(step).samples.astype(int) - CENTRE).mean((0, 2))
    assert kept[: COLUMNS // 2].mean() > 2 * kept[COLUMNS // 2 :].mean()
