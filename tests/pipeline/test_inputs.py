"""Photographs of every colour space, kind and size, from file to sRGB file and back."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from icc_builder import D50_COLORANTS_SRGB, D50_COLORANTS_WIDE, gamma_curv, gray_profile, lut_profile, matrix_profile
from photo_files import placed, saved, tiff_bytes
from pictures import QUICK, colourful
from PIL import Image

from gamutmeta.color.icc import profile_bytes
from gamutmeta.color.spaces import PROPHOTO
from gamutmeta.container import Payload
from gamutmeta.errors import GamutMetaError, PhotoError
from gamutmeta.fit.config import PRESETS
from gamutmeta.photo import WideImage, decode_srgb, read_photo
from gamutmeta.pipeline.expand import expand, expand_file
from gamutmeta.pipeline.reduce import reduce, reduce_file
from gamutmeta.pipeline.verify import verify_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

pytest.importorskip("torch")

ARRAY = colourful()
EIGHT = np.rint(ARRAY / 257).astype(np.uint8)
BRADFORD_D50_TO_ROMM = np.linalg.inv(
    [[0.7976749, 0.1351917, 0.0313534], [0.2880402, 0.7118741, 0.0000857], [0, 0, 0.82521]]
)
"""From XYZ under D50, by the primaries of ISO 22028-2; as Lindbloom prints the matrix."""


def psnr(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Of encoded values on [0, 1]."""
    error = float(np.mean((first / 65535 - second / 65535) ** 2))
    return -10 * math.log10(error) if error else math.inf


def clipped(path: Path, space: str) -> NDArray[np.uint16]:
    """What the file is without its payload."""
    return WideImage(decode_srgb(path.read_bytes()) * np.uint16(257), "srgb").convert(space).array


def through_profile(samples: NDArray[Any], gamma: float, colorants: Any) -> NDArray[np.float64]:
    """A picture in ROMM RGB by plain matrices; encoded, on [0, 65535], clipped."""
    linear = (samples / np.iinfo(samples.dtype).max) ** gamma
    romm = np.clip(linear @ np.array(colorants) @ BRADFORD_D50_TO_ROMM.T, 0, 1)
    return PROPHOTO.encode(romm) * 65535


