"""Edits that keep the payload usable: crop, resize, quarter turns and mirroring of sRGB pictures with a payload.

::

    from PIL import Image
    from gamutmeta import edit

    with Image.open("photo.jpg") as image:
        part = edit.resize(edit.crop(image, (100, 50, 900, 650)), (400, 300))
    part.save("part.jpg")        # an sRGB picture with a payload, like photo.jpg
    part.expand()                # WideImage

The functions are named and work like those of Pillow, on a picture from ``Image.open`` or on a result of one of them.
The model is not fitted again; the payload stores where the edited picture is in the fitted one. Cropping and rotating a
lossless picture costs nothing; resampling, and encoding a JPEG once more, cost some accuracy.
"""

from __future__ import annotations

from gamutmeta.edit.edited import Edited
from gamutmeta.edit.operations import crop, edit_file, exif_transpose, flip, resize, rotate90

__all__ = ["Edited", "crop", "edit_file", "exif_transpose", "flip", "resize", "rotate90"]
