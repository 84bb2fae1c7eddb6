"""How notebooks show a photograph: a small picture in Display P3, and figures."""

from __future__ import annotations

import io
from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING

from gamutmeta.color.gamut import outside
from gamutmeta.color.spaces import DISPLAY_P3, SRGB, apply_matrix, conversion_matrix, decode_table, space_named
from gamutmeta.measure.difference import pixel_grid

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from gamutmeta.choices import Space
    from gamutmeta.color.spaces import RgbSpace
    from gamutmeta.photo.wide import WideImage

__all__ = ["as_html", "as_png", "preview"]

_PNG_SIDE, _HTML_SIDE = 1200, 600
"""Longest side in pixels of the picture."""


def preview(wide: WideImage, side: int, space: Space = "display-p3") -> Image.Image:
    """The photograph upright, with 8 bits, at most `side` pixels long; nothing but the ICC profile is in its `info`.

    Raises:
        PhotoError: the space is unknown.
    """
    from PIL import Image, ImageOps  # noqa: PLC0415  # keeps the import of WideImage light

    picture = wide.to_pillow(space)
    profile = picture.info["icc_profile"]
    picture.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    upright = ImageOps.exif_transpose(picture)
    upright.info = {"icc_profile": profile}
    return upright


def as_png(wide: WideImage, side: int = _PNG_SIDE) -> bytes:
    """The preview in Display P3 as a PNG file with its ICC profile."""
    buffer = io.BytesIO()
    picture = preview(wide, side)
    picture.save(buffer, "PNG", icc_profile=picture.info["icc_profile"])
    return buffer.getvalue()


def as_html(wide: WideImage) -> str:
    """The preview with size, space, shares of pixels outside sRGB and Display P3, and notes."""
    picture = b64encode(as_png(wide, _HTML_SIDE)).decode("ascii")
    facts = [f"{wide.width} × {wide.height} pixels, 16 bits", space_named(wide.space).title]
    facts += [f"{100 * _share_outside(wide, gamut):.1f} % outside {gamut.title}" for gamut in (SRGB, DISPLAY_P3)]
    if wide.alpha is not None:
        facts.append("with transparency")
    lines = [escape("; ".join(facts)), *(f"Note: {escape(note)}" for note in wide.notes)]
    caption = "<br>".join(lines)
    return (
        f'<figure style="margin: 0"><img alt="Preview of the photograph" src="data:image/png;base64,{picture}" '
        f'style="max-width: 100%; height: auto"><figcaption>{caption}</figcaption></figure>'
    )


def _share_outside(wide: WideImage, gamut: RgbSpace) -> float:
    """Share, 0 to 1, of a grid's pixels that lie outside a gamut, see :func:`gamutmeta.color.gamut.outside`."""
    space = space_named(wide.space)
    samples: NDArray[np.float32] = decode_table(space, 65536)[pixel_grid(wide.array)]
    return float(outside(apply_matrix(conversion_matrix(space, gamut), samples)).mean())
