from __future__ import annotations

import io
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from photo_files import XMP, exif_block, wide_array
from PIL import Image

from gamutmeta.color.convert import convert_space
from gamutmeta.color.icc import profile_bytes
from gamutmeta.color.spaces import DISPLAY_P3, PROPHOTO, SPACES, SRGB
from gamutmeta.errors import PhotoError
from gamutmeta.photo import WideImage

if TYPE_CHECKING:
    from pathlib import Path


def test_what_it_holds() -> None:
    array = wide_array(5, 7)
    wide = WideImage(array, "rec2020", exif=exif_block(orientation=3), xmp=XMP, notes=("a note",))
    assert wide.array is array
    assert (wide.width, wide.height, wide.size) == (7, 5, (7, 5))
    assert wide.orientation == 3
    assert wide.space == "rec2020"
    assert wide.icc_profile == profile_bytes("rec2020")
    assert wide.notes == ("a note",)
    assert repr(wide) == "<WideImage 7x5 16-bit rec2020>"


def test_defaults() -> None:
    wide = WideImage(wide_array())
    assert (wide.space, wide.exif, wide.xmp, wide.notes, wide.orientation) == ("prophoto", None, None, (), 1)
    assert not hasattr(wide, "__dict__")


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4), np.uint16),
        np.zeros((4, 4, 4), np.uint16),
        np.zeros((0, 4, 3), np.uint16),
        np.zeros((4, 0, 3), np.uint16),
        np.zeros((4, 4, 3), np.uint8),
        np.zeros((4, 4, 3), np.int16),
        np.zeros((4, 4, 4), np.float32),
        np.zeros((4, 4, 3), complex),
        np.zeros((4, 4, 3), bool),
        [[[1, 2, 3]]],
        None,
    ],
    ids=str,
)
def test_array_is_checked(array: Any) -> None:
    with pytest.raises(PhotoError, match="uint16 or float array of shape"):
        WideImage(array)


def test_space_is_checked() -> None:
    for action in (
        lambda: WideImage(wide_array(), "cmyk"),
        lambda: WideImage(wide_array()).convert("cmyk"),
        lambda: WideImage(wide_array()).to_pillow("cmyk"),
    ):
        with pytest.raises(PhotoError, match="unknown colour space 'cmyk'"):
            action()


def test_array_is_made_contiguous() -> None:
    array = wide_array(6, 8)[::2, ::-1]
    wide = WideImage(array)
    assert wide.array.flags.c_contiguous
    assert np.array_equal(wide.array, array)


def test_numpy_protocol() -> None:
    wide = WideImage(wide_array())
    assert np.asarray(wide) is wide.array
    assert wide.__array__() is wide.array
    assert wide.__array__(np.uint16, copy=False) is wide.array
    copy = wide.__array__(copy=True)
    assert not np.shares_memory(copy, wide.array)
    floats = np.asarray(wide, np.float32)
    assert floats.dtype == np.float32
    assert np.array_equal(floats, wide.array)
    with pytest.raises(ValueError, match="without a copy"):
        wide.__array__(np.float32, copy=False)


@pytest.mark.parametrize("space", SPACES)
def test_convert(space: str) -> None:
    wide = WideImage(wide_array(), exif=exif_block(color_space=1), xmp=XMP, notes=("a note",))
    other = wide.convert(space)
    assert other.space == space
    assert np.array_equal(other.array, convert_space(wide.array, PROPHOTO, SPACES[space], np.uint16))
    assert (other.xmp, other.notes, other.orientation) == (wide.xmp, wide.notes, wide.orientation)
    exif = Image.Exif()
    exif.load(other.exif or b"")
    assert exif.get_ifd(0x8769)[0xA001] == (1 if space == "srgb" else 0xFFFF)
    assert wide.exif == exif_block(color_space=1)


