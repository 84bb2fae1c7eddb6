from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from gamutmeta.fit.importance import draw_by_error  # noqa: E402
from gamutmeta.fit.network import Batch, Problem  # noqa: E402

COUNT = 2_000


def problem_of(count: int) -> Problem:
    number = torch.arange(count)
    three = number[:, None].expand(-1, 3)
    return Problem(
        Batch(
            row=number.int(),
            column=number.int(),
            codes=three.to(torch.uint8),
            base=three.float(),
            target=three.float(),
            in_gamut=number % 2 == 0,
            weight=torch.ones(count),
        ),
    )


def drawn_from(errors: torch.Tensor, weights: torch.Tensor, count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the samples drawn, and their weights."""
    generator = torch.Generator().manual_seed(seed)
    batch = draw_by_error(problem_of(len(errors)), errors, weights, count, generator).everything
    return batch.row.numpy(), batch.weight.numpy()


def test_wrong_samples_come_more_often_and_weigh_less() -> None:
    errors = torch.ones(COUNT)
    errors[:100] = 400.0  # twenty times as wrong
    at, weight = drawn_from(errors, torch.ones(COUNT), COUNT)
    assert np.count_nonzero(at < 100) > 5 * 100
    assert weight[at < 100].max() < weight[at >= 100].min()


def test_the_expected_loss_stays_what_it_was() -> None:
    generator = torch.Generator().manual_seed(1)
    errors = torch.rand(COUNT, generator=generator) ** 6
    weights = torch.rand(COUNT, generator=generator) + 0.5
    at, weight = drawn_from(errors, weights, 100 * COUNT)
    something = np.sin(np.arange(COUNT))
    assert (weight * something[at]).mean() == pytest.approx(float((weights.numpy() * something).mean()), abs=2e-3)
    assert (weight * errors.numpy()[at]).mean() == pytest.approx(float((weights * errors).mean()), rel=1e-2)


def test_what_is_right_is_drawn_too() -> None:
    errors = torch.zeros(COUNT)
    errors[0] = 1.0
    at, _ = drawn_from(errors, torch.ones(COUNT), 20 * COUNT)
    assert len(np.unique(at)) > 0.95 * COUNT


def test_no_error_at_all() -> None:
    at, weight = drawn_from(torch.zeros(50), torch.ones(50), 50)
    assert sorted(at) == list(range(50))
    np.testing.assert_allclose(weight, 1, rtol=1e-5)


def test_the_order_is_random_and_the_seed_decides() -> None:
    errors = torch.ones(COUNT)
    first, again, other = (drawn_from(errors, torch.ones(COUNT), COUNT, seed)[0] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert abs(np.corrcoef(first, np.arange(COUNT))[0, 1]) < 0.1
