from __future__ import annotations

import tracemalloc
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models import AFFINES, DESCRIPTORS, assert_within_tolerance, clipped_codes, weights_of
from strategies import payloads

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.model.expand import expand
from gamutmeta.model.reference import expand_reference

if TYPE_CHECKING:
    from gamutmeta.container import Payload
    from gamutmeta.model.descriptor import Affine


@pytest.mark.parametrize("name", DESCRIPTORS)
@pytest.mark.parametrize("shape", [(1, 1), (47, 61), (1, 700), (300, 3)])
def test_equals_its_plain_twin(name: str, shape: tuple[int, int]) -> None:
    descriptor = DESCRIPTORS[name]
    weights, codes = weights_of(descriptor), clipped_codes(*shape)
    assert_within_tolerance(expand(descriptor, weights, codes), expand_reference(descriptor, weights, codes))


@pytest.mark.parametrize("affine", AFFINES)
@pytest.mark.parametrize(
    "name", ["paper", "balanced", "ungated", "everything", "grid-residual", "samples", "samples-grid"]
)
@pytest.mark.parametrize("shape", [(1, 1), (47, 61), (300, 90)])
def test_equals_its_plain_twin_after_edits(name: str, affine: str, shape: tuple[int, int]) -> None:
    descriptor = replace(DESCRIPTORS[name], affine=AFFINES[affine])
    weights, codes = weights_of(descriptor), clipped_codes(*shape)
    expanded = expand(descriptor, weights, codes)
    assert_within_tolerance(expanded, expand_reference(descriptor, weights, codes))
    if shape != (1, 1):
        assert np.any(expanded != expand(DESCRIPTORS[name], weights, codes))


@settings(deadline=None, max_examples=60)
@given(payloads(), st.integers(1, 40), st.integers(1, 40))
def test_any_payload_expands_as_its_plain_twin_does(payload: Payload, height: int, width: int) -> None:
    codes = clipped_codes(height, width)
    weights = payload.weights()
    result = expand(payload.descriptor, weights, codes)
    assert result.shape == codes.shape
    largest = max((float(np.abs(w).max(initial=0)) for w in weights.values()), default=0)
    if largest < 2:  # beyond that the rounding of float32 sums alone leaves the tolerance
        assert_within_tolerance(result, expand_reference(payload.descriptor, weights, codes))


def test_writes_into_out() -> None:
    codes = clipped_codes(9, 11)
    out = np.zeros((9, 11, 3), np.uint16)
    assert expand(Descriptor(), {}, codes, out=out) is out
    assert_within_tolerance(out, expand_reference(Descriptor(), {}, codes))


def test_reads_a_picture_that_is_not_contiguous() -> None:
    codes = clipped_codes(40, 30)[::-1, ::2]
    np.testing.assert_array_equal(expand(Descriptor(), {}, codes), expand(Descriptor(), {}, codes.copy()))


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
    expand_reference(descriptor, weights, codes)


def test_what_the_gate_shuts_out_does_not_count_even_if_not_finite() -> None:
    descriptor = DESCRIPTORS["soft"]
    weights = {name: np.full_like(w, 3e38) for name, w in weights_of(descriptor).items()}
    codes = np.array([[[128, 100, 60], [0, 100, 60], [255, 255, 255]]], np.uint8)
    clipped = expand(Descriptor(), {}, codes)
    for expanded in (expand(descriptor, weights, codes), expand_reference(descriptor, weights, codes)):
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