def test_to_pillow() -> None:
    wide = WideImage(wide_array(), exif=exif_block(color_space=1), xmp=XMP)
    image = wide.to_pillow()
    assert (image.mode, image.size) == ("RGB", wide.size)
    assert np.array_equal(np.asarray(image), convert_space(wide.array, PROPHOTO, DISPLAY_P3, np.uint8))
    assert image.info["icc_profile"] == profile_bytes("display-p3")
    assert image.info["xmp"] == XMP
    assert image.getexif()[0x0112] == 6
    assert image.getexif().get_ifd(0x8769)[0xA001] == 0xFFFF
    plain = WideImage(wide_array()).to_pillow("srgb")
    assert plain.info == {"icc_profile": profile_bytes("srgb")}
    assert np.array_equal(np.asarray(plain), convert_space(wide.array, PROPHOTO, SRGB, np.uint8))


def test_save_and_open(tmp_path: Path) -> None:
    wide = WideImage(wide_array())
    wide.save(tmp_path / "a.tif")
    again = WideImage.open(tmp_path / "a.tif", max_pixels=10_000)
    assert np.array_equal(again.array, wide.array)


def test_notebook_picture() -> None:
    wide = WideImage(wide_array(10, 3000), exif=exif_block(orientation=6))
    with Image.open(io.BytesIO(wide._repr_png_())) as preview:
        assert preview.format == "PNG"
        assert preview.size == (4, 1200)
        assert preview.info["icc_profile"] == profile_bytes("display-p3")
        assert not preview.getexif()


def test_small_notebook_picture_keeps_its_pixels() -> None:
    wide = WideImage(wide_array())
    with Image.open(io.BytesIO(wide._repr_png_())) as preview:
        assert np.array_equal(np.asarray(preview), np.asarray(wide.to_pillow()))


