"""The kernels of the fit's step against torch's operations: on a GPU if there is one, else in Triton's interpreter."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("triton")

from fit.test_engine import colourful, gain_og  # noqa: E402
from fit.test_gradient import setting  # noqa: E402

from gamutmeta.color.gamut import reduce_to_codes  # noqa: E402
from gamutmeta.errors import GamutMetaWarning, MissingExtraError  # noqa: E402
from gamutmeta.fit import together  # noqa: E402
from gamutmeta.fit.config import PRESETS, FitConfig  # noqa: E402
from gamutmeta.fit.gpu.backends import backend_for, supports  # noqa: E402
from gamutmeta.fit.gpu.controls import Controls  # noqa: E402
from gamutmeta.fit.gpu.pack import Pack  # noqa: E402
from gamutmeta.fit.gpu.static_step import StaticStep  # noqa: E402
from gamutmeta.fit.gpu.torch_backend import TorchBackend  # noqa: E402
from gamutmeta.fit.gpu.triton import step_kernels as kernel  # noqa: E402
from gamutmeta.fit.gpu.triton.backend import TritonBackend  # noqa: E402
from gamutmeta.fit.many import FitInput  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gamutmeta.fit.gpu.torch_backend import Work
    from gamutmeta.fit.network import Network, Problem
    from gamutmeta.fit.training import Training

CONFIG = replace(PRESETS["balanced"], steps=40)
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
BATCH = 100
SIZES, GATES = [(17, 23), (12, 40)], [0, 32]


def pictures(config: FitConfig) -> tuple[list[Network], list[Problem]]:
    """Two of other sizes and gates; whole batches of their samples, five of one and two of the other."""
    made = [
        setting(config.descriptor(size[1], size[0], gate), size, seed, DEVICE)
        for seed, (size, gate) in enumerate(zip(SIZES, GATES, strict=True))
    ]
    networks, problems = zip(*made, strict=True)
    return list(networks), [problem.first(count * BATCH) for problem, count in zip(problems, (3, 4), strict=True)]


def work_of(kind: Callable[[Pack, Controls, int], Work], config: FitConfig) -> tuple[Work, Pack, Controls]:
    networks, problems = pictures(config)
    pack = Pack.of(networks)
    controls = Controls(networks, config, [torch.Generator().manual_seed(seed) for seed in (3, 4)])
    work = kind(pack, controls, BATCH)
    work.load(problems)
    return work, pack, controls


@pytest.mark.parametrize("hidden", [(24, 24), (9, 17), (6,)])
def test_the_gradients_equal_the_plain_twins(hidden: tuple[int, ...]) -> None:
    config = replace(CONFIG, hidden=hidden)
    found = []
    for kind in (TorchBackend, TritonBackend):
        work, pack, controls = work_of(kind, config)
        controls.update_rate_weights([1e-3, 2e-3])
        for step, first in ((0, 0), (9, 4)):
            controls.now.fill_(step)
            controls.first.fill_(first)
            pack.gradient[:, : pack.mlp_size] = float("nan")
            work.fill_gradients()
            found.append(pack.gradient.clone())
    expected, got = torch.stack(found[:2]), torch.stack(found[2:])
    assert got.isfinite().all()
    for one, other in zip(expected.flatten(0, 1), got.flatten(0, 1), strict=True):
        largest = float(one.abs().max())
        assert largest > 1
        torch.testing.assert_close(other, one, rtol=1e-3, atol=largest * 1e-5)


def test_the_rate_alone_has_a_gradient_where_no_sample_is() -> None:
    work, pack, controls = work_of(TritonBackend, CONFIG)
    _, problems = pictures(CONFIG)
    for problem in problems:
        problem.everything.weight.zero_()
    work.load(problems)
    controls.update_rate_weights([0.5, 0.0])
    work.fill_gradients()
    values, gradient = pack.grids[0][0], pack.grids[1][0]
    expected = 0.5 * values.sign() / ((1 + values.abs()) * torch.log(torch.tensor(2.0)))
    torch.testing.assert_close(gradient, expected)
    assert not pack.gradient[1].any()
    assert not pack.mlp[1].any()


def test_the_same_gradients_every_time() -> None:
    work, pack, _ = work_of(TritonBackend, CONFIG)
    runs = []
    for _ in range(2):
        work.fill_gradients()
        runs.append(pack.gradient.clone())
    torch.testing.assert_close(runs[0], runs[1], rtol=0, atol=0)


def test_adam_equals_the_plain_twin() -> None:
    found = []
    for kind in (TorchBackend, TritonBackend):
        work, pack, controls = work_of(kind, CONFIG)
        generator = torch.Generator().manual_seed(5)
        mlp = pack.mlp[0].clone()
        for step in range(12):
            controls.now.fill_(step)
            if step == 7:
                work.rescale(1, 1.5)
                pack.networks[1].grid_step *= 1.5
                controls.update_grid_step(1)
            for network in pack.networks:
                part = network.gradient[pack.mlp_size :]
                part.copy_(torch.randn(part.shape, generator=generator))
            work.step_grids()
        torch.testing.assert_close(pack.mlp[0], mlp, rtol=0, atol=0)
        found.append(pack.grids[0].clone())
    torch.testing.assert_close(found[1], found[0], rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_steps_learn_as_the_plain_twins_do() -> None:
    def losses(*, fused: bool, steps: int = 16) -> list[float]:
        networks, problems = pictures(CONFIG)
        generators = [torch.Generator().manual_seed(3) for _ in networks]
        step = StaticStep(networks, CONFIG, BATCH, generators, fused=fused)
        for number in range(steps):
            if number in {0, 7}:
                step.load(problems, number)
            if number == 12:
                step.rescale(0, 1.2)
            step(number, [1e-4, 2e-4])
        pairs = zip(networks, problems, strict=True)
        return [float((net.squared_errors(problem) * problem.everything.weight).mean()) for net, problem in pairs]

    before, plain, fused = losses(fused=False, steps=0), losses(fused=False), losses(fused=True)
    for start, expected, found in zip(before, plain, fused, strict=True):
        assert expected < 0.8 * start
        assert found == pytest.approx(expected, rel=0.03)


class Watched:
    """A kernel that notes what it is launched with: where tensors lie, and numbers."""

    def __init__(self, function: Any, launches: list[Any]) -> None:
        self._function, self._launches = function, launches

    def __getitem__(self, programs: tuple[int, ...]) -> Callable[..., None]:
        def launch(*arguments: Any, **constants: Any) -> None:
            places = [x.data_ptr() if isinstance(x, torch.Tensor) else x for x in arguments]
            self._launches.append((programs, places, constants))
            self._function[programs](*arguments, **constants)

        return launch


def test_what_is_recorded_is_the_same_in_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same kernels on the same memory with the same numbers, whatever was loaded, rescaled and told."""
    launches: list[Any] = []
    for name in kernel.__all__:
        monkeypatch.setattr(kernel, name, Watched(getattr(kernel, name), launches))
    networks, problems = pictures(CONFIG)
    step = StaticStep(networks, CONFIG, BATCH, [torch.Generator(), torch.Generator()], fused=True, records=False)
    step.load(problems, 0)
    seen = []
    for number in range(4):
        if number == 2:
            step.load([problem.pick(torch.arange(len(problem)), problem.everything.weight) for problem in problems], 2)
            step.rescale(1, 1.2)
        launches.clear()
        step(number, [number * 1e-4, 0.0])
        seen.append(list(launches))
    assert len(seen[0]) == len(kernel.__all__)
    assert all(other == seen[0] for other in seen)


