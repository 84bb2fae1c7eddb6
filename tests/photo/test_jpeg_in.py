from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from photo_files import XMP, exif_block, hide, placed, saved, smooth_array
from PIL import Image

from gamutmeta.color.convert import encode_codes
from gamutmeta.color.icc import profile_bytes
from gamutmeta.color.spaces import PROPHOTO, SRGB, apply_matrix, conversion_matrix
from gamutmeta.errors import MissingExtraError, PhotoError
from gamutmeta.formats.jpeg import make_segment
from gamutmeta.photo.jpeg_in import read_jpeg
from gamutmeta.photo.read import read_photo

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

imagecodecs: ModuleType = pytest.importorskip("imagecodecs")

DEEP = smooth_array().astype(np.uint16) * 16 + 7
ICC = profile_bytes("display-p3")


pytestmark = pytest.mark.filterwarnings("ignore::gamutmeta.errors.GamutMetaWarning")


def deep_jpeg(samples: np.ndarray = DEEP, *segments: bytes) -> bytes:
    data = bytes(imagecodecs.jpeg8_encode(samples, level=99, bitspersample=12))
    return data[:2] + b"".join(segments) + data[2:]


def test_twelve_bits() -> None:
    picture = read_jpeg(io.BytesIO(deep_jpeg()), 10_000)
    assert picture.bits == 12
    assert np.abs(picture.samples.astype(int) - DEEP).max() <= 24
    assert np.abs(picture.samples.astype(int) - DEEP).mean() <= 4
    assert (picture.is_gray, picture.icc, picture.exif, picture.notes) == (False, None, None, [])


def test_twelve_bits_in_romm(tmp_path: Path) -> None:
    wide = read_photo(
        placed(tmp_path, "a.jpg", deep_jpeg(np.full((16, 16, 3), (900, 2500, 3500), np.uint16))), assume_space="srgb"
    )
    linear = SRGB.decode(np.array([900, 2500, 3500]) / 4095).astype(np.float32)
    expected = encode_codes(apply_matrix(conversion_matrix(SRGB, PROPHOTO), linear), PROPHOTO, np.uint16)
    assert np.abs(wide.array.astype(int) - expected).max() <= 60


def test_grey_of_twelve_bits() -> None:
    picture = read_jpeg(io.BytesIO(deep_jpeg(DEEP[..., 0].copy())), 10_000)
    assert picture.is_gray
    assert np.abs(picture.samples[..., 1].astype(int) - DEEP[..., 0]).max() <= 24


def test_metadata_of_twelve_bits() -> None:
    app1 = make_segment(0xE1, exif_block(orientation=6))
    xmp = make_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP)
    app2 = make_segment(0xE2, b"ICC_PROFILE\0\1\1" + ICC)
    picture = read_jpeg(io.BytesIO(deep_jpeg(DEEP, app1, xmp, app2)), 10_000)
    assert (picture.icc, picture.exif, picture.xmp) == (ICC, exif_block(orientation=6), XMP)


def test_imagecodecs_is_needed_and_size_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    data = deep_jpeg()
    with pytest.raises(PhotoError, match="64 x 40 pixels are more than the limit of 2559"):
        read_jpeg(io.BytesIO(data), 2559)
    hide(monkeypatch, "imagecodecs")
    with pytest.raises(MissingExtraError, match="reading 12-bit JPEG needs imagecodecs"):
        read_jpeg(io.BytesIO(data), 10_000)


def test_eight_bits_need_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "imagecodecs")
    picture = read_jpeg(io.BytesIO(saved(Image.fromarray(smooth_array()), "JPEG", quality=95)), 10_000)
    assert picture.bits == 8


@pytest.mark.parametrize("cut", [3, 30, 300, -40])
def test_damaged_files(cut: int, tmp_path: Path) -> None:
    try:
        outcome = repr(read_photo(placed(tmp_path, "a.jpg", deep_jpeg()[:cut]), assume_space="srgb"))
    except PhotoError as error:
        outcome = str(error)
    assert outcome


def test_an_empty_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match=r"a.jpg: the file is empty"):
        read_photo(placed(tmp_path, "a.jpg", b""))
