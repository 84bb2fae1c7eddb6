from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamutmeta.fit.colour_map.grid import Axis, Grid, Stencil

sides = st.tuples(st.integers(1, 40), st.integers(2, 9))


def matrix(size: int, cells: int) -> np.ndarray:
    """What enlarges one side, by the textbook: bilinear between the middles of cells, which go on beyond the edges."""
    position = (np.arange(size) + 0.5) * cells / size - 0.5
    return np.stack([np.interp(position, np.arange(cells), one) for one in np.eye(cells)], 1)


@settings(max_examples=50)
@given(rows=sides, columns=sides, seed=st.integers(0, 99))
def test_all_sums_are_those_of_matrices(rows: tuple[int, int], columns: tuple[int, int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    grid, down, right = Grid(Axis.of(*rows), Axis.of(*columns)), matrix(*rows), matrix(*columns)
    assert grid.cells == (rows[1], columns[1])
    cells = rng.normal(size=(3, *grid.cells)).astype(np.float32)
    pixels = rng.normal(size=(3, rows[0], columns[0])).astype(np.float32)
    np.testing.assert_allclose(grid.enlarged(cells), down @ cells @ right.T, atol=1e-5)
    np.testing.assert_allclose(grid.gathered(pixels), down.T @ pixels @ right, atol=1e-4)
    curvature = rng.normal(size=(6, rows[0], columns[0])).astype(np.float32)
    full = curvature[[0, 1, 2, 1, 3, 4, 2, 4, 5]].reshape(3, 3, rows[0], columns[0])
    wanted = down.T @ np.einsum("ijrc,jrc->irc", full, down @ cells @ right.T) @ right
    stencil = grid.stencil(curvature)
    np.testing.assert_allclose(stencil.times(cells), wanted, atol=1e-3)
    diagonal = np.einsum("rk,crs,sl->ckl", down**2, curvature[[0, 3, 5]], right**2)
    np.testing.assert_allclose(stencil.diagonal, diagonal, atol=1e-3)


def test_parts_add_up() -> None:
    rng = np.random.default_rng(1)
    grid = Grid(Axis.of(30, 5), Axis.of(20, 4))
    curvature = rng.normal(size=(6, 30, 20)).astype(np.float32)
    cells = rng.normal(size=(3, 5, 4)).astype(np.float32)
    strips = [slice(0, 7), slice(7, 8), slice(8, 30)]
    total = Stencil.sum([grid.part(rows).stencil(curvature[:, rows]) for rows in strips])
    np.testing.assert_allclose(total.times(cells), grid.stencil(curvature).times(cells), atol=1e-4)
    enlarged = [grid.part(rows).enlarged(cells) for rows in strips]
    np.testing.assert_array_equal(np.concatenate(enlarged, 1), grid.enlarged(cells))
    np.testing.assert_array_equal(grid.enlarged(cells, strips[2]), enlarged[2])


@pytest.mark.parametrize("step", [1, 3])
def test_some_pixels_lie_where_they_lie_among_all(step: int) -> None:
    chosen = np.arange(1, 40, step)
    some, whole = Axis.of(40, 7, chosen), Axis.of(40, 7)
    np.testing.assert_array_equal(some.first, whole.first[chosen])
    np.testing.assert_array_equal(some.far, whole.far[chosen])
