from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from gamutmeta.color.gamut import reduce_to_codes  # noqa: E402
from gamutmeta.color.spaces import PROPHOTO, decode_table  # noqa: E402
from gamutmeta.fit.config import PRESETS  # noqa: E402
from gamutmeta.fit.network import Network, Problem  # noqa: E402
from gamutmeta.fit.samples import Samples  # noqa: E402
from gamutmeta.model.descriptor import Descriptor, FourierXY, Grid, Head, Rgb, RgbSource  # noqa: E402
from gamutmeta.model.reference import expand_reference  # noqa: E402

HEIGHT, WIDTH = 37, 53
MODELS = {
    "balanced": PRESETS["balanced"].descriptor(WIDTH, HEIGHT, 0),
    "soft": PRESETS["balanced"].descriptor(WIDTH, HEIGHT, 32),
    "paper": PRESETS["paper"].descriptor(WIDTH, HEIGHT, None),
    "everything": Descriptor(
        head=Head.SRGB_EXCESS,
        grid=Grid(3, 5, 4),
        xy=FourierXY(3),
        rgb=Rgb(2, RgbSource.WIDE),
        hidden=(7, 5),
    ),
    "octaves-only": Descriptor(head=Head.SRGB_EXCESS, rgb=Rgb(3, identity=False), hidden=(8,)),
}


def everything(descriptor: Descriptor) -> tuple[Samples, np.ndarray]:
    """Every pixel of a random picture as samples, and its codes."""
    wide = np.random.default_rng(0).integers(0, 65536, (HEIGHT, WIDTH, 3), np.uint16)
    codes, _ = reduce_to_codes(wide, descriptor.adaptation)
    row, column = (a.ravel().astype(np.int32) for a in np.indices((HEIGHT, WIDTH)))
    linear = decode_table(PROPHOTO, 65536)[wide].reshape(-1, 3)
    samples = Samples(
        codes=codes.reshape(-1, 3),
        row=row,
        column=column,
        wide=linear,
        og=np.random.default_rng(1).random(len(row)) < 0.5,
        weight=np.random.default_rng(2).uniform(0.5, 1.5, len(row)).astype(np.float32),
        pixels_per_sample=1.0,
        clipped_in_gamut_error=0.0,
    )
    return samples, codes


def network_of(descriptor: Descriptor) -> Network:
    generator = torch.Generator().manual_seed(1)
    network = Network(descriptor, WIDTH, HEIGHT, grid_step=1 / 16, generator=generator, device=torch.device("cpu"))
    with torch.no_grad():
        network.values.copy_(torch.randn(network.values.shape, generator=generator) * 0.3)
    return network


@pytest.mark.parametrize("name", MODELS)
def test_the_network_computes_what_the_reader_computes(name: str) -> None:
    descriptor = MODELS[name]
    network = network_of(descriptor)
    samples, codes = everything(descriptor)
    problem = Problem.build(descriptor, samples, torch.device("cpu"))
    batch = problem.batch(0, len(problem))
    with torch.no_grad():
        linear = (batch.base + network.residual(batch, network.grid)).numpy()
    weights = network.mlp_weights()
    steps = network.grid_steps()
    if steps is not None:
        weights["grid"] = steps / 16
    assert {spec.name: spec.shape for spec in descriptor.tensor_specs()} == {k: w.shape for k, w in weights.items()}
    expanded = decode_table(PROPHOTO, 65536)[expand_reference(descriptor, weights, codes)].reshape(-1, 3)
    np.testing.assert_allclose(np.clip(linear, 0, 1), expanded, atol=2e-4)


def test_the_two_ways_to_read_the_grid_agree_with_their_gradients() -> None:
    descriptor = MODELS["balanced"]
    network = network_of(descriptor)
    samples, _ = everything(descriptor)
    problem = Problem.build(descriptor, samples, torch.device("cpu"))
    batch = problem.batch(0, len(problem))
    direction = torch.randn(len(problem), MODELS["balanced"].grid.channels, generator=torch.Generator().manual_seed(2))
    found = []
    for read in (network._sampled, network._embedded):
        grid = network.grid.detach().clone().requires_grad_()
        features = read(batch, grid)
        (features * direction).sum().backward()
        found.append((features.detach(), grid.grad))
    torch.testing.assert_close(found[0][0], found[1][0], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(found[0][1], found[1][1], atol=1e-4, rtol=1e-4)


def test_batches_are_consecutive_samples() -> None:
    descriptor = MODELS["balanced"]
    samples, _ = everything(descriptor)
    problem = Problem.build(descriptor, samples, torch.device("cpu"))
    batch = problem.batch(10, 5)
    np.testing.assert_array_equal(batch.codes.numpy(), samples.codes[10:15])
    np.testing.assert_allclose((batch.base + batch.target).numpy(), samples.wide[10:15], atol=1e-6)


def test_squared_errors_are_those_of_the_residual() -> None:
    descriptor = MODELS["soft"]
    network = network_of(descriptor)
    samples, _ = everything(descriptor)
    problem = Problem.build(descriptor, samples, torch.device("cpu"))
    batch = problem.batch(0, len(problem))
    with torch.no_grad():
        expected = (network.residual(batch, network.grid) - batch.target).square().sum(1)
    torch.testing.assert_close(network.squared_errors(problem), expected)


def test_picked_samples_keep_all_they_have_but_their_weight() -> None:
    descriptor = MODELS["balanced"]
    samples, _ = everything(descriptor)
    problem = Problem.build(descriptor, samples, torch.device("cpu"))
    at = torch.tensor([7, 3, 3, 1000])
    picked = problem.pick(at, torch.tensor([1.0, 2.0, 3.0, 4.0])).everything
    for name in ("row", "column", "codes", "base", "target", "in_gamut"):
        torch.testing.assert_close(getattr(picked, name), getattr(problem.everything, name)[at])
    assert picked.weight.tolist() == [1, 2, 3, 4]
    np.testing.assert_array_equal(problem.everything.in_gamut.numpy(), ~samples.og)
    np.testing.assert_array_equal(problem.everything.weight.numpy(), samples.weight)
