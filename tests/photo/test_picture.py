from __future__ import annotations

import numpy as np
import pytest
from photo_files import XMP, exif_block, wide_array
from PIL import Image

from gamutmeta.errors import PhotoError
from gamutmeta.formats.exif import orientation_of
from gamutmeta.photo.picture import MAX_PIXELS, Picture, channels_of, check_size

ARRAY = wide_array(4, 5)


NOTES = {
    1: [],
    2: [],
    3: [],
    4: [],
    5: ["further channels were left out"],
    8: ["further channels were left out"],
}


@pytest.mark.parametrize("channels", NOTES)
def test_channels(channels: int) -> None:
    samples = np.concatenate([ARRAY, ARRAY, ARRAY[..., :2]], axis=2)[..., :channels]
    notes: list[str] = []
    rgb, alpha, is_gray = channels_of(samples, 16, notes)
    if channels in {2, 4}:
        assert np.array_equal(alpha, samples[..., -1])
    else:
        assert alpha is None
    assert rgb.shape == (4, 5, 3)
    assert is_gray == (channels < 3)
    assert np.array_equal(rgb, ARRAY[..., :1].repeat(3, axis=2) if is_gray else ARRAY)
    assert notes == NOTES[channels]
    assert np.shares_memory(rgb, samples)


def test_two_dimensions_are_grey() -> None:
    rgb, alpha, is_gray = channels_of(ARRAY[..., 0], 16, [])
    assert is_gray
    assert alpha is None
    assert np.array_equal(rgb[..., 2], ARRAY[..., 0])


FURTHER = "further channels were left out"


@pytest.mark.parametrize(
    ("extra", "place", "notes"),
    [
        ((2,), 3, []),
        ((0,), None, [FURTHER]),
        ((0, 2), 4, [FURTHER]),
        ((2, 0), 3, [FURTHER]),
        ((2, 2), 3, [FURTHER]),
        ((0, 0, 0), None, [FURTHER]),
    ],
)
def test_meaning_of_further_channels(extra: tuple[int, ...], place: int | None, notes: list[str]) -> None:
    samples = np.concatenate([ARRAY, ARRAY[..., ::-1]], axis=2)[..., : 3 + len(extra)]
    said: list[str] = []
    rgb, alpha, is_gray = channels_of(samples, 16, said, extra)
    assert np.array_equal(rgb, ARRAY)
    assert not is_gray
    assert (alpha is None) == (place is None)
    assert place is None or np.array_equal(alpha, samples[..., place])
    assert said == notes


def test_grey_with_further_channels_is_told_by_their_number() -> None:
    samples = np.concatenate([ARRAY, ARRAY[..., :1]], axis=2)
    rgb, alpha, is_gray = channels_of(samples, 16, [], (0, 2, 0))
    assert is_gray
    assert np.array_equal(rgb[..., 1], ARRAY[..., 0])
    assert np.array_equal(alpha, ARRAY[..., 2])


def test_premultiplied_colours_are_divided() -> None:
    alpha = np.array([[65535, 30000, 1, 0]], np.uint16)
    straight = np.full((1, 4, 3), (60000, 30000, 0), np.uint16)
    multiplied = np.rint(straight * (alpha[..., None] / 65535)).astype(np.uint16)
    rgb, kept, _ = channels_of(np.dstack([multiplied, alpha]), 16, [], (1,))
    assert np.array_equal(kept, alpha)
    assert np.abs(rgb[:, :2].astype(int) - straight[:, :2]).max() <= 1
    assert np.array_equal(rgb[:, 3], multiplied[:, 3])
    rgb, _, is_gray = channels_of(np.dstack([multiplied[..., :1], alpha]), 16, [], (1,))
    assert is_gray
    assert abs(int(rgb[0, 1, 2]) - 60000) <= 1


@pytest.mark.parametrize("shape", [(4,), (4, 5, 0), (4, 5, 9), (2, 4, 5, 3)])
def test_other_shapes(shape: tuple[int, ...]) -> None:
    with pytest.raises(PhotoError, match="not a picture"):
        channels_of(np.zeros(shape, np.uint8), 8, [])


def test_sizes() -> None:
    check_size(20_000, 25_000, MAX_PIXELS)
    with pytest.raises(PhotoError, match="more than the limit of 500000000"):
        check_size(20_001, 25_000, MAX_PIXELS)
    for size in ((0, 5), (5, 0), (-1, -1)):
        with pytest.raises(PhotoError, match="empty"):
            check_size(*size, MAX_PIXELS)


def test_metadata_are_taken_as_they_are_or_upright() -> None:
    packet = XMP.replace(b"dc:format", b'tiff:Orientation="6" dc:format')
    for upright, orientation in ((False, 6), (True, 1)):
        picture = Picture(ARRAY, 16)
        picture.take_exif(exif_block(orientation=6), upright=upright)
        picture.take_xmp(packet, upright=upright)
        assert orientation_of(picture.exif) == orientation
        assert (b"Orientation" in (picture.xmp or b"")) is not upright
        assert picture.notes == []


@pytest.mark.parametrize("exif", [None, exif_block()])
def test_orientation_that_only_xmp_tells(exif: bytes | None) -> None:
    block = exif_block().replace(b"\x12\1\3\0", b"\x13\1\3\0", 1) if exif else None  # another tag
    assert orientation_of(block) == 1
    packet = XMP.replace(b"dc:format", b"xmlns:t='http://ns.adobe.com/tiff/1.0/' t:Orientation = '8' dc:format")
    picture = Picture(ARRAY, 16)
    picture.take_exif(block)
    picture.take_xmp(packet)
    assert orientation_of(picture.exif) == 8
    assert picture.notes == []
    if exif:
        shown = Image.Exif()
        shown.load(picture.exif or b"")
        assert (shown[0x0112], shown[0x010F], shown.get_ifd(0x8769)[0x927C]) == (8, "Maker", b"maker\0note")
    turned = Picture(ARRAY, 16)
    turned.take_exif(block, upright=True)
    turned.take_xmp(packet, upright=True)
    assert orientation_of(turned.exif) == 1


def test_the_orientation_of_exif_counts_before_that_of_xmp() -> None:
    picture = Picture(ARRAY, 16)
    picture.take_exif(exif_block(orientation=1))
    picture.take_xmp(XMP.replace(b"dc:format", b'tiff:Orientation="8" dc:format'))
    assert picture.exif == exif_block(orientation=1)


def test_what_is_damaged_is_left_out_with_a_note() -> None:
    picture = Picture(ARRAY, 16)
    picture.take_exif(None)
    picture.take_exif(b"")
    picture.take_xmp(None)
    assert picture.notes == []
    picture.take_exif(b"Exif\0\0garbage", upright=True)
    assert (picture.exif, picture.notes) == (None, ["the EXIF block is damaged and was left out"])
