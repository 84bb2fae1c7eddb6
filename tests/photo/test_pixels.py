from __future__ import annotations

import io
import tracemalloc
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from photo_files import XMP, exif_block, saved, smooth_array, tiff_bytes, wide_array
from PIL import Image

from gamutmeta.color.icc import profile_bytes
from gamutmeta.errors import GamutMetaError, PhotoError
from gamutmeta.photo.pixels import decode_srgb, encode_srgb_file
from gamutmeta.photo.png_out import write_png

if TYPE_CHECKING:
    from collections.abc import Callable

PIXELS = (wide_array() >> 8).astype(np.uint8)
SMOOTH = smooth_array()
FORMATS = pytest.mark.parametrize("kind", ["jpeg", "png", "tiff"])


@pytest.mark.parametrize("kind", ["png", "tiff"])
def test_lossless_files_return_every_pixel(kind: Any) -> None:
    decoded = decode_srgb(encode_srgb_file(PIXELS, kind))
    assert np.array_equal(decoded, PIXELS)
    assert decoded.dtype == np.uint8
    assert decoded.flags.c_contiguous
    assert decoded.flags.writeable


def test_jpeg_is_what_pillow_decodes() -> None:
    data = encode_srgb_file(SMOOTH, quality=90, subsampling="4:2:0", progressive=True)
    assert np.array_equal(decode_srgb(data), np.asarray(Image.open(io.BytesIO(data))))
    assert Image.open(io.BytesIO(data)).info["progressive"]
    assert np.abs(decode_srgb(data).astype(int) - SMOOTH).max() <= 12


@FORMATS
def test_same_arguments_same_bytes(kind: Any) -> None:
    options: dict[str, Any] = {"exif": exif_block(), "xmp": XMP}
    assert encode_srgb_file(PIXELS, kind, **options) == encode_srgb_file(PIXELS.copy(), kind, **options)


@FORMATS
def test_profile_and_metadata(kind: Any) -> None:
    data = encode_srgb_file(SMOOTH, kind, exif=exif_block(color_space=0xFFFF, interop="R03"), xmp=XMP)
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == kind.upper()
        assert image.info["icc_profile"] == profile_bytes("srgb")
        assert image.getexif()[0x0112] == 6
        assert image.getexif().get_ifd(0x8769)[0xA001] == 1
        assert image.getexif().get_ifd(0xA005)[1] == "R98"
        assert image.info.get("xmp", XMP) == XMP
    with Image.open(io.BytesIO(encode_srgb_file(SMOOTH, kind))) as image:
        assert not {"exif", "xmp"} & set(image.info)


@pytest.mark.parametrize("orientation", range(1, 9))
@FORMATS
def test_orientation_is_not_applied(kind: Any, orientation: int) -> None:
    upright = decode_srgb(encode_srgb_file(PIXELS, kind))
    data = encode_srgb_file(PIXELS, kind, exif=exif_block(orientation=orientation))
    assert np.array_equal(decode_srgb(data), upright)


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("L", "JPEG"),
        ("L", "PNG"),
        ("LA", "PNG"),
        ("RGBA", "PNG"),
        ("P", "PNG"),
        ("1", "PNG"),
        ("RGBA", "TIFF"),
        ("L", "TIFF"),
        ("P", "TIFF"),
    ],
)
def test_other_modes_are_expanded(mode: str, kind: str) -> None:
    image = Image.fromarray(PIXELS)
    image = image.convert("L").convert(mode) if mode in {"LA", "1"} else image.convert(mode)
    data = saved(image, kind)
    decoded = decode_srgb(data)
    assert decoded.shape == PIXELS.shape
    assert np.array_equal(decoded, np.asarray(Image.open(io.BytesIO(data)).convert("RGB")))


def test_transparency_is_not_blended() -> None:
    image = Image.fromarray(PIXELS)
    image.putalpha(Image.fromarray(PIXELS[..., 0]))
    assert np.array_equal(decode_srgb(saved(image, "PNG")), PIXELS)


def test_several_pictures() -> None:
    image = Image.fromarray(SMOOTH)
    data = saved(image, "MPO", save_all=True, append_images=[image.rotate(180)], quality=95)
    assert np.abs(decode_srgb(data).astype(int) - SMOOTH).max() <= 12


