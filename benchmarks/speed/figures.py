"""What the rows say: ratios of one run that another machine should give as well, growth with size, and the targets."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import linear_regression
from typing import Literal, Self

from benchmarks.harness import Row

TOLERANCE = 0.3
"""By how much a ratio of times may be worse than the committed one: runs on a quiet machine differ by a tenth."""
_MEMORY_TOLERANCE = 0.15
_MEMORY_SLACK = 16
"""MiB."""
_DECIBEL_SLACK = 0.3
"""dB; another processor's rounding leads a fit elsewhere."""

_OURS = ("numpy", "machine code", "numpy, no gate", "machine code, no gate")
_RIVALS = ("plain torch", "plain torch, small batches")
_TARGET_SIZE, _TARGET_THREADS = 24, 2
_SHORTEST = 0.005
"""Seconds of copying from which on they are a measure; small pictures lie in the cache."""
_LINEAR = 1.1
"""Exponent of growth up to which it counts as linear."""
_LARGE = 10
"""Sizes down to this part of the largest count for growth: below, what does not grow hides what does."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure that can be compared with that of another run.

    It is "times" a rival's or reference's speed or "dB" (more is better), a "share" of its time or "MiB" (less is).
    """

    name: str
    megapixels: float
    threads: int
    value: float
    kind: Literal["times", "share", "MiB", "dB"]

    def is_worse_than(self, other: Self, tolerance: float = TOLERANCE) -> bool:
        """Whether it is worse than the same figure of another run by more than chance."""
        if self.kind == "times":
            return self.value < other.value / (1 + tolerance)
        if self.kind == "share":
            return self.value > other.value * (1 + tolerance)
        if self.kind == "MiB":
            return self.value > other.value * (1 + _MEMORY_TOLERANCE) + _MEMORY_SLACK
        return self.value < other.value - _DECIBEL_SLACK


@dataclass(frozen=True, slots=True)
class Growth:
    """How the best time, or the peak memory, of one task grows with the size of the picture.

    The exponent is that of the power that fits best over the larger sizes; `per_megapixel` is of the largest.
    """

    name: str
    threads: int
    of: Literal["seconds", "MiB"]
    exponent: float
    per_megapixel: float

    @property
    def is_linear(self) -> bool:
        """Whether it grows no faster than the picture."""
        return self.exponent <= _LINEAR

    def to_json(self) -> Row:
        return asdict(self) | {"linear": self.is_linear}


@dataclass(frozen=True, slots=True)
class Target:
    """One of the project's targets: what is wanted and found, for people; None where it was not measured."""

    name: str
    wanted: str
    found: str | None
    is_met: bool | None


def name_of(row: Row) -> str:
    return f"{row['part']}, {row['task']}" + (f", {row['format']}" if "format" in row else "")


def figures(rows: Iterable[Row]) -> list[Figure]:
    """All figures that the rows give, in the order of the rows."""
    rows = [row for row in rows if row["part"] != "start"]
    known = {(name_of(row), row["megapixels"], row["threads"]): row for row in rows}
    found = []
    for row in rows:
        place = row["megapixels"], row["threads"]
        rivals = {name: other for (name, *where), other in known.items() if tuple(where) == place}
        for what, value, kind in _OF_PART[row["part"]](row, rivals):
            found.append(Figure(f"{name_of(row)}: {what}", *place, round(value, 3), kind))
    return found


_Values = list[tuple[str, float, Literal["times", "share", "MiB", "dB"]]]


def _of_expansion(row: Row, rivals: Mapping[str, Row]) -> _Values:
    if row["task"] not in _OURS:
        return []
    found: _Values = [
        (f"times as fast as {rival}", rivals[f"expand, {rival}"]["best"] / row["best"], "times")
        for rival in _RIVALS
        if f"expand, {rival}" in rivals
    ]
    copy = rivals.get("expand, copy")
    if copy and copy["best"] >= _SHORTEST:
        found.append(("times the time of copying", row["best"] / copy["best"], "share"))
    return [*found, ("MiB above input and output", row["above_mib"], "MiB")]


def _of_fit(row: Row, rivals: Mapping[str, Row]) -> _Values:
    if row["task"].startswith("paper"):
        return []
    found: _Values = []
    if paper := rivals.get("fit, paper"):
        found.append(("times as fast as the paper's fit", paper["best"] / row["best"], "times"))
        found.append(("dB above the paper's fit, out of gamut", row["psnr_og"] - paper["psnr_og"], "dB"))
    if paper := rivals.get("fit, paper, Bradford"):
        found.append(("dB above the paper's fit with Bradford, out of gamut", row["psnr_og"] - paper["psnr_og"], "dB"))
    return found


