from __future__ import annotations

import io
import re
from typing import Any

import numpy as np
import pytest
from icc_builder import cicp_tag, curv, gamma_curv, gray_profile, gray_table, lut_profile, matrix_profile, para
from photo_files import exif_block, hide, wide_array
from PIL import Image, ImageCms

from gamutmeta.color.cicp import VideoCurve
from gamutmeta.color.convert import OUTSIDE, convert_space, encode_codes
from gamutmeta.color.icc import MatrixProfile, profile_bytes
from gamutmeta.color.icc_curves import ParametricCurve
from gamutmeta.color.icc_hdr import decode_hlg, decode_pq
from gamutmeta.color.spaces import (
    ADOBE_RGB,
    DISPLAY_P3,
    PROPHOTO,
    REC2020,
    SPACES,
    SRGB,
    RgbSpace,
    conversion_matrix,
)
from gamutmeta.errors import MissingExtraError, PhotoError, ProfileError
from gamutmeta.photo.interpret import romm_of
from gamutmeta.photo.picture import Picture

EIGHT = (wide_array() >> 8).astype(np.uint8)
SIXTEEN = wide_array(600, 300)
"""Several strips."""
BROKEN = profile_bytes("srgb")[:300]
SCALE = np.linspace(0, 1, 1024)
PQ_PROFILE, HLG_PROFILE = (
    matrix_profile(curv(np.rint(decode(SCALE) * 65535).astype(int).tolist())) for decode in (decode_pq, decode_hlg)
)


def from_space(samples: np.ndarray, space: RgbSpace) -> np.ndarray:
    return convert_space(samples, space, PROPHOTO, np.uint16)


@pytest.mark.parametrize("space", SPACES.values(), ids=[*SPACES])
@pytest.mark.parametrize("samples", [EIGHT, SIXTEEN], ids=["8", "16"])
def test_known_profiles(space: RgbSpace, samples: np.ndarray) -> None:
    picture = Picture(samples, samples.itemsize * 8, icc=profile_bytes(space.name))
    assert np.array_equal(romm_of(picture, None), from_space(samples, space))
    assert picture.notes == []
    assert picture.assumption is None


def test_romm_is_not_copied() -> None:
    assert romm_of(Picture(SIXTEEN, 16, icc=profile_bytes("prophoto")), None) is SIXTEEN


def test_result_is_contiguous() -> None:
    with_alpha = np.dstack([SIXTEEN, SIXTEEN[..., :1]])[..., :3]
    result = romm_of(Picture(with_alpha, 16, icc=profile_bytes("prophoto")), None)
    assert result.flags.c_contiguous
    assert np.array_equal(result, SIXTEEN)


def test_plain_gamma_prophoto_keeps_its_curve() -> None:
    # The profile that raw developers embed: ROMM's primaries, a gamma of 461/256 and no toe.
    icc = matrix_profile(gamma_curv(1.8), ((0.7977, 0.2880, 0.0), (0.1352, 0.7119, 0.0), (0.0313, 0.0001, 0.8249)))
    greys = np.arange(0, 65536, 64, dtype=np.uint16).reshape(1, -1, 1).repeat(3, axis=2)
    result = romm_of(Picture(greys, 16, icc=icc), None)
    expected = encode_codes(((greys / 65535) ** (461 / 256)).astype(np.float32), PROPHOTO, np.uint16)
    assert np.abs(result.astype(int) - expected).max() <= 12
    assert np.abs(result.astype(int) - greys).max() > 100


@pytest.mark.parametrize("bits", [9, 10, 12, 14])
@pytest.mark.parametrize("icc", [None, matrix_profile(gamma_curv(2.2))], ids=["space", "profile"])
def test_odd_depths_reach_white(bits: int, icc: bytes | None) -> None:
    samples = np.array([[[0] * 3, [(1 << bits) - 1] * 3]], np.uint16)
    result = romm_of(Picture(samples, bits, icc=icc, space=None if icc else DISPLAY_P3), None)
    assert result[0, 0].tolist() == [0, 0, 0]
    assert result[0, 1].min() >= 65525