def png16() -> bytes:
    file = io.BytesIO()
    write_png(file, wide_array(), icc=None)
    return file.getvalue()


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (png16, "PNG picture has 16 bits per sample"),
        (lambda: tiff_bytes(wide_array()), "TIFF picture has 16 bits per sample"),
        (lambda: saved(Image.fromarray(wide_array()[..., 0]), "PNG"), "16 bits per sample"),
        (lambda: saved(Image.fromarray(wide_array()[..., 0]), "TIFF"), "16 bits per sample"),
        (lambda: saved(Image.new("F", (4, 4)), "TIFF"), "32 bits per sample"),
        (lambda: saved(Image.fromarray(PIXELS).convert("CMYK"), "JPEG"), "CMYK JPEG"),
        (lambda: saved(Image.fromarray(PIXELS).convert("CMYK"), "TIFF"), "CMYK TIFF"),
        (lambda: saved(Image.fromarray(PIXELS).convert("LAB"), "TIFF"), "CIE Lab TIFF"),
        (lambda: saved(Image.fromarray(PIXELS), "BMP"), "cannot be decoded"),
        (lambda: saved(Image.fromarray(PIXELS), "WEBP"), "cannot be decoded"),
        (lambda: b"", "cannot be decoded"),
        (lambda: encode_srgb_file(PIXELS)[:-50], "cannot be decoded"),
        (lambda: encode_srgb_file(PIXELS, "png")[:-500], "cannot be decoded"),
    ],
)
def test_refusals(make: Callable[[], bytes], problem: str) -> None:
    with pytest.raises(PhotoError, match=problem):
        decode_srgb(make())


@FORMATS
def test_size_limit(kind: Any) -> None:
    data = encode_srgb_file(PIXELS, kind)
    assert decode_srgb(data, max_pixels=37 * 53).shape == PIXELS.shape
    with pytest.raises(PhotoError, match="53 x 37 pixels are more than the limit of 1960"):
        decode_srgb(data, max_pixels=37 * 53 - 1)


@pytest.mark.parametrize(
    "pixels",
    [wide_array(), PIXELS[..., 0], PIXELS[..., :2], PIXELS[:0], PIXELS.astype(np.float32)],
    ids=lambda a: str(a.shape),
)
def test_pixels_are_checked(pixels: np.ndarray) -> None:
    with pytest.raises(PhotoError, match="pixels must be uint8 of shape"):
        encode_srgb_file(pixels)


def test_format_and_exif_are_checked() -> None:
    with pytest.raises(PhotoError, match="jpeg, png or tiff, not webp"):
        encode_srgb_file(PIXELS, "webp")  # type: ignore[arg-type]
    with pytest.raises(PhotoError, match="TIFF"):
        encode_srgb_file(PIXELS, "tiff", exif=b"Exif\0\0garbage")


def test_array_need_not_be_contiguous() -> None:
    for kind in ("png", "tiff"):
        data = encode_srgb_file(PIXELS[::2, ::-1], kind)  # type: ignore[arg-type]
        assert np.array_equal(decode_srgb(data), PIXELS[::2, ::-1])


@given(data=st.data())
def test_any_bytes_give_pixels_or_an_error(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["jpeg", "png", "tiff"]))
    content = bytearray(encode_srgb_file(PIXELS, kind))  # type: ignore[arg-type]
    for position in data.draw(st.lists(st.integers(0, min(len(content), 500) - 1), max_size=5)):
        content[position] = data.draw(st.integers(0, 255))
    try:
        outcome = str(decode_srgb(bytes(content), max_pixels=100_000).shape)
    except GamutMetaError as error:
        outcome = str(error)
    except UserWarning as warning:
        # Pillow's, about metadata; an error only because the tests make it one.
        outcome = str(warning)
    assert outcome


@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff"])
def test_memory_is_bounded(kind: Any) -> None:
    pixels = np.zeros((1500, 2000, 3), np.uint8)
    data = encode_srgb_file(pixels, kind)
    tracemalloc.start()
    decode_srgb(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # The result and strips (a megapixel each), no second copy of the picture.
    assert peak < 1.2 * pixels.nbytes + 8e6
