"""Which differences leave the samples as they are, bit for bit: docs/pipelines.md says the same in words."""

from __future__ import annotations

import hashlib
import platform
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from models import AFFINES, DESCRIPTORS, assert_within_tolerance, clipped_codes, weights_of

from gamutmeta.model import expand as expand_module
from gamutmeta.model import expand_numpy as vectorised
from gamutmeta.model.expand import expand
from gamutmeta.model.reference import expand_reference

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

TURNS: dict[str, Callable[[NDArray[Any]], NDArray[Any]]] = {
    "quarter-turn": np.rot90,
    "half-turn": lambda picture: np.rot90(picture, 2),
    "transpose": lambda picture: picture.swapaxes(0, 1),
    "transverse": lambda picture: np.rot90(picture, 2).swapaxes(0, 1),
    "mirror": np.fliplr,
}

PINNED = {
    "empty": "fda7cd6d7e3addcd",
    "balanced": "0b39a6a2b2ab4b5b",
    "soft": "bab2148361d98401",
    "ungated": "a9f87c6fae6849e7",
    "grid-residual": "2264cb1ba0d3b5ab",
    "balanced+crop": "5bf57634250ca656",
    "ungated+quarter-turn": "1da3457def5dc12c",
    "ungated+rotation": "0821cd6694a72b70",
    "samples": "2e06b9063bd7e79b",
    "samples-grid": "83f992a0bf18765e",
    "samples-alone": "83bfd2a98d1365d2",
    "samples+crop": "000336c83575b50e",
    "samples+rotation": "fde2d3d56fae3939",
}
"""Of the samples of these models and affines, the first bytes of the digest."""


@pytest.mark.parametrize("name", DESCRIPTORS)
@pytest.mark.parametrize("compiled", [False, True])
@settings(deadline=None, max_examples=5)
@given(left=st.integers(0, 127), width=st.integers(1, 128), upper=st.integers(0, 63), height=st.integers(1, 64))
def test_a_crop_expands_as_that_part_of_the_whole(
    name: str, *, compiled: bool, left: int, width: int, upper: int, height: int
) -> None:
    descriptor = DESCRIPTORS[name]
    weights, codes = weights_of(descriptor), clipped_codes(64, 128)
    right, lower = min(left + width, 128), min(upper + height, 64)
    # Fractions of powers of two are exact in the payload; those of other sizes are rounded there.
    affine = ((right - left) / 128, 0.0, left / 128, 0.0, (lower - upper) / 64, upper / 64)
    whole = expand(descriptor, weights, codes, compiled=compiled)[upper:lower, left:right]
    part = codes[upper:lower, left:right]
    np.testing.assert_array_equal(expand(replace(descriptor, affine=affine), weights, part, compiled=compiled), whole)


@pytest.mark.parametrize("name", DESCRIPTORS)
@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("shape", [(64, 128), (203, 91)])
def test_a_turned_picture_expands_as_the_whole_turned(name: str, shape: tuple[int, int], *, compiled: bool) -> None:
    descriptor = DESCRIPTORS[name]
    weights, codes = weights_of(descriptor), clipped_codes(*shape)
    whole = expand(descriptor, weights, codes, compiled=compiled)
    for affine, turned in TURNS.items():
        edited = replace(descriptor, affine=AFFINES[affine])
        np.testing.assert_array_equal(
            expand(edited, weights, turned(codes), compiled=compiled), turned(whole), err_msg=affine
        )


@pytest.mark.skipif(platform.machine().lower() not in {"x86_64", "amd64"}, reason="needs an x86-64 processor")
@pytest.mark.parametrize("name", PINNED)
@pytest.mark.parametrize("compiled", [False, True])
def test_every_processor_gives_the_same_samples(name: str, *, compiled: bool) -> None:
    model, _, affine = name.partition("+")
    descriptor = replace(DESCRIPTORS[model], affine=AFFINES[affine] if affine else None)
    expanded = expand(descriptor, weights_of(descriptor), clipped_codes(301, 200), compiled=compiled)
    assert hashlib.sha256(expanded.astype("<u2").tobytes()).hexdigest()[:16] == PINNED[name]


@pytest.mark.parametrize("name", ["balanced", "paper", "everything"])
@pytest.mark.parametrize("affine", [None, "quarter-turn", "rotation"])
def test_strips_and_threads_change_nothing(monkeypatch: pytest.MonkeyPatch, name: str, affine: str | None) -> None:
    descriptor = replace(DESCRIPTORS[name], affine=affine and AFFINES[affine])
    weights, codes = weights_of(descriptor), clipped_codes(41, 30)
    whole = expand(descriptor, weights, codes, threads=1)
    assert_within_tolerance(whole, expand_reference(descriptor, weights, codes))
    # The strips of a large picture: one row, or a part of one, or a few; and models on one pixel at the least.
    for strip, at_once in ((301, 100), (30, 7), (19, 3), (1230, 1)):
        monkeypatch.setattr(expand_module, "STRIP_PIXELS", strip)
        monkeypatch.setattr(vectorised, "_ACTIVE_PIXELS", at_once)
        for threads in (1, 3):
            np.testing.assert_array_equal(expand(descriptor, weights, codes, threads=threads), whole)
