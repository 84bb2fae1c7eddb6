"""Annex B of spec/gamutmeta-2.md, executed: likenesses, distances and verdicts are the package's; and its figures."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spec_text import examples, functions, hex_example, json_example, table, text

from gamutmeta.container import decode
from gamutmeta.measure.likeness import LIKENESS_BYTES, LIMITS, compare_likeness, likeness_of
from gamutmeta.pipeline.binding import binding_of_codes
from gamutmeta.pipeline.reduce import _LIKENESS_ROOM

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Codes = NDArray[np.uint8]

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results" / "likeness.json"


@cache
def said() -> dict[str, Any]:
    """What the annex defines."""
    names = ["likeness", *(f"likeness-{part}" for part in ("sums", "differences", "variances", "sizes", "edits"))]
    assert {name for language, name in examples() if language == "python" and "likeness" in name} == set(names)
    return functions(*names, sqrt=math.sqrt)


def picture(example: dict[str, Any]) -> Codes:
    """From the formula of an example."""
    code = compile(example["code"], "example", "eval")
    known = {"abs": abs, "min": min}
    rows = [
        [[eval(code, known, {"x": x, "y": y, "c": c}) for c in range(3)] for x in range(example["width"])]  # noqa: S307
        for y in range(example["height"])
    ]
    return np.array(rows, np.uint8)


@pytest.mark.parametrize("number", [1, 2])
def test_bytes(number: int) -> None:
    example = json_example(f"likeness-{number}")
    codes, expected = picture(example), bytes.fromhex(example["likeness"])
    assert said()["likeness"](codes.tolist()) == expected
    assert likeness_of(codes) == expected
    assert len(expected) == LIKENESS_BYTES


def test_the_white_pixel_is_that_of_the_container() -> None:
    payload, white = decode(hex_example("container-5")), np.full((1, 1, 3), 255, np.uint8)
    assert payload.likeness == likeness_of(white) == bytes.fromhex(json_example("likeness-1")["likeness"])
    assert payload.binding == binding_of_codes(white)


@pytest.mark.parametrize("number", [3, 4])
def test_distances(number: int) -> None:
    example = json_example(f"likeness-{number}")
    fitted, now = picture(example["fitted"]), picture(example["now"])
    size = fitted.shape[1], fitted.shape[0]
    assert likeness_of(fitted).hex().upper() == example["likeness"]
    by_the_text = said()["distances"](likeness_of(fitted), *size, now.tolist())
    verdict = compare_likeness(likeness_of(fitted), size, now)
    assert list(by_the_text) == list(example["distances"]) == list(verdict.distances)
    for name, distance in example["distances"].items():
        assert by_the_text[name] == pytest.approx(distance, abs=1e-6), name
        assert verdict.distances[name] == pytest.approx(by_the_text[name], abs=1e-9), name
    assert said()["alike"](likeness_of(fitted), *size, now.tolist()) is example["alike"] is verdict.alike


drawn = st.builds(
    lambda h, w, low, high, seed: np.random.default_rng(seed).integers(low, high, (h, w, 3), np.uint8),
    st.integers(1, 66), st.integers(1, 66), st.integers(0, 120), st.integers(121, 256), st.integers(0, 2**32 - 1),
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(drawn)
def test_bytes_of_any_picture(codes: Codes) -> None:
    assert said()["likeness"](codes.tolist()) == likeness_of(codes)


def nothing(codes: Codes) -> Codes:
    return codes


def darker(codes: Codes) -> Codes:
    return codes - codes // 16


def mirrored(codes: Codes) -> Codes:
    return codes[:, ::-1]


def narrower(codes: Codes) -> Codes:
    return codes[:, : max(1, codes.shape[1] - 1)]


def noisy(codes: Codes) -> Codes:
    return codes ^ np.random.default_rng(1).integers(0, 4, codes.shape, np.uint8)


@settings(max_examples=15, deadline=None)
@given(drawn, st.sampled_from([nothing, darker, mirrored, narrower, noisy]))
def test_verdicts_on_any_picture(codes: Codes, change: Callable[[Codes], Codes]) -> None:
    now, size = change(codes), (codes.shape[1], codes.shape[0])
    verdict = compare_likeness(likeness_of(codes), size, now)
    if verdict.distances:
        by_the_text = said()["distances"](likeness_of(codes), *size, now.tolist())
        assert by_the_text == pytest.approx(verdict.distances, rel=1e-9, abs=1e-9)
    if abs(verdict.distance - 1) > 1e-6:
        assert said()["alike"](likeness_of(codes), *size, now.tolist()) is verdict.alike


@settings(max_examples=15, deadline=None)
@given(st.binary(min_size=LIKENESS_BYTES, max_size=LIKENESS_BYTES), st.integers(1, 99), st.integers(1, 99))
def test_any_71_bytes_give_a_verdict(data: bytes, width: int, height: int) -> None:
    now = np.random.default_rng(width).integers(0, 256, (12, 9, 3), np.uint8)
    for codes in (now, np.zeros_like(now), np.full_like(now, 255)):
        verdict = compare_likeness(data, (width, height), codes)
        assert math.isfinite(verdict.distance) or verdict.measure == "aspect ratio"
        assert said()["alike"](data, width, height, codes.tolist()) is verdict.alike


# --- figures ---------------------------------------------------------------------------------------------------------

SEEN: list[tuple[str, tuple[str, ...]]] = [
    ("accept", ("",)),
    ("refuse", ("crop",)),
    ("refuse", ("turn", "mirror", "flip")),
    ("refuse", ("+0.1 EV", "-0.1 EV")),
    ("refuse", ("another frame",)),
    ("refuse", ("saturation",)),
    ("refuse", ("5500 K", "6500 K")),
    ("refuse", ("retouch",)),
    ("neither", ("JPEG q30 4:2:0",)),
    ("neither", ("sharpened",)),
    ("neither", ("blurred",)),
    ("neither", ("crop 2 px",)),
]


def test_what_it_sees_is_what_was_measured() -> None:
    rows = json.loads(RESULTS.read_text(encoding="utf-8"))["rows"]
    assert f"on {len(rows)} photographs of" in text(2)
    for (kind, prefixes), (what, alike, of) in zip(SEEN, table("likeness-seen"), strict=True):
        found = [value[0] for row in rows for name, value in row[kind].items() if name.startswith(prefixes)]
        assert (sum(distance <= 1 for distance in found), len(found)) == (int(alike), int(of)), what


def test_the_pictures_were_that_large() -> None:
    sizes = [row["size"] for row in json.loads(RESULTS.read_text(encoding="utf-8"))["rows"]]
    megapixels = [width * height / 1e6 for width, height in sizes]
    low, high = text(2).split("photographs of ")[1].split(" megapixels")[0].split(" to ")
    assert float(low) <= min(megapixels)
    assert max(megapixels) <= float(high)


def test_what_a_likeness_takes() -> None:
    assert f"A likeness takes {_LIKENESS_ROOM} bytes of the container" in text(2)
    assert len(b"\xa4like\xc4\x47") + LIKENESS_BYTES == _LIKENESS_ROOM


def test_limits_are_those_of_the_package() -> None:
    body = examples()["python", "likeness-sizes"]
    for name, limit in LIMITS.items():
        assert f'"{name}": ' in body
        assert any(f'"{name}"' in line and line.rstrip(",").endswith(f"/ {limit}") for line in body.splitlines()), name
