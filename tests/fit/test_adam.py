from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from gamutmeta.fit.adam import Adam  # noqa: E402


def test_equals_torchs_own() -> None:
    generator = torch.Generator().manual_seed(0)
    ours = torch.randn(20, generator=generator)
    theirs = ours.clone().requires_grad_()
    gradient = torch.zeros(20)
    mine, reference = Adam(ours, gradient, 1e-2), torch.optim.Adam([theirs], lr=1e-2)
    for _ in range(30):
        gradient.copy_(torch.randn(20, generator=generator))
        theirs.grad = gradient.clone()
        mine.step(1.0)
        reference.step()
    torch.testing.assert_close(ours, theirs.detach(), rtol=1e-5, atol=1e-6)


def test_the_factor_scales_the_rate() -> None:
    a, b = torch.zeros(3), torch.zeros(3)
    gradient = torch.tensor([1.0, -2.0, 3.0])
    Adam(a, gradient, 0.5).step(0.2)
    Adam(b, gradient, 0.1).step(1.0)
    torch.testing.assert_close(a, b)


def test_another_unit_changes_nothing_but_the_unit() -> None:
    """Minimise (x - 3)^2 / 2, once with x in units of 4 from the tenth step on."""
    plain, scaled = torch.zeros(1), torch.zeros(1)
    gradients = torch.zeros(1), torch.zeros(1)
    optimisers = Adam(plain, gradients[0], 0.1), Adam(scaled, gradients[1], 0.1)
    unit = 1.0
    for step in range(40):
        if step == 10:
            unit = 4.0
            optimisers[1].rescale(unit)
        gradients[0].copy_(plain - 3)
        gradients[1].copy_((scaled * unit - 3) * unit)
        for optimiser in optimisers:
            optimiser.step(1.0)
    torch.testing.assert_close(scaled * unit, plain, rtol=1e-4, atol=1e-5)
    assert plain > 2


def test_a_rate_on_the_device_is_a_rate() -> None:
    generator = torch.Generator().manual_seed(0)
    a, gradient = torch.randn(20, generator=generator), torch.randn(20, generator=generator)
    b = a.clone()
    by_number, by_tensor = Adam(a, gradient, 1e-2), Adam(b, gradient, 1e-2)
    for step in range(5):
        by_number.step(0.5 + step)
        by_tensor.apply(torch.tensor(by_tensor.rate * (0.5 + step)))
    torch.testing.assert_close(a, b)