def test_import_is_light() -> None:
    code = (
        "import sys, gamutmeta.photo; heavy = {'PIL', 'tifffile', 'imagecodecs', 'rawpy', 'pillow_heif', 'torch'};"
        "sys.exit(repr(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


ALPHA = np.linspace(0, 65535, 35).astype(np.uint16).reshape(5, 7)


def test_transparency() -> None:
    array = wide_array(5, 7)
    wide = WideImage(array, alpha=ALPHA)
    assert wide.alpha is ALPHA
    assert WideImage(array).alpha is None
    assert wide.convert("srgb").alpha is ALPHA
    assert np.asarray(wide).shape == (5, 7, 3)
    assert repr(wide) == "<WideImage 7x5 16-bit prophoto with transparency>"
    image = wide.to_pillow("rec2020")
    assert image.mode == "RGBA"
    assert np.array_equal(np.asarray(image)[..., :3], np.asarray(WideImage(array).to_pillow("rec2020")))
    assert np.array_equal(np.asarray(image)[..., 3], np.rint(ALPHA / 257))
    assert Image.open(io.BytesIO(wide._repr_png_())).mode == "RGBA"


@pytest.mark.parametrize("alpha", [ALPHA[1:], ALPHA.astype(np.uint8), ALPHA[..., None]], ids=lambda a: str(a.shape))
def test_transparency_is_checked(alpha: Any) -> None:
    with pytest.raises(PhotoError, match=r"transparency must be a uint16 or float array of shape \(5, 7\), not"):
        WideImage(wide_array(5, 7), alpha=alpha)


class TestFloats:
    @pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f4"])
    def test_encoded_values_are_rounded(self, dtype: Any) -> None:
        values = np.linspace(0, 1, 5 * 7 * 3).reshape(5, 7, 3).astype(dtype)
        wide = WideImage(values, "p3")
        assert (wide.space, wide.dtype, wide.shape, wide.notes) == ("display-p3", np.uint16, (5, 7, 3), ())
        assert np.array_equal(wide.array, np.rint(values.astype(np.float64) * 65535))

    def test_every_code_survives(self) -> None:
        codes = np.repeat(np.arange(65536, dtype=np.uint16).reshape(256, 256, 1), 3, axis=2)
        wide = WideImage(codes, "srgb")
        assert wide.to_float().dtype == np.float32
        assert np.array_equal(WideImage(wide.to_float(), "srgb").array, codes)
        for space in SPACES:
            assert np.array_equal(WideImage.from_linear(WideImage(codes, space).linear(), space).array, codes), space

    def test_what_lies_outside_is_clipped_and_counted(self) -> None:
        values = np.full((2, 3, 3), 0.5, np.float32)
        values[0, 0], values[1, 2, 1], values[1, 1, 0] = (-0.5, 2, 0.5), np.inf, 1 + 1e-6
        for wide in (WideImage(values, notes=("read",)), WideImage.from_linear(values, notes=("read",))):
            assert wide.notes == ("read", "2 pixels have values outside [0, 1], which were clipped")
            assert wide.array[0, 0].tolist()[:2] == [0, 65535]
            assert wide.array[1, 2, 1] == 65535

    def test_not_a_number(self) -> None:
        values = np.zeros((4, 4, 3), np.float32)
        values[3, 1, 2] = np.nan
        for make in (WideImage, WideImage.from_linear):
            with pytest.raises(PhotoError, match="not a number"):
                make(values)

    def test_linear_light_has_a_float_type(self) -> None:
        for wrong in (np.zeros((4, 4, 3), np.uint16), np.zeros((4, 4))):
            with pytest.raises(PhotoError, match="float array of shape"):
                WideImage.from_linear(wrong)

    def test_transparency(self) -> None:
        alpha = np.array([[0, 0.5], [1, 0.25]], np.float32)
        wide = WideImage(np.zeros((2, 2, 3), np.float32), alpha=alpha)
        assert wide.alpha is not None
        assert wide.alpha.tolist() == [[0, 32768], [65535, 16384]]

    def test_linear_light_of_another_space_is_not_clipped(self) -> None:
        red = WideImage(np.array([[[1, 0, 0]]], np.float32), "p3")
        linear = red.linear("srgb")
        assert linear[0, 0] == pytest.approx([1.2249, -0.0421, -0.0196], abs=2e-4)
        # Of the primary itself, and of white, in every space.
        assert red.linear() == pytest.approx(np.array([[[1, 0, 0]]]))
        white = WideImage(np.ones((1, 1, 3), np.float32))
        for space in SPACES:
            assert white.linear(space) == pytest.approx(np.ones((1, 1, 3)), abs=1e-5)

    def test_encoded_floats_of_another_space_are_those_of_convert(self) -> None:
        wide = WideImage(wide_array())
        assert np.array_equal(wide.to_float("adobergb"), wide.convert("adobe-rgb").array / np.float32(65535))

    def test_they_do_not_share_memory(self) -> None:
        values = np.zeros((2, 2, 3), np.float32)
        wide = WideImage(values)
        values += 1
        wide.to_float()[:] = 1
        wide.linear()[:] = 1
        assert not wide.array.any()


def test_save_in_another_space(tmp_path: Path) -> None:
    wide = WideImage(wide_array())
    expected = wide.convert("display-p3").to_bytes("png")
    wide.save(tmp_path / "p3.png", space="p3")
    assert (tmp_path / "p3.png").read_bytes() == expected
    assert wide.to_bytes("png", space="display-p3") == expected
    file = io.BytesIO()
    wide.save(file, format="png", space="p3")
    assert file.getvalue() == expected
    with pytest.raises(PhotoError, match="unknown colour space 'cmyk'"):
        wide.save(tmp_path / "x.png", space="cmyk")


def test_samples_in_another_byte_order() -> None:
    codes = np.arange(24, dtype=np.uint16).reshape(2, 4, 3)
    wide = WideImage(codes.astype(">u2"), "prophoto", alpha=codes[..., 0].astype(">u2"))
    assert wide.array.dtype == np.uint16
    np.testing.assert_array_equal(wide.array, codes)
    np.testing.assert_array_equal(wide.alpha, codes[..., 0])
