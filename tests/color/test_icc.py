from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from icc_builder import (
    D50_COLORANTS_SRGB,
    curv,
    desc,
    gamma_curv,
    gray_profile,
    lut_profile,
    matrix_profile,
    mluc,
    para,
    profile,
    xyz,
)

from gamutmeta.color.icc import (
    GrayProfile,
    LutProfile,
    MatrixProfile,
    OtherProfile,
    parse_profile,
    profile_bytes,
)
from gamutmeta.color.spaces import ADOBE_RGB, PROPHOTO, SPACES, SRGB, RgbSpace, conversion_matrix
from gamutmeta.errors import GamutMetaError, PhotoError, ProfileError

RANDOM = np.random.default_rng(17)
SRGB_PARA = para(3, (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))
PROPHOTO_COLORANTS = ((0.7977, 0.2880, 0.0), (0.1352, 0.7119, 0.0), (0.0313, 0.0001, 0.8249))


def matrix(icc: bytes) -> MatrixProfile:
    parsed = parse_profile(icc)
    assert isinstance(parsed, MatrixProfile)
    return parsed


@pytest.mark.parametrize("space", SPACES.values(), ids=[*SPACES])
def test_own_profiles_are_recognised(space: RgbSpace) -> None:
    parsed = matrix(profile_bytes(space.name))
    assert parsed.space is space
    assert parsed.description != "unnamed profile"


@pytest.mark.parametrize("space", SPACES.values(), ids=[*SPACES])
def test_own_profiles_say_what_the_code_computes(space: RgbSpace) -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    encoded = RANDOM.random((64, 64, 3), np.float32)
    oracle = imagecodecs.cms_transform(
        encoded, profile_bytes(space.name), profile_bytes("prophoto"), colorspace="rgb", outcolorspace="rgb", intent=1
    )
    linear = space.decode(encoded.astype(np.float64)) @ conversion_matrix(space, PROPHOTO).T
    # s15Fixed16 colorants, through the ROMM curve's steepest part.
    assert PROPHOTO.encode(linear) == pytest.approx(oracle, abs=5e-4)


def test_profile_of_an_unknown_space() -> None:
    with pytest.raises(PhotoError, match="unknown colour space 'lab'"):
        profile_bytes("lab")


@pytest.mark.parametrize(
    "curve",
    [
        SRGB_PARA,
        curv([round(65535 * float(SRGB.decode(np.array([i / 1023]))[0])) for i in range(1024)]),
        curv([round(65535 * float(SRGB.decode(np.array([i / 4095]))[0])) for i in range(4096)]),
    ],
    ids=["para", "1024", "4096"],
)
def test_foreign_srgb_profiles_are_recognised(curve: bytes) -> None:
    assert matrix(matrix_profile(curve)).space is SRGB


def test_foreign_adobe_profile_is_recognised() -> None:
    colorants = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
    assert matrix(matrix_profile(gamma_curv(563 / 256), colorants)).space is ADOBE_RGB


def test_prophoto_with_a_plain_gamma_keeps_its_own_curve() -> None:
    parsed = matrix(matrix_profile(gamma_curv(1.8), PROPHOTO_COLORANTS, name="ProPhoto RGB"))
    assert parsed.space is None
    assert parsed.description == "ProPhoto RGB"
    tables = parsed.decode_tables(65536)
    assert tables.shape == (3, 65536)
    assert tables.dtype == np.float32
    assert tables[1, 300] == pytest.approx((300 / 65535) ** (461 / 256), rel=1e-6)
    # Its primaries are ROMM's own.
    assert parsed.matrix_to(PROPHOTO) == pytest.approx(np.eye(3), abs=3e-4)


@pytest.mark.parametrize(
    "other",
    [
        matrix_profile(gamma_curv(2.2)),
        matrix_profile([SRGB_PARA, SRGB_PARA, gamma_curv(2.2)]),
        matrix_profile(SRGB_PARA, ((0.4361, 0.2225, 0.0139), (0.3851, 0.7190, 0.0971), (0.1431, 0.0585, 0.7141))),
    ],
    ids=["gamma", "one channel's gamma", "colorants"],
)
def test_similar_profiles_are_not_mistaken_for_srgb(other: bytes) -> None:
    assert matrix(other).space is None


def test_unknown_matrix_profile_against_littlecms() -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    icc = matrix_profile(
        [gamma_curv(1.9), para(1, (2.0, 0.9, 0.1)), curv([0, 9000, 30000, 65535])],
        ((0.5, 0.25, 0.02), (0.3, 0.65, 0.1), (0.1642, 0.1, 0.7049)),
    )
    samples = RANDOM.integers(0, 256, (32, 32, 3), np.uint8)
    parsed = matrix(icc)
    tables = parsed.decode_tables(256)
    linear = np.stack([tables[c][samples[..., c]] for c in range(3)], axis=-1) @ parsed.matrix_to(PROPHOTO).T
    oracle = imagecodecs.cms_transform(
        (samples / 255).astype(np.float32),
        icc,
        profile_bytes("prophoto"),
        colorspace="rgb",
        outcolorspace="rgb",
        intent=1,
    )
    assert PROPHOTO.encode(linear) == pytest.approx(oracle, abs=2e-4)


def test_channels_are_kept_apart() -> None:
    curves = [gamma_curv(1), gamma_curv(2), gamma_curv(3)]
    parsed = matrix(matrix_profile(curves))
    assert [c(np.array([0.5]))[0] for c in parsed.curves] == pytest.approx([0.5, 0.25, 0.125])
    assert parsed.to_pcs[:, 0] == pytest.approx(D50_COLORANTS_SRGB[0], abs=1e-5)


