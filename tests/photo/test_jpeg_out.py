from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from photo_files import XMP, exif_block, smooth_array
from PIL import Image, ImageFile, JpegImagePlugin

from gamutmeta.color.icc import profile_bytes
from gamutmeta.errors import CarrierError, GamutMetaWarning, PhotoError
from gamutmeta.photo.jpeg_out import write_jpeg

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMOOTH = smooth_array()
ICC = profile_bytes("srgb")


def written(samples: NDArray[np.uint8] = SMOOTH, **options: Any) -> Image.Image:
    file = io.BytesIO()
    write_jpeg(file, samples, **({"icc": ICC} | options))
    return Image.open(file)


@pytest.mark.parametrize(("subsampling", "code"), [("4:4:4", 0), ("4:2:2", 1), ("4:2:0", 2)])
@pytest.mark.parametrize("progressive", [False, True])
def test_options(subsampling: str, code: int, progressive: bool) -> None:  # noqa: FBT001
    image = written(subsampling=subsampling, progressive=progressive, exif=exif_block(), xmp=XMP)
    assert JpegImagePlugin.get_sampling(image) == code
    assert bool(image.info.get("progressive")) == progressive
    assert np.abs(np.asarray(image).astype(int) - SMOOTH).max() <= 8
    assert (image.info["icc_profile"], image.info["exif"], image.info["xmp"]) == (ICC, exif_block(), XMP)


def test_quality_counts() -> None:
    errors = [np.abs(np.asarray(written(quality=q)).astype(int) - SMOOTH).mean() for q in (1, 50, 100)]
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > 3 * errors[2]


def test_bare() -> None:
    assert not {"icc_profile", "exif", "xmp"} & set(written(icc=None).info)


@pytest.mark.parametrize("progressive", [False, True])
def test_noise(progressive: bool, capfd: pytest.CaptureFixture[str]) -> None:  # noqa: FBT001
    noise = np.random.default_rng(0).integers(0, 256, (400, 600, 3), np.uint8)
    before = ImageFile.MAXBLOCK
    image = written(noise, quality=100, progressive=progressive)
    assert np.abs(np.asarray(image).astype(int) - noise).mean() < 1
    assert before == ImageFile.MAXBLOCK
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"quality": 0}, "quality must be 1 to 100, not 0"),
        ({"quality": 101}, "not 101"),
        ({"subsampling": "4:1:1"}, "one of 4:4:4, 4:2:2, 4:2:0, not 4:1:1"),
        (
            {"samples": np.zeros((1, 65501, 3), np.uint8)},
            r"65501 x 1 pixels do not fit JPEG \(at most 65,500 on a side\)",
        ),
    ],
)
def test_refusals(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(PhotoError, match=problem):
        written(**options)


def long_exif() -> bytes:
    exif = Image.Exif()
    exif.load(exif_block())
    exif._ifds[0x8769] = {0x9003: "2026:01:02 03:04:05", 0x927C: bytes(70_000)}
    return b"Exif\0\0" + exif.tobytes()[6:]


def test_long_exif_loses_its_maker_note() -> None:
    with pytest.warns(GamutMetaWarning, match="left out: the maker notes"):
        image = written(exif=long_exif())
    assert image.getexif()[0x010F] == "Maker"
    assert image.getexif().get_ifd(0x8769)[0x9003] == "2026:01:02 03:04:05"
    assert 0x927C not in image.getexif().get_ifd(0x8769)


def test_exif_that_stays_too_long_loses_its_longest_field() -> None:
    exif = Image.Exif()
    exif[0x010E] = "x" * 70_000
    exif[0x010F] = "Maker"
    exif[0x0112] = 6
    with pytest.warns(GamutMetaWarning, match=r"left out: the field 0x010e \(ImageDescription\)"):
        image = written(exif=b"Exif\0\0" + exif.tobytes()[6:])
    kept = image.getexif()
    assert (kept.get(0x010E), kept[0x010F], kept[0x0112]) == (None, "Maker", 6)


def test_long_xmp_is_left_out() -> None:
    longest = XMP.ljust(65533 - 29)
    assert written(xmp=longest).info["xmp"] == longest
    with pytest.warns(GamutMetaWarning, match="XMP packet is too long"):
        image = written(xmp=longest + b" ")
    assert "xmp" not in image.info


def test_long_and_damaged_exif() -> None:
    with pytest.raises(CarrierError):
        written(exif=b"Exif\0\0" + bytes(70_000))
