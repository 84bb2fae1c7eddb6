"""What counts as an sRGB picture of somebody else's."""

from __future__ import annotations

import io

import icc_builder
import numpy as np
import pytest
from carriers.hosts import png, with_pictures
from carriers.hosts import tiff as tiff_host
from photo_files import XMP, exif_block, saved, smooth_array
from PIL import Image, ImageCms

from gamutmeta.color.icc import profile_bytes
from gamutmeta.errors import PhotoError, ProfileError, UnsupportedFileError
from gamutmeta.formats.png import make_chunk
from gamutmeta.photo.pixels import decode_srgb, decode_sycc, encode_srgb_file
from gamutmeta.photo.srgb_in import read_srgb

PIXELS = smooth_array()
PICTURE = Image.fromarray(PIXELS)


@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff"])
def test_what_is_written_here_is_read_as_the_reader_of_a_payload_reads_it(kind: str) -> None:
    alpha = None if kind == "jpeg" else PIXELS[..., 0]
    data = encode_srgb_file(PIXELS, kind, exif=exif_block(), xmp=XMP, alpha=alpha)  # type: ignore[arg-type]
    found = read_srgb(data)
    np.testing.assert_array_equal(found.codes, decode_srgb(data))
    assert (found.samples is None) == (kind != "jpeg")
    if found.samples is not None:
        np.testing.assert_array_equal(found.samples, decode_sycc(data))
    else:
        np.testing.assert_array_equal(found.alpha, alpha)
    assert found.exif is not None
    assert found.xmp is not None
    assert found.names_space
    assert not found.has_further_pictures


def small_profile() -> bytes:
    """sRGB with curves of 26 points, as the smallest profiles of the web have them."""
    encoded = np.linspace(0, 1, 26)
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return icc_builder.matrix_profile(curves=[icc_builder.curv(np.rint(linear * 65535).astype(int).tolist())] * 3)


@pytest.mark.parametrize(
    "icc",
    [profile_bytes("srgb"), ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), small_profile()],
    ids=["own", "LittleCMS", "small"],
)
def test_every_profile_of_srgb_is_one(icc: bytes) -> None:
    assert read_srgb(saved(PICTURE, "JPEG", icc_profile=icc)).names_space


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            saved(PICTURE, "JPEG", icc_profile=profile_bytes("display-p3")),
            "its ICC profile '.*P3.*' is not that of sRGB",
        ),
        (saved(PICTURE, "PNG", icc_profile=profile_bytes("adobe-rgb")), "its ICC profile"),
        (saved(PICTURE, "TIFF", icc_profile=profile_bytes("rec2020")), "its ICC profile"),
        (saved(PICTURE, "JPEG", icc_profile=icc_builder.lut_profile()), "its ICC profile"),
        (saved(PICTURE, "JPEG", icc_profile=b"no profile at all" * 20), "ICC"),
        (saved(PICTURE, "JPEG", exif=exif_block(color_space=2)), "by its EXIF it is Adobe RGB"),
        (
            saved(PICTURE, "PNG")[:33] + make_chunk(b"cICP", bytes([12, 13, 0, 1])) + saved(PICTURE, "PNG")[33:],
            r"cICP chunk \(12/13 of H.273\)",
        ),
    ],
    ids=["P3", "Adobe RGB", "Rec.2020", "tables", "damaged", "EXIF", "cICP"],
)
def test_every_other_space_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(ProfileError, match=message):
        read_srgb(data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (saved(PICTURE.convert("L"), "JPEG"), "grey"),
        (saved(PICTURE.convert("L"), "PNG"), "grey"),
        (saved(PICTURE.convert("1"), "TIFF"), "grey"),
        (saved(PICTURE.convert("CMYK"), "JPEG"), "CMYK JPEG is not supported"),
        (saved(PICTURE.convert("CMYK"), "TIFF"), "CMYK TIFF is not supported"),
        (saved(Image.fromarray(np.zeros((4, 4), np.uint16)), "PNG"), "16 bits per sample"),
        (saved(PICTURE, "JPEG")[:400], "decoded"),
    ],
)
def test_what_is_no_picture_in_colour_with_8_bits_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(PhotoError, match=message):
        read_srgb(data)


def test_other_kinds_of_files_are_refused() -> None:
    with pytest.raises(UnsupportedFileError):
        read_srgb(saved(PICTURE, "WEBP"))


def test_a_file_that_names_no_space_says_so() -> None:
    for kind in ("JPEG", "PNG", "TIFF"):
        assert not read_srgb(saved(PICTURE, kind)).names_space


def test_the_standard_chunk_and_exif_name_srgb() -> None:
    plain = saved(PICTURE, "PNG")
    assert read_srgb(plain[:33] + make_chunk(b"sRGB", b"\0") + plain[33:]).names_space
    assert read_srgb(plain[:33] + make_chunk(b"cICP", bytes([1, 13, 0, 1])) + plain[33:]).names_space
    assert read_srgb(saved(PICTURE, "JPEG", exif=exif_block(color_space=1))).names_space


def test_further_pictures_are_noticed() -> None:
    assert read_srgb(with_pictures(saved(PICTURE, "JPEG"), [saved(PICTURE, "JPEG")])).has_further_pictures
    pages = io.BytesIO()
    PICTURE.save(pages, "TIFF", save_all=True, append_images=[PICTURE])
    assert read_srgb(pages.getvalue()).has_further_pictures
    frames = io.BytesIO()
    PICTURE.save(frames, "PNG", save_all=True, append_images=[Image.fromarray(255 - PIXELS)])
    found = read_srgb(frames.getvalue())
    assert found.has_further_pictures
    np.testing.assert_array_equal(found.codes, PIXELS)


@pytest.mark.parametrize("data", [png("P"), tiff_host()], ids=["palette", "TIFF"])
def test_other_forms_of_rgb_are_decoded(data: bytes) -> None:
    np.testing.assert_array_equal(read_srgb(data).codes, decode_srgb(data))
