from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")

from fit.test_gradient import BATCH, CPU, GRID, HEIGHT, WIDTH, setting  # noqa: E402
from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402
from torch.utils._pytree import tree_leaves  # noqa: E402

from gamutmeta.errors import GamutMetaWarning  # noqa: E402
from gamutmeta.fit import step as step_module  # noqa: E402
from gamutmeta.fit.config import PRESETS  # noqa: E402
from gamutmeta.fit.gpu import static_step as module  # noqa: E402
from gamutmeta.fit.gpu.static_gradient import StaticGradient  # noqa: E402
from gamutmeta.fit.gpu.static_step import StaticStep  # noqa: E402
from gamutmeta.fit.gradient import AutogradGradient  # noqa: E402
from gamutmeta.fit.network import Network, Problem  # noqa: E402
from gamutmeta.fit.step import EagerStep, OneByOne, Step  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamutmeta.fit.config import FitConfig
    from gamutmeta.model.descriptor import Descriptor

CONFIG = replace(PRESETS["balanced"], steps=60)
BATCHES = HEIGHT * WIDTH // BATCH


def whole_batches(problem: Problem) -> Problem:
    return problem.first(BATCHES * BATCH)


@pytest.mark.parametrize(
    "descriptor",
    [GRID, replace(GRID, gate=32), replace(GRID, gate=None, hidden=(16,)), replace(GRID, hidden=(8, 12, 6))],
    ids=["hard gate", "soft gate", "one layer, no gate", "three layers"],
)
@pytest.mark.parametrize("rate_weight", [0.0, 1e-3])
def test_the_gradient_equals_autograds(descriptor: Descriptor, rate_weight: float) -> None:
    network, problem = setting(descriptor)
    assert network.grid is not None
    pool = torch.rand(3 * network.grid.numel()) - 0.5
    static = StaticGradient(network, BATCH, 1000.0, pool)
    assert not static.load(whole_batches(problem))
    static.which.fill_(2)
    static.noise_start.fill_(17)
    static.rate_weight.fill_(rate_weight)
    static.grid_step.fill_(network.grid_step)
    network.gradient.fill_(float("nan"))
    static()
    found = network.gradient.clone()
    noise = pool[17 : 17 + network.grid.numel()].view_as(network.grid)
    AutogradGradient(network, problem, BATCH, 1000.0)(2 * BATCH, noise, rate_weight)
    largest = float(network.gradient.abs().max())
    assert largest > 1
    torch.testing.assert_close(found, network.gradient, rtol=1e-3, atol=largest * 1e-5)


def static_step(network: Network, config: FitConfig, batch: int, generator: torch.Generator, **how: Any) -> StaticStep:
    return StaticStep([network], config, batch, [generator], **how)


def eager_step(network: Network, config: FitConfig, batch: int, generator: torch.Generator) -> OneByOne:
    return OneByOne([EagerStep(network, config, batch, generator)])


def trained(kind: Callable[..., Step], steps: int = 45) -> Network:
    """A network after some steps, with other samples and another unit on the way."""
    network, problem = setting(GRID)
    step = kind(network, CONFIG, BATCH, torch.Generator().manual_seed(3))
    step.load([whole_batches(problem)], 0)
    for number in range(steps):
        if number == 13:
            shuffled = torch.randperm(BATCHES * BATCH, generator=torch.Generator().manual_seed(4))
            step.load([problem.pick(shuffled, problem.everything.weight[shuffled])], number)
        if number == 27:
            step.rescale(0, 1.25)
        step(number, [0.0 if number < 13 else 2e-4])
    return network


