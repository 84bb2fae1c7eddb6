"""Several pictures at once: on the CPU one after the other; and together, as on CUDA, by torch's operations."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from fit.test_engine import colourful, gain_og, payload_of  # noqa: E402

from gamutmeta.color.gamut import reduce_to_codes  # noqa: E402
from gamutmeta.container import encode  # noqa: E402
from gamutmeta.errors import DeviceError, FitError  # noqa: E402
from gamutmeta.fit import many, together, torch_engine  # noqa: E402
from gamutmeta.fit.config import PRESETS, FitConfig  # noqa: E402
from gamutmeta.fit.engine import FitResult, fit  # noqa: E402
from gamutmeta.fit.gpu.static_step import StaticStep  # noqa: E402
from gamutmeta.fit.many import FitInput, fit_many  # noqa: E402
from gamutmeta.fit.together import fit_together  # noqa: E402
from gamutmeta.fit.torch_engine import fit_by_torch  # noqa: E402
from gamutmeta.model.descriptor import Descriptor  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gamutmeta.fit.training import Training

CPU = torch.device("cpu")
CONFIG = replace(PRESETS["balanced"], steps=80, batch=512)
SIZES, GATES = [(80, 120), (100, 60), (9, 11)], [0, 32, None]


def pictures() -> list[FitInput]:
    """Three of other sizes; the last has not enough pixels for a batch."""
    wides = [colourful(height, width) for height, width in SIZES]
    return [
        FitInput(reduce_to_codes(wide, CONFIG.adaptation)[0], wide, gate)
        for wide, gate in zip(wides, GATES, strict=True)
    ]


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many take their steps together: by the step of CUDA, which here is not recorded."""
    counts: list[int] = []

    def step_for(trainings: Sequence[Training], config: FitConfig, **_: object) -> StaticStep:
        counts.append(len(trainings))
        first, *_ = trainings
        networks, generators = [t.network for t in trainings], [t.generator for t in trainings]
        return StaticStep(networks, config, first.batch, generators)

    monkeypatch.setattr(torch_engine, "step_for", step_for)
    monkeypatch.setattr(together, "step_for", step_for)
    return counts


def fitted(some: list[FitInput]) -> list[FitResult]:
    return fit_together(dict(enumerate(some)), CONFIG, CPU, 5, "ieee")


def test_one_after_the_other_on_the_cpu() -> None:
    some = pictures()
    for picture, result in zip(some, fit_many(some, CONFIG, device="cpu", seed=5), strict=True):
        codes, wide, gate = picture
        alone = fit(codes, wide, CONFIG, gate=gate, device="cpu", seed=5)
        assert encode(payload_of(result, wide)) == encode(payload_of(alone, wide))
        assert result.descriptor.gate == gate


def test_together_they_get_what_each_gets_alone(groups: list[int]) -> None:
    some = pictures()
    results = fitted(some)
    assert sorted(groups) == [1, 2]
    assert len({result.seconds for result in results}) == 1
    for picture, result in zip(some, results, strict=True):
        codes, wide, gate = picture
        alone = fit_by_torch(codes, wide, CONFIG, gate=gate, device="cpu", seed=5)
        assert (result.descriptor, result.samples) == (alone.descriptor, alone.samples)
        assert len(encode(payload_of(result, wide))) <= CONFIG.max_bytes
        gains = [gain_og(each, wide, codes, CONFIG) for each in (result, alone)]
        assert gains[0] > 3
        assert gains[0] == pytest.approx(gains[1], abs=0.5)


def test_many_are_taken_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[int]] = []

    def noted(some: dict[int, FitInput], *_: object, **__: object) -> list[FitResult]:
        asked.append(list(some))
        return [FitResult(Descriptor(), (), number, 0, "cuda", 0.0) for number in some]

    monkeypatch.setattr(many, "uses_cuda", lambda _: True)
    monkeypatch.setattr(many, "tried_note", lambda: "said")
    monkeypatch.setattr(many, "_TOGETHER", 2)
    monkeypatch.setattr(together, "fit_together", noted)
    found = fit_many(pictures(), CONFIG, device="cuda")
    assert [(result.steps, result.notes) for result in found] == [(number, ("said",)) for number in range(3)]
    assert asked == [[0, 1], [2]]


def test_what_the_gpu_does_not_give_the_cpu_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    """One picture of which there is doubt; then all, since there was no memory."""
    some, short = pictures(), replace(CONFIG, steps=3)

    def doubtful(some: dict[int, FitInput], *_: object, **__: object) -> list[FitResult]:
        return [
            FitResult(Descriptor(), (), 0, 0, "cuda", 0.0, doubt="it is worse" if number == 1 else None)
            for number in some
        ]

    def failing(*_: object, **__: object) -> list[FitResult]:
        raise torch.OutOfMemoryError("CUDA")

    monkeypatch.setattr(many, "uses_cuda", lambda _: True)
    monkeypatch.setattr(many, "tried_note", lambda: "said")
    monkeypatch.setattr(together, "fit_together", doubtful)
    found = fit_many(some, short, device="cuda")
    assert [result.device for result in found] == ["cuda", "cpu", "cuda"]
    assert [len(result.notes) for result in found] == [1, 2, 1]
    assert found[1].notes[1].endswith("fitted on the CPU: it is worse")
    monkeypatch.setattr(together, "fit_together", failing)
    found = fit_many(some, short, device="cuda")
    assert {(result.device, result.notes[1].partition(": ")[2]) for result in found} == {
        ("cpu", "its memory is too small or in use")
    }


def test_the_picture_that_cannot_be_fitted_is_named() -> None:
    grey = np.full((8, 8, 3), 30_000, np.uint16)
    some = [*pictures()[:1], FitInput(reduce_to_codes(grey, CONFIG.adaptation)[0], grey)]
    with pytest.raises(FitError, match="picture 1: the gate of the model is closed"):
        fit_many(some, replace(CONFIG, steps=2), device="cpu")
    with pytest.raises(FitError, match="picture 1: the gate of the model is closed"):
        fitted(some)
    with pytest.raises(DeviceError, match="unknown device"):
        fit_many(some, CONFIG, device="tpu")


def test_no_pictures() -> None:
    assert fit_many([], CONFIG, device="cpu") == []
