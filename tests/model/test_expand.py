from __future__ import annotations

import tracemalloc
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import payloads

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.fit.config import PRESETS
from gamutmeta.model.descriptor import Descriptor, FourierXY, Grid, Head, Rgb, RgbSource
from gamutmeta.model.expand import expand
from gamutmeta.model.plain import expand_plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.container import Payload
    from gamutmeta.model.descriptor import Affine

DESCRIPTORS = {
    "empty": Descriptor(),
    "empty-cat02": Descriptor(adaptation=Adaptation.CAT02),
    "paper": PRESETS["paper"].descriptor(61, 47, None),
    "balanced": PRESETS["balanced"].descriptor(610, 470, 0),
    "soft": PRESETS["balanced"].descriptor(610, 470, 32),
    "ungated": PRESETS["balanced"].descriptor(610, 470, None),
    "linear": Descriptor(head=Head.SRGB_EXCESS, rgb=Rgb(0), gate=0),
    "everything": Descriptor(
        head=Head.SRGB_EXCESS,
        grid=Grid(3, 5, 2),
        xy=FourierXY(3),
        rgb=Rgb(2, RgbSource.WIDE),
        hidden=(7, 5, 6),
        gate=200,
        adaptation=Adaptation.CAT02,
    ),
    "grid-residual": Descriptor(head=Head.WIDE_RESIDUAL, grid=Grid(1, 2, 2), hidden=(4,), bias=False),
}


AFFINES = {
    "crop": (0.375, 0.0, 0.125, 0.0, 0.625, 0.25),
    "half-turn": (-1.0, 0.0, 1.0, 0.0, -1.0, 1.0),
    "quarter-turn": (0.0, -1.0, 1.0, 1.0, 0.0, 0.0),
    "transpose": (0.0, 1.0, 0.0, 1.0, 0.0, 0.0),
    "quarter-turn-of-crop": (0.0, 0.375, 0.5, -0.25, 0.0, 0.75),
    "beyond": (2.0, 0.0, -0.5, 0.0, 3.0, -1.0),
    "rotation": (0.75, -0.5, 0.25, 0.5, 0.75, -0.125),
    "shear": (1.0, 0.25, 0.0, 0.0, 1.0, 0.0),
    "one-column": (0.0, 0.0, 0.5, 0.0, 1.0, 0.0),
    "one-point": (0.0, 0.0, 0.5, 0.0, 0.0, 0.25),
    "diagonal": (0.0, 0.0, 0.5, 0.5, 0.5, 0.0),
}


def weights_of(descriptor: Descriptor, seed: int = 0) -> dict[str, NDArray[np.float32]]:
    rng = np.random.default_rng(seed)
    return {
        spec.name: (rng.standard_normal(spec.shape) / np.sqrt(max(1, spec.shape[-1]))).astype(np.float32)
        for spec in descriptor.tensor_specs()
    }


