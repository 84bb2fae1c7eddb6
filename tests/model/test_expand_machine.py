from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import payloads

from gamutmeta.color.shoulder import End, Shoulder
from gamutmeta.model.descriptor import Descriptor, FourierXY, Grid, Head, Rgb, RgbSource, SampleCoding
from gamutmeta.model.expand import expand
from gamutmeta.model.expand_machine import MachineExpander
from gamutmeta.model.reference import expand_reference
from gamutmeta.native.library import VARIABLE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.container import Payload

GRID, RGB = Grid(3, 5, 7), Rgb(2)
SHOULDER = Shoulder((End(1, 200), End(), End(8, 11)), (End(8, 9), End(2, 60), End()))
DESCRIPTORS = {
    "empty": Descriptor(),
    "balanced": Descriptor(head=Head.SRGB_EXCESS, grid=GRID, rgb=RGB, hidden=(24, 24), gate=0),
    "soft": Descriptor(head=Head.SRGB_EXCESS, grid=GRID, rgb=RGB, hidden=(9, 5, 3), gate=32),
    "ungated": Descriptor(head=Head.SRGB_EXCESS, grid=GRID, rgb=RGB, hidden=(17,)),
    "linear": Descriptor(head=Head.SRGB_EXCESS, rgb=Rgb(0), gate=0),
    "grid-residual": Descriptor(head=Head.WIDE_RESIDUAL, grid=Grid(1, 2, 2), hidden=(4,), bias=False),
    "place": Descriptor(head=Head.WIDE_RESIDUAL, xy=FourierXY(3), hidden=(6,)),
    "all": Descriptor(head=Head.SRGB_EXCESS, grid=Grid(40, 3, 2), xy=FourierXY(2), rgb=Rgb(1), hidden=(2, 33), gate=9),
    "samples": Descriptor(head=Head.SRGB_EXCESS, grid=GRID, rgb=RGB, hidden=(9, 5), samples=SampleCoding.SYCC),
    "samples-alone": Descriptor(samples=SampleCoding.SYCC),
    "shoulder": Descriptor(head=Head.SRGB_EXCESS, grid=GRID, rgb=RGB, hidden=(9, 5), gate=0, shoulder=SHOULDER),
    "shoulder-soft": Descriptor(head=Head.SRGB_EXCESS, rgb=RGB, hidden=(9, 5), gate=14, shoulder=SHOULDER),
    "shoulder-alone": Descriptor(shoulder=SHOULDER),
}
CROP, TURN, SHEAR = (0.5, 0.0, 0.25, 0.0, 0.125, 0.5), (0.0, -1.0, 1.0, 1.0, 0.0, 0.0), (1.0, 0.25, 0.0, 0.0, 1.0, 0.0)


def weights_of(descriptor: Descriptor) -> dict[str, NDArray[np.float32]]:
    rng = np.random.default_rng(0)
    return {
        spec.name: (rng.standard_normal(spec.shape) / np.sqrt(max(1, spec.shape[-1]))).astype(np.float32)
        for spec in descriptor.tensor_specs()
    }


def clipped_codes(height: int, width: int) -> NDArray[np.uint8]:
    return np.clip(np.random.default_rng(0).integers(-80, 336, (height, width, 3)), 0, 255).astype(np.uint8)


def assert_within_tolerance(a: NDArray[np.uint16], b: NDArray[np.uint16]) -> None:
    difference = np.abs(a.astype(np.int64) - b)
    assert difference.max(initial=0) <= 2
    assert np.mean(difference > 1) <= 0.001


@pytest.mark.parametrize("name", DESCRIPTORS)
@pytest.mark.parametrize("shape", [(1, 1), (47, 61), (1, 700), (90, 131)])
@pytest.mark.parametrize("affine", [None, CROP, TURN])
def test_equals_the_plain_twin(name: str, shape: tuple[int, int], affine: tuple[float, ...] | None) -> None:
    descriptor = replace(DESCRIPTORS[name], affine=affine)
    weights, codes = weights_of(descriptor), clipped_codes(*shape)
    result = expand(descriptor, weights, codes, compiled=True)
    assert_within_tolerance(result, expand_reference(descriptor, weights, codes))
    np.testing.assert_array_equal(result, expand(descriptor, weights, codes, compiled=False))


