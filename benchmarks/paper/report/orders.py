"""The orders that the paper's tables have, and whether ours have them, too.

An order is looked at on the photographs that both rows have with all of their steps, codes rounded, and that neither
was learned from; on fewer than six it is not decided.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from statistics import fmean

from benchmarks.harness import Row
from benchmarks.paper.protocol import Coding
from benchmarks.paper.report.series import quick_share

LEAST_PHOTOGRAPHS = 6
"""So many decide."""


class Verdict(StrEnum):
    """What the rows say of an order."""

    HOLDS = "holds"
    DIFFERS = "differs"
    OPEN = "not measured"


@dataclass(frozen=True, slots=True)
class Order:
    """One row is better than another, by more than `least` dB of the mean PSNR out of gamut.

    Rows are named by their methods' keys. A negative `least` allows as much the other way round: "about equal".
    """

    worse: str
    better: str
    least: float = 0.0

    @property
    def key(self) -> str:
        return f"{self.worse} < {self.better}"

    def differences(self, rows: Iterable[Row]) -> list[float]:
        """By how many dB the better row is better, for each photograph that both have."""
        found: dict[str, dict[str, float]] = {self.worse: {}, self.better: {}}
        both = [row for row in rows if row["method"] in found]
        seen = set[str]().union(*(row.get("learned_from", ()) for row in both))
        for row in both:
            whole = row["coding"] == Coding.ROUNDED and quick_share(row) == 1
            if whole and row["psnr_og"] is not None and row["photograph"] not in seen:
                found[row["method"]][row["photograph"]] = row["psnr_og"]
        worse, better = found[self.worse], found[self.better]
        return [better[name] - worse[name] for name in sorted(worse.keys() & better.keys())]

    def verdict(self, rows: Iterable[Row]) -> Verdict:
        differences = self.differences(rows)
        if len(differences) < LEAST_PHOTOGRAPHS:
            return Verdict.OPEN
        return Verdict.HOLDS if fmean(differences) > self.least else Verdict.DIFFERS


_SAME = -1.0
"""dB that rows which the paper calls about equal may differ by."""
_FAR = 3.0
"""dB that are far."""
_NOT_BELOW = -0.1
"""dB by which a row may be below one that the paper has it at or above."""

ORDERS: Sequence[Order] = (
    *(Order(*pair) for pair in pairwise(("clip", "gamutnet", "sampled", "mlp-23kb"))),
    *(Order("sampled", key) for key in ("mlp-48kb", "mlp-53kb", "mlp-23kb-meta", "mlp-53kb-meta")),
    # 1,200 steps from a learned start against 9,000 from a random one.
    *(Order(f"mlp-{size}", f"mlp-{size}-meta", _SAME) for size in ("23kb", "53kb")),
    Order("mlp-23kb-meta", "mlp-53kb-meta", _NOT_BELOW),
    *(Order(*pair) for pair in pairwise(("mlp-23kb-xy", "mlp-23kb-rgb", "mlp-23kb"))),
    *(Order(f"mlp-{size}-raw", f"mlp-{size}", _FAR) for size in ("23kb", "53kb")),
    Order("mlp-11kb", "mlp-23kb"),
    Order("mlp-23kb", "mlp-53kb", _NOT_BELOW),
)
"""Of Tables 1, 2 and 3 and of Figure 8."""
