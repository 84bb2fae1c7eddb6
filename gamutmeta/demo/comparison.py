"""One picture that shows what a payload restores: clipped, restored and original, with error maps below."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from gamutmeta.color.icc import profile_bytes
from gamutmeta.color.spaces import DISPLAY_P3
from gamutmeta.demo.sheet import Panel, Scale, draw_sheet
from gamutmeta.measure.colormap import heat_colours
from gamutmeta.photo.upright import upright_image

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.measure.difference import Differences
    from gamutmeta.photo.wide import WideImage
    from gamutmeta.pipeline.comparison import Comparison

__all__ = ["draw_comparison"]

_PANEL = 600
"""Longer side of every panel, pixels."""

_SCREEN_NOTE = "The photographs are in Display P3.\nAn sRGB screen shows only a part of the difference."


def draw_comparison(comparison: Comparison, details: tuple[str, str, str]) -> Image.Image:
    """Draw the comparison.

    Args:
        comparison: the original decides about size and orientation.
        details: figures to print above the clipped, the restored and the original photograph.

    Returns:
        RGB, with the profile of Display P3 in ``info``.
    """
    original, differences = comparison.original, comparison.differences
    og, top = differences.og, differences.top

    size = _panel_size(original)
    photographs = [_photograph(wide, size) for wide in (comparison.clipped, comparison.restored, original)]
    maps = [
        *(_enlarged(heat_colours(error / top), size) for error in differences.errors),
        _dimmed(photographs[2], _enlarged(og.astype(np.uint8) * 255, size)),
    ]
    share = f"{100 * og.mean():.1f} % of the pixels; all others are dimmed"
    rows = (
        (("Clipped", "Restored", "Original"), details, photographs),
        (
            ("Error of clipping", "Error after restoring", "Colours outside sRGB"),
            (*(_error_figures(differences, picture) for picture in (0, 1)), share),
            maps,
        ),
    )
    panels = [
        [
            Panel(title, detail, upright_image(picture, original.orientation))
            for title, detail, picture in zip(*row, strict=True)
        ]
        for row in rows
    ]
    sheet = draw_sheet(panels, Scale(top, "CIEDE2000", _SCREEN_NOTE))
    sheet.info["icc_profile"] = profile_bytes(DISPLAY_P3.name)
    return sheet


def _panel_size(wide: WideImage) -> tuple[int, int]:
    scale = _PANEL / max(wide.size)
    return max(1, round(wide.width * scale)), max(1, round(wide.height * scale))


def _photograph(wide: WideImage, size: tuple[int, int]) -> Image.Image:
    return wide.to_pillow("display-p3").resize(size, Image.Resampling.LANCZOS)


def _enlarged(values: NDArray[np.uint8], size: tuple[int, int]) -> Image.Image:
    return Image.fromarray(values).resize(size, Image.Resampling.BOX)


def _dimmed(photograph: Image.Image, mask: Image.Image) -> Image.Image:
    """The photograph where the mask is white; dark and grey elsewhere."""
    grey = photograph.convert("L").point(lambda value: value * 0.3).convert("RGB")
    return Image.composite(photograph, grey, mask)


def _error_figures(differences: Differences, picture: int) -> str:
    figures = f"CIEDE2000: mean {differences.mean(picture):.2f}"
    outside = differences.mean_og(picture)
    return figures if outside is None else f"{figures}, out of gamut {outside:.2f}"
