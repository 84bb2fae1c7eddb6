from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import PIL
import pytest
from photo_files import XMP, exif_block, saved, smooth_array
from PIL import Image

from gamutmeta.color.icc import profile_bytes
from gamutmeta.errors import PhotoError, ProfileError
from gamutmeta.formats.jpeg import make_segment
from gamutmeta.formats.xmp import FURTHER_PICTURES_NOTE
from gamutmeta.photo import pillow_in
from gamutmeta.photo.interpret import romm_of
from gamutmeta.photo.picture import FURTHER_PICTURES
from gamutmeta.photo.pillow_in import array_of, read_pillow

PILLOW = tuple(int(part) for part in PIL.__version__.split(".")[:2])
SMOOTH = smooth_array()
ICC = profile_bytes("display-p3")
FORMATS = ("JPEG", "PNG", "WEBP")


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG"])
def test_picture_and_metadata(kind: str) -> None:
    options = {"quality": 95, "xmp": XMP} if kind != "PNG" else {}
    data = saved(Image.fromarray(SMOOTH), kind, icc_profile=ICC, exif=exif_block(), **options)
    picture = read_pillow(io.BytesIO(data), FORMATS, 10_000)
    assert np.abs(picture.samples.astype(int) - SMOOTH).max() <= 12
    assert (picture.bits, picture.icc, picture.exif, picture.notes) == (8, ICC, exif_block(), [])
    assert picture.xmp == (XMP if options else None)


def test_orientation_is_not_applied() -> None:
    data = saved(Image.fromarray(SMOOTH), "JPEG", exif=exif_block(orientation=6))
    assert read_pillow(io.BytesIO(data), FORMATS, 10_000).samples.shape == SMOOTH.shape


def test_grey_jpeg() -> None:
    grey = Image.fromarray(SMOOTH).convert("L")
    picture = read_pillow(io.BytesIO(saved(grey, "JPEG", quality=95)), FORMATS, 10_000)
    assert picture.is_gray
    assert np.array_equal(picture.samples[..., 0], picture.samples[..., 2])
    assert np.abs(picture.samples[..., 0].astype(int) - np.asarray(grey)).max() <= 3


@pytest.mark.parametrize("lost", [b"\1\2", b"\2\2"])
def test_a_profile_without_one_of_its_segments(lost: bytes) -> None:
    data = saved(Image.fromarray(SMOOTH), "JPEG", icc_profile=ICC)
    start = data.index(b"ICC_PROFILE\0") - 4
    end = start + 2 + int.from_bytes(data[start + 2 : start + 4], "big")
    parts = {
        number + b"\2": make_segment(0xE2, b"ICC_PROFILE\0" + number + b"\2" + part)
        for number, part in ((b"\1", ICC[:200]), (b"\2", ICC[200:]))
    }
    whole = data[:start] + b"".join(parts.values()) + data[end:]
    assert read_pillow(io.BytesIO(whole), FORMATS, 10_000).icc == ICC
    parts.pop(lost)
    picture = read_pillow(io.BytesIO(data[:start] + b"".join(parts.values()) + data[end:]), FORMATS, 10_000)
    with pytest.raises(ProfileError, match="the ICC profile is incomplete: segments of it are missing; pass assume"):
        romm_of(picture, None)
    romm_of(picture, "display-p3")
    assert "Display P3 was assumed" in (picture.assumption or "")


def test_cmyk_is_named() -> None:
    data = saved(Image.fromarray(SMOOTH).convert("CMYK"), "JPEG")
    with pytest.raises(PhotoError, match="CMYK JPEG is not supported"):
        read_pillow(io.BytesIO(data), FORMATS, 10_000)


def test_transparency_is_kept() -> None:
    image = Image.fromarray(SMOOTH)
    image.putalpha(77)
    picture = read_pillow(io.BytesIO(saved(image, "WEBP", lossless=True, exact=True)), FORMATS, 10_000)
    assert np.array_equal(picture.samples, SMOOTH)
    assert picture.alpha is not None
    assert (picture.alpha == 77 * 257).all()
    assert picture.notes == []


