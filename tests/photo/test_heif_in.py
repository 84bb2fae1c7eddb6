from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from heif_boxes import clap, with_property
from photo_files import XMP, exif_block, hide, saved, smooth_array
from PIL import Image

from gamutmeta.color.icc import profile_bytes
from gamutmeta.errors import MissingExtraError, PhotoError
from gamutmeta.formats.exif import orientation_of
from gamutmeta.photo.heif_in import read_avif, read_heif
from gamutmeta.photo.picture import FURTHER_PICTURES

if TYPE_CHECKING:
    from types import ModuleType

pillow_heif: ModuleType = pytest.importorskip("pillow_heif")

SMOOTH = smooth_array()
ICC = profile_bytes("display-p3")


def heic(samples: np.ndarray = SMOOTH, mode: str = "RGB", **options: Any) -> io.BytesIO:
    height, width = samples.shape[:2]
    heif = pillow_heif.from_bytes(mode, (width, height), samples.tobytes())
    file = io.BytesIO()
    heif.save(file, quality=-1, chroma=444, **options)
    return file


def avif(**options: Any) -> io.BytesIO:
    return io.BytesIO(saved(Image.fromarray(SMOOTH), "AVIF", quality=95, subsampling="4:4:4", **options))


def test_heic() -> None:
    picture = read_heif(heic(), 10_000)
    assert np.abs(picture.samples.astype(int) - SMOOTH).max() <= 2
    assert (picture.bits, picture.is_gray, picture.icc, picture.notes) == (8, False, None, [])
    assert picture.cicp == (1, 13)


def test_ten_bits() -> None:
    samples = SMOOTH.astype(np.uint16) * 257
    picture = read_heif(heic(samples, "RGB;16"), 10_000)
    assert picture.bits == 10
    assert np.abs(picture.samples - SMOOTH * (1023 / 255)).max() <= 3


def test_profile_counts_before_code_points() -> None:
    heif = pillow_heif.from_pillow(Image.fromarray(SMOOTH))
    heif.info["icc_profile"], heif.info["icc_profile_type"] = ICC, "prof"
    file = io.BytesIO()
    heif.save(file)
    picture = read_heif(file, 10_000)
    assert (picture.icc, picture.cicp) == (ICC, None)


def test_code_points() -> None:
    picture = read_heif(heic(color_primaries=12, transfer_characteristics=13, matrix_coefficients=6), 10_000)
    assert picture.cicp == (12, 13)


def test_orientation_is_applied_already() -> None:
    # The encoder turns the orientation into the file's own rotation, which the decoder applies.
    packet = XMP.replace(b"dc:format", b'tiff:Orientation="6" dc:format')
    file = heic(exif=exif_block(orientation=6), xmp=packet)
    picture = read_heif(file, 10_000)
    assert picture.samples.shape == (SMOOTH.shape[1], SMOOTH.shape[0], 3)
    assert np.abs(picture.samples.astype(int) - np.rot90(SMOOTH, -1)).max() <= 2
    assert orientation_of(picture.exif) == 1
    assert picture.xmp is not None
    assert b"Orientation" not in picture.xmp
    exif = Image.Exif()
    exif.load(picture.exif or b"")
    assert exif[0x010F] == "Maker"


def test_transparency_is_kept_and_further_pictures_are_noted() -> None:
    rgba = np.dstack([SMOOTH, np.full(SMOOTH.shape[:2], 200, np.uint8)])
    heif = pillow_heif.from_bytes("RGBA", (64, 40), rgba.tobytes())
    heif.add_frombytes("RGB", (64, 40), SMOOTH.tobytes())
    file = io.BytesIO()
    heif.save(file, save_all=True)
    picture = read_heif(file, 10_000)
    assert picture.samples.shape == SMOOTH.shape
    assert picture.alpha is not None
    assert np.abs(picture.alpha.astype(int) - 200 * 257).max() <= 2 * 257
    assert picture.notes == ["the file contains further pictures; only the first one was read"]


def test_avif() -> None:
    picture = read_avif(avif(icc_profile=ICC, exif=exif_block(orientation=1), xmp=XMP), 10_000)
    assert np.abs(picture.samples.astype(int) - SMOOTH).max() <= 8
    assert (picture.bits, picture.icc, picture.cicp, picture.xmp) == (8, ICC, None, XMP)
    assert picture.exif is not None


def test_avif_code_points() -> None:
    picture = read_avif(avif(), 10_000)
    assert (picture.icc, picture.cicp) == (None, (1, 13))


def test_avif_orientation_is_in_its_exif() -> None:
    picture = read_avif(avif(exif=exif_block(orientation=6)), 10_000)
    assert picture.samples.shape == SMOOTH.shape
    assert orientation_of(picture.exif) == 6


def test_avif_of_ten_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    samples = SMOOTH.astype(np.uint16) * 4
    file = io.BytesIO(imagecodecs.avif_encode(samples, bitspersample=10, level=100))
    picture = read_avif(file, 10_000)
    assert picture.bits == 10
    assert np.abs(picture.samples.astype(int) - samples).max() <= 2
    hide(monkeypatch, "imagecodecs")
    with pytest.raises(MissingExtraError, match="reading 10-bit AVIF needs imagecodecs"):
        read_avif(file, 10_000)


def deep_avif(*frames: np.ndarray, bits: int) -> bytes:
    imagecodecs = pytest.importorskip("imagecodecs")
    samples = np.stack(frames) if len(frames) > 1 else frames[0]
    deep = samples if bits == 8 else (samples.astype(np.uint16) << (bits - 8))
    return bytes(imagecodecs.avif_encode(deep, bitspersample=bits, level=100))


@pytest.mark.parametrize("bits", [8, 10, 12])
def test_the_first_picture_of_an_animated_avif(bits: int) -> None:
    data = deep_avif(SMOOTH, 255 - SMOOTH, bits=bits)
    assert data[8:12] == b"avis"
    picture = read_avif(io.BytesIO(data), 10_000)
    assert picture.bits == bits
    assert np.abs(picture.samples / (1 << (bits - 8)) - SMOOTH).max() <= 2
    assert picture.notes == [FURTHER_PICTURES]


def test_the_first_picture_of_an_animation_by_pillow() -> None:
    picture = read_avif(avif(save_all=True, append_images=[Image.fromarray(255 - SMOOTH)]), 10_000)
    assert np.abs(picture.samples.astype(int) - SMOOTH).max() <= 8
    assert picture.notes == [FURTHER_PICTURES]


@pytest.mark.parametrize("bits", [8, 10, 12])
def test_avif_is_cut_to_its_clean_aperture(bits: int) -> None:
    box = clap((20, 1), (30, 1), (3, 1), (-5, 1))
    picture = read_avif(io.BytesIO(with_property(deep_avif(SMOOTH, bits=bits), box)), 10_000)
    assert picture.samples.shape == (30, 20, 3)
    assert np.abs(picture.samples / (1 << (bits - 8)) - SMOOTH[:30, 25:45]).max() <= 2
    assert picture.notes == []


@pytest.mark.parametrize(("reader", "file"), [(read_heif, heic()), (read_avif, avif())], ids=["HEIC", "AVIF"])
def test_pillow_heif_is_needed_and_size_is_checked(
    reader: Any, file: io.BytesIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PhotoError, match="64 x 40 pixels are more than the limit of 2559"):
        reader(file, 2559)
    hide(monkeypatch, "pillow_heif")
    with pytest.raises(MissingExtraError, match=r"needs pillow-heif; pip install 'gamutmeta\[heif\]'"):
        reader(file, 10_000)
