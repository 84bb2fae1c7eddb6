from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from gamutmeta.fit.cpu.draw import draw_by_error
from gamutmeta.fit.cpu.machine_samples import drawn_by_error
from gamutmeta.native.library import built_library

Draw = Callable[..., tuple[np.ndarray, np.ndarray]]


@pytest.fixture(params=["numpy", "machine"], name="draw")
def _draw(request: pytest.FixtureRequest) -> object:
    if request.param == "numpy":
        return draw_by_error
    try:
        return partial(drawn_by_error, library=built_library())
    except OSError as error:
        pytest.skip(str(error))


def test_errors_decide_how_often_a_sample_is_drawn(draw: Draw) -> None:
    errors = np.array([0.0, 1.0, 4.0, 9.0], np.float32)
    weights = np.array([1.0, 1.0, 1.0, 0.25], np.float32)
    drawn, _ = draw(errors, weights, 10_000, np.random.default_rng(0))
    likely = np.sqrt(errors * weights) + 0.3 * np.sqrt(errors * weights).mean()
    counts = np.bincount(drawn, minlength=4)
    assert np.abs(counts - 10_000 * likely / likely.sum()).max() < 1
    assert len(drawn) == 10_000


def test_the_expected_error_is_that_of_all_samples(draw: Draw) -> None:
    rng = np.random.default_rng(1)
    errors = rng.exponential(1, 5_000).astype(np.float32) ** 3
    weights = rng.uniform(0.5, 2, 5_000).astype(np.float32)
    drawn, new = draw(errors, weights, 20_000, rng)
    assert (errors[drawn] * new).mean() == pytest.approx((errors * weights).mean(), rel=0.01)
    assert new.dtype == np.float32
    # In random order, so that every batch is a draw of its own.
    assert abs(np.corrcoef(drawn, np.arange(len(drawn)))[0, 1]) < 0.05


@pytest.mark.parametrize("errors", [np.zeros(7), np.array([0, 0, 5.0, 0, 0, 0, 0])])
def test_errors_of_zero_are_drawn_as_well(draw: Draw, errors: np.ndarray) -> None:
    drawn, new = draw(errors.astype(np.float32), np.ones(7, np.float32), 1_000, np.random.default_rng(0))
    assert set(drawn) == set(range(7))
    assert np.isfinite(new).all()


def test_one_sample(draw: Draw) -> None:
    drawn, new = draw(np.ones(1, np.float32), np.ones(1, np.float32), 3, np.random.default_rng(0))
    assert drawn.tolist() == [0, 0, 0]
    assert new.tolist() == pytest.approx([1, 1, 1])


def test_machine_code_draws_as_numpy_does() -> None:
    try:
        library = built_library()
    except OSError as error:
        pytest.skip(str(error))
    rng = np.random.default_rng(1)
    errors = rng.exponential(1, 5_000).astype(np.float32) ** 3
    weights = rng.uniform(0.5, 2, 5_000).astype(np.float32)
    drawn, new = draw_by_error(errors, weights, 3_000, np.random.default_rng(2))
    by_machine, new_by_machine = drawn_by_error(errors, weights, 3_000, np.random.default_rng(2), library=library)
    # Sums are rounded otherwise, so that a tick may fall on the neighbour.
    assert (drawn == by_machine).mean() > 0.999
    np.testing.assert_allclose(new_by_machine[drawn == by_machine], new[drawn == by_machine], rtol=1e-5)
