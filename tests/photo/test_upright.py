from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageOps

from gamutmeta.photo.upright import turned_upright


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
