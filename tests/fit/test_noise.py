from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from gamutmeta.fit.noise import Noise  # noqa: E402


def test_uniform_and_different_at_every_step() -> None:
    grid = torch.zeros(1, 4, 30, 40)
    noise = Noise(grid, 20, torch.Generator().manual_seed(0))
    drawn = [noise.at(step) for step in range(20)]
    for values in drawn:
        assert values is not None
        assert values.shape == grid.shape
        assert values.abs().max() <= 0.5
        assert abs(float(values.mean())) < 0.02
        assert float(values.var()) == pytest.approx(1 / 12, rel=0.05)
    assert not torch.equal(drawn[0], drawn[1])


def test_the_same_generator_gives_the_same_noise() -> None:
    grid = torch.zeros(1, 2, 3, 4)
    a, b = (Noise(grid, 3, torch.Generator().manual_seed(5)) for _ in range(2))
    assert all(torch.equal(a.at(step), b.at(step)) for step in range(3))


def test_no_grid_no_noise() -> None:
    assert Noise(None, 3, torch.Generator()).at(0) is None
