from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from libjxl import encoded
from photo_files import XMP, exif_block, hide, smooth_array

from gamutmeta.color.icc import profile_bytes
from gamutmeta.errors import GamutMetaError, MissingExtraError, PhotoError
from gamutmeta.formats.boxes import make_box
from gamutmeta.formats.exif import orientation_of
from gamutmeta.photo.interpret import romm_of
from gamutmeta.photo.jxl_in import JXL_SIGNATURES, read_jxl
from gamutmeta.photo.jxl_out import write_jxl
from gamutmeta.photo.picture import FURTHER_PICTURES

if TYPE_CHECKING:
    from types import ModuleType

oiio: ModuleType = pytest.importorskip("OpenImageIO")
imagecodecs: ModuleType = pytest.importorskip("imagecodecs")

SMOOTH = smooth_array()
ICC = profile_bytes("prophoto")


def jxl(samples: np.ndarray = SMOOTH, **options: Any) -> bytes:
    file = io.BytesIO()
    write_jxl(file, samples, **({"quality": 100, "icc": ICC} | options))
    return file.getvalue()


def read(data: bytes) -> Any:
    return read_jxl(io.BytesIO(data), 10_000)


@pytest.mark.parametrize(("samples", "bits"), [(SMOOTH, 8), (SMOOTH.astype(np.uint16) * 256 + 77, 16)])
def test_depths(samples: np.ndarray, bits: int) -> None:
    picture = read(jxl(samples))
    assert np.array_equal(picture.samples, samples)
    assert (picture.bits, picture.icc, picture.cicp, picture.notes) == (bits, ICC, None, [])


def test_code_points_of_lossy_files() -> None:
    for space, expected in (("display-p3", (12, 13)), ("rec2020", (9, 1)), ("srgb", (1, 13))):
        picture = read(jxl(quality=90, icc=profile_bytes(space)))
        assert (picture.cicp, picture.icc) == (expected, None)
    # Of Adobe RGB the library makes a profile anew.
    assert read(jxl(quality=90, icc=profile_bytes("adobe-rgb"))).icc


def test_colours_that_the_decoder_clips_are_noted() -> None:
    [note] = read(jxl(quality=90)).notes
    assert "is decoded as linear sRGB" in note


def test_files_of_other_writers() -> None:
    bare = imagecodecs.jpegxl_encode(SMOOTH, lossless=True)
    assert bare.startswith(b"\xff\x0a")
    picture = read(bare)
    assert np.array_equal(picture.samples, SMOOTH)
    assert (picture.cicp, picture.exif, picture.is_gray) == ((1, 13), None, False)
    grey = read(imagecodecs.jpegxl_encode(SMOOTH[..., 0].copy(), lossless=True))
    assert grey.is_gray
    assert np.array_equal(grey.samples[..., 2], SMOOTH[..., 0])
    assert np.ptp(romm_of(grey, None), axis=2).max() <= 1
    assert grey.assumption is None
    with pytest.raises(PhotoError, match=r"JPEG XL with float samples is not supported"):
        read(imagecodecs.jpegxl_encode(SMOOTH.astype(np.float32) / 255))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("premultiplied", [False, True])
def test_transparency(channels: int, dtype: Any, *, premultiplied: bool) -> None:
    top = np.iinfo(dtype).max
    alpha = np.full((*SMOOTH.shape[:2], 1), top // 2, dtype)
    colours = (SMOOTH[..., :channels].astype(float) / 255 / 2 * top).astype(dtype)
    picture = read(encoded(np.dstack([colours, alpha]), premultiplied=premultiplied))
    assert (picture.is_gray, picture.notes) == (channels == 1, [])
    assert abs(int(picture.alpha[0, 0]) - 32767) <= 257
    expected = np.rint(colours.astype(float) * top / (top // 2)) if premultiplied else colours
    assert np.array_equal(picture.samples, np.broadcast_to(expected, SMOOTH.shape))


@pytest.mark.parametrize("lossless", [True, False])
def test_the_first_frame_of_an_animation(*, lossless: bool) -> None:
    frames = np.stack([SMOOTH, 255 - SMOOTH, SMOOTH // 2])
    data = imagecodecs.jpegxl_encode(frames, lossless=lossless, level=None if lossless else 95)
    picture = read(data)
    assert np.abs(picture.samples.astype(int) - SMOOTH).max() <= (0 if lossless else 12)
    assert picture.notes == [FURTHER_PICTURES]


def test_cmyk_is_named() -> None:
    with pytest.raises(PhotoError, match="CMYK JPEG XL is not supported; save it as RGB"):
        read(encoded(SMOOTH, black=SMOOTH[..., 0].copy()))


def test_tiny_files() -> None:
    bare = encoded(SMOOTH[:2, :2].copy())
    assert len(bare) < 64
    for data in (bare, JXL_SIGNATURES[1] + make_box(b"ftyp", b"jxl \0\0\0\0jxl ") + make_box(b"jxlc", bare)):
        assert len(data) < 128
        assert np.array_equal(read(data).samples, SMOOTH[:2, :2])


def test_lossless_linear_samples_lose_nothing() -> None:
    lossless, lossy = (encoded(SMOOTH, linear=True), jxl(quality=90))
    assert read(lossless).cicp == (1, 8)
    assert read(lossless).notes == []
    assert "colours outside sRGB are lost" in read(lossy).notes[0]


def test_metadata_plain_and_compressed() -> None:
    exif = exif_block(orientation=6)
    xmp = XMP.replace(b"dc:format", b'tiff:Orientation="6" dc:format')
    plain = jxl(exif=exif, xmp=xmp)
    compressed = jxl()
    for kind, content in ((b"Exif", b"\0\0\0\0" + exif[6:]), (b"xml ", xmp)):
        compressed += make_box(b"brob", kind + imagecodecs.brotli_encode(content))
    for data in (plain, compressed):
        picture = read(data)
        assert picture.exif is not None
        assert (len(picture.exif), orientation_of(picture.exif), picture.xmp) == (len(exif), 1, XMP)
        assert picture.notes == []


def test_damaged_metadata() -> None:
    assert read(jxl() + make_box(b"Exif", b"\0\0\0\0garbage")).notes == ["the EXIF block is damaged and was left out"]
    with pytest.raises(PhotoError, match="damaged metadata"):
        read(jxl() + make_box(b"brob", b"xml garbage"))


def test_a_bomb_of_metadata_is_not_unpacked() -> None:
    bomb = imagecodecs.brotli_encode(bytes(70 << 20), level=1)
    assert len(bomb) < 1 << 20
    with pytest.raises(PhotoError, match="damaged metadata"):
        read(jxl() + make_box(b"brob", b"xml " + bomb))


def test_size_is_checked_and_damage_is_told() -> None:
    data = jxl()
    with pytest.raises(PhotoError, match="64 x 40 pixels are more than the limit of 2559"):
        read_jxl(io.BytesIO(data), 2559)
    for cut in (1, 2, 20, 60, len(data) // 2, len(data) - 1):
        with pytest.raises(GamutMetaError):
            read(data[:cut])


def test_libraries_are_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    data = jxl() + make_box(b"brob", b"xml " + imagecodecs.brotli_encode(XMP))
    hide(monkeypatch, "imagecodecs")
    picture = read(data)
    assert picture.xmp is None
    assert "compressed metadata were left out" in picture.notes[0]
    hide(monkeypatch, "OpenImageIO")
    with pytest.raises(MissingExtraError, match=r"reading JPEG XL needs OpenImageIO; pip install 'gamutmeta\[jxl\]'"):
        read(data)
