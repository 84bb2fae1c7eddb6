"""A sheet of pictures: rows of three captioned panels and a colour scale, drawn with Pillow alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from gamutmeta.measure.colormap import heat_colours

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Panel", "Scale", "draw_sheet"]

_MARGIN, _GAP = 40, 24
_CAPTION = 66
"""Height of a panel's two lines of text."""
_LEGEND = 68
_CELL_MIN = 520
"""A cell has at least the width of its words."""

_BACKGROUND, _TEXT, _FAINT = (24, 24, 24), (236, 236, 236), (160, 160, 160)


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture and the words above it.

    Attributes:
        title: what it is.
        detail: figures, in smaller letters.
        picture: RGB; all of a sheet have one size.
    """

    title: str
    detail: str
    picture: Image.Image


@dataclass(frozen=True, slots=True)
class Scale:
    """The colour scale below the first two columns.

    Attributes:
        top: the value of its right end; the left end is 0.
        unit: what is measured.
        note: what stands below the third.
    """

    top: float
    unit: str
    note: str


def draw_sheet(rows: Sequence[Sequence[Panel]], scale: Scale) -> Image.Image:
    """Put rows of three panels on a dark sheet, and the scale below them."""
    width, height = rows[0][0].picture.size
    cell = max(width, _CELL_MIN)
    sheet_width = 2 * _MARGIN + 3 * cell + 2 * _GAP
    sheet_height = 2 * _MARGIN + len(rows) * (_CAPTION + height) + (len(rows) - 1) * _GAP + _LEGEND
    sheet = Image.new("RGB", (sheet_width, sheet_height), _BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    for i, row in enumerate(rows):
        top = _MARGIN + i * (_CAPTION + height + _GAP)
        for k, panel in enumerate(row):
            left = _MARGIN + k * (cell + _GAP)
            draw.text((left, top), panel.title, font=_font(26), fill=_TEXT)
            draw.text((left, top + 34), panel.detail, font=_font(18), fill=_FAINT)
            sheet.paste(panel.picture, (left, top + _CAPTION))
    _draw_scale(sheet, scale, top=sheet_height - _MARGIN - _LEGEND + 22, width=cell + _GAP + width)
    draw.text(
        (_MARGIN + 2 * (cell + _GAP), sheet_height - _MARGIN - _LEGEND + 18), scale.note, font=_font(18), fill=_FAINT
    )
    return sheet


def _draw_scale(sheet: Image.Image, scale: Scale, *, top: int, width: int) -> None:
    draw = ImageDraw.Draw(sheet)
    sheet.paste(Image.fromarray(np.tile(heat_colours(np.linspace(0, 1, width)), (18, 1, 1))), (_MARGIN, top))
    for k, anchor in enumerate(("la", "ma", "ma", "ma", "ra")):
        value = f"{scale.top * k / 4:g}" + (f" {scale.unit} and more" if k == 4 else "")
        draw.text((_MARGIN + width * k // 4, top + 24), value, font=_font(18), fill=_FAINT, anchor=anchor)


@cache
def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)
