"""One unit of work: a photograph, a coding, and a family of methods, which gives rows of figures."""

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.arrays import Codes
from benchmarks.coding import Coding, added_bytes
from benchmarks.figures import Original
from benchmarks.harness import Row
from benchmarks.rivals.gain_map import GainMap
from benchmarks.rivals.method import Method
from benchmarks.rivals.samples import Samples
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.fit.config import PRESETS, FitConfig, preset_named
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.model.expand import expand as expand_pixels
from gamutmeta.photo.pixels import decode_srgb
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage

Point = tuple[str, int | None]
"""A method at a budget."""

CAPS = (400, 620, 960, 1_500, 2_400, 3_800, 6_000, 9_600, 16_000, 28_000, 61_440)
"""With the time of `balanced`; 6,000 bytes with the time of `best` as well."""
_LONG = ("gamutmeta best", 6_000)
GAIN_MAP_BUDGETS = (1_500, 3_000, 6_000, 16_000, 61_440)
SAMPLE_BUDGETS = (*GAIN_MAP_BUDGETS, 135_000)
FAMILIES = ("clipping", "presets", "caps", "reference", "reference-bradford", "samples", "gain-map")
OURS = frozenset({"presets", "caps"})
"""Families that are gamutmeta itself: run on every coding."""


@dataclass(frozen=True, slots=True)
class Budgets:
    """What is asked for: all by default."""

    caps: tuple[int, ...] = CAPS
    gain_map: tuple[int, ...] = GAIN_MAP_BUDGETS
    samples: tuple[int, ...] = SAMPLE_BUDGETS


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit of work."""

    path: Path
    coding: Coding
    family: str
    budgets: Budgets
    seed: int = 0

    @property
    def place(self) -> Row:
        """What all its rows have in common."""
        place = {"photograph": self.path.stem, "coding": self.coding.name}
        return place | {"family": self.family, "seed": self.seed}


def wanted(unit: Unit) -> list[Point]:
    """The points that a unit has: the methods of its family at their budgets."""
    if unit.family == "clipping":
        return [(f"clipping, {name}", None) for name in ("bradford", "cat02")]
    if unit.family in OURS:
        return list(_configs(unit))
    return [(method.name, budget) for method in _rivals(unit) for budget in method.budgets]


def run(unit: Unit, points: Collection[Point]) -> list[Row]:
    """Measure the points of a unit."""
    photo = read_photo(unit.path).convert("prophoto")
    original = Original(photo.array)
    runs = _clipping if unit.family == "clipping" else _ours if unit.family in OURS else _of_rivals
    place = unit.place | {"pixels": f"{photo.width}x{photo.height}"}
    return [place | row for row in runs(unit, photo, original, points)]


def _row(unit: Unit, point: Point, adaptation: Adaptation, size: int, more: Row) -> Row:
    return {
        "method": point[0],
        "budget": point[1],
        "adaptation": adaptation.value,
        "payload_bytes": size,
        "added_bytes": added_bytes(unit.coding.format, size),
    } | more


def _clipping(unit: Unit, photo: WideImage, original: Original, points: Collection[Point]) -> Iterator[Row]:
    for name, _ in points:
        adaptation = Adaptation(name.removeprefix("clipping, "))
        codes = unit.coding.decoded(photo.array, adaptation)
        restored = expand_pixels(Descriptor(adaptation=adaptation), {}, codes)
        yield _row(unit, (name, None), adaptation, 0, original.figures(restored, adaptation))


def _configs(unit: Unit) -> dict[Point, FitConfig]:
    """The fits of a family of ours."""
    if unit.family == "presets":
        return {(f"gamutmeta {name}", None): preset_named(name) for name in PRESETS}
    found: dict[Point, FitConfig] = {
        ("gamutmeta", cap): preset_named("balanced").within(cap) for cap in unit.budgets.caps
    }
    if _LONG[1] in unit.budgets.caps:
        found[_LONG] = preset_named("best").within(_LONG[1])
    return found


def _ours(unit: Unit, photo: WideImage, original: Original, points: Collection[Point]) -> Iterator[Row]:
    from gamutmeta.reduction import reduce

    for point, config in _configs(unit).items():
        if point not in points:
            continue
        result = reduce(photo, preset=config, device="cpu", seed=unit.seed, **unit.coding.options)
        codes = result.pixels if result.coded is None else decode_srgb(result.coded)
        start = time.perf_counter()
        restored = expand_pixels(result.payload.descriptor, result.payload.weights(), codes)
        seconds, report = time.perf_counter() - start, result.report
        yield _row(unit, point, config.adaptation, len(result.payload.to_bytes()), {
            "note": report.model,
            "notes": list(report.notes),
            "fit_seconds": None if report.fit_seconds is None else round(report.fit_seconds, 3),
            "expand_seconds": round(seconds, 3),
        } | original.figures(restored, config.adaptation))  # fmt: skip


def _rivals(unit: Unit) -> list[Method]:
    if unit.family == "samples":
        return [Samples(unit.budgets.samples)]
    if unit.family == "gain-map":
        return [GainMap(unit.budgets.gain_map)]
    from benchmarks.rivals.reference import Reference, Training

    training = Training(Adaptation.BRADFORD if unit.family == "reference-bradford" else Adaptation.CAT02)
    return [Reference(training, "float32"), Reference(training, "float16"), Reference(training, "int8")]


def _of_rivals(unit: Unit, photo: WideImage, original: Original, points: Collection[Point]) -> Iterator[Row]:
    codes: Codes | None = None
    for method in _rivals(unit):
        for budget in method.budgets:
            if (method.name, budget) not in points:
                continue
            if codes is None:  # one adaptation for the whole family
                codes = unit.coding.decoded(photo.array, method.adaptation)
            metadata = method.fit(photo.array, codes, budget, unit.seed)
            start = time.perf_counter()
            restored = method.expand(codes, metadata.data)
            more: dict[str, Any] = {
                "note": metadata.note,
                "fit_seconds": round(metadata.seconds, 3),
                "expand_seconds": round(time.perf_counter() - start, 3),
            }
            figures = original.figures(restored, method.adaptation)
            yield _row(unit, (method.name, budget), method.adaptation, len(metadata.data), more | figures)
