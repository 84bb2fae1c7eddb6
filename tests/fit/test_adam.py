from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from gamutmeta.fit.adam import Adam  # noqa: E402


def test_equals_torchs_own() -> None:
    generator = torch.Generator().manual_seed(0)
    ours = torch.randn(20, generator=generator)
    theirs = [ours[:12].clone().requires_grad_(), ours[12:].clone().requires_grad_()]
    gradient = torch.zeros(20)
    mine = Adam(ours, gradient, [(slice(0, 12), 1e-2), (slice(12, None), 4e-2)])
    reference = torch.optim.Adam([{"params": [theirs[0]], "lr": 1e-2}, {"params": [theirs[1]], "lr": 4e-2}])
    for _ in range(30):
        gradient.copy_(torch.randn(20, generator=generator))
        theirs[0].grad, theirs[1].grad = gradient[:12].clone(), gradient[12:].clone()
        mine.step(1.0)
        reference.step()
    torch.testing.assert_close(ours, torch.cat([t.detach() for t in theirs]), rtol=1e-5, atol=1e-6)


def test_the_factor_scales_every_rate() -> None:
    a, b = torch.zeros(3), torch.zeros(3)
    gradient = torch.tensor([1.0, -2.0, 3.0])
    Adam(a, gradient, [(slice(None), 0.5)]).step(0.2)
    Adam(b, gradient, [(slice(None), 0.1)]).step(1.0)
    torch.testing.assert_close(a, b)
