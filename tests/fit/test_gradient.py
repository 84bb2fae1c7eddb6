from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from gamutmeta.color.gamut import reduce_to_codes  # noqa: E402
from gamutmeta.color.spaces import PROPHOTO, decode_table  # noqa: E402
from gamutmeta.fit.config import PRESETS  # noqa: E402
from gamutmeta.fit.gradient import AutogradGradient, HandGradient, gradient_for  # noqa: E402
from gamutmeta.fit.network import Network, Problem  # noqa: E402
from gamutmeta.fit.samples import Samples  # noqa: E402

if TYPE_CHECKING:
    from gamutmeta.model.descriptor import Descriptor

HEIGHT, WIDTH, BATCH = 37, 53, 400
CPU = torch.device("cpu")


def setting(
    descriptor: Descriptor, size: tuple[int, int] = (HEIGHT, WIDTH), seed: int = 0, device: torch.device = CPU
) -> tuple[Network, Problem]:
    """A network with random weights, and random samples: all pixels of a picture."""
    height, width = size
    rng = np.random.default_rng(seed)
    wide = rng.integers(0, 65536, (height, width, 3), np.uint16)
    codes, _ = reduce_to_codes(wide, descriptor.adaptation)
    row, column = (a.ravel().astype(np.int32) for a in np.indices((height, width)))
    linear = decode_table(PROPHOTO, 65536)[wide].reshape(-1, 3)
    samples = Samples(
        codes=codes.reshape(-1, 3),
        row=row,
        column=column,
        wide=linear,
        og=np.ones(len(row), np.bool_),
        weight=rng.uniform(0.2, 3, len(row)).astype(np.float32),
        pixels_per_sample=1.0,
        clipped_in_gamut_error=0.0,
    )
    problem = Problem.build(descriptor, samples, device)
    generator = torch.Generator().manual_seed(seed + 1)
    network = Network(descriptor, width, height, grid_step=1 / 16, generator=generator, device=device)
    with torch.no_grad():
        network.values.copy_(torch.randn(network.values.shape, generator=generator) * 0.4)
    return network, problem


GRID = PRESETS["balanced"].descriptor(WIDTH, HEIGHT, 0)


def settled(network: Network, problem: Problem, noise: torch.Tensor) -> Problem:
    """The problem without the samples that any ReLU is about to switch for: they would count in one way and not in
    another, and how the last bits of a sum fall depends on the processor."""
    assert network.grid is not None
    every = problem.batch(0, len(problem))
    with torch.no_grad():
        values = network._features(every, network.grid + noise)
        nearest = torch.full((len(problem),), torch.inf)
        for weight, bias in network.layers[:-1]:
            values = torch.nn.functional.linear(values, weight, bias)
            nearest = torch.minimum(nearest, values.abs().amin(1) / values.abs().amax(1))
            values = values.relu()
    is_settled = nearest > 1e-4
    assert is_settled.float().mean() > 0.9
    return problem.pick(torch.arange(len(problem)), every.weight * is_settled)


@pytest.mark.parametrize(
    "descriptor",
    [
        GRID,
        replace(GRID, gate=32),
        replace(GRID, gate=None, hidden=(16,)),
        replace(GRID, hidden=(8, 12, 6)),
    ],
    ids=["hard gate", "soft gate", "one layer, no gate", "three layers"],
)
@pytest.mark.parametrize("rate_weight", [0.0, 1e-3])
@pytest.mark.parametrize("batch", [BATCH, 777], ids=["", "odd batch"])
def test_by_hand_equals_by_autograd(descriptor: Descriptor, rate_weight: float, batch: int) -> None:
    network, problem = setting(descriptor)
    assert network.grid is not None
    noise = torch.rand(network.grid.shape, generator=torch.Generator().manual_seed(2)) - 0.5
    problem = settled(network, problem, noise)
    found = []
    for kind in (AutogradGradient, gradient_for):
        network.gradient.fill_(float("nan"))
        kind(network, problem, batch, 1000.0)(batch, noise, rate_weight)
        found.append(network.gradient.clone())
    assert found[0].isfinite().all()
    assert found[0].abs().max() > 1
    torch.testing.assert_close(found[1], found[0], rtol=1e-3, atol=float(found[0].abs().max()) * 1e-5)


def test_the_paper_model_goes_by_autograd() -> None:
    network, problem = setting(PRESETS["paper"].descriptor(WIDTH, HEIGHT, None))
    assert isinstance(gradient_for(network, problem, BATCH, 1.0), AutogradGradient)
    network, problem = setting(GRID)
    assert isinstance(gradient_for(network, problem, BATCH, 1.0), HandGradient)


def test_the_gradient_points_uphill() -> None:
    network, problem = setting(GRID)
    gradient = gradient_for(network, problem, BATCH, 1.0)
    batch = problem.batch(0, BATCH)

    def loss() -> float:
        with torch.no_grad():
            squares = (network.residual(batch, network.grid) - batch.target).square()
            return float((squares * batch.weight[:, None]).mean())

    assert network.grid is not None
    gradient(0, torch.zeros_like(network.grid), 0.0)
    before = loss()
    with torch.no_grad():
        network.values -= network.gradient * (1e-3 / network.gradient.norm())
    assert loss() < before
