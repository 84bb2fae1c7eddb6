"""Machine code, numpy and torch compute the same gradient, steps and sums."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.color.shoulder import End, Shoulder
from gamutmeta.fit.config import PRESETS
from gamutmeta.fit.cpu.machine import MachineLoops
from gamutmeta.fit.cpu.network import LOSS_SCALE, Network
from gamutmeta.fit.cpu.plain import PlainLoops
from gamutmeta.fit.cpu.problem import Problem
from gamutmeta.fit.cpu.schedule import Schedule
from gamutmeta.fit.samples import Samples, draw_samples
from gamutmeta.native.library import built_library

if TYPE_CHECKING:
    from ctypes import CDLL

    from gamutmeta.model.descriptor import Descriptor

HEIGHT, WIDTH, STEPS, SEED = 45, 70, 60, 3

CONFIGS = {
    **{str(rung): PRESETS["balanced"].within(rung) for rung in (400, 620, 960, 1_500, 3_800, 6_000, 16_000, 61_440)},
    "three layers": replace(PRESETS["balanced"], hidden=(8, 13, 7)),
    "one unit": replace(PRESETS["balanced"], hidden=(1,), rgb_octaves=0, grid_channels=1),
    "many features": replace(PRESETS["balanced"], rgb_octaves=6, grid_channels=9, hidden=(40,)),
}
TOLERANCES = {"parameters": 0.15, "grid": 0.05}
GATES = {"16000": None, "three layers": 32}
SHOULDERS = {"3800": Shoulder((End(1, 200), End(), End(8, 11)), (End(8, 9), End(2, 60), End()))}


@pytest.fixture(scope="module")
def machine() -> CDLL:
    """The machine code, if it was built."""
    try:
        return built_library()
    except OSError as error:
        pytest.skip(str(error))


class Case:
    """A network with random weights, and samples with random colours."""

    def __init__(self, name: str) -> None:
        config, gate, shoulder = CONFIGS[name], GATES.get(name, 0), SHOULDERS.get(name)
        self.config = replace(config, steps=STEPS)
        rng = np.random.default_rng(SEED)
        wide = rng.integers(0, 65536, (HEIGHT, WIDTH, 3), np.uint16)
        codes, _ = reduce_to_codes(wide, config.adaptation)
        self.descriptor: Descriptor = config.descriptor(WIDTH, HEIGHT, gate, shoulder=shoulder)
        drawn = draw_samples(self.descriptor, codes, wide, 1 << 20, rng)
        weight = rng.uniform(0.2, 3, len(drawn)).astype(np.float32)
        self.samples: Samples = replace(drawn, weight=weight)
        self.problem = Problem.build(self.descriptor, self.samples, (HEIGHT, WIDTH))

    def network(self) -> Network:
        network = Network(self.descriptor, WIDTH, HEIGHT, grid_step=1 / 16)
        rng = np.random.default_rng(SEED + 1)
        network.parameters[:] = rng.normal(0, 0.4, network.parameters.shape)
        network.nodes_by_channel[:] = rng.normal(0, 4, network.nodes_by_channel.shape)
        return network

    def loops(self, kind: CDLL | None, batch: int = 300) -> tuple[Network, MachineLoops | PlainLoops]:
        network = self.network()
        schedule = Schedule.of(network, self.config, np.random.default_rng(SEED + 2))
        if kind is None:
            return network, PlainLoops(network, schedule, batch)
        return network, MachineLoops(kind, network, schedule, batch)


@pytest.mark.parametrize("batch", [300, 1280, 7])
@pytest.mark.parametrize("name", CONFIGS)
def test_machine_code_computes_numpy_s_gradient(machine: CDLL, name: str, batch: int) -> None:
    case = Case(name)
    found = []
    for kind in (None, machine):
        _, loops = case.loops(kind, batch)
        with loops:
            loops.load(case.problem, 0)
            found.append(loops.gradient(5))
    for plain, fast in zip(*found, strict=True):
        assert np.abs(plain).max() > 0
        # A ReLU that is about to switch counts in one way and not in the other.
        assert np.linalg.norm(fast - plain) <= 1e-3 * np.linalg.norm(plain)


@pytest.mark.parametrize("name", ["1500", "3800", "6000", "three layers"])
def test_numpy_computes_torch_s_gradient(name: str) -> None:
    torch = pytest.importorskip("torch")
    from gamutmeta.fit import gradient, network  # noqa: PLC0415 - need torch

    case, batch = Case(name), 500
    own, loops = case.loops(None, batch)
    loops.load(case.problem, 0)
    parameters, grid = loops.gradient(0)
    device = torch.device("cpu")
    other = network.Network(
        case.descriptor, WIDTH, HEIGHT, grid_step=1 / 16, generator=torch.Generator(), device=device
    )
    noise = loops._schedule.pool[: grid.size].reshape(grid.shape)
    with torch.no_grad():
        other.values[: other.mlp_size] = torch.from_numpy(own.parameters)
        other.grid.copy_(torch.from_numpy(own.nodes_by_channel).permute(2, 0, 1)[None])
    problem = network.Problem.build(case.descriptor, case.samples, device)
    by_autograd = gradient.AutogradGradient(other, problem, batch, LOSS_SCALE)
    by_autograd(0, torch.from_numpy(noise.transpose(2, 0, 1)[None].copy()), 0.0)
    expected = other.gradient.numpy()[: other.mlp_size], other.grid_gradient[0].permute(1, 2, 0).numpy()
    for found, true in zip((parameters, grid), expected, strict=True):
        assert np.linalg.norm(found - true) <= 1e-3 * np.linalg.norm(true)


@pytest.mark.parametrize("name", ["400", "6000", "16000", "three layers"])
def test_machine_code_takes_numpy_s_steps(machine: CDLL, name: str) -> None:
    """With a redraw and a rescale between. SOAP's first steps are as long in directions that have hardly a gradient."""
    case = Case(name)
    found = []
    drawn = np.random.default_rng(0).integers(0, len(case.problem), 700)
    for kind in (None, machine):
        network, loops = case.loops(kind)
        with loops:
            loops.load(case.problem, 0)
            loops.run(0, 5, 1e-3)
            early = network.state()
            loops.rescale(1.3)
            loops.load(case.problem, 5, drawn, np.full(700, 0.7, np.float32))
            loops.run(5, 7, 2e-3)
            found.append((early, network.state()))
    start = case.network().state()
    for plain, fast in zip(*found, strict=True):
        assert fast.grid_step == plain.grid_step
        for field in ("parameters", "grid"):
            moved = np.linalg.norm(getattr(plain, field) - getattr(start, field))
            assert moved > 0
            difference = np.linalg.norm(getattr(fast, field) - getattr(plain, field))
            assert difference < TOLERANCES[field] * moved, field