def test_odd_depth_in_between() -> None:
    result = romm_of(Picture(np.full((1, 1, 3), 512, np.uint16), 10, space=PROPHOTO), None)
    assert result.tolist() == [[[round(512 / 1023 * 65535)] * 3]]


def test_lookup_tables() -> None:
    pytest.importorskip("imagecodecs")
    picture = Picture(SIXTEEN, 16, icc=lut_profile())
    # The tables say the same as this matrix, up to their 16 bits.
    expected = romm_of(Picture(SIXTEEN, 16, icc=matrix_profile(curv([]))), None)
    assert np.abs(romm_of(picture, None).astype(int) - expected).max() <= 40
    eight = romm_of(Picture(EIGHT, 8, icc=lut_profile()), None)
    assert np.abs(eight.astype(int) - romm_of(Picture(EIGHT, 8, icc=matrix_profile(curv([]))), None)).max() <= 40


def test_lookup_tables_without_imagecodecs(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "imagecodecs")
    with pytest.raises(MissingExtraError, match=r"'test tables' needs imagecodecs.*gamutmeta\[io\]"):
        romm_of(Picture(EIGHT, 8, icc=lut_profile()), None)


def test_damaged_lookup_tables() -> None:
    pytest.importorskip("imagecodecs")
    icc = lut_profile()
    start = icc.index(b"mft2")
    damaged = icc[: start + 8] + b"\xff\xff\xff\xff" + icc[start + 12 :]
    with pytest.raises(ProfileError, match="'test tables' cannot be evaluated"):
        romm_of(Picture(EIGHT, 8, icc=damaged), None)


def test_grey_profile() -> None:
    grey = np.broadcast_to(EIGHT[..., :1], EIGHT.shape)
    result = romm_of(Picture(grey, 8, is_gray=True, icc=gray_profile(gamma_curv(2))), None)
    expected = encode_codes(((grey / 255) ** 2).astype(np.float32), PROPHOTO, np.uint16)
    assert np.array_equal(result, expected)


RAMP = np.repeat(np.arange(256, dtype=np.uint8).reshape(1, -1, 1), 3, axis=2)
GREY_PROFILES = {
    "lightness": gray_profile(curv([]), pcs=b"Lab "),
    "lightness by gamma": gray_profile(gamma_curv(1.2), pcs=b"Lab "),
    "lightness by table": gray_profile(curv([0, 3000, 20000, 65535]), pcs=b"Lab "),
    "lightness of a printer": gray_profile(para(0, [0.9]), pcs=b"Lab ", device_class=b"prtr"),
    "luminance": gray_profile(gamma_curv(2.2)),
    "tables": gray_profile(gray_table([(v**1.2, 0, 0) for v in np.linspace(0, 1, 17)]), "A2B0", pcs=b"Lab "),
    "tables of a scanner": gray_profile(
        gray_table([(0, 0, 0), (0.7, 0, 0), (1, 0, 0)]), "A2B0", pcs=b"Lab ", device_class=b"scnr"
    ),
}


