"""One picture that shows what a payload restores: clipped, restored and original, with error maps below."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import ExifTags, Image, ImageOps

from gamutmeta.color.difference import color_differences, scale_end
from gamutmeta.color.icc import profile_bytes
from gamutmeta.color.spaces import DISPLAY_P3
from gamutmeta.demo.sheet import Panel, Scale, draw_sheet, heat_colours

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.color.adaptation import Adaptation
    from gamutmeta.photo.wide import WideImage

__all__ = ["draw_comparison"]

_PANEL = 600
"""Longer side of every panel, pixels."""

_SCREEN_NOTE = "The photographs are in Display P3.\nAn sRGB screen shows only a part of the difference."


def draw_comparison(
    original: WideImage,
    clipped: WideImage,
    restored: WideImage,
    *,
    details: tuple[str, str, str],
    adaptation: Adaptation,
) -> Image.Image:
    """Draw the comparison.

    Args:
        original: in ProPhoto; decides about size and orientation.
        clipped: expanded without the payload, in ProPhoto and of the same size.
        restored: expanded with it, likewise.
        details: figures to print above the clipped, the restored and the original photograph.
        adaptation: of the matrix that decides which pixels are out of gamut.

    Returns:
        RGB, with the profile of Display P3 in ``info``.
    """
    differences = color_differences(original.array, (clipped.array, restored.array), adaptation)
    errors, og = differences.errors, differences.og
    top = scale_end(errors[0])

    size = _panel_size(original)
    photographs = [_photograph(wide, size) for wide in (clipped, restored, original)]
    maps = [
        *(_enlarged(heat_colours(error / top), size) for error in errors),
        _dimmed(photographs[2], _enlarged(og.astype(np.uint8) * 255, size)),
    ]
    share = f"{100 * og.mean():.1f} % of the pixels; all others are dimmed"
    rows = (
        (("Clipped", "Restored", "Original"), details, photographs),
        (
            ("Error of clipping", "Error after restoring", "Colours outside sRGB"),
            (*(_error_figures(error, og) for error in errors), share),
            maps,
        ),
    )
    panels = [
        [
            Panel(title, detail, _upright(picture, original.orientation))
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
    return wide.to_pillow(DISPLAY_P3.name).resize(size, Image.Resampling.LANCZOS)


def _enlarged(values: NDArray[np.uint8], size: tuple[int, int]) -> Image.Image:
    return Image.fromarray(values).resize(size, Image.Resampling.BOX)


def _dimmed(photograph: Image.Image, mask: Image.Image) -> Image.Image:
    """The photograph where the mask is white; dark and grey elsewhere."""
    grey = photograph.convert("L").point(lambda value: value * 0.3).convert("RGB")
    return Image.composite(photograph, grey, mask)


def _upright(picture: Image.Image, orientation: int) -> Image.Image:
    picture = Image.fromarray(np.asarray(picture))  # without the EXIF block that came along
    picture.getexif()[ExifTags.Base.Orientation] = orientation
    return ImageOps.exif_transpose(picture)


def _error_figures(error: NDArray[np.float64], og: NDArray[np.bool_]) -> str:
    if not og.any():
        return f"CIEDE2000: mean {error.mean():.2f}"
    return f"CIEDE2000: mean {error.mean():.2f}, out of gamut {error[og].mean():.2f}"
