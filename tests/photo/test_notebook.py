from __future__ import annotations

import io
import re
from base64 import b64decode

import numpy as np
from PIL import Image

from gamutmeta.color.icc import profile_bytes
from gamutmeta.photo.notebook import as_html, as_png, preview
from gamutmeta.photo.wide import WideImage

GREY = np.full((6, 8, 3), 30_000, np.uint16)


def with_colours(space: str, *colours: tuple[int, int, int]) -> WideImage:
    """48 pixels: grey but for the first ones."""
    array = GREY.copy()
    array.reshape(-1, 3)[: len(colours)] = colours
    return WideImage(array, space)


def shares(wide: WideImage) -> list[float]:
    return [float(share) for share in re.findall(r"([\d.]+) % outside", as_html(wide))]


def picture_in(html: str) -> Image.Image:
    (data,) = re.findall(r'src="data:image/png;base64,([^"]+)"', html)
    return Image.open(io.BytesIO(b64decode(data)))


def test_the_preview_is_small_and_tagged() -> None:
    wide = WideImage(np.zeros((20, 4000, 3), np.uint16))
    for space in ("display-p3", "srgb"):
        picture = preview(wide, 100, space)
        assert picture.size[0] == 100
        assert picture.info == {"icc_profile": profile_bytes(space)}
    assert Image.open(io.BytesIO(as_png(wide, 50))).size[0] == 50


def test_html_shows_the_picture_and_figures() -> None:
    html = as_html(WideImage(GREY.repeat(200, axis=0)))
    assert picture_in(html).size == (4, 600)
    assert picture_in(html).info["icc_profile"] == profile_bytes("display-p3")
    assert "8 × 1200 pixels, 16 bits; ROMM RGB (ProPhoto); 0.0 % outside sRGB; 0.0 % outside Display P3<" in html
    assert html == WideImage(GREY.repeat(200, axis=0))._repr_html_()


def test_shares_are_those_of_the_gamuts() -> None:
    red, green = (65_535, 0, 0), (0, 65_535, 0)
    assert shares(with_colours("srgb", red, green)) == [0, 0]
    assert shares(with_colours("display-p3", red, green)) == [4.2, 0]
    assert shares(with_colours("prophoto", red, green)) == [4.2, 4.2]
    # The edge of sRGB, in 16-bit codes of ProPhoto: not outside.
    assert shares(with_colours("srgb", red, green).convert("prophoto")) == [0, 0]


def test_notes_are_text_and_transparency_is_named() -> None:
    html = as_html(WideImage(GREY, alpha=np.zeros((6, 8), np.uint16), notes=("<script>", "no profile")))
    assert html.count("Note: ") == 2
    assert "<script>" not in html
    assert "Note: &lt;script&gt;<br>Note: no profile" in html
    assert "with transparency" in html
    assert picture_in(html).mode == "RGBA"
