from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from photo_files import XMP, exif_block, smooth_array

from gamutmeta.color.icc import profile_bytes
from gamutmeta.errors import PhotoError
from gamutmeta.formats.boxes import iter_boxes
from gamutmeta.photo import jxl_out
from gamutmeta.photo.jxl_out import write_jxl

if TYPE_CHECKING:
    from types import ModuleType

oiio: ModuleType = pytest.importorskip("OpenImageIO")
SMOOTH = smooth_array()
ICC = profile_bytes("prophoto")


def test_boxes_hold_the_metadata_and_nothing_of_the_library() -> None:
    file = io.BytesIO()
    write_jxl(file, SMOOTH, quality=100, icc=ICC, exif=exif_block(), xmp=XMP)
    data = file.getvalue()
    kinds = [box.type for box in iter_boxes(data)]
    assert kinds[:2] == [b"JXL ", b"ftyp"]
    assert kinds[-2:] == [b"Exif", b"xml "]
    assert b"brob" not in kinds
    assert data.endswith(XMP)


def test_the_same_picture_gives_the_same_bytes() -> None:
    files = io.BytesIO(), io.BytesIO()
    for file in files:
        write_jxl(file, SMOOTH, quality=90, icc=profile_bytes("rec2020"), alpha=SMOOTH[..., 0])
    assert files[0].getvalue() == files[1].getvalue()


def test_what_the_library_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    class Without:
        ImageSpec, TypeDesc = oiio.ImageSpec, oiio.TypeDesc

        class ImageOutput:
            @staticmethod
            def create(_: str) -> None:
                return None

        @staticmethod
        def geterror() -> str:
            return "no such format"

    monkeypatch.setattr(jxl_out, "openimageio_for", lambda _: Without)
    with pytest.raises(PhotoError, match="cannot write JPEG XL here: no such format"):
        write_jxl(io.BytesIO(), np.array(SMOOTH), quality=100, icc=ICC)