def test_grey() -> None:
    parsed = parse_profile(gray_profile(gamma_curv(2)))
    assert isinstance(parsed, GrayProfile)
    tables = parsed.decode_tables(256)
    assert tables.shape == (3, 256)
    assert tables[:, 128].tolist() == pytest.approx([(128 / 255) ** 2] * 3)


def test_tables_are_told_apart() -> None:
    assert parse_profile(lut_profile()) == LutProfile("test tables")


@pytest.mark.parametrize("extra", ["A2B0", "A2B1", "A2B2", "D2B0", "D2B3"])
def test_tables_win_over_a_matrix(extra: str) -> None:
    tags = {"desc": mluc("both"), extra: b"mAB "} | {f"{c}XYZ": xyz((0.3, 0.3, 0.3)) for c in "rgb"}
    tags |= {f"{c}TRC": curv([]) for c in "rgb"}
    assert parse_profile(profile(tags)) == LutProfile("both")


def test_other_device_spaces_are_reported() -> None:
    assert parse_profile(lut_profile(b"CMYK")) == OtherProfile("test tables", "CMYK")
    assert parse_profile(profile({"A2B0": b""}, data_space=b"GRAY")) == LutProfile("unnamed profile", is_gray=True)
    assert parse_profile(profile({}, data_space=b"Lab ", device_class=b"spac")) == OtherProfile(
        "unnamed profile", "Lab"
    )


@pytest.mark.parametrize("device_class", [b"link", b"abst", b"nmcl", b"\0\0\0\0"])
def test_profiles_that_are_not_a_devices(device_class: bytes) -> None:
    with pytest.raises(ProfileError, match="class"):
        parse_profile(matrix_profile(SRGB_PARA, device_class=device_class))


def test_matrix_profiles_connect_through_xyz() -> None:
    with pytest.raises(ProfileError, match="connection space b'Lab '"):
        parse_profile(matrix_profile(SRGB_PARA, pcs=b"Lab "))


@pytest.mark.parametrize("tag", ["rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC"])
def test_missing_and_damaged_tags_are_named(tag: str) -> None:
    tags = {f"{c}XYZ": xyz((0.3, 0.3, 0.3)) for c in "rgb"} | {f"{c}TRC": curv([]) for c in "rgb"}
    with pytest.raises(ProfileError, match=f"{tag} is missing"):
        parse_profile(profile({k: v for k, v in tags.items() if k != tag}))
    with pytest.raises(ProfileError, match=tag):
        parse_profile(profile(tags | {tag: b"text" + bytes(40)}))
    with pytest.raises(ProfileError, match=tag):
        parse_profile(profile(tags | {tag: tags[tag][:10]}))


def test_missing_grey_curve() -> None:
    with pytest.raises(ProfileError, match="kTRC is missing"):
        parse_profile(profile({}, data_space=b"GRAY"))


def test_tag_beyond_the_end() -> None:
    icc = matrix_profile(SRGB_PARA)
    with pytest.raises(ProfileError, match="beyond the profile's end"):
        parse_profile(icc[:-4])


@pytest.mark.parametrize(
    ("icc", "problem"),
    [
        (b"", "not an ICC profile"),
        (bytes(4000), "not an ICC profile"),
        (matrix_profile(SRGB_PARA)[:131], "not an ICC profile"),
        (matrix_profile(SRGB_PARA)[:140], "cut short"),
        (matrix_profile(SRGB_PARA)[:128] + struct.pack(">I", 2**32 - 1) + bytes(99), "4294967295 tags"),
    ],
)
def test_damaged_structure(icc: bytes, problem: str) -> None:
    with pytest.raises(ProfileError, match=problem):
        parse_profile(icc)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (desc("Plain"), "Plain"),
        (mluc("Grüße"), "Grüße"),
        (mluc("a\nb\x1b[31m"), "ab[31m"),
        (mluc("x" * 500), "x" * 80),
        (desc("Plain")[:11], "unnamed profile"),
        (mluc("Plain")[:20], "unnamed profile"),
        (b"", "unnamed profile"),
        (b"text" + bytes(30), "unnamed profile"),
    ],
)
def test_description(data: bytes, text: str) -> None:
    assert parse_profile(profile({"desc": data, "A2B0": b""})).description == text


def test_first_of_two_equal_tags_counts() -> None:
    icc = bytearray(profile({"desc": desc("first"), "dexc": desc("second"), "A2B0": b""}))
    icc[icc.index(b"dexc") : icc.index(b"dexc") + 4] = b"desc"
    assert parse_profile(bytes(icc)).description == "first"


@given(data=st.data())
def test_any_bytes_give_a_profile_or_an_error(data: st.DataObject) -> None:
    base = data.draw(st.sampled_from([matrix_profile(SRGB_PARA), gray_profile(SRGB_PARA), lut_profile()]))
    icc = bytearray(base)
    for position in data.draw(st.lists(st.integers(0, len(icc) - 1), max_size=20)):
        icc[position] = data.draw(st.integers(0, 255))
    icc = icc[: data.draw(st.integers(0, len(icc)))] if data.draw(st.booleans()) else icc
    try:
        outcome = parse_profile(bytes(icc)).description
    except GamutMetaError as error:
        outcome = str(error)
    assert outcome