def _of_pipeline(row: Row, rivals: Mapping[str, Row]) -> _Values:
    if row["task"].startswith("plain"):
        return []
    found: _Values = [("MiB at its peak", row["peak_mib"], "MiB")]
    if plain := rivals.get(f"pipeline, plain {row['task']}, {row['format']}"):
        found.append(("times the time of plain conversion", row["best"] / plain["best"], "share"))
    return found


_OF_PART = {"expand": _of_expansion, "fit": _of_fit, "pipeline": _of_pipeline}


def compared(new: Iterable[Figure], old: Iterable[Figure], tolerance: float) -> list[tuple[Figure, Figure, bool]]:
    """The figures that both runs have: new, old, and whether it is worse."""
    before = {(figure.name, figure.megapixels, figure.threads): figure for figure in old}
    pairs = [(figure, before.get((figure.name, figure.megapixels, figure.threads))) for figure in new]
    return [(now, then, now.is_worse_than(then, tolerance)) for now, then in pairs if then is not None]


def growths(rows: Iterable[Row]) -> list[Growth]:
    """How every task of gamutmeta's that was measured at several sizes grows."""
    series: dict[tuple[str, int], list[Row]] = {}
    for row in rows:
        if row["part"] != "start" and not row["task"].startswith(("plain", "paper", "copy", "peak")):
            series.setdefault((name_of(row), row["threads"]), []).append(row)
    found = []
    for (name, threads), measured in series.items():
        largest = max(row["megapixels"] for row in measured)
        large = sorted(
            (row for row in measured if row["megapixels"] * _LARGE >= largest), key=lambda r: r["megapixels"]
        )
        if len(large) < 2:
            continue
        sizes = [row["megapixels"] for row in large]
        of: tuple[tuple[Literal["seconds", "MiB"], str], ...] = (("seconds", "best"), ("MiB", "peak_mib"))
        for unit, key in of:
            values = [row[key] for row in large]
            exponent = linear_regression([*map(math.log, sizes)], [*map(math.log, values)]).slope
            found.append(Growth(name, threads, unit, round(exponent, 2), round(values[-1] / largest, 4)))
    return found


def targets(rows: Sequence[Row]) -> list[Target]:
    here = [row for row in rows if (row.get("megapixels"), row.get("threads")) == (_TARGET_SIZE, _TARGET_THREADS)]
    values = {figure.name: figure.value for figure in figures(here)}
    by_name = {name_of(row): row for row in [*here, *(row for row in rows if row["part"] == "start")]}
    above = [row["above_mib"] for row in here if row["part"] == "expand" and row["task"] in _OURS]
    pipeline = by_name.get("pipeline, reduce, jpg", {})
    bare, full = by_name.get("start, numpy and Pillow"), by_name.get("start, gamutmeta.register()")
    grown = growths(rows)
    superlinear = [growth.name for growth in grown if not growth.is_linear]
    times, decibels = "times as fast as", "fit, balanced: dB above the paper's fit, out of gamut"
    start = None if bare is None or full is None else full["best"] - bare["best"]
    return [
        _at_least("expand, numpy alone, against plain torch", 12, values.get(f"expand, numpy: {times} plain torch")),
        _at_least(
            "expand, machine code, against plain torch", 30, values.get(f"expand, machine code: {times} plain torch")
        ),
        _at_most("expand, memory above input and output", 600, "MiB", max(above, default=None)),
        _at_least("fit, balanced, against the paper's", 5, values.get(f"fit, balanced: {times} the paper's fit")),
        _at_least("its out-of-gamut PSNR above the paper's", 0, values.get(decibels), " dB"),
        _at_most("reduce_file, TIFF to JPEG", 5, "s", pipeline.get("inside")),
        _at_most("reduce_file, TIFF to JPEG, peak memory", 1229, "MiB", pipeline.get("peak_mib")),
        _at_most("gamutmeta.register() beyond numpy and Pillow", 0.15, "s", start),
        Target(
            "time and memory grow no faster than the picture",
            f"exponents up to {_LINEAR}",
            (", ".join(dict.fromkeys(superlinear)) or "all") if grown else None,
            not superlinear if grown else None,
        ),
    ]


def _at_least(name: str, wanted: float, found: float | None, unit: str = "x") -> Target:
    text = None if found is None else f"{found:.1f}{unit}"
    return Target(name, f"at least {wanted:g}{unit}", text, None if found is None else found >= wanted)


def _at_most(name: str, wanted: float, unit: str, found: float | None) -> Target:
    text = None if found is None else f"{found:,.{0 if unit == 'MiB' else 2}f} {unit}"
    return Target(name, f"at most {wanted:,g} {unit}", text, None if found is None else found <= wanted)
