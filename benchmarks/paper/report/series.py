"""Measurements of one method on several photographs, and which of them a table shows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from benchmarks.harness import Row
from benchmarks.paper.alone import MOST


def quick_share(row: Mapping[str, Any]) -> float:
    """Share of the method's own steps that was done: 1 where it has none, whatever share was asked for."""
    return float(row["setting"]["quick"]) if "quick:" in row["note"] else 1.0


def is_alone(row: Mapping[str, Any]) -> bool:
    """Whether a row's seconds are the method's: not those of a resumed optimisation, nor taken beside other work."""
    return not row.get("seconds_of_a_part") and (row["machine"].get("others") or 0) <= MOST


@dataclass(frozen=True, slots=True)
class Series:
    """One method on several photographs, all with one coding, device and share of steps: a row for each."""

    rows: tuple[Row, ...]

    @property
    def first(self) -> Row:
        return self.rows[0]

    @property
    def quick(self) -> float:
        return quick_share(self.first)

    @property
    def device(self) -> str:
        return str(self.first["setting"]["device"])

    def mean(self, name: str) -> float | None:
        """The mean of a figure over the photographs, as in the paper; None where none of them has it.

        Of seconds, over those that were measured alone.
        """
        return self._over(fmean, name)

    def median(self, name: str) -> float | None:
        return self._over(median, name)

    def _over(self, average: Callable[[list[float]], float], name: str) -> float | None:
        rows = [row for row in self.rows if is_alone(row)] if name.endswith("_seconds") else self.rows
        found = [row[name] for row in rows if row.get(name) is not None]
        return float(average(found)) if found else None

    def has_exact(self, name: str) -> bool:
        """Whether on some photograph nothing is lost, so that a PSNR, "psnr" or "psnr_og", is infinite there."""
        return any(row[name] is None and row[name.replace("psnr", "rmse")] == 0 for row in self.rows)


def series_of(rows: Iterable[Row], keys: Sequence[str], coding: str, device: str) -> Mapping[str, Series]:
    """The series to show of each method, in the order of `keys`.

    Where there are several, it is the one with the most photographs, then with the largest share of steps, then the
    one that ran on `device`.
    """
    # Of a method without steps there may be rows for several shares, all alike.
    groups: dict[str, dict[tuple[float, str], dict[str, Row]]] = {}
    for row in rows:
        if row["coding"] == coding:
            place = quick_share(row), row["setting"]["device"]
            groups.setdefault(row["method"], {}).setdefault(place, {})[row["photograph"]] = row

    def rank(group: tuple[tuple[float, str], dict[str, Row]]) -> tuple[int, float, bool]:
        (quick, where), found = group
        return len(found), quick, where == device

    return {
        key: Series(tuple(row for _, row in sorted(max(groups[key].items(), key=rank)[1].items())))
        for key in keys
        if key in groups
    }
