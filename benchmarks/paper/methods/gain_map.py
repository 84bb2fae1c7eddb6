"""A gain map as ISO 21496-1 has it, which carries the wide-gamut rendition beside the sRGB one.

It is the map of :mod:`benchmarks.rivals.gain_map`, a small JPEG that is scaled up and applied on expansion, at the
bytes of gamutmeta's presets, and at those of ProPhoto-Sampled: generous, as gain maps of cameras are. The standard's
maps are logarithmic gains; one more row holds differences instead, which it does not know, and which restore better.
"""

from dataclasses import dataclass

from benchmarks.arrays import Codes, Wide
from benchmarks.paper.method import Clipped, Metadata, Method, Setting
from benchmarks.rivals.gain_map import GainMap
from gamutmeta.fit.config import PRESETS

GENEROUS = 135_000


@dataclass(frozen=True, slots=True)
class GainMapMethod(Clipped):
    """One row: a map ("log gain" or "difference") of at most `budget` bytes, at the highest quality that fits."""

    key: str
    title: str
    budget: int
    kind: str = "log gain"
    group: str = "rival"

    def fit(self, wide: Wide, codes: Codes, setting: Setting) -> Metadata:
        return GainMap((), (self.kind,), setting.adaptation).fit(wide, codes, self.budget, setting.seed)

    def expand(self, codes: Codes, data: bytes, setting: Setting) -> Wide:
        return GainMap((), adaptation=setting.adaptation).expand(codes, data)


def methods() -> list[Method]:
    budgets = [PRESETS[name].max_bytes for name in ("small", "balanced", "best")]
    rows = [
        GainMapMethod(f"gain-map-{budget}", f"Gain map (ISO 21496-1 style), at most {budget:,} bytes", budget)
        for budget in (*budgets, GENEROUS)
    ]
    budget = PRESETS["balanced"].max_bytes
    title = f"Map of differences, at most {budget:,} bytes"
    return [*rows, GainMapMethod(f"difference-map-{budget}", title, budget, "difference")]
