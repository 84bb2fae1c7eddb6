from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from benchmarks.paper.mlp.layout import INPUTS, Layout
from benchmarks.paper.mlp.network import Network, features_of
from benchmarks.paper.mlp.samples import Samples
from benchmarks.paper.mlp.training import Plan, train

LAYOUTS = [Layout(16), Layout(16, "RGB"), Layout(16, encoded=False), Layout(16, padded=False)]


def data(count: int = 50) -> Samples:
    generator = torch.Generator().manual_seed(3)
    inputs = torch.rand(count, 5, generator=generator) * 2 - 1
    return Samples(inputs, torch.randn(count, 3, generator=generator) * 0.1)


def start(layout: Layout) -> Network:
    return Network.random(layout, torch.Generator().manual_seed(1), "cpu")


def plain(layout: Layout, parameters: list[torch.Tensor], features: torch.Tensor) -> torch.Tensor:
    """The network as it is written down, with all of its padding."""
    if layout.padded:
        first, second, third = parameters
        return (torch.relu(torch.relu(features @ first.T) @ second.T) @ third.T)[:, :3]
    first, b, second, c, third, d = parameters
    return torch.relu(torch.relu(features @ first.T + b) @ second.T + c) @ third.T + d


def test_ones_follow_the_features() -> None:
    features = features_of(torch.zeros(2, 5), Layout(16))
    assert features.shape == (2, 128)
    assert features[:, :60].abs().max() == 0  # sines
    assert features[:, 60:].eq(1).all()  # cosines, then ones


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_prediction_and_gradient_are_torchs(layout: Layout) -> None:
    inputs, targets = data()
    network = start(layout)
    features = features_of(inputs[:, INPUTS[layout.inputs]], layout)
    weights = torch.arange(50.0)[:, None] / 50
    network.clear_gradient()
    with torch.no_grad():
        # In two pieces: gradients add up.
        network.add_gradient(features[:20], targets[:20], weights[:20])
        network.add_gradient(features[20:], targets[20:], weights[20:])
    twins = [parameter.detach().clone().requires_grad_() for parameter in network.parameters]
    predicted = plain(layout, twins, features)
    torch.testing.assert_close(network.predict(features), predicted.detach())
    (weights * (predicted - targets) ** 2).sum().backward()
    for parameter, twin in zip(network.parameters, twins, strict=True):
        torch.testing.assert_close(parameter.grad, twin.grad, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
@pytest.mark.parametrize("batch", [32, 64])
def test_training_is_plain_adam_on_the_same_draws(layout: Layout, batch: int) -> None:
    # 50 samples: batches of 32 are gathered, of 64 weighted.
    samples, plan = data(), Plan(5, 1e-2, batch)
    network = start(layout)
    twins = [parameter.detach().clone().requires_grad_() for parameter in network.parameters]
    train(network, samples, plan, 5, torch.Generator().manual_seed(7))
    generator = torch.Generator().manual_seed(7)
    optimiser = torch.optim.Adam(twins, lr=1e-2)
    for _ in range(5):
        drawn = torch.randint(50, (batch,), generator=generator)
        features = features_of(samples.inputs[drawn][:, INPUTS[layout.inputs]], layout)
        loss = ((plain(layout, twins, features) - samples.targets[drawn]) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    for parameter, twin in zip(network.parameters, twins, strict=True):
        torch.testing.assert_close(parameter, twin, rtol=1e-3, atol=1e-4)


def test_outputs_that_nobody_reads_are_not_trained() -> None:
    network = start(LAYOUTS[0])
    before = network.tensors()[2]
    train(network, data(), Plan(3, 1e-2, 32), 3, torch.Generator().manual_seed(7))
    np.testing.assert_array_equal(network.tensors()[2][3:], before[3:])
    assert (network.tensors()[2][:3] != before[:3]).all()


def test_random_starts_fill_their_bounds() -> None:
    first, second, third = start(Layout(64)).tensors()
    for tensor, ends in ((first, 64 + 128), (second, 64 + 64), (third, 16 + 64)):
        assert np.abs(tensor).max() == pytest.approx(math.sqrt(6 / ends), rel=0.02)
    matrix, bias, *_ = start(Layout(64, padded=False)).tensors()
    assert np.abs(matrix).max() == pytest.approx(1 / math.sqrt(120), rel=0.02)
    assert np.abs(bias).max() == pytest.approx(1 / math.sqrt(120), rel=0.1)


def test_learned_starts_take_their_place_in_the_padding() -> None:
    generator = np.random.default_rng(0)
    matrices = [generator.normal(size=shape).astype(np.float32) for shape in ((32, 120), (32, 32), (3, 32))]
    for matrix in matrices:
        matrix.setflags(write=False)
    first, second, third = Network.started(Layout(32), matrices, "cpu").tensors()
    np.testing.assert_array_equal(first[:, :120], matrices[0])
    assert not first[:, 120:].any()
    np.testing.assert_array_equal(second, matrices[1])
    np.testing.assert_array_equal(third[:3], matrices[2])
    assert not third[3:].any()
    with pytest.raises(ValueError, match=r"start weights of shapes .*; 128-16-16-16 takes"):
        Network.started(Layout(16), matrices, "cpu")
