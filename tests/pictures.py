"""Small photographs for the tests of the two pipelines, and a preset that fits them in a blink."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.fit.config import PRESETS
from gamutmeta.photo.wide import WideImage

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUICK = replace(PRESETS["balanced"], steps=40, batch=1024, network_rate=2e-2)
QUICK_PAPER = replace(PRESETS["paper"], steps=60, batch=1024)


def colourful(height: int = 72, width: int = 96) -> NDArray[np.uint16]:
    """A smooth ROMM picture, about half of it outside sRGB."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    planes = [0.5 + 0.45 * np.sin(5 * x + 2 * y), 0.5 + 0.45 * np.cos(4 * y - x), 0.4 + 0.4 * np.sin(3 * (x + y))]
    return (np.stack(planes, -1) * 65535).astype(np.uint16)


def muted(height: int = 40, width: int = 60) -> NDArray[np.uint16]:
    """A ROMM picture with no colour outside sRGB."""
    return (25000 + colourful(height, width) // 8).astype(np.uint16)


def photograph(array: NDArray[np.uint16] | None = None, **metadata: bytes | None) -> WideImage:
    return WideImage(colourful() if array is None else array, "prophoto", **metadata)