@pytest.mark.parametrize(
    ("mode", "key"), [("P", bytes(range(0, 256, 2))), ("P", 107), ("RGB", (60, 180, 90)), ("L", 135), ("1", 1)]
)
def test_transparent_colours(mode: str, key: Any) -> None:
    if mode == "1" and PILLOW < (12, 1):
        pytest.skip("Pillow before 12.1 loses the transparent colour of a bilevel picture")
    image = Image.fromarray(SMOOTH).convert(mode)
    with Image.open(io.BytesIO(saved(image, "PNG", transparency=key))) as reference:
        expected = np.asarray(reference.convert("RGBA"))
    picture = read_pillow(io.BytesIO(saved(image, "PNG", transparency=key)), ["PNG"], 10_000)
    assert picture.alpha is not None
    assert 0 < (picture.alpha < 65535).sum() < picture.alpha.size
    assert np.array_equal(np.dstack([picture.samples, picture.alpha // 257]), expected)


def test_larger_than_pillow_likes(monkeypatch: pytest.MonkeyPatch) -> None:
    data = saved(Image.fromarray(SMOOTH), "PNG")
    # As if these 2,560 pixels were more than 179 million.
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    monkeypatch.setattr(pillow_in, "_PILLOWS_LIMIT", 1000)
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(data))
    assert np.array_equal(read_pillow(io.BytesIO(data), ["PNG"], 10_000).samples, SMOOTH)


@pytest.mark.parametrize("limit", [1279, 1280, None])
def test_a_limit_set_for_pillow_counts(limit: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    data = saved(Image.fromarray(SMOOTH), "PNG")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    if limit == 1279:
        with pytest.raises(
            PhotoError, match=r"64 x 40 pixels are more than twice PIL\.Image\.MAX_IMAGE_PIXELS \(1279\)"
        ):
            read_pillow(io.BytesIO(data), ["PNG"], 10_000)
    else:
        assert np.array_equal(read_pillow(io.BytesIO(data), ["PNG"], 10_000).samples, SMOOTH)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_copied_strip_by_strip(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pillow_in, "_COPIED_PIXELS", 64 * 7)
    image = Image.fromarray(SMOOTH).convert(mode)
    assert np.array_equal(array_of(image), np.asarray(image))


@pytest.mark.parametrize("kind", ["MPO", "WEBP", "PNG"])
def test_further_pictures_are_noted(kind: str) -> None:
    image = Image.fromarray(SMOOTH)
    data = saved(image, kind, save_all=True, append_images=[image.rotate(180)])
    picture = read_pillow(io.BytesIO(data), FORMATS, 10_000)
    assert np.abs(picture.samples.astype(int) - SMOOTH).max() <= 12
    assert picture.notes == ["the file contains further pictures; only the first one was read"]


def test_gain_map_in_a_jpeg_is_noted() -> None:
    image = Image.fromarray(SMOOTH)
    data = saved(image, "MPO", save_all=True, append_images=[image])
    packet = XMP.replace(
        b'xmlns:dc="http://purl.org/dc/elements/1.1/"',
        b'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"',
    )
    segment = make_segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet)
    picture = read_pillow(io.BytesIO(data[:2] + segment + data[2:]), FORMATS, 10_000)
    assert b"rdf:Description" in (picture.xmp or b"")
    assert b"hdrgm:Version" not in (picture.xmp or b"")
    assert set(picture.notes) == {FURTHER_PICTURES, FURTHER_PICTURES_NOTE}


def test_damaged_exif_is_noted() -> None:
    data = saved(Image.fromarray(SMOOTH), "JPEG", exif=b"Exif\0\0MM\0*" + struct.pack(">I", 1 << 20))
    with pytest.warns(UserWarning, match="Corrupt EXIF"):
        picture = read_pillow(io.BytesIO(data), FORMATS, 10_000)
    assert picture.exif is None
    assert picture.notes == ["the EXIF block is damaged and was left out"]


def test_size_is_checked_before_decoding() -> None:
    data = saved(Image.fromarray(SMOOTH), "JPEG")[:-20]
    with pytest.raises(PhotoError, match="64 x 40 pixels are more than the limit of 2559"):
        read_pillow(io.BytesIO(data), FORMATS, 2559)


def test_other_formats_are_not_tried() -> None:
    with pytest.raises(OSError, match="cannot identify"):
        read_pillow(io.BytesIO(saved(Image.fromarray(SMOOTH), "BMP")), FORMATS, 10_000)


@pytest.mark.parametrize(
    ("mode", "channels"),
    [("1", 0), ("L", 0), ("P", 3), ("LA", 2), ("RGBX", 3), ("RGBa", 4), ("RGBA", 4), ("YCbCr", 3), ("RGB", 3)],
)
def test_modes(mode: str, channels: int) -> None:
    source = Image.fromarray(SMOOTH).convert("RGBA" if mode == "RGBa" else "L" if mode in {"1", "LA"} else "RGB")
    array = array_of(source.convert(mode))
    assert array.dtype == np.uint8
    assert array.shape == (SMOOTH.shape[:2] if not channels else (*SMOOTH.shape[:2], channels))


@pytest.mark.parametrize(
    ("mode", "name"), [("I;16", "16-bit grey"), ("I", "32-bit"), ("F", "floating"), ("LAB", "Lab"), ("HSV", "HSV")]
)
def test_modes_that_are_no_photograph(mode: str, name: str) -> None:
    with pytest.raises(PhotoError, match=name):
        array_of(Image.new(mode, (4, 4)))