class TestSpaces:
    @pytest.mark.parametrize("target", ["a.jpg", "a.png", "a.tif"])
    @pytest.mark.parametrize("space", ["display-p3", "adobe-rgb", "rec2020", "prophoto"])
    def test_known_spaces_come_back_in_themselves(self, space: str, target: str, tmp_path: Path) -> None:
        source = placed(tmp_path, "photo.tif", tiff_bytes(ARRAY, iccprofile=profile_bytes(space)))
        report = reduce_file(source, tmp_path / target, preset=QUICK, device="cpu")
        assert report.notes == ()
        assert report.psnr_og > report.psnr_clip_og + 2
        expand_file(tmp_path / target, tmp_path / "restored.tif", space=space)
        with Image.open(tmp_path / "restored.tif") as image:
            assert image.info["icc_profile"] == profile_bytes(space)
        restored = expand(tmp_path / target, space=space).array
        assert psnr(restored, ARRAY) > psnr(clipped(tmp_path / target, space), ARRAY) + 2
        # The file is read as what was written into it.
        again = read_photo(tmp_path / "restored.tif").convert(space).array
        assert psnr(again, restored) > 60

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
    @pytest.mark.parametrize("space", ["display-p3", "adobe-rgb", "rec2020"])
    def test_eight_bits(self, space: str, kind: str, tmp_path: Path) -> None:
        options: dict[str, Any] = {"JPEG": {"quality": 98, "subsampling": 0}, "WEBP": {"lossless": True}}.get(kind, {})
        data = saved(Image.fromarray(EIGHT), kind, icc_profile=profile_bytes(space), **options)
        source = placed(tmp_path, "photo", data)
        report = reduce_file(source, tmp_path / "a.png", preset=QUICK, device="cpu")
        assert report.notes == ()
        restored = expand(tmp_path / "a.png", space=space).array
        assert psnr(restored, ARRAY) > psnr(clipped(tmp_path / "a.png", space), ARRAY) + 2
        assert verify_file(tmp_path / "a.png", source).psnr_og == pytest.approx(report.psnr_og, rel=1e-9)

    @pytest.mark.parametrize("target", ["a.jpg", "a.png"])
    @pytest.mark.parametrize("bits", [8, 16])
    @pytest.mark.parametrize("kind", ["matrix", "tables"])
    def test_other_profiles(self, kind: str, bits: int, target: str, tmp_path: Path) -> None:
        samples = ARRAY if bits == 16 else EIGHT
        if kind == "tables":
            pytest.importorskip("imagecodecs")
            icc, gamma = lut_profile(colorants=D50_COLORANTS_WIDE), 1.0
        else:
            icc, gamma = matrix_profile(gamma_curv(1.5), D50_COLORANTS_WIDE), 1.5
        source = placed(tmp_path, "photo.tif", tiff_bytes(samples, iccprofile=icc))
        expected = through_profile(samples, gamma, D50_COLORANTS_WIDE)
        photo = read_photo(source)
        assert psnr(photo.array, expected) > 60
        report = reduce_file(source, tmp_path / target, preset=QUICK, device="cpu")
        assert report.notes == ()
        assert report.og_percent > 20
        restored = expand(tmp_path / target).array
        assert psnr(restored, expected) > psnr(clipped(tmp_path / target, "prophoto"), expected) + 2
        assert verify_file(tmp_path / target, source).psnr_og == pytest.approx(report.psnr_og, rel=1e-9)

    def test_tables_need_imagecodecs_and_say_so(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from photo_files import hide  # noqa: PLC0415  # one use

        hide(monkeypatch, "imagecodecs")
        source = placed(tmp_path, "photo.tif", tiff_bytes(EIGHT, iccprofile=lut_profile()))
        with pytest.raises(GamutMetaError, match=r"'test tables'.* needs imagecodecs; pip install"):
            reduce_file(source, tmp_path / "a.jpg")
        assert not (tmp_path / "a.jpg").exists()


GREY = (colourful()[..., 0] // 2 + 9000).astype(np.uint16)
GREY[0, :8] = 65535
GREY[0, 8:16] = 0
GREY_8 = (GREY >> 8).astype(np.uint8)
S_GRAY, PROPHOTO_ICC = gray_profile(gamma_curv(2.2)), profile_bytes("prophoto")

GREYS: dict[str, Callable[[], bytes]] = {
    "TIFF 16": lambda: tiff_bytes(GREY, photometric="minisblack", iccprofile=S_GRAY),
    "TIFF 16, equal channels": lambda: tiff_bytes(np.dstack([GREY] * 3), iccprofile=PROPHOTO_ICC),
    "TIFF 8": lambda: saved(Image.fromarray(GREY_8), "TIFF", icc_profile=S_GRAY),
    "TIFF 1": lambda: saved(Image.fromarray(GREY_8).convert("1"), "TIFF", icc_profile=S_GRAY),
    "PNG 16": lambda: saved(Image.fromarray(GREY), "PNG", icc_profile=S_GRAY),
    "PNG 8": lambda: saved(Image.fromarray(GREY_8), "PNG", icc_profile=S_GRAY),
    "PNG 8 with transparency": lambda: saved(Image.fromarray(GREY_8).convert("LA"), "PNG", icc_profile=S_GRAY),
    "JPEG": lambda: saved(Image.fromarray(GREY_8), "JPEG", icc_profile=S_GRAY),
    "JPEG in sRGB": lambda: saved(Image.fromarray(GREY_8), "JPEG", icc_profile=profile_bytes("display-p3")),
    "JPEG, other matrix": lambda: saved(
        Image.fromarray(GREY_8), "JPEG", icc_profile=matrix_profile(gamma_curv(1.9), D50_COLORANTS_SRGB)
    ),
}


class TestGrey:
    @pytest.mark.parametrize("target", ["a.jpg", "a.png", "a.tif"])
    @pytest.mark.parametrize("kind", GREYS)
    @pytest.mark.parametrize("preset", ["balanced", "paper"])
    def test_nothing_to_do_and_said_so(self, kind: str, target: str, preset: str, tmp_path: Path) -> None:
        if kind == "PNG 16":
            pytest.importorskip("imagecodecs")
        source = placed(tmp_path, "photo", GREYS[kind]())
        photo = read_photo(source).array
        assert np.array_equal(photo[..., 0], photo[..., 1])
        assert np.array_equal(photo[..., 0], photo[..., 2])
        report = reduce_file(source, tmp_path / target, preset=preset, device="cpu")
        assert report.notes == ("the photograph is grey: nothing is outside sRGB, and the payload contains no model",)
        assert report.fit_seconds is None
        assert report.payload_bytes < 150
        codes = decode_srgb((tmp_path / target).read_bytes())
        # The paper's matrix, of four digits, takes white nearly to white.
        assert (np.ptp(codes, axis=2) <= (3 if target == "a.jpg" else preset == "paper")).all()
        restored = expand(tmp_path / target)
        assert restored.notes == ("the payload contains no model: the result is the clipped picture",)
        assert np.abs(restored.array / 65535 - photo / 65535).max() < (0.05 if target == "a.jpg" else 0.011)

    def test_colours_inside_srgb_are_not_called_grey(self) -> None:
        array = np.dstack([GREY // 2 + 10000] * 3).astype(np.uint16)
        array[3, 4, 1] += 3000
        (note,) = reduce(WideImage(array), preset=QUICK, device="cpu").report.notes
        assert note == "no colour of the photograph is outside sRGB: the payload contains no model"


def _cmyk(kind: str) -> bytes:
    return saved(Image.fromarray(EIGHT).convert("CMYK"), kind)


OTHERS: dict[str, tuple[Callable[[], bytes], str]] = {
    "CMYK JPEG": (lambda: _cmyk("JPEG"), "CMYK JPEG is not supported; save it as RGB"),
    "CMYK TIFF": (lambda: _cmyk("TIFF"), "CMYK TIFF is not supported; save it as RGB"),
    "CMYK TIFF 16": (
        lambda: tiff_bytes(np.dstack([ARRAY, ARRAY[..., 0]]), photometric="separated"),
        "CMYK TIFF is not supported",
    ),
    "Lab TIFF": (lambda: saved(Image.fromarray(EIGHT).convert("LAB"), "TIFF"), "CIE Lab TIFF is not supported"),
    "Lab TIFF 16": (lambda: tiff_bytes(ARRAY, photometric="cielab"), "CIE Lab TIFF is not supported"),
    "ICC Lab TIFF 16": (lambda: tiff_bytes(ARRAY, photometric="icclab"), "ICC Lab TIFF is not supported"),
    "palette TIFF": (lambda: saved(Image.fromarray(EIGHT).convert("P"), "TIFF"), "palette TIFF is not supported"),
    "signed TIFF": (lambda: tiff_bytes((ARRAY >> 1).astype(np.int16)), "signed samples is not supported"),
    "64-bit TIFF": (lambda: tiff_bytes(ARRAY.astype(np.uint64)), "64 bits per sample is not supported"),
    "CMYK profile": (
        lambda: saved(Image.fromarray(EIGHT), "PNG", icc_profile=lut_profile(b"CMYK")),
        "ICC profile 'test tables' is for CMYK data",
    ),
    "GIF": (
        lambda: saved(Image.fromarray(EIGHT), "GIF"),
        "not a TIFF, PNG, JPEG, WebP, HEIC, AVIF, JPEG XL, OpenEXR or raw photograph",
    ),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_other_kinds_are_refused_by_file_and_kind(kind: str, tmp_path: Path) -> None:
    make, problem = OTHERS[kind]
    source = placed(tmp_path, "some photo.dat", make())
    with pytest.raises(PhotoError, match="some photo.dat: .*" + problem):
        reduce_file(source, tmp_path / "a.jpg", preset=QUICK, device="cpu")
    assert [path.name for path in tmp_path.iterdir()] == ["some photo.dat"]


TINY = [(1, 1), (1, 7), (7, 1), (2, 2), (1, 300), (300, 1)]
JPEGS = [
    {"subsampling": subsampling, "progressive": progressive}
    for subsampling, progressive in itertools.product(("4:4:4", "4:2:2", "4:2:0"), (False, True))
]
CODINGS = [("a.png", {}), ("a.tif", {}), *(("a.jpg", options) for options in JPEGS)]
FEW_CODINGS = [CODINGS[0], CODINGS[-1]]


def tiny(shape: tuple[int, int]) -> NDArray[np.uint16]:
    """Pure green of ProPhoto, and pure red in the corner."""
    array = np.full((*shape, 3), (0, 60000, 0), np.uint16)
    array[0, 0] = (65535, 0, 0)
    return array


class TestTiny:
    @pytest.mark.parametrize("shape", TINY, ids=str)
    @pytest.mark.parametrize("preset", [*PRESETS, "400 bytes"])
    def test_pictures_of_few_pixels(self, preset: str, shape: tuple[int, int], tmp_path: Path) -> None:
        WideImage(tiny(shape)).save(tmp_path / "photo.tif")
        config = PRESETS["balanced"].within(400) if preset == "400 bytes" else PRESETS[preset]
        config = replace(config, steps=60) if preset == "paper" else replace(config, steps=200, network_rate=2e-2)
        # How a picture is coded and how it is fitted have nothing to do with each other: not all of both at once.
        for name, options in CODINGS if preset == "balanced" else FEW_CODINGS:
            target = tmp_path / name
            report = reduce_file(tmp_path / "photo.tif", target, preset=config, device="cpu", overwrite=True, **options)
            assert report.payload_bytes <= (400 if preset == "400 bytes" else config.max_bytes or 61_440)
            assert report.og_percent == 100
            assert report.psnr_og >= report.psnr_clip_og
            restored = expand(target)
            assert restored.size == shape[::-1]
            verified = verify_file(target, tmp_path / "photo.tif")
            assert verified.psnr_og == pytest.approx(report.psnr_og, rel=1e-9)
            if name != "a.jpg":
                assert report.notes == ()
                assert report.psnr_og > report.psnr_clip_og + 3
                expand_file(target, tmp_path / "restored.tif", overwrite=True)
                assert np.array_equal(read_photo(tmp_path / "restored.tif").array, restored.array)

    @pytest.mark.parametrize("shape", TINY, ids=str)
    def test_payloads_are_what_their_bytes_say(self, shape: tuple[int, int]) -> None:
        payload = reduce(WideImage(tiny(shape)), preset=QUICK, device="cpu").payload
        assert Payload.from_bytes(payload.to_bytes()) == payload
        assert (payload.width, payload.height) == shape[::-1]
