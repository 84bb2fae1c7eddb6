"""Figures of photographs for notebooks and reports, drawn with matplotlib (extra ``[plot]``).

::

    from gamutmeta import plot

    plot.chromaticity(original, restored, labels=["original", "restored"])
    plot.error_map(original, restored)
    plot.side_by_side(clipped, restored, original)

Every function returns matplotlib axes, which can be changed, saved or put into larger figures like any others.
"""

from __future__ import annotations

from gamutmeta.plot.diagram import chromaticity
from gamutmeta.plot.pictures import error_map, side_by_side

__all__ = ["chromaticity", "error_map", "side_by_side"]