@pytest.mark.parametrize("name", CONFIGS)
def test_threads_change_no_bit(machine: CDLL, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    case, found = Case(name), []
    for threads in ("1", "2"):
        monkeypatch.setenv("GAMUTMETA_THREADS", threads)
        network, loops = case.loops(machine, 400)
        assert (loops._helper is None) == (threads == "1")
        with loops:
            loops.load(case.problem, 0)
            loops.run(0, 13, 1e-3)
            loops.run(13, STEPS - 13, 1e-3)
            errors = loops.squared_errors(case.problem)
            equations = loops.normal_equations(case.problem, 1_500)
        found.append((network.parameters, network.grid, errors, *equations))
    for one, two in zip(*found, strict=True):
        assert np.isfinite(one).all()
        np.testing.assert_array_equal(two, one)


@pytest.mark.parametrize("name", CONFIGS)
def test_sums_over_all_samples(machine: CDLL, name: str) -> None:
    case = Case(name)
    plain, fast = (case.loops(kind)[1] for kind in (None, machine))
    with fast:
        errors = [loops.squared_errors(case.problem) for loops in (plain, fast)]
        np.testing.assert_allclose(errors[1], errors[0], rtol=1e-3, atol=1e-5 * errors[0].max())
        for count in (1_234, 3):
            equations = [loops.normal_equations(case.problem, count) for loops in (plain, fast)]
            for expected, found in zip(*equations, strict=True):
                np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())


def test_a_network_takes_and_gives_tensors() -> None:
    case = Case("1500")
    network = case.network()
    named = network.mlp_weights() | {"grid": network.grid_steps() * np.float32(network.grid_step)}
    other = Network(case.descriptor, WIDTH, HEIGHT, grid_step=1 / 8)
    other.load_tensors(named)
    np.testing.assert_allclose(other.parameters, network.parameters, rtol=1e-6)
    np.testing.assert_allclose(other.grid_steps() * 2, network.grid_steps(), rtol=1e-6)
    weights = other.mlp_weights()
    np.testing.assert_allclose(other.last_layer(), np.c_[weights["weight2"], weights["bias2"]], rtol=1e-6)


def test_states_are_copies() -> None:
    network = Case("1500").network()
    before, state = network.parameters.copy(), network.state()
    network.parameters += 1
    network.grid += 1
    network.grid_step = 5.0
    network.restore(state)
    np.testing.assert_array_equal(network.parameters, before)
    assert network.grid_step == 1 / 16


def test_the_start_adds_nothing() -> None:
    case = Case("6000")
    network = Network(case.descriptor, WIDTH, HEIGHT, grid_step=1 / 16)
    network.start(np.random.default_rng(0))
    loops = PlainLoops(network, Schedule.of(network, case.config, np.random.default_rng(0)), 10)
    with nullcontext(loops):
        errors = loops.squared_errors(case.problem)
    np.testing.assert_allclose(errors, np.square(case.problem.target).sum(1), rtol=1e-5)
    assert np.abs(network.grid_steps()).max() == pytest.approx(0.02 * 16, rel=0.02)
