"""A gain map as ISO 21496-1 has it, which carries the wide-gamut rendition beside the sRGB one.

It is the map of :mod:`benchmarks.rivals.gain_map`, a small JPEG that is scaled up and applied on expansion, at the
bytes of gamutmeta's presets, and at those of ProPhoto-Sampled: generous, as gain maps of cameras are. The standard's
maps are logarithmic gains; one more row holds differences instead, which it does not know, and which restore better.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.paper.method import Metadata, Method, Setting, clip_codes
from benchmarks.rivals.gain_map import GainMap
from gamutmeta.fit.config import PRESETS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["GENEROUS", "GainMapMethod", "methods"]

GENEROUS = 135_000


@dataclass(frozen=True, slots=True)
class GainMapMethod:
    """One row.

    Attributes:
        key, title: of the row.
        budget: bytes that the map may have; it is coded with the highest quality that fits.
        kind: "log gain" or "difference".
    """

    key: str
    title: str
    budget: int
    kind: str = "log gain"
    group: str = "rival"

    def reduce(self, wide: NDArray[np.uint16], setting: Setting) -> tuple[NDArray[np.uint8], Metadata]:
        """See :class:`~benchmarks.paper.method.Method`."""
        codes = clip_codes(wide, setting)
        return codes, self.fit(wide, codes, setting)

    def fit(self, wide: NDArray[np.uint16], codes: NDArray[np.uint8], setting: Setting) -> Metadata:
        """See :class:`~benchmarks.paper.method.FittedMethod`; nothing is optimised in steps."""
        return GainMap((), (self.kind,), setting.adaptation).fit(wide, codes, self.budget, setting.seed)

    def expand(self, codes: NDArray[np.uint8], data: bytes, setting: Setting) -> NDArray[np.uint16]:
        """See :class:`~benchmarks.paper.method.Method`."""
        return GainMap((), adaptation=setting.adaptation).expand(codes, data)


def methods() -> list[Method]:
    """The rows, smallest first, and the map of differences."""
    budgets = [PRESETS[name].max_bytes for name in ("small", "balanced", "best")]
    rows = [
        GainMapMethod(f"gain-map-{budget}", f"Gain map (ISO 21496-1 style), at most {budget:,} bytes", budget)
        for budget in (*budgets, GENEROUS)
    ]
    budget = PRESETS["balanced"].max_bytes
    differences = GainMapMethod(
        f"difference-map-{budget}", f"Map of differences, at most {budget:,} bytes", budget, "difference"
    )
    return [*rows, differences]
