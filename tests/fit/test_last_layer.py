from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from carrots import CARROTS  # noqa: E402

from gamutmeta.color.adaptation import Adaptation  # noqa: E402
from gamutmeta.color.gamut import reduce_to_codes  # noqa: E402
from gamutmeta.fit.config import PRESETS, FitConfig  # noqa: E402
from gamutmeta.fit.last_layer import LastLayer, refined_within  # noqa: E402
from gamutmeta.fit.network import Network, Problem  # noqa: E402
from gamutmeta.fit.protection import Protection  # noqa: E402
from gamutmeta.fit.rate import container_size, tensors_within  # noqa: E402
from gamutmeta.fit.samples import Samples, draw_samples  # noqa: E402
from gamutmeta.model.descriptor import Descriptor, FourierXY, Head  # noqa: E402
from gamutmeta.photo.read import read_photo  # noqa: E402

CONFIG = replace(PRESETS["balanced"], grid_cells=12)


class Case:
    """A network with random weights, and samples of a real photograph."""

    def __init__(self, config: FitConfig = CONFIG, gate: int | None = 0, descriptor: Descriptor | None = None) -> None:
        wide = read_photo(CARROTS).array[290:354, 500:596]
        codes, _ = reduce_to_codes(wide, Adaptation.BRADFORD)
        height, width = codes.shape[:2]
        model = descriptor or config.descriptor(width, height, gate)
        self.samples: Samples = draw_samples(model, codes, wide, 20_000, np.random.default_rng(0))
        generator = torch.Generator().manual_seed(3)
        device = torch.device("cpu")
        self.network = Network(model, width, height, grid_step=1 / 16, generator=generator, device=device)
        with torch.no_grad():
            self.network.values.copy_(torch.randn(self.network.values.shape, generator=generator) * 0.3)
        self.problem = Problem.build(model, self.samples, device)
        self.protection = Protection(self.samples)

    def tolerant(self) -> Protection:
        """Protection that takes any harm."""
        return Protection(replace(self.samples, clipped_in_gamut_error=1e9))

    def put(self, solution: np.ndarray) -> None:
        """Make `solution` the network's last layer."""
        weight, bias = self.network.layers[-1]
        with torch.no_grad():
            weight.copy_(torch.from_numpy(solution[:, :-1] / self.network.output_scale))
            bias.copy_(torch.from_numpy(solution[:, -1] / self.network.output_scale))

    def errors(self) -> tuple[float, float]:
        """Weighted squared errors of the out-of-gamut samples and of the others."""
        every = self.problem.everything
        errors = self.network.squared_errors(self.problem) * every.weight
        return float(errors[~every.in_gamut].double().sum()), float(errors[every.in_gamut].double().sum())


@pytest.mark.parametrize("gate", [0, 32, None])
def test_no_change_of_the_solution_lowers_the_error(gate: int | None) -> None:
    case = Case(gate=gate)
    before = sum(case.errors())
    solution = LastLayer(case.network, case.problem).solve(case.network.last_layer(), case.tolerant())
    case.put(solution)
    best = sum(case.errors())
    assert best < 0.9 * before
    rng = np.random.default_rng(0)
    for _ in range(20):
        case.put(solution + rng.normal(0, 0.02, solution.shape))
        assert sum(case.errors()) > best


def test_it_is_what_a_dense_solver_finds() -> None:
    case = Case(descriptor=Descriptor(head=Head.WIDE_RESIDUAL, xy=FourierXY(2), hidden=(5,)))
    every = case.problem.batch(0, len(case.problem))
    with torch.no_grad():
        hidden = case.network.hidden(every, None).double().numpy()
    design = np.concatenate([hidden, np.ones((len(hidden), 1))], 1)
    root = np.sqrt(every.weight.double().numpy())[:, None]
    expected = np.linalg.lstsq(design * root, every.target.double().numpy() * root, rcond=None)[0].T
    found = LastLayer(case.network, case.problem).solve(case.network.last_layer(), case.tolerant())
    assert np.allclose(found @ design.T, expected @ design.T, atol=1e-4)


def test_in_gamut_colours_are_spared_for_a_bounded_price() -> None:
    case = Case()
    layer = LastLayer(case.network, case.problem)
    start = case.network.last_layer()
    case.put(layer.solve(start, case.tolerant()))
    out, inside = case.errors()
    strict = Protection(replace(case.samples, clipped_in_gamut_error=1e-12))
    case.put(layer.solve(start, strict))
    spared_out, spared_inside = case.errors()
    assert spared_inside < inside
    assert out < spared_out <= out * 10**0.00705


def test_a_unit_that_never_acts_keeps_its_weight() -> None:
    case = Case()
    weight, bias = case.network.layers[-2]
    with torch.no_grad():
        weight[4] = 0
        bias[4] = -1
    start = case.network.last_layer()
    found = LastLayer(case.network, case.problem).solve(start, case.tolerant())
    assert np.allclose(found[:, 4], start[:, 4])
    assert np.isfinite(found).all()


@pytest.mark.parametrize("max_bytes", [1_900, 2_300, 20_000])
def test_the_result_keeps_to_the_cap_and_is_better_than_rounding_alone(max_bytes: int) -> None:
    config = replace(CONFIG, max_bytes=max_bytes)
    case = Case(config)
    specs = case.network.descriptor.tensor_specs()
    rounded = tensors_within(case.network, config, max_bytes)
    refined = refined_within(case.network, case.problem, case.tolerant(), config)
    assert container_size(case.network, refined) <= max_bytes
    assert [tensor.values.shape for tensor in refined] == [spec.shape for spec in specs]
    assert refined[-1].scale is None
    errors = []
    for tensors in (rounded, refined):
        case.network.load_tensors({spec.name: tensor.decode() for spec, tensor in zip(specs, tensors, strict=True)})
        errors.append(sum(case.errors()))
    assert errors[1] < 0.9 * errors[0]


def test_a_network_that_takes_tensors_computes_with_them() -> None:
    case = Case()
    tensors = tensors_within(case.network, CONFIG, 60_000)
    specs = case.network.descriptor.tensor_specs()
    decoded = {spec.name: tensor.decode() for spec, tensor in zip(specs, tensors, strict=True)}
    case.network.load_tensors(decoded)
    steps = case.network.grid_steps()
    assert steps is not None
    assert np.allclose(steps * case.network.grid_step, decoded["grid"], atol=1e-6)
    for name, values in case.network.mlp_weights().items():
        assert np.allclose(values, decoded[name], atol=1e-6), name
