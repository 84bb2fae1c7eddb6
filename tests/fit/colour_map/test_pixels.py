from __future__ import annotations

import numpy as np
import pytest

from gamutmeta.fit.colour_map.pixels import TO_P3, Pixels, Totals, Weights, gain_limits, with_gains


def some(seed: int = 0, side: int = 12) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Base, photograph and mask, of colours inside the cubes."""
    rng = np.random.default_rng(seed)
    base = rng.uniform(0.25, 0.75, (3, side, side)).astype(np.float32)
    wanted = np.clip(np.einsum("ij,jrc->irc", TO_P3, base) + rng.normal(0, 0.05, base.shape), 0.02, 0.98)
    return base, wanted.astype(np.float32), rng.random((side, side)) < 0.4


def test_what_readers_compute() -> None:
    base = np.float32([0.0, 0.5])
    np.testing.assert_allclose(with_gains(base, np.log(np.float32([0.8, 0.5])), 1.0), [-0.2, -0.25], atol=1e-6)
    np.testing.assert_allclose(with_gains(base, np.zeros(2, np.float32), 0.3), base, atol=1e-6)


@pytest.mark.parametrize("edge", [0.0, 2.0])
def test_slopes_are_those_of_the_cost(edge: float) -> None:
    pixels = Pixels(*some(), offset=1.0, weights=Weights(inside=0.5, srgb=0.05, edge=edge, edge_codes=3))
    gains = np.random.default_rng(2).uniform(-0.06, 0.06, (3, 12, 12)).astype(np.float32)
    slope = pixels.pull(gains).slope
    step = np.float32(1e-3)
    for channel in range(3):
        more, less = gains.copy(), gains.copy()
        more[channel] += step
        less[channel] -= step
        found = (pixels.cost(more).astype(np.float64) - pixels.cost(less)) / (2 * step) / 2
        np.testing.assert_allclose(slope[channel], found, atol=0.03 * np.abs(found).max())


def test_curvature_is_that_of_a_square() -> None:
    pixels = Pixels(*some(), offset=1.0, weights=Weights(srgb=0))
    still = np.zeros((3, 12, 12), np.float32)
    curvature = pixels.pull(still).curvature
    step = np.float32(1e-3)
    for place, channel in ((0, 0), (3, 1), (5, 2)):
        more = still.copy()
        more[channel] += step
        change = (pixels.pull(more).slope - pixels.pull(still).slope)[channel] / step
        # Gauss and Newton leave out how the slope of the shown picture changes, which is small near the photograph.
        np.testing.assert_allclose(curvature[place], change, atol=0.25 * np.abs(change).max())


def test_errors_count_one_in_all() -> None:
    base, wanted, outside = some()
    pixels = Pixels(base, wanted, outside, offset=1.0, weights=Weights(inside=0.25))
    cost = pixels.cost(np.zeros_like(base))
    assert np.isclose(cost[outside].sum(), 1, atol=1e-4)
    assert np.isclose(cost[~outside].sum(), 0.25, atol=1e-4)


def test_totals_of_parts() -> None:
    base, wanted, outside = some()
    halves = [Totals.of(base[:, rows], wanted[:, rows], outside[rows]) for rows in (slice(0, 5), slice(5, 12))]
    total, whole = halves[0].plus(halves[1]), Totals.of(base, wanted, outside)
    assert total.pixels == whole.pixels == 144
    np.testing.assert_allclose([total.outside, total.inside], [whole.outside, whole.inside], rtol=1e-5)


@pytest.mark.parametrize("offset", [0.5, 1.0, 4.0])
def test_limits_reach_every_colour_of_display_p3(offset: float) -> None:
    corners = np.linalg.inv(TO_P3.astype(np.float64)) @ np.stack(np.meshgrid(*[[0, 1]] * 3)).reshape(3, -1)
    least, most = gain_limits(offset)
    assert with_gains(np.float32(0), np.float32(least), offset) < corners.min()
    assert with_gains(np.float32(1), np.float32(most), offset) > corners.max()
