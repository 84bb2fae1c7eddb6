"""A fit on a GPU is held against the CPU's forward pass, and replaced by the CPU's fit where they differ."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from fit.test_engine import QUICK, colourful, gain_og, payload_of  # noqa: E402

import gamutmeta  # noqa: E402
from gamutmeta.color.gamut import reduce_to_codes  # noqa: E402
from gamutmeta.container import encode  # noqa: E402
from gamutmeta.errors import FitError  # noqa: E402
from gamutmeta.fit import engine, torch_engine, training  # noqa: E402
from gamutmeta.fit.engine import fit  # noqa: E402
from gamutmeta.fit.network import Network  # noqa: E402
from gamutmeta.gpu import bounded  # noqa: E402
from gamutmeta.pipeline import reduce as reduction  # noqa: E402

if TYPE_CHECKING:
    from gamutmeta.fit.result import FitResult

CONFIG = replace(QUICK["balanced"], steps=60)
WIDE = colourful(60, 80)
CODES, _ = reduce_to_codes(WIDE, CONFIG.adaptation)


@pytest.fixture(autouse=True)
def card(monkeypatch: pytest.MonkeyPatch) -> None:
    """The CPU's torch stands in for a GPU."""
    monkeypatch.setattr(bounded, "_hung", [])
    monkeypatch.setattr(bounded, "end_soon_at_exit", lambda: None)
    monkeypatch.setattr(engine, "uses_cuda", lambda device: device == "cuda")
    monkeypatch.setattr(engine, "tried_note", lambda: "said")
    monkeypatch.setattr(torch_engine, "CUDA", torch.device("cpu"))
    monkeypatch.setattr(torch_engine, "seconds_for", lambda *_: 900)  # on a machine that is busy


def fitted(name: str = "balanced") -> FitResult:
    return fit(CODES, WIDE, CONFIG if name == "balanced" else replace(QUICK[name], steps=60), device="cuda")


def assert_by_the_cpu(result: FitResult, why: str) -> None:
    """The CPU engine's model, bit for bit, and the reason."""
    assert result.notes == ("said", f"the GPU's fit was not used, and the model was fitted on the CPU: {why}")
    assert encode(payload_of(result, WIDE)) == encode(payload_of(fit(CODES, WIDE, CONFIG, device="cpu"), WIDE))


@pytest.mark.parametrize("name", QUICK)
def test_a_sound_fit_is_taken(name: str) -> None:
    result = fitted(name)
    assert result.notes == ("said",)
    assert result.doubt is None
    assert result.seconds > 0
    if name == "balanced":
        assert encode(payload_of(result, WIDE)) != encode(payload_of(fit(CODES, WIDE, CONFIG, device="cpu"), WIDE))
    assert gain_og(result, WIDE, CODES, CONFIG) > 1


def test_memory_that_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(torch_engine, "step_for", full)
    assert_by_the_cpu(fitted(), "its memory is too small or in use")


def test_steps_that_do_not_finish(monkeypatch: pytest.MonkeyPatch) -> None:
    def settle(*_: object) -> None:
        raise TimeoutError

    monkeypatch.setattr(torch_engine, "settle", settle)
    assert_by_the_cpu(fitted(), "it did not finish within 900 s, and this process uses it no more")


def test_the_gpu_is_waited_for_before_others_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before every draw and every look at the size; and so often that launching does not wait."""
    waited: list[int] = []
    monkeypatch.setattr(training, "_SETTLED", 10)
    monkeypatch.setattr(torch_engine, "settle", lambda *_: waited.append(1))
    seen: list[int] = []
    for name in ("redrawn", "tensors"):
        original = getattr(training.Training, name)

        def noted(*arguments: Any, original: Any = original, **more: Any) -> Any:
            seen.append(len(waited))
            return original(*arguments, **more)

        monkeypatch.setattr(training.Training, name, noted)
    fitted()
    assert len(waited) > CONFIG.steps // 10
    assert seen == sorted(set(seen)), "each after another wait"
    assert seen[-1] == len(waited)


def test_an_error_of_the_fit_is_found_again_by_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FitError, match="the gate of the model is closed"):
        fit(np.full_like(CODES, 128), WIDE, CONFIG, device="cuda")

    def fail(*_: object, **__: object) -> None:
        raise FitError("the container is too large")

    monkeypatch.setattr(torch_engine, "prepare_training", fail)
    assert_by_the_cpu(fitted(), "the container is too large")


def test_a_forward_pass_that_is_not_the_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = Network.hidden
    monkeypatch.setattr(Network, "hidden", lambda *arguments: hidden(*arguments) * 1.2)
    result = fitted()
    assert result.device == "cpu"
    assert "forward pass is not the CPU's" in result.notes[1] or "worse" in result.notes[1]


def test_a_model_worse_than_clipping(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tensors that came back damaged: the last layer has the wrong sign."""
    tensors = training.Training.tensors

    def damaged(self: training.Training) -> Any:
        found = tensors(self)
        return (*found[:-2], replace(found[-2], values=-found[-2].values), found[-1])

    monkeypatch.setattr(training.Training, "tensors", damaged)
    assert_by_the_cpu(fitted(), "its model is worse than clipping")


def test_a_model_worse_than_it_was_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_engine, "believed_error", lambda *_: 0.0)
    monkeypatch.setattr("gamutmeta.fit.doubt._LEAST", 0.0)
    result = fitted()
    assert result.device == "cpu"
    assert "worse than it was said to be" in result.notes[1]


def test_a_model_that_is_not_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    tensors = training.Training.tensors

    def damaged(self: training.Training) -> Any:
        found = tensors(self)
        return (*found[:-1], replace(found[-1], values=found[-1].values * np.float16("nan")))

    monkeypatch.setattr(training.Training, "tensors", damaged)
    assert_by_the_cpu(fitted(), "payload field tensor.values: all must be finite")


def test_the_report_says_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reduction, "uses_cuda", lambda device: device == "cuda")

    def full(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(torch_engine, "step_for", full)
    photograph = gamutmeta.WideImage(WIDE, "prophoto")
    for change in (0.0, 0.5):
        notes = gamutmeta.reduce(photograph, preset=CONFIG, device="cuda", visible_change=change).report.notes
        assert notes.count("said") == 1
        assert [note.partition(":")[0] for note in notes if "fitted on the CPU" in note] == [engine.ON_CPU]
    assert gamutmeta.reduce(photograph, preset=CONFIG).report.notes == ()
