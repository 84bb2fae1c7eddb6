from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageOps

from gamutmeta.photo.upright import UPRIGHT, turned_back, turned_upright, upright_image


@pytest.mark.parametrize("orientation", range(10))
def test_as_pillow_turns(orientation: int) -> None:
    grey = np.arange(15, dtype=np.uint8).reshape(3, 5)
    image = Image.fromarray(grey)
    image.getexif()[0x0112] = orientation
    expected = np.asarray(ImageOps.exif_transpose(image))
    assert np.array_equal(turned_upright(grey, orientation), expected)
    colours = turned_upright(np.dstack([grey] * 3).astype(np.uint16) * 257, orientation)
    assert np.array_equal(colours, np.dstack([expected] * 3).astype(np.uint16) * 257)
    assert colours.flags.c_contiguous


@pytest.mark.parametrize("orientation", range(10))
def test_back_undoes_it(orientation: int) -> None:
    for shape in ((3, 5), (3, 5, 3)):
        stored = np.arange(np.prod(shape)).reshape(shape)
        back = turned_back(turned_upright(stored, orientation), orientation)
        assert np.array_equal(back, stored)
        assert np.shares_memory(turned_back(stored, orientation), stored)


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_pillow_calls_it_so(orientation: int) -> None:
    colours = np.arange(45, dtype=np.uint8).reshape(3, 5, 3)
    image = Image.fromarray(colours)
    image.info["exif"] = b"x"
    upright = upright_image(image, orientation)
    assert np.array_equal(
        np.asarray(image.transpose(Image.Transpose[UPRIGHT[orientation].pillow])), np.asarray(upright)
    )
    assert upright.info == {}
