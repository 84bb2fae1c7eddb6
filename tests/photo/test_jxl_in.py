from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from photo_files import XMP, exif_block, hide, smooth_array

from gamutmeta.color.icc import profile_bytes
from gamutmeta.errors import GamutMetaError, MissingExtraError, PhotoError
from gamutmeta.formats.boxes import make_box
from gamutmeta.formats.exif import orientation_of
from gamutmeta.photo.interpret import romm_of
from gamutmeta.photo.jxl_in import read_jxl
from gamutmeta.photo.jxl_out import write_jxl

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
