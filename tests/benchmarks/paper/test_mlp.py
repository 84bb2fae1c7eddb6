"""The paper's network: sizes, gradient, training and expansion against their plain twins, and learned starts."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from benchmarks.arrays import Floats, Wide
from benchmarks.paper.method import Plan, Setting, clip_codes
from benchmarks.paper.methods import mlp
from benchmarks.paper.mlp import training
from benchmarks.paper.mlp.network import INPUTS, Layout, Network, features_of
from benchmarks.paper.mlp.training import train
from benchmarks.paper.reptile import (
    load_start,
    payload_start,
    predict,
    random_start,
    start_photographs,
    to_payload,
)
from benchmarks.paper.training_set import WEIGHTS, read_split
from benchmarks.rivals.method import clipped_linear, romm_codes
from benchmarks.rivals.reference import coordinates, octaves
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.fit.config import PRESETS
from gamutmeta.model.expand import expand

ROWS = {row.key: row for row in mlp.methods() if isinstance(row, mlp.Mlp)}
LAYOUTS = [Layout(16), Layout(16, "RGB"), Layout(16, encoded=False), Layout(16, padded=False)]


def data(count: int = 50) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    return torch.rand(count, 5, generator=generator) * 2 - 1, torch.randn(count, 3, generator=generator) * 0.1


def start(layout: Layout) -> Network:
    return Network.random(layout, torch.Generator().manual_seed(1), "cpu")


def plain(layout: Layout, parameters: list[torch.Tensor], features: torch.Tensor) -> torch.Tensor:
    """The network as it is written down, with all of its padding."""
    if layout.padded:
        first, second, third = parameters
        return (torch.relu(torch.relu(features @ first.T) @ second.T) @ third.T)[:, :3]
    first, b, second, c, third, d = parameters
    return torch.relu(torch.relu(features @ first.T + b) @ second.T + c) @ third.T + d


@pytest.mark.parametrize(("width", "kilobytes"), [(128, 137), (64, 53), (32, 23), (16, 11)])
def test_sizes_are_the_papers(width: int, kilobytes: int) -> None:
    layout = Layout(width)
    # By hand: 120 features and 8 ones, 16 outputs.
    assert layout.stored_bytes == 4 * (128 * width + width * width + 16 * width)
    assert layout.stored_bytes + 1_024 == kilobytes * 1_024
    assert Layout(64, padded=False).stored_bytes == 4 * (120 * 64 + 64 + 64 * 64 + 64 + 64 * 3 + 3) == 48_396
    sizes = [(Layout(32, "xy"), 48, 0), (Layout(32, "RGB"), 72, 8), (Layout(32, encoded=False), 5, 11)]
    assert [(each.features, each.ones) for each, _, _ in sizes] == [(features, ones) for _, features, ones in sizes]


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
    # Bytes and back.
    for found, wanted in zip(layout.from_bytes(layout.to_bytes(network.tensors())), network.tensors(), strict=True):
        np.testing.assert_array_equal(found, wanted)
    with pytest.raises(ValueError, match=f"7 bytes of weights; the layout {layout} has"):
        layout.from_bytes(bytes(7))


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
@pytest.mark.parametrize("batch", [3, 32, 128])
def test_training_is_plain_adam_on_the_same_draws(layout: Layout, batch: int) -> None:
    samples, plan = data(), Plan(5, 1e-2, batch)
    kinds = {3: "_Gathered", 32: "_Counted", 128: "_Weighted"}
    assert training._kind(50, batch, torch.device("cpu")).__name__ == kinds[batch]
    assert training._kind(50, batch, torch.device("cuda")).__name__ == kinds[batch].replace("Counted", "Gathered")
    network = start(layout)
    twins = [parameter.detach().clone().requires_grad_() for parameter in network.parameters]
    before = network.tensors()
    train(network, samples, plan, 5, torch.Generator().manual_seed(7))
    generator = torch.Generator().manual_seed(7)
    optimiser = torch.optim.Adam(twins, lr=1e-2)
    for _ in range(5):
        drawn = torch.randint(50, (batch,), generator=generator)
        features = features_of(samples[0][drawn][:, INPUTS[layout.inputs]], layout)
        loss = ((plain(layout, twins, features) - samples[1][drawn]) ** 2).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    for parameter, twin in zip(network.parameters, twins, strict=True):
        torch.testing.assert_close(parameter, twin, rtol=1e-3, atol=1e-4)
    if layout.padded:  # outputs that nobody reads are not trained
        np.testing.assert_array_equal(network.tensors()[2][3:], before[2][3:])


@pytest.mark.parametrize("key", [key for key, row in ROWS.items() if not row.learned])
def test_the_expansion_is_that_of_the_network_as_written(wide: Wide, setting: Setting, key: str) -> None:
    method, piece = ROWS[key], wide[:40, :50]
    codes, metadata = method.reduce(piece, replace(setting, quick=0.0004))
    np.testing.assert_array_equal(codes, clip_codes(piece, setting))
    assert len(metadata.data) == method.layout.stored_bytes
    restored = method.expand(codes, metadata.data, setting)
    tensors = [torch.from_numpy(tensor) for tensor in method.layout.from_bytes(metadata.data)]
    clipped = clipped_linear(codes, Adaptation.CAT02)
    places = np.meshgrid(*(coordinates(np.arange(n), n) for n in codes.shape[:2]), indexing="ij")
    inputs = np.concatenate([np.stack(places, -1), clipped * 2 - 1], -1).reshape(-1, 5)
    features = features_of(torch.from_numpy(inputs)[:, INPUTS[method.layout.inputs]], method.layout)
    added = Network(method.layout, tensors, "cpu").predict(features).numpy().reshape(codes.shape)
    difference = np.abs(restored - romm_codes(clipped + added * np.float32(0.5)).astype(int))
    assert (difference > 8).mean() < 0.01
    # The top octave magnifies the last bit of a colour 2,000 times.
    assert difference.max() < 200


@pytest.mark.parametrize("width", [32, 64])
def test_learned_starts_and_their_recipes(width: int) -> None:
    start = payload_start(width)
    assert start is not None
    assert [start[f"weight{k}"].shape for k in range(3)] == [(width, 120), (width, width), (3, width)]
    for tensor in start.values():
        assert tensor.dtype == np.float32
        assert np.isfinite(tensor).all()
        assert not tensor.flags.writeable
    recipe = json.loads((WEIGHTS / f"paper-{width}.json").read_text())
    assert (recipe["recipe"]["width"], recipe["recipe"]["steps"], recipe["photographs"]) == (
        width, 10_000, list(read_split().training)
    )  # fmt: skip
    assert (
        start_photographs(width)
        == set(read_split().training)
        == ROWS[{32: "mlp-23kb-meta", 64: "mlp-53kb-meta"}[width]].learned_from
    )
    with np.load(WEIGHTS / f"paper-{width}.npz", allow_pickle=False) as stored:
        assert {stored[name].dtype for name in stored.files} == {np.dtype(np.float16)}
    assert payload_start(16) is load_start(16) is None
    assert start_photographs(16) == ROWS["mlp-23kb"].learned_from == frozenset()


def test_both_layouts_of_a_start_are_the_same_network(
    wide: Wide, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes, weights = clip_codes(wide, setting), random_start(32, 3)
    descriptor = PRESETS["paper"].descriptor(wide.shape[1], wide.shape[0], None)
    tensors = to_payload([weight.numpy() for weight in weights])
    assert {spec.name: spec.shape for spec in descriptor.tensor_specs()} == {k: w.shape for k, w in tensors.items()}
    found = expand(descriptor, tensors, codes).astype(int)
    clipped = clipped_linear(codes, descriptor.adaptation)
    # The reference puts pixels 0 and n - 1 on the border, the package their outer edges: take the package's places.
    places = np.meshgrid(*(2 * (np.arange(n) + 0.5) / n - 1 for n in codes.shape[:2]), indexing="ij")
    inputs = np.concatenate([np.stack(places, -1), clipped * 2 - 1], -1).astype(np.float32)
    wanted = clipped + predict(weights, octaves(torch.from_numpy(inputs.reshape(-1, 5)))).numpy().reshape(clipped.shape)
    # The highest octaves of the reference are not exact in single precision.
    assert np.quantile(np.abs(found - romm_codes(wanted)), 0.99) <= 80
    monkeypatch.setattr("benchmarks.paper.reptile.payload_start", lambda _: tensors)
    for mine, theirs in zip(load_start(32) or [], weights, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-6)


def test_rows_start_where_they_should(monkeypatch: pytest.MonkeyPatch, wide: Wide, setting: Setting) -> None:
    method, setting = replace(ROWS["mlp-23kb-meta"], plan=Plan(1_200, 0.0)), replace(setting, quick=1e-6)

    def load(width: int) -> list[Floats]:
        return [np.full(shape, 0.5, np.float32) for shape in ((width, 120), (width, width), (3, width))]

    monkeypatch.setattr(mlp, "load_start", load)
    _, metadata = method.reduce(wide[:8, :8], setting)
    first, _, third = method.layout.from_bytes(metadata.data)
    assert set(first[:, :120].ravel()) == {0.5}
    assert not first[:, 120:].any()
    assert not third[3:].any(), "what belongs to the padding is zero"
    assert "learned start, quick: 1 of 1,200 steps" in metadata.note
    # Rows of other start weights are other rows.
    version = method.version
    monkeypatch.setattr(mlp, "load_start", lambda width: [matrix + 1 for matrix in load(width)])
    assert method.version != version
    assert ROWS["mlp-23kb"].version == 1
    monkeypatch.setattr(mlp, "load_start", lambda _: load(16))
    with pytest.raises(ValueError, match=r"start weights of shapes .*; 128-32-32-16 takes"):
        method.reduce(wide[:8, :8], setting)
    monkeypatch.setattr(mlp, "load_start", lambda _: None)
    with pytest.raises(ValueError, match=r"mlp-23kb-meta: no learned start weights of width 32; .*train_meta"):
        method.reduce(wide[:8, :8], setting)
    assert {row.key for row in ROWS.values() if row.absent} == {row.key for row in ROWS.values() if row.learned}