def by_littlecms(codes: np.ndarray, icc: bytes) -> np.ndarray:
    """Grey codes, uint8 (n,), in sRGB, uint8 (n, 3)."""
    source, target = ImageCms.ImageCmsProfile(io.BytesIO(icc)), ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(source, target, "L", "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC)
    return np.asarray(ImageCms.applyTransform(Image.fromarray(codes[None]), transform))[0]


@pytest.mark.parametrize("name", GREY_PROFILES)
@pytest.mark.parametrize("bits", [8, 16])
def test_grey_profiles_are_read_as_littlecms_reads_them(name: str, bits: int) -> None:
    pytest.importorskip("imagecodecs")
    samples = RAMP if bits == 8 else RAMP.astype(np.uint16) * 257
    romm = romm_of(Picture(samples, bits, is_gray=True, icc=GREY_PROFILES[name]), None)
    assert np.array_equal(romm[..., 0], romm[..., 1])
    assert np.array_equal(romm[..., 0], romm[..., 2])
    shown = convert_space(romm, PROPHOTO, SRGB, np.uint8)[0]
    assert np.abs(shown.astype(int) - by_littlecms(RAMP[0, :, 0], GREY_PROFILES[name])).max() <= 2


def test_a_toned_grey_keeps_its_tone() -> None:
    pytest.importorskip("imagecodecs")
    icc = gray_profile(gray_table([(0, 0, 0), (0.5, 0.1, 0.2), (1, 0, 0)]), "A2B0", pcs=b"Lab ")
    shown = convert_space(romm_of(Picture(RAMP, 8, is_gray=True, icc=icc), None), PROPHOTO, SRGB, np.uint8)[0]
    assert np.ptp(shown.astype(int), axis=1).max() > 30
    assert np.abs(shown.astype(int) - by_littlecms(RAMP[0, :, 0], icc)).max() <= 2


def test_a_grey_profile_with_tables_is_for_grey_pictures() -> None:
    with pytest.raises(ProfileError, match="is for grey pictures"):
        romm_of(Picture(EIGHT, 8, icc=GREY_PROFILES["tables"]), None)


def test_grey_through_the_tables_of_an_rgb_profile() -> None:
    pytest.importorskip("imagecodecs")
    romm = romm_of(Picture(RAMP, 8, is_gray=True, icc=lut_profile()), None)
    assert np.array_equal(romm[..., 0], romm[..., 2])
    expected = encode_codes((RAMP / 255).astype(np.float32), PROPHOTO, np.uint16)
    assert np.abs(romm.astype(int) - expected).max() <= 40


ACES = ((0.9902, 0.3604, -0.0042), (-0.0261, 0.7006, -0.0061), (0.0001, -0.061, 0.8352))
"""Colorants of ACES2065-1 (AP0) for D50, rounded: two of its primaries are no visible colours."""


def test_colours_beyond_prophoto_are_counted() -> None:
    picture = Picture(SIXTEEN, 16, icc=matrix_profile(curv([]), ACES))
    romm_of(picture, None)
    profile = MatrixProfile("", np.array(ACES).T, (ParametricCurve(1.0),) * 3, None)
    romm = (SIXTEEN / 65535) @ profile.matrix_to(PROPHOTO).T
    outside = int((np.abs(romm - 0.5) > 0.5 + OUTSIDE).any(axis=-1).sum())
    assert 0.05 < outside / 180_000 < 0.5
    [note] = picture.notes
    found = re.fullmatch(r"([\d,]+) pixels \(.* %\) lie outside ROMM RGB \(ProPhoto\) and were clipped to it", note)
    assert found is not None
    assert abs(int(found[1].replace(",", "")) - outside) <= 20


def test_colours_beyond_prophoto_in_lookup_tables_are_counted() -> None:
    pytest.importorskip("imagecodecs")
    red = np.broadcast_to(np.array([0, 0, 255], np.uint8), (9, 4, 3))
    wide = ((0.66, 0.29, 0.001), (0.3, 0.71, 0.0), (0.0042, 0.0, 0.8239))
    picture = Picture(red, 8, icc=lut_profile(colorants=wide))
    romm_of(picture, None)
    assert picture.notes == ["36 pixels (100 %) lie outside ROMM RGB (ProPhoto) and were clipped to it"]


@pytest.mark.parametrize("space", SPACES)
def test_no_known_space_is_beyond_prophoto(space: str) -> None:
    cube = np.array([[[r, g, b]] for r in (0, 255) for g in (0, 255) for b in (0, 255)], np.uint8)
    for picture in (Picture(cube, 8, space=SPACES[space]), Picture(cube, 8, icc=profile_bytes(space))):
        romm_of(picture, None)
        assert picture.notes == []


@pytest.mark.parametrize("space", SPACES.values(), ids=[*SPACES])
def test_linear_light_can_be_assumed(space: RgbSpace) -> None:
    picture = Picture(SIXTEEN, 16)
    romm = romm_of(picture, f"linear-{space.name}")
    linear = np.clip((SIXTEEN / 65535) @ conversion_matrix(space, PROPHOTO).T, 0, 1)
    assert np.abs(romm - PROPHOTO.encode(linear) * 65535).max() <= 0.6
    assert picture.assumption == f"no colour profile; linear {space.title} was assumed"


@pytest.mark.parametrize(
    ("icc", "kind"),
    [
        (PQ_PROFILE, "PQ"),
        (HLG_PROFILE, "HLG"),
        (lut_profile(extra={"cicp": cicp_tag(9, 16)}), "PQ"),
        (matrix_profile(gamma_curv(2.2), extra={"cicp": cicp_tag(12, 18)}), "HLG"),
    ],
    ids=["PQ curves", "HLG curves", "tag and tables", "tag and curves"],
)
def test_high_dynamic_range_told_by_a_profile(icc: bytes, kind: str) -> None:
    with pytest.raises(PhotoError, match=rf"high dynamic range \({kind}\)"):
        romm_of(Picture(SIXTEEN, 16, icc=icc), None)
    picture = Picture(SIXTEEN, 16, icc=icc)
    assert np.array_equal(romm_of(picture, "rec2020"), from_space(SIXTEEN, REC2020))
    assert picture.assumption is not None
    assert kind in picture.assumption


@pytest.mark.parametrize(
    ("icc", "problem"),
    [
        (BROKEN, "ICC tag"),
        (b"nonsense", "not an ICC profile"),
        (lut_profile(b"CMYK"), "is for CMYK data"),
        (gray_profile(gamma_curv(2)), "is for grey pictures"),
    ],
)
def test_unusable_profile(icc: bytes, problem: str) -> None:
    with pytest.raises(ProfileError, match=problem):
        romm_of(Picture(EIGHT, 8, icc=icc), None)
    picture = Picture(EIGHT, 8, icc=icc)
    assert np.array_equal(romm_of(picture, "adobe-rgb"), from_space(EIGHT, ADOBE_RGB))
    assert picture.assumption is not None
    assert re.search(f"{problem}.*Adobe RGB.*was assumed", picture.assumption)


@pytest.mark.parametrize(("assume", "space"), [(None, SRGB), ("display-p3", DISPLAY_P3)])
@pytest.mark.parametrize("exif", [None, exif_block(color_space=0xFFFF)], ids=["no EXIF", "uncalibrated"])
def test_missing_profile(assume: str | None, space: RgbSpace, exif: bytes | None) -> None:
    picture = Picture(EIGHT, 8, exif=exif)
    assert np.array_equal(romm_of(picture, assume), from_space(EIGHT, space))
    assert picture.assumption == f"no colour profile; {space.title} was assumed"


def test_exif_may_say_srgb() -> None:
    picture = Picture(EIGHT, 8, exif=exif_block(color_space=1))
    assert np.array_equal(romm_of(picture, "rec2020"), from_space(EIGHT, SRGB))
    assert picture.assumption is None
    assert picture.notes == []


def test_exif_may_say_adobe_rgb() -> None:
    picture = Picture(EIGHT, 8, exif=exif_block(color_space=0xFFFF, interop="R03"))
    assert np.array_equal(romm_of(picture, None), from_space(EIGHT, ADOBE_RGB))
    assert picture.assumption is None
    assert "Adobe RGB" in picture.notes[0]


def test_profile_counts_before_exif() -> None:
    picture = Picture(EIGHT, 8, icc=profile_bytes("display-p3"), exif=exif_block(color_space=1))
    assert np.array_equal(romm_of(picture, None), from_space(EIGHT, DISPLAY_P3))


@pytest.mark.parametrize(("cicp", "space"), [((1, 13), SRGB), ((12, 13), DISPLAY_P3), ((9, 14), REC2020)])
def test_known_code_points(cicp: tuple[int, int], space: RgbSpace) -> None:
    picture = Picture(EIGHT, 8, cicp=cicp, video=VideoCurve.CAMERA)
    assert np.array_equal(romm_of(picture, "adobe-rgb"), from_space(EIGHT, space))
    assert picture.assumption is None


def test_linear_code_points() -> None:
    result = romm_of(Picture(SIXTEEN, 16, cicp=(12, 8)), None)
    linear = np.clip((SIXTEEN / 65535) @ conversion_matrix(DISPLAY_P3, PROPHOTO).T, 0, 1)
    assert np.abs(result - PROPHOTO.encode(linear) * 65535).max() <= 0.6


@pytest.mark.parametrize("cicp", [(2, 2), (1, 2), (3, 13), (99, 13)])
def test_unusable_code_points(cicp: tuple[int, int]) -> None:
    picture = Picture(EIGHT, 8, cicp=cicp)
    assert np.array_equal(romm_of(picture, None), from_space(EIGHT, SRGB))
    assert picture.assumption is not None
    assert f"{cicp[0]}/{cicp[1]}" in picture.assumption


@pytest.mark.parametrize(("cicp", "kind"), [((9, 16), "PQ"), ((9, 18), "HLG")])
def test_high_dynamic_range(cicp: tuple[int, int], kind: str) -> None:
    with pytest.raises(PhotoError, match=kind):
        romm_of(Picture(SIXTEEN, 16, cicp=cicp), None)
    picture = Picture(SIXTEEN, 16, cicp=cicp)
    assert np.array_equal(romm_of(picture, "rec2020"), from_space(SIXTEEN, REC2020))
    assert picture.assumption is not None


def test_unknown_space_to_assume() -> None:
    with pytest.raises(PhotoError, match="unknown colour space"):
        romm_of(Picture(EIGHT, 8), "cmyk")


def test_samples_are_not_changed() -> None:
    before = SIXTEEN.copy()
    options: list[dict[str, Any]] = [{"icc": lut_profile()}, {"icc": matrix_profile(gamma_curv(2))}, {"space": SRGB}]
    for option in options:
        romm_of(Picture(SIXTEEN, 16, **option), None)
    assert np.array_equal(SIXTEEN, before)


@pytest.mark.parametrize("bits", [8, 10, 16])
@pytest.mark.parametrize("space", SPACES)
def test_grey_stays_grey(space: str, bits: int) -> None:
    codes = np.arange(1 << bits, dtype=np.uint8 if bits == 8 else np.uint16).reshape(2, -1, 1)
    samples = np.broadcast_to(codes, (*codes.shape[:2], 3))
    for picture in (
        Picture(samples, bits, is_gray=True, icc=profile_bytes(space)),
        Picture(samples, bits, is_gray=True, space=SPACES[space]),
        Picture(samples, bits, is_gray=True, icc=matrix_profile(gamma_curv(1.7))),
    ):
        romm = romm_of(picture, None)
        assert np.array_equal(romm[..., 0], romm[..., 1])
        assert np.array_equal(romm[..., 0], romm[..., 2])
        assert (romm[0, 0, 0], romm[-1, -1, 0]) == (0, 65535)


@pytest.mark.parametrize(
    ("outside", "said"),
    [
        (1, "1 pixel (0.0063 %) lies outside ROMM RGB (ProPhoto) and was clipped to it"),
        (2, "2 pixels (0.013 %) lie outside ROMM RGB (ProPhoto) and were clipped to it"),
        (1584, "1,584 pixels (9.9 %) lie outside ROMM RGB (ProPhoto) and were clipped to it"),
        (1599, "1,599 pixels (10 %) lie outside ROMM RGB (ProPhoto) and were clipped to it"),
        (15_990, "15,990 pixels (100 %) lie outside ROMM RGB (ProPhoto) and were clipped to it"),
    ],
)
def test_the_share_is_a_plain_number(outside: int, said: str) -> None:
    samples = np.full((160, 100, 3), 30_000, np.uint16)
    samples.reshape(-1, 3)[:outside] = (0, 0, 65535)
    picture = Picture(samples, 16, icc=matrix_profile(curv([]), ACES))
    romm_of(picture, None)
    assert picture.notes == [said]
