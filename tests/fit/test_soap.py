from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from gamutmeta.fit.adam import Adam  # noqa: E402
from gamutmeta.fit.soap import Soap  # noqa: E402

SHAPES = [(7, 5), (4, 7), (3, 4)]
SIZE = sum(outputs * (inputs + 1) for outputs, inputs in SHAPES)


def soap_of(values: torch.Tensor, gradient: torch.Tensor, rate: float = 1e-2) -> Soap:
    return Soap(values, gradient, SHAPES, bias=True, rate=rate)


def test_layers_do_not_see_each_other() -> None:
    """Three layers at once, padded to one size, do what each does alone."""
    generator = torch.Generator().manual_seed(0)
    together = torch.randn(SIZE, generator=generator, dtype=torch.float64)
    gradient = torch.zeros_like(together)
    alone, parts, optimisers, start = together.clone(), [], [], 0
    for outputs, inputs in SHAPES:
        part = slice(start, start + outputs * (inputs + 1))
        parts.append(torch.zeros_like(together[part]))
        optimisers.append(Soap(alone[part], parts[-1], [(outputs, inputs)], bias=True, rate=1e-2))
        start = part.stop
    all_at_once = soap_of(together, gradient)
    for _ in range(25):
        gradient.copy_(torch.randn(SIZE, generator=generator))
        for part, own in zip(parts, gradient.split([len(p) for p in parts]), strict=True):
            part.copy_(own)
        all_at_once.step(1.0)
        for optimiser in optimisers:
            optimiser.step(1.0)
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


def test_correlated_inputs_are_learnt_faster_than_by_adam() -> None:
    generator = torch.Generator().manual_seed(1)
    mixing = torch.randn(6, 6, generator=generator) @ torch.diag(torch.tensor([3.0, 1.0, 0.3, 0.1, 0.05, 0.02]))
    inputs = torch.randn(500, 6, generator=generator) @ mixing.T
    wanted = inputs @ torch.randn(6, 4, generator=generator)

    def loss_after(steps: int, kind: str) -> float:
        values, gradient = torch.zeros(24), torch.zeros(24)
        optimiser = (
            Adam(values, gradient, 3e-2) if kind == "adam" else Soap(values, gradient, [(4, 6)], bias=False, rate=3e-2)
        )
        for _ in range(steps):
            error = inputs @ values.view(4, 6).T - wanted
            gradient.copy_((error.T @ inputs / len(inputs)).flatten())
            optimiser.step(1.0)
        return float((inputs @ values.view(4, 6).T - wanted).square().mean())

    assert loss_after(300, "soap") < 0.2 * loss_after(300, "adam")


def test_no_step_is_longer_than_the_learning_rate_allows() -> None:
    """Even where a gradient was zero at first, as those of the hidden layers are."""
    generator = torch.Generator().manual_seed(2)
    values, gradient = torch.zeros(SIZE), torch.zeros(SIZE)
    optimiser = soap_of(values, gradient)
    for step in range(60):
        gradient.copy_(torch.randn(SIZE, generator=generator) * 10.0 ** (step // 5 - 9))
        if step < 3:
            gradient[:42] = 0
        before = values.clone()
        optimiser.step(1.0)
        assert values.isfinite().all()
        # An orthogonal change of basis makes one entry as long as the whole matrix at the most.
        assert (values - before).abs().max() <= 1e-2 * 11 * 8


def test_the_factor_scales_the_rate() -> None:
    a, b = torch.zeros(SIZE), torch.zeros(SIZE)
    gradient = torch.randn(SIZE, generator=torch.Generator().manual_seed(3))
    soap_of(a, gradient, 0.5).step(0.2)
    soap_of(b, gradient, 0.1).step(1.0)
    torch.testing.assert_close(a, b)


def test_its_parts_with_a_rate_on_the_device_are_its_step() -> None:
    generator = torch.Generator().manual_seed(0)
    a, gradient = torch.randn(SIZE, generator=generator), torch.zeros(SIZE)
    b = a.clone()
    whole, parts = soap_of(a, gradient), soap_of(b, gradient)
    for step in range(25):
        gradient.copy_(torch.randn(SIZE, generator=generator))
        whole.step(0.7)
        parts.accumulate()
        if parts.refreshes_basis_at(step):
            parts.refresh_basis()
        parts.apply(torch.tensor(Soap.rate_at(step, 0.7e-2)))
    torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)


def test_networks_do_not_see_each_other() -> None:
    """Three at once, their parameters in rows of a larger piece of memory, do what each does alone."""
    generator = torch.Generator().manual_seed(4)
    room, gradients = torch.randn(3, SIZE + 5, generator=generator), torch.zeros(3, SIZE + 5)
    beyond = room[:, SIZE:].clone()
    alone = [row[:SIZE].clone() for row in room]
    parts = [torch.zeros(SIZE) for _ in range(3)]
    together = soap_of(room[:, :SIZE], gradients[:, :SIZE])
    separate = [soap_of(values, gradient) for values, gradient in zip(alone, parts, strict=True)]
    for _ in range(25):
        gradients.copy_(torch.randn(3, SIZE + 5, generator=generator))
        for part, own in zip(parts, gradients, strict=True):
            part.copy_(own[:SIZE])
        together.step(1.0)
        for optimiser in separate:
            optimiser.step(1.0)
    torch.testing.assert_close(room[:, :SIZE], torch.stack(alone), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(room[:, SIZE:], beyond, rtol=0, atol=0)
