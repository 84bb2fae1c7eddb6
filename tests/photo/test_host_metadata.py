from __future__ import annotations

import io
from typing import Any

import pytest
import tifffile
from photo_files import XMP, exif_block, saved, smooth_array
from PIL import Image

from gamutmeta.errors import GamutMetaError, PhotoError, UnsupportedFileError
from gamutmeta.formats.exif import orientation_of
from gamutmeta.photo.host_metadata import Metadata, read_metadata
from gamutmeta.photo.pixels import encode_srgb_file

SMOOTH = smooth_array()
FORMATS = pytest.mark.parametrize("kind", ["jpeg", "png", "tiff"])


@FORMATS
def test_metadata(kind: Any) -> None:
    exif, xmp, _ = read_metadata(encode_srgb_file(SMOOTH, kind, exif=exif_block(orientation=7), xmp=XMP))
    assert orientation_of(exif) == 7
    assert xmp == XMP
    if kind != "tiff":
        assert exif == exif_block(orientation=7)


@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_none(kind: Any) -> None:
    assert read_metadata(encode_srgb_file(SMOOTH, kind)) == Metadata(None, None)


def test_further_pictures_are_noted() -> None:
    image = Image.fromarray(SMOOTH)
    for kind in ("MPO", "PNG"):
        data = saved(image, kind, save_all=True, append_images=[image.rotate(180)])
        assert read_metadata(data).notes == ("the file contains further pictures; only the first one was read",)


def test_further_pages_are_noted() -> None:
    image = Image.fromarray(SMOOTH)
    data = saved(image, "TIFF", save_all=True, append_images=[image.rotate(180)])
    assert read_metadata(data).notes == ("the file contains further pages; only the first one was read",)
    file = io.BytesIO(encode_srgb_file(SMOOTH, "tiff"))
    tifffile.imwrite(file, SMOOTH[::4, ::4].copy(), photometric="rgb", subfiletype=1, metadata=None, append=True)
    assert read_metadata(file.getvalue()).notes == ()


def test_other_files() -> None:
    with pytest.raises(UnsupportedFileError):
        read_metadata(saved(Image.fromarray(SMOOTH), "WEBP"))
    with pytest.raises(PhotoError, match="more than the limit"):
        read_metadata(encode_srgb_file(SMOOTH), max_pixels=10)


@FORMATS
def test_truncated_files(kind: Any) -> None:
    data = encode_srgb_file(SMOOTH, kind, exif=exif_block(), xmp=XMP)
    for cut in range(0, len(data), max(1, len(data) // 40)):
        try:
            outcome = repr(read_metadata(data[:cut]))
        except GamutMetaError as error:
            outcome = str(error)
        assert outcome