class Adapted:
    """The static gradient, called as the eager step calls its own."""

    def __init__(self, network: Network, problem: Problem, batch: int, scale: float, **_: bool) -> None:
        assert network.grid is not None
        self._size, self._batch, self._network = network.grid.numel(), batch, network
        self._static = StaticGradient(network, batch, scale, torch.empty(self._size))
        self._static.load(problem)

    def __call__(self, start: int, noise: torch.Tensor, rate_weight: float) -> None:
        self._static._pool.copy_(noise.flatten())
        self._static.which.fill_(start // self._batch)
        self._static.rate_weight.fill_(rate_weight)
        self._static.grid_step.fill_(self._network.grid_step)
        self._static()


def test_the_step_equals_the_eager_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same gradient: where SOAP meets no gradient but rounding, it makes a whole step of that."""
    static = trained(static_step)
    monkeypatch.setattr(step_module, "gradient_for", Adapted)
    eager = trained(eager_step)
    assert eager.grid_step == static.grid_step == CONFIG.grid_step * 1.25
    # Machine code for other processors rounds otherwise: a value in a thousand may go astray, and not far.
    far = (static.values - eager.values).abs() > 2e-3 + 1e-3 * eager.values.abs()
    assert far.float().mean() < 3e-3
    torch.testing.assert_close(static.values, eager.values, rtol=1e-2, atol=2e-2)


def test_it_learns_as_the_eager_one_does() -> None:
    start, problem = setting(GRID)

    def loss(network: Network) -> float:
        return float((network.squared_errors(problem) * problem.everything.weight).mean())

    eager, static = loss(trained(eager_step)), loss(trained(static_step))
    assert eager < 0.5 * loss(start)
    assert static == pytest.approx(eager, rel=0.02)


def test_what_was_recorded_is_played(monkeypatch: pytest.MonkeyPatch) -> None:
    """With recordings that call the operations again, as there is no GPU: nothing depends on what is not recorded."""
    played: list[str] = []

    class Recording:
        def __init__(self, name: str, work: Callable[[], None]) -> None:
            self.name, self.replay = name, lambda: (played.append(name), work())

    def record(self: StaticStep) -> None:
        works = {
            "before the refresh": self._before_refresh,
            "after the refresh": self._after_refresh,
            "whole": self._whole,
        }
        self._recorded = {name: Recording(name, work) for name, work in works.items()}  # type: ignore[misc]

    plain = trained(static_step)
    monkeypatch.setattr(StaticStep, "_record", record)

    def recording(*arguments: Any) -> StaticStep:
        step = static_step(*arguments)
        step._records = True
        return step

    torch.testing.assert_close(trained(recording).values, plain.values, rtol=0, atol=0)
    turns = len([step for step in range(45) if step % 10 == 0 and step >= module._UNRECORDED])
    assert played.count("before the refresh") == played.count("after the refresh") == turns
    assert played.count("whole") == 45 - module._UNRECORDED - turns


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_what_cannot_be_recorded_is_called() -> None:
    network, problem = setting(GRID)
    step = static_step(network, CONFIG, BATCH, torch.Generator().manual_seed(3))
    step.load([whole_batches(problem)], 0)
    step._records = True
    for number in range(module._UNRECORDED):
        step(number, [0.0])
    with pytest.warns(GamutMetaWarning, match="cannot be recorded as a CUDA graph"):
        step(module._UNRECORDED, [0.0])
    step(module._UNRECORDED + 1, [0.0])
    assert not step._recorded


def test_more_samples_are_recorded_anew() -> None:
    network, problem = setting(GRID)
    step = static_step(network, CONFIG, BATCH, torch.Generator())
    step.load([whole_batches(problem)], 0)
    step._recorded["whole"] = None  # type: ignore[assignment]
    step.load([whole_batches(problem)], 0)
    assert step._recorded
    step.load([problem.first(BATCH)], 0)
    assert not step._recorded


def test_which_models_it_knows() -> None:
    for name, expected in {"balanced": True, "paper": False}.items():
        config = PRESETS[name]
        descriptor = config.descriptor(WIDTH, HEIGHT, None)
        network = Network(descriptor, WIDTH, HEIGHT, grid_step=1.0, generator=torch.Generator(), device=CPU)
        assert StaticStep.supports(network, config) is expected


class Watch(TorchDispatchMode):
    """The operations called, and which memory they were given that none of them made."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []
        self.given: list[int] = []
        self._made: dict[int, object] = {}

    def __torch_dispatch__(
        self, function: Any, _types: object, arguments: tuple[Any, ...] = (), settings: dict[str, Any] | None = None
    ) -> Any:
        result = function(*arguments, **settings or {})
        self.calls.append(str(function))
        places = [place_of(x) for x in tree_leaves((arguments, settings)) if isinstance(x, torch.Tensor)]
        self.given += [place for place in places if place not in self._made]
        for made in tree_leaves(result):
            if isinstance(made, torch.Tensor) and place_of(made) not in {*places, *self.given}:
                # Held, so that no later one gets the same memory.
                self._made[place_of(made)] = made
        return result


def place_of(tensor: torch.Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def test_what_is_recorded_is_the_same_in_every_step() -> None:
    """The same operations on the same memory, whatever was loaded and rescaled; and none that waits for the GPU."""
    network, problem = setting(GRID)
    step = static_step(network, CONFIG, BATCH, torch.Generator().manual_seed(3))
    step.load([whole_batches(problem)], 0)
    seen = []
    for number in range(24):
        if number == 7:
            step.load([whole_batches(problem)], number)
        if number == 8:
            step.rescale(0, 1.1)
        watch = Watch()
        if number % 10:
            with watch:
                step._whole()
            seen.append((watch.calls, watch.given))
        else:
            step(number, [1e-4])
    calls, given = seen[0]
    assert len(calls) > 30
    assert all(other == (calls, given) for other in seen)
    waiting = ("_local_scalar_dense", "nonzero", "equal", "unique", "_to_copy", "lift_fresh", "masked_select")
    assert not [call for call in calls if any(word in call for word in waiting)]


SIZES, GATES = [(37, 53), (24, 90), (61, 20)], [0, 32, None]


def several() -> list[tuple[Network, Problem]]:
    """Three pictures of other sizes and gates."""
    return [
        setting(CONFIG.descriptor(size[1], size[0], gate), size, seed)
        for seed, (size, gate) in enumerate(zip(SIZES, GATES, strict=True))
    ]


def test_several_pictures_take_the_steps_that_each_takes_alone() -> None:
    """From the same values in each step: SOAP makes whole steps of what rounding leaves of gradients that are zero."""
    networks, problems = zip(*several(), strict=True)
    samples = [problem.first(len(problem) // BATCH * BATCH) for problem in problems]
    assert len({network.values.shape for network in networks}) == 3
    assert len({len(problem) for problem in samples}) > 1
    together = StaticStep(networks, CONFIG, BATCH, [torch.Generator().manual_seed(3) for _ in networks])
    others = [network for network, _ in several()]
    alone = [static_step(network, CONFIG, BATCH, torch.Generator().manual_seed(3)) for network in others]
    weights = [1e-4, 2e-4, 0.0]
    for number in range(25):
        for network, other in zip(networks, others, strict=True):
            other.values.copy_(network.values)
        if number in {0, 11}:
            together.load(samples, number)
        if number == 12:
            together.rescale(1, 1.25)
        together(number, weights)
        for which, step in enumerate(alone):
            if number in {0, 11}:
                step.load([samples[which]], number)
            if number == 12 and which == 1:
                step.rescale(0, 1.25)
            step(number, [weights[which]])
        for network, other in zip(networks, others, strict=True):
            assert network.grid_step == other.grid_step
            torch.testing.assert_close(network.gradient, other.gradient, rtol=1e-5, atol=1e-5)
            (mlp, grid), (other_mlp, other_grid) = (
                x.values.split([x.mlp_size, x.grid.numel()]) for x in (network, other)
            )
            torch.testing.assert_close(grid, other_grid, rtol=1e-5, atol=1e-5)
            torch.testing.assert_close(mlp, other_mlp, rtol=0, atol=0.2 * CONFIG.network_rate)
