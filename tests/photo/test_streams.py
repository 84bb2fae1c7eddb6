"""Photographs from and into what is no path."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from photo_files import XMP, dng_bytes, exif_block, smooth_array, wide_array
from PIL import Image

from gamutmeta import WideImage, read_photo
from gamutmeta.errors import GamutMetaWarning, PhotoError

if TYPE_CHECKING:
    from pathlib import Path

WIDE = WideImage(wide_array(), exif=exif_block(), xmp=XMP)
KINDS = {"tiff": "II*", "png": "\x89PNG", "jpeg": "\xff\xd8", "avif": "ftyp", "heic": "ftyp", "jxl": "JXL"}


@pytest.mark.parametrize("kind", KINDS)
def test_as_bytes(kind: str, tmp_path: Path) -> None:
    data = WIDE.to_bytes(kind)
    assert KINDS[kind].encode("latin-1") in data[:16]
    path = tmp_path / f"a.{ {'tiff': 'tif', 'jpeg': 'jpg'}.get(kind, kind) }"
    WIDE.save(path)
    for source in (data, bytearray(data), memoryview(data), io.BytesIO(data), path, str(path)):
        photograph = read_photo(source)
        assert np.array_equal(photograph.array, read_photo(path).array)
        assert photograph.xmp == read_photo(path).xmp


def test_into_an_open_file(tmp_path: Path) -> None:
    stream = io.BytesIO()
    WIDE.save(stream)
    WIDE.save(stream, format="png", depth=8)
    data = stream.getvalue()
    assert data.startswith(b"II*\0")
    assert b"\x89PNG" in data
    with (tmp_path / "a.png").open("wb") as file:
        WIDE.save(file)
    assert read_photo(tmp_path / "a.png").size == WIDE.size
    with pytest.raises(PhotoError, match=r"a\.png: the suffix asks for png, not jpeg"):
        WIDE.save(tmp_path / "a.png", format="jpeg", overwrite=True)
    with pytest.raises(PhotoError, match="tiff, png, jpeg, avif, heic, jxl, not gif"):
        WIDE.to_bytes("gif")


def test_what_bytes_cannot_store_is_warned_of() -> None:
    transparent = WideImage(wide_array(4, 4), alpha=np.zeros((4, 4), np.uint16))
    with pytest.warns(GamutMetaWarning, match="cannot store transparency"):
        transparent.to_bytes("jpeg")


def test_messages_name_the_source() -> None:
    with pytest.raises(PhotoError, match="the bytes: not a TIFF"):
        read_photo(b"nothing")
    with pytest.raises(PhotoError, match="the stream: not a TIFF"):
        read_photo(io.BytesIO(b"nothing"))
    stream = io.BytesIO()
    Image.fromarray(smooth_array()).save(stream, "PNG")
    stream.seek(0)
    with pytest.warns(GamutMetaWarning, match="the stream: no colour profile"):
        read_photo(stream)


def test_raw_photographs() -> None:
    pytest.importorskip("rawpy")

    class Named(io.BytesIO):
        name = "a.dng"

    photograph = read_photo(Named(dng_bytes()))
    assert photograph.size == (64, 96)
