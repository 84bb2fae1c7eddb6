"""One unit of work: a photograph, a coding, and a family of methods, which gives rows of figures."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from benchmarks.rd.coding import Coding, added_bytes
from benchmarks.rd.figures import Original
from benchmarks.rivals.gain_map import GainMap
from benchmarks.rivals.reference import Reference, Training
from benchmarks.rivals.samples import Samples
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.fit.config import PRESETS, FitConfig, preset_named
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.model.expand import expand as expand_pixels
from gamutmeta.photo.pixels import decode_srgb
from gamutmeta.photo.read import read_photo
from gamutmeta.reduction import reduce

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from benchmarks.rivals.method import Method
    from gamutmeta.photo.wide import WideImage

__all__ = ["CAPS", "FAMILIES", "GAIN_MAP_BUDGETS", "OURS", "SAMPLE_BUDGETS", "Budgets", "Unit", "run", "wanted"]

Row = dict[str, Any]
Point = tuple[str, int | None]
"""A method at a budget."""

_ADAPTATIONS = (Adaptation.BRADFORD, Adaptation.CAT02)

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


def wanted(unit: Unit) -> list[Point]:
    """The points that a unit has: the methods of its family at their budgets."""
    if unit.family == "clipping":
        return [(f"clipping, {adaptation.value}", None) for adaptation in _ADAPTATIONS]
    if unit.family == "presets":
        return [(f"gamutmeta {name}", None) for name in PRESETS]
    if unit.family == "caps":
        long = [_LONG] if _LONG[1] in unit.budgets.caps else []
        return [*(("gamutmeta", cap) for cap in unit.budgets.caps), *long]
    return [(method.name, budget) for method in _methods(unit) for budget in method.budgets]


def run(unit: Unit, points: Collection[Point]) -> list[Row]:
    """The rows of those points of one unit."""
    torch.set_num_threads(1)
    photo = read_photo(unit.path).convert("prophoto")
    original = Original(photo.array)
    runs = {"clipping": _clipping, "presets": _presets, "caps": _caps}.get(unit.family, _rivals)
    place = {"photograph": unit.path.stem, "pixels": f"{photo.width}x{photo.height}", "coding": unit.coding.name}
    return [place | {"family": unit.family, "seed": unit.seed} | row for row in runs(unit, photo, original, points)]


def _clipping(unit: Unit, photo: WideImage, original: Original, points: Collection[Point]) -> Iterator[Row]:
    for adaptation in _ADAPTATIONS:
        name = f"clipping, {adaptation.value}"
        if (name, None) in points:
            codes = unit.coding.decoded(photo.array, adaptation)
            restored = expand_pixels(Descriptor(adaptation=adaptation), {}, codes)
            yield {
                "method": name,
                "budget": None,
                "adaptation": adaptation.value,
                "payload_bytes": 0,
                "added_bytes": 0,
            } | original.figures(restored, adaptation)


def _presets(unit: Unit, photo: WideImage, original: Original, points: Collection[Point]) -> Iterator[Row]:
    for name in PRESETS:
        if (f"gamutmeta {name}", None) in points:
            yield _ours((f"gamutmeta {name}", None), preset_named(name), unit, photo, original)


def _caps(unit: Unit, photo: WideImage, original: Original, points: Collection[Point]) -> Iterator[Row]:
    for cap in unit.budgets.caps:
        if ("gamutmeta", cap) in points:
            yield _ours(("gamutmeta", cap), preset_named("balanced").within(cap), unit, photo, original)
    if _LONG in points:
        yield _ours(_LONG, preset_named("best").within(_LONG[1]), unit, photo, original)


def _ours(point: Point, config: FitConfig, unit: Unit, photo: WideImage, original: Original) -> Row:
    result = reduce(photo, preset=config, device="cpu", seed=unit.seed, **unit.coding.options)
    codes = result.pixels if result.coded is None else decode_srgb(result.coded)
    start = time.perf_counter()
    restored = expand_pixels(result.payload.descriptor, result.payload.weights(), codes)
    seconds = time.perf_counter() - start
    report = result.report
    size = len(result.payload.to_bytes())
    return {
        "method": point[0],
        "budget": point[1],
        "adaptation": config.adaptation.value,
        "payload_bytes": size,
        "added_bytes": added_bytes(unit.coding.format, size),
        "note": report.model,
        "notes": list(report.notes),
        "fit_seconds": None if report.fit_seconds is None else round(report.fit_seconds, 3),
        "expand_seconds": round(seconds, 3),
    } | original.figures(restored, config.adaptation)


def _methods(unit: Unit) -> list[Method]:
    if unit.family == "samples":
        return [Samples(unit.budgets.samples)]
    if unit.family == "gain-map":
        return [GainMap(unit.budgets.gain_map)]
    training = Training(Adaptation.BRADFORD if unit.family == "reference-bradford" else Adaptation.CAT02)
    return [Reference(training, "float32"), Reference(training, "float16"), Reference(training, "int8")]


def _rivals(unit: Unit, photo: WideImage, original: Original, points: Collection[Point]) -> Iterator[Row]:
    codes: NDArray[np.uint8] | None = None
    for method in _methods(unit):
        for budget in method.budgets:
            if (method.name, budget) not in points:
                continue
            if codes is None:  # one adaptation for the whole family
                codes = unit.coding.decoded(photo.array, method.adaptation)
            metadata = method.fit(photo.array, codes, budget, unit.seed)
            start = time.perf_counter()
            restored = method.expand(codes, metadata.data)
            seconds = time.perf_counter() - start
            yield {
                "method": method.name,
                "budget": budget,
                "adaptation": method.adaptation.value,
                "payload_bytes": len(metadata.data),
                "added_bytes": added_bytes(unit.coding.format, len(metadata.data)),
                "note": metadata.note,
                "fit_seconds": round(metadata.seconds, 3),
                "expand_seconds": round(seconds, 3),
            } | original.figures(restored, method.adaptation)