@pytest.mark.slow
def test_pictures_are_fitted_together_by_the_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it, as well as by torch's operations."""
    config = replace(CONFIG, batch=64)
    wides = [colourful(40, 60), colourful(50, 30)]
    some = {number: FitInput(reduce_to_codes(wide, config.adaptation)[0], wide) for number, wide in enumerate(wides)}

    def gains(*, fused: bool) -> list[float]:
        def step_for(trainings: Sequence[Training], config: FitConfig, **_: object) -> StaticStep:
            assert len(trainings) == 2
            networks, generators = [t.network for t in trainings], [t.generator for t in trainings]
            return StaticStep(networks, config, trainings[0].batch, generators, fused=fused)

        monkeypatch.setattr(together, "step_for", step_for)
        results = together.fit_together(some, config, DEVICE, 0, "ieee")
        pairs = zip(results, some.values(), strict=True)
        return [gain_og(result, wide, codes, config) for result, (codes, wide, _) in pairs]

    by_torch, by_triton = gains(fused=False), gains(fused=True)
    assert min(by_torch) > 2
    assert by_triton == pytest.approx(by_torch, abs=0.7)


def test_which_models_there_are_kernels_for() -> None:
    for config in PRESETS.values():
        assert supports(config.descriptor(90, 60, None)) == (config.model == "grid")
        if config.model == "grid":
            for max_bytes in (400, 620, 960, 1_500, 2_400, 3_800, 6_000, 9_600, 16_000, 28_000, 61_440):
                assert supports(config.within(max_bytes).descriptor(90, 60, 0))
    for hidden in ((), (8, 8, 8), (65,)):
        assert not supports(replace(CONFIG, hidden=hidden).descriptor(90, 60, 0))


def test_the_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    networks, _ = pictures(CONFIG)
    pack = Pack.of(networks)
    controls = Controls(networks, CONFIG, [torch.Generator(), torch.Generator()])

    def chosen(*, fused: bool | None) -> Work:
        return backend_for(pack, controls, BATCH, fused=fused, precision="tf32x3")

    assert isinstance(chosen(fused=None), TorchBackend if networks[0].on_cpu else TritonBackend)
    assert isinstance(chosen(fused=True), TritonBackend)
    assert isinstance(chosen(fused=False), TorchBackend)
    monkeypatch.setattr(type(pack.values), "is_cuda", True, raising=False)
    assert isinstance(chosen(fused=None), TritonBackend)
    monkeypatch.delitem(sys.modules, "gamutmeta.fit.gpu.triton.backend")
    monkeypatch.setitem(sys.modules, "triton", None)
    assert isinstance(chosen(fused=None), TorchBackend)
    with pytest.raises(MissingExtraError, match=r"fitting by Triton's kernels needs triton; pip install .*\[gpu\]"):
        chosen(fused=True)


def test_where_the_kernels_fail_torch_takes_their_place(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def __getitem__(self, _: object) -> object:
            raise RuntimeError("no C compiler")

    monkeypatch.setattr(kernel, "sample_gradients", Broken())
    networks, problems = pictures(CONFIG)
    before = [network.values.detach().clone() for network in networks]
    generators = [torch.Generator().manual_seed(3) for _ in networks]
    step = StaticStep(networks, CONFIG, BATCH, generators, fused=True)
    with pytest.warns(GamutMetaWarning, match=r"torch's operations are used instead \(RuntimeError: no C compiler\)"):
        step.load(problems, 0)
    for network, values in zip(networks, before, strict=True):
        torch.testing.assert_close(network.values.detach(), values, rtol=0, atol=0)
    step(0, [0.0, 0.0])
    assert isinstance(step._backend, TorchBackend)
    assert (networks[0].values.detach() != before[0]).any()
