from __future__ import annotations

import numpy as np
from PIL import Image

from benchmarks.rivals.bilinear import Axis, at_points, at_raster

RNG = np.random.default_rng(5)


def test_points_and_raster_agree() -> None:
    grid = RNG.random((3, 4, 2), np.float32)
    row, column = Axis.of(np.arange(11), np.array([1, 5, 9])), Axis.of(np.arange(7), np.array([0, 2, 3, 6]))
    raster = at_raster(grid, row, column)
    y, x = np.divmod(np.arange(77), 7)
    points = at_points(grid, Axis.of(y, np.array([1, 5, 9])), Axis.of(x, np.array([0, 2, 3, 6])))
    np.testing.assert_allclose(raster.reshape(-1, 2), points, atol=1e-6)


def test_nodes_are_met_and_outside_them_the_last_one_counts() -> None:
    grid = RNG.random((3, 1, 1), np.float32)
    found = at_raster(grid, Axis.of(np.arange(10), np.array([2, 4, 7])), Axis.of(np.arange(2), np.array([0])))
    assert found.shape == (10, 2, 1)
    assert found[[2, 4, 7], 1, 0].tolist() == grid[:, 0, 0].tolist()
    assert found[0, 0, 0] == grid[0, 0, 0]
    assert found[9, 0, 0] == grid[2, 0, 0]
    assert found[3, 0, 0] == (grid[0, 0, 0] + grid[1, 0, 0]) / 2


def test_cell_centres_are_what_pillow_does() -> None:
    grid = RNG.random((5, 6, 1), np.float32)
    pillow = np.asarray(Image.fromarray(grid[..., 0]).resize((42, 20), Image.Resampling.BILINEAR))
    row = Axis.of(np.arange(20), (np.arange(5) + 0.5) * 20 / 5 - 0.5)
    column = Axis.of(np.arange(42), (np.arange(6) + 0.5) * 42 / 6 - 0.5)
    np.testing.assert_allclose(at_raster(grid, row, column)[..., 0], pillow, atol=1e-5)


def test_part_of_an_axis() -> None:
    axis = Axis.of(np.arange(10), np.array([2, 4, 7]))[3:5]
    assert axis.low.tolist() == [0, 1]
    assert axis.part.tolist() == [0.5, 0]