@settings(deadline=None, max_examples=60)
@given(payloads(), st.integers(1, 40), st.integers(1, 40))
def test_any_payload_expands_as_by_numpy(payload: Payload, height: int, width: int) -> None:
    codes, weights = clipped_codes(height, width), payload.weights()
    # Also where hostile weights overflow: the order of all operations is the same.
    result = expand(payload.descriptor, weights, codes, compiled=True)
    np.testing.assert_array_equal(result, expand(payload.descriptor, weights, codes, compiled=False))


def test_strips_and_threads_change_nothing() -> None:
    descriptor = DESCRIPTORS["soft"]
    weights, codes = weights_of(descriptor), clipped_codes(701, 500)
    one = expand(descriptor, weights, codes, threads=1, compiled=True)
    np.testing.assert_array_equal(one, expand(descriptor, weights, codes, threads=3, compiled=True))
    assert_within_tolerance(one, expand_reference(descriptor, weights, codes))


def test_a_pixel_the_gate_is_shut_for_comes_back_as_clipping_gives_it() -> None:
    descriptor = DESCRIPTORS["balanced"]
    codes = clipped_codes(60, 80)
    shut = ((codes != 0) & (codes != 255)).all(-1)
    expanded = expand(descriptor, weights_of(descriptor), codes, compiled=True)
    np.testing.assert_array_equal(expanded[shut], expand(Descriptor(), {}, codes, compiled=True)[shut])


@pytest.mark.parametrize("value", [np.nan, np.inf, 3e38])
def test_numbers_that_are_none_are_handled_as_by_numpy(value: float) -> None:
    descriptor = DESCRIPTORS["balanced"]
    weights = weights_of(descriptor)
    for name in ("grid", "weight1"):
        broken = weights | {name: np.full_like(weights[name], value)}
        codes = clipped_codes(20, 20)
        result = expand(descriptor, broken, codes, compiled=True)
        np.testing.assert_array_equal(result, expand(descriptor, broken, codes, compiled=False))


def test_reads_a_picture_that_is_not_contiguous_and_writes_into_out() -> None:
    descriptor = DESCRIPTORS["ungated"]
    weights, codes = weights_of(descriptor), clipped_codes(40, 30)[::-1, ::2]
    out = np.zeros(codes.shape, np.uint16)
    assert expand(descriptor, weights, codes, out=out, compiled=True) is out
    assert_within_tolerance(out, expand_reference(descriptor, weights, codes))


def test_a_model_that_it_does_not_know_is_left_to_numpy() -> None:
    paper = Descriptor(head=Head.WIDE_RESIDUAL, rgb=Rgb(2, RgbSource.WIDE), hidden=(5,))
    skewed = replace(DESCRIPTORS["balanced"], affine=SHEAR)
    codes = clipped_codes(20, 30)
    for descriptor in (paper, skewed):
        weights = weights_of(descriptor)
        np.testing.assert_array_equal(
            expand(descriptor, weights, codes, compiled=True), expand(descriptor, weights, codes, compiled=False)
        )


@pytest.mark.parametrize("switch", [None, "any", "0"])
def test_it_is_used_for_small_pictures_too_unless_switched_off(
    monkeypatch: pytest.MonkeyPatch, switch: str | None
) -> None:
    calls = []
    real = MachineExpander.__call__
    monkeypatch.setattr(MachineExpander, "__call__", lambda *arguments: (calls.append(1), real(*arguments)))
    monkeypatch.delenv(VARIABLE, raising=False)
    if switch is not None:
        monkeypatch.setenv(VARIABLE, switch)
    descriptor, codes = DESCRIPTORS["balanced"], clipped_codes(20, 30)
    result = expand(descriptor, weights_of(descriptor), codes)
    assert bool(calls) is (switch != "0")
    np.testing.assert_array_equal(result, expand(descriptor, weights_of(descriptor), codes, compiled=False))


@pytest.mark.parametrize("name", DESCRIPTORS)
def test_what_every_processor_runs_gives_the_same(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    descriptor, codes = DESCRIPTORS[name], clipped_codes(47, 61)
    weights = weights_of(descriptor)
    fast = expand(descriptor, weights, codes, compiled=True)
    monkeypatch.setenv(VARIABLE, "any")
    np.testing.assert_array_equal(expand(descriptor, weights, codes), fast)
