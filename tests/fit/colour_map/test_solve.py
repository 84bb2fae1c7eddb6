from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from gamutmeta.fit.colour_map.grid import Axis, Grid
from gamutmeta.fit.colour_map.pixels import TO_P3, Pixels, Totals, Weights, gain_limits, with_gains
from gamutmeta.fit.colour_map.solve import Fit

SIDE, CELLS = 48, 8


def made(gains: np.ndarray) -> tuple[Grid, np.ndarray, np.ndarray, np.ndarray]:
    """A picture that a map with these gains makes of another one."""
    base = np.random.default_rng(0).uniform(0.2, 0.7, (3, SIDE, SIDE)).astype(np.float32)
    grid = Grid(Axis.of(SIDE, CELLS), Axis.of(SIDE, CELLS))
    wanted = np.einsum("ij,jrc->irc", TO_P3, with_gains(base, grid.enlarged(gains), 1.0))
    return grid, base, np.clip(wanted, 0, 1).astype(np.float32), np.ones((SIDE, SIDE), bool)


def test_a_map_is_found_again() -> None:
    gains = np.random.default_rng(1).uniform(-0.1, 0.08, (3, CELLS, CELLS)).astype(np.float32)
    grid, *part = made(gains)
    fit = Fit([(Pixels(*part, offset=1.0, weights=Weights(srgb=0)), grid)], gain_limits(1.0))
    fit.improve(steps=4, iterations=40)
    np.testing.assert_allclose(fit.gains, gains, atol=2e-3)


def test_strips_make_no_difference() -> None:
    gains = np.random.default_rng(1).uniform(-0.1, 0.08, (3, CELLS, CELLS)).astype(np.float32)
    grid, base, wanted, outside = made(gains)
    whole = Fit([(Pixels(base, wanted, outside, offset=1.0, weights=Weights()), grid)], gain_limits(1.0))
    totals = Totals.of(base, wanted, outside)
    strips = [
        (
            Pixels(base[:, rows], wanted[:, rows], outside[rows], offset=1.0, weights=Weights(), totals=totals),
            grid.part(rows),
        )
        for rows in (slice(0, 20), slice(20, 21), slice(21, SIDE))
    ]
    parts = Fit(strips, gain_limits(1.0), threads=2)
    for fit in (whole, parts):
        fit.improve(steps=2)
    np.testing.assert_allclose(parts.gains, whole.gains, atol=1e-4)


@pytest.mark.parametrize("srgb", [0.0, 1.0])
def test_an_srgb_screen_holds_it_back(srgb: float) -> None:
    grid, *part = made(np.full((3, CELLS, CELLS), -0.1, np.float32))
    fit = Fit([(Pixels(*part, offset=1.0, weights=Weights(srgb=srgb)), grid)], gain_limits(1.0))
    fit.improve()
    assert (np.abs(fit.gains + 0.1) < 0.01).all() if srgb == 0 else (np.abs(fit.gains) < 0.02).all()


def test_gains_stay_within_their_limits() -> None:
    grid, *part = made(np.full((3, CELLS, CELLS), -0.2, np.float32))
    fit = Fit([(Pixels(*part, offset=1.0, weights=Weights(srgb=0)), grid)], (-0.05, 0.05))
    fit.improve()
    assert fit.gains.min() >= -0.0501
    assert fit.gains.max() <= 0.0501


def test_the_error_never_grows_in_all() -> None:
    rng = np.random.default_rng(3)
    base = np.clip(rng.normal(0.1, 0.2, (3, SIDE, SIDE)), 0, 1).astype(np.float32)
    wanted = np.clip(rng.normal(0.1, 0.2, base.shape), 0, 1).astype(np.float32)
    grid = Grid(Axis.of(SIDE, CELLS), Axis.of(SIDE, CELLS))
    pixels = Pixels(base, wanted, rng.random((SIDE, SIDE)) < 0.5, offset=1.0, weights=Weights())
    fit = Fit([(pixels, grid)], gain_limits(1.0))
    costs = [float(pixels.cost(grid.enlarged(fit.gains)).sum())]
    for _ in range(4):
        fit.improve(steps=1)
        costs.append(float(pixels.cost(grid.enlarged(fit.gains)).sum()))
    assert costs[-1] < costs[0]
    assert all(new < old * 1.01 for old, new in pairwise(costs))