def clipped_codes(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.clip(np.random.default_rng(seed).integers(-80, 336, (height, width, 3)), 0, 255).astype(np.uint8)


def assert_within_tolerance(a: NDArray[np.uint16], b: NDArray[np.uint16]) -> None:
    """The tolerance of the specification: at most 1 code on 99.9 % of samples, 2 anywhere."""
    difference = np.abs(a.astype(np.int64) - b)
    assert difference.max(initial=0) <= 2
    assert np.mean(difference > 1) <= 0.001


@pytest.mark.parametrize("name", DESCRIPTORS)
@pytest.mark.parametrize("shape", [(1, 1), (47, 61), (1, 700), (300, 3)])
def test_equals_its_plain_twin(name: str, shape: tuple[int, int]) -> None:
    descriptor = DESCRIPTORS[name]
    weights, codes = weights_of(descriptor), clipped_codes(*shape)
    assert_within_tolerance(expand(descriptor, weights, codes), expand_plain(descriptor, weights, codes))


@pytest.mark.parametrize("affine", AFFINES)
@pytest.mark.parametrize("name", ["paper", "balanced", "ungated", "everything", "grid-residual"])
@pytest.mark.parametrize("shape", [(1, 1), (47, 61), (300, 90)])
def test_equals_its_plain_twin_after_edits(name: str, affine: str, shape: tuple[int, int]) -> None:
    descriptor = replace(DESCRIPTORS[name], affine=AFFINES[affine])
    weights, codes = weights_of(descriptor), clipped_codes(*shape)
    expanded = expand(descriptor, weights, codes)
    assert_within_tolerance(expanded, expand_plain(descriptor, weights, codes))
    if shape != (1, 1):
        assert np.any(expanded != expand(DESCRIPTORS[name], weights, codes))


@pytest.mark.parametrize("name", ["paper", "balanced", "everything"])
def test_a_crop_expands_as_that_part_of_the_whole(name: str) -> None:
    descriptor = DESCRIPTORS[name]
    weights, codes = weights_of(descriptor), clipped_codes(64, 128)
    part = replace(descriptor, affine=(0.5, 0.0, 0.25, 0.0, 0.125, 0.5))
    whole = expand(descriptor, weights, codes)
    np.testing.assert_array_equal(expand(part, weights, codes[32:40, 32:96]), whole[32:40, 32:96])


@pytest.mark.parametrize("name", ["paper", "balanced", "everything"])
def test_a_turned_picture_expands_as_the_whole_turned(name: str) -> None:
    descriptor = DESCRIPTORS[name]
    weights, codes = weights_of(descriptor), clipped_codes(64, 128)
    turned = replace(descriptor, affine=AFFINES["quarter-turn"])
    whole = expand(descriptor, weights, codes)
    assert_within_tolerance(expand(turned, weights, np.rot90(codes)), np.rot90(whole))


@settings(deadline=None, max_examples=60)
@given(payloads(), st.integers(1, 40), st.integers(1, 40))
def test_any_payload_expands_as_its_plain_twin_does(payload: Payload, height: int, width: int) -> None:
    codes = clipped_codes(height, width)
    weights = payload.weights()
    result = expand(payload.descriptor, weights, codes)
    assert result.shape == codes.shape
    largest = max((float(np.abs(w).max(initial=0)) for w in weights.values()), default=0)
    if largest < 2:  # beyond that the rounding of float32 sums alone leaves the tolerance
        assert_within_tolerance(result, expand_plain(payload.descriptor, weights, codes))


@pytest.mark.parametrize("name", ["balanced", "paper"])
@pytest.mark.parametrize("affine", [None, "quarter-turn", "rotation"])
def test_strips_and_threads_change_nothing(name: str, affine: str | None) -> None:
    descriptor = replace(DESCRIPTORS[name], affine=affine and AFFINES[affine])
    weights, codes = weights_of(descriptor), clipped_codes(701, 500)
    one = expand(descriptor, weights, codes, threads=1)
    np.testing.assert_array_equal(one, expand(descriptor, weights, codes, threads=3))
    assert_within_tolerance(one, expand_plain(descriptor, weights, codes))


def test_writes_into_out() -> None:
    codes = clipped_codes(9, 11)
    out = np.zeros((9, 11, 3), np.uint16)
    assert expand(Descriptor(), {}, codes, out=out) is out
    np.testing.assert_array_equal(out, expand_plain(Descriptor(), {}, codes))


def test_reads_a_picture_that_is_not_contiguous() -> None:
    codes = clipped_codes(40, 30)[::-1, ::2]
    np.testing.assert_array_equal(expand(Descriptor(), {}, codes), expand_plain(Descriptor(), {}, codes))


def test_a_pixel_the_gate_is_shut_for_comes_back_as_clipping_gives_it() -> None:
    descriptor = DESCRIPTORS["balanced"]
    codes = clipped_codes(60, 80)
    shut = ((codes != 0) & (codes != 255)).all(-1)
    assert shut.any()
    expanded = expand(descriptor, weights_of(descriptor), codes)
    np.testing.assert_array_equal(expanded[shut], expand(Descriptor(), {}, codes)[shut])


@pytest.mark.parametrize("adaptation", Adaptation)
def test_clipping_undoes_itself(adaptation: Adaptation) -> None:
    codes = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    wide = expand(Descriptor(adaptation=adaptation), {}, codes)
    again, _ = reduce_to_codes(wide, adaptation)
    np.testing.assert_array_equal(again, codes)


def test_hostile_weights_overflow_quietly() -> None:
    descriptor = DESCRIPTORS["everything"]
    weights = {name: np.full_like(w, 3e38) for name, w in weights_of(descriptor).items()}
    codes = clipped_codes(20, 20)
    expand(descriptor, weights, codes)
    expand_plain(descriptor, weights, codes)


def test_what_the_gate_shuts_out_does_not_count_even_if_not_finite() -> None:
    descriptor = DESCRIPTORS["soft"]
    weights = {name: np.full_like(w, 3e38) for name, w in weights_of(descriptor).items()}
    codes = np.array([[[128, 100, 60], [0, 100, 60], [255, 255, 255]]], np.uint8)
    clipped = expand(Descriptor(), {}, codes)
    for expanded in (expand(descriptor, weights, codes), expand_plain(descriptor, weights, codes)):
        np.testing.assert_array_equal(expanded[0, 0], clipped[0, 0])
        assert np.any(expanded[0, 1] != clipped[0, 1])


@pytest.mark.parametrize("affine", [None, AFFINES["rotation"]])
def test_memory_does_not_grow_with_the_picture(affine: Affine | None) -> None:
    descriptor = replace(DESCRIPTORS["soft"], affine=affine)
    weights = weights_of(descriptor)

    def peak(height: int) -> int:
        codes = clipped_codes(height, 1000)
        out = np.empty(codes.shape, np.uint16)
        tracemalloc.start()
        expand(descriptor, weights, codes, threads=2, out=out)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    small, large = peak(500), peak(3000)
    assert large < 64 << 20
    assert large < 1.5 * small
