from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from photo_files import XMP, exif_block, hide, wide_array
from PIL import Image

from gamutmeta.color.icc import profile_bytes
from gamutmeta.color.spaces import SPACES
from gamutmeta.errors import OutputExistsError, PhotoError
from gamutmeta.photo import WideImage, decode_srgb, read_photo, write_photo

if TYPE_CHECKING:
    from pathlib import Path

ARRAY = wide_array()
WIDE = WideImage(ARRAY, exif=exif_block(color_space=1), xmp=XMP)
EIGHT = np.rint(ARRAY / 257).astype(np.uint8)


@pytest.mark.parametrize("name", ["a.tif", "a.TIFF", "a.png"])
def test_sixteen_bits_come_back(name: str, tmp_path: Path) -> None:
    if name.endswith("png"):
        pytest.importorskip("imagecodecs")
    write_photo(WIDE, tmp_path / name)
    again = read_photo(tmp_path / name)
    assert np.array_equal(again.array, ARRAY)
    assert (again.space, again.xmp, again.orientation, again.notes) == ("prophoto", XMP, 6, ())


@pytest.mark.parametrize("name", ["a.tif", "a.png", "a.jpg", "a.JPEG"])
@pytest.mark.parametrize("space", SPACES)
def test_eight_bits_come_back(name: str, space: str, tmp_path: Path) -> None:
    write_photo(WideImage(ARRAY, space, exif=exif_block(), xmp=XMP), tmp_path / name, depth=8)
    with Image.open(tmp_path / name) as image:
        assert image.mode == "RGB"
        assert image.info["icc_profile"] == profile_bytes(space)
        assert image.getexif()[0x0112] == 6
        assert image.getexif().get_ifd(0x8769)[0xA001] == (1 if space == "srgb" else 0xFFFF)
        assert image.getexif().get_ifd(0x8825)[1] == "N"
    if name.endswith(("tif", "png")):
        assert np.array_equal(decode_srgb((tmp_path / name).read_bytes()), EIGHT)
    assert read_photo(tmp_path / name).xmp == XMP


@pytest.mark.parametrize("name", ["a.tif", "a.png"])
def test_sixteen_bit_metadata_for_other_readers(name: str, tmp_path: Path) -> None:
    write_photo(WIDE.convert("display-p3"), tmp_path / name)
    with Image.open(tmp_path / name) as image:
        exif = image.getexif()
        assert exif[0x010F] == "Maker"
        assert exif[0x0112] == 6
        assert exif.get_ifd(0x8769)[0x9003] == "2026:01:02 03:04:05"
        assert exif.get_ifd(0x8769)[0xA001] == 0xFFFF
        assert exif.get_ifd(0x8825)[2] == (48, 12, 34.5)
        assert image.info["icc_profile"] == profile_bytes("display-p3")
        assert image.info["xmp"] == XMP


@pytest.mark.parametrize("name", ["a.tif", "a.png"])
@pytest.mark.parametrize("depth", [8, 16])
def test_same_photograph_same_bytes(name: str, depth: int, tmp_path: Path) -> None:
    write_photo(WIDE, tmp_path / name, depth=depth)
    write_photo(WIDE, tmp_path / f"again-{name}", depth=depth)
    assert (tmp_path / name).read_bytes() == (tmp_path / f"again-{name}").read_bytes()


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(b"precious")
    with pytest.raises(OutputExistsError):
        WIDE.save(path)
    assert path.read_bytes() == b"precious"
    WIDE.save(path, overwrite=True)
    assert tifffile.imread(path).shape == ARRAY.shape
    assert [p.name for p in tmp_path.iterdir()] == ["a.tif"]


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match=r"\.tif, \.tiff, \.png, \.jpg, \.jpeg, not \.bmp"):
        write_photo(WIDE, tmp_path / "a.bmp")
    with pytest.raises(PhotoError, match="without a suffix"):
        write_photo(WIDE, tmp_path / "a")
    with pytest.raises(PhotoError, match="8 or 16 bits per channel, not 12"):
        write_photo(WIDE, tmp_path / "a.tif", depth=12)
    with pytest.raises(PhotoError, match="JPEG holds 8 bits"):
        write_photo(WIDE, tmp_path / "a.jpg")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("depth", [8, 16])
def test_damaged_exif_leaves_no_file(depth: int, tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match=r"a\.tif: TIFF"):
        write_photo(WideImage(ARRAY, exif=b"Exif\0\0garbage"), tmp_path / "a.tif", depth=depth)
    assert list(tmp_path.iterdir()) == []


def test_without_imagecodecs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "imagecodecs")
    for name in ("a.tif", "a.png"):
        write_photo(WIDE, tmp_path / name)
    assert np.array_equal(read_photo(tmp_path / "a.tif").array, ARRAY)
    assert (tmp_path / "a.png").stat().st_size > ARRAY.nbytes / 2
