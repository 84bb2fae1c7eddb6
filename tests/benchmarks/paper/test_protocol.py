from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.paper.method import Metadata, clip_codes
from benchmarks.paper.methods.clip import Clip
from benchmarks.paper.methods.soft_clip import SoftClip
from benchmarks.paper.pictures import Picture
from benchmarks.paper.protocol import Coding, chromaticities, identity, identity_of, measure
from benchmarks.rd.coding import coding_named
from benchmarks.rivals.method import linear_of
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.spaces import PROPHOTO, SRGB, reduction_matrix

if TYPE_CHECKING:
    from types import ModuleType

    from numpy.typing import NDArray

    from benchmarks.paper.method import Setting


class Perfect:
    """Knows the photograph."""

    key = "perfect"
    title = "Perfect"
    group = "rival"
    version = 3

    def __init__(self, wide: NDArray[np.uint16]) -> None:
        self.wide = wide

    def reduce(self, wide: NDArray[np.uint16], setting: Setting) -> tuple[NDArray[np.uint8], Metadata]:
        return clip_codes(wide, setting), Metadata(b"12345", 2.5, "knows it")

    def expand(self, codes: NDArray[np.uint8], data: bytes, setting: Setting) -> NDArray[np.uint16]:
        del codes, data, setting
        return self.wide


def test_figures_are_the_plain_formulas(picture: Picture, setting: Setting, colour: ModuleType) -> None:
    measured = measure(Clip(), picture, setting, Coding.ROUNDED)
    assert measured is not None
    row = measured.row
    restored = Clip().expand(clip_codes(picture.wide, setting), b"", setting)
    true, found = (PROPHOTO.decode(wide / 65535) for wide in (picture.wide, restored))
    srgb = true @ reduction_matrix(Adaptation.CAT02).T
    og = ((srgb < 0) | (srgb > 1)).any(-1) & ~(srgb < 0).all(-1) & ~(srgb > 1).all(-1)
    for name, part in (("", np.ones_like(og)), ("_og", og)):
        rmse = np.sqrt(np.mean((true[part] - found[part]) ** 2))
        assert row[f"rmse{name}"] == pytest.approx(rmse, rel=2e-3)
        assert row[f"psnr{name}"] == pytest.approx(20 * np.log10(1 / rmse), abs=0.02)
    white = colour.CCS_ILLUMINANTS["CIE 1931 2 Degree Standard Observer"]["D50"]
    lab = [colour.XYZ_to_Lab(linear @ PROPHOTO.to_xyz().T, white) for linear in (true, found)]
    de = colour.difference.delta_E_CIE2000(*lab)
    assert row["de"] == pytest.approx(de.mean(), rel=2e-3)
    assert row["de_og"] == pytest.approx(de[og].mean(), rel=2e-3)
    np.testing.assert_allclose(measured.arrays["error"], de, atol=0.05)
    assert row["og_percent"] == pytest.approx(100 * og.mean(), abs=0.2)
    assert (row["metadata_bytes"], row["optimisation_seconds"], row["size"]) == (0, 0, [160, 120])
    assert row["inference_seconds"] > 0
    assert row["machine"]["cuda"] is None


def test_nothing_lost(picture: Picture, setting: Setting) -> None:
    measured = measure(Perfect(picture.wide), picture, setting, Coding.ROUNDED)
    assert measured is not None
    row = measured.row
    assert (row["rmse"], row["psnr"], row["de_og"]) == (0, None, 0)
    assert (row["metadata_bytes"], row["optimisation_seconds"], row["note"]) == (5, 2.5, "knows it")
    np.testing.assert_array_equal(measured.arrays["xy"], measured.arrays["xy_original"])


def test_truncated_codes_are_worse(picture: Picture, setting: Setting) -> None:
    rows = [
        measure(Clip(), picture, replace(setting, truncate=coding is Coding.TRUNCATED), coding)
        for coding in (Coding.ROUNDED, Coding.TRUNCATED)
    ]
    assert rows[0] is not None
    assert rows[1] is not None
    assert rows[0].row["psnr"] > rows[1].row["psnr"]


def test_what_is_shown_is_compared_and_coded(picture: Picture, setting: Setting, colour: ModuleType) -> None:
    lossless, jpeg, clipped = (
        measure(method, picture, setting, coding)
        for method, coding in (
            (SoftClip(), Coding.ROUNDED), (SoftClip(), Coding.JPEG), (Clip(), Coding.ROUNDED),
        )
    )  # fmt: skip
    assert lossless is not None
    assert jpeg is not None
    assert clipped is not None
    codes, metadata = SoftClip().reduce(picture.wide, setting)
    white = colour.CCS_ILLUMINANTS["CIE 1931 2 Degree Standard Observer"]["D65"]
    shown, plain = (
        colour.XYZ_to_Lab(SRGB.decode(one / 255) @ SRGB.to_xyz().T, white)
        for one in (codes, clip_codes(picture.wide, setting))
    )
    wanted = colour.difference.delta_E_CIE2000(shown, plain).mean()
    assert wanted > 0.1
    assert lossless.row["shown_de"] == pytest.approx(wanted, rel=0.05)
    assert "shown_de" not in clipped.row
    coded = coding_named("JPEG q95 4:4:4").through(codes)
    restored = SoftClip().expand(coded, metadata.data, setting)
    assert jpeg.row["psnr"] == picture.original.figures(restored, setting.adaptation)["psnr"]
    assert jpeg.row["psnr"] < lossless.row["psnr"] - 3


def test_jpeg_is_for_those_that_fit_given_codes(picture: Picture, setting: Setting) -> None:
    assert measure(Perfect(picture.wide), picture, setting, Coding.JPEG) is None
    measured = measure(Clip(), picture, setting, Coding.JPEG)
    assert measured is not None
    codes = coding_named("JPEG q95 4:4:4").decoded(picture.wide, Adaptation.CAT02)
    found = linear_of(Clip().expand(codes, b"", setting))
    rmse = np.sqrt(np.mean((found - linear_of(picture.wide)) ** 2, dtype=np.float64))
    assert measured.row["rmse"] == pytest.approx(rmse, rel=1e-3)


def test_identity_tells_measurements_apart(picture: Picture, setting: Setting) -> None:
    method = Perfect(picture.wide)
    one = identity(method, picture, setting, Coding.ROUNDED)
    assert one == identity(method, picture, replace(setting), Coding.ROUNDED)
    others = [
        identity(Clip(), picture, setting, Coding.ROUNDED),
        identity(method, Picture("piece", picture.wide[1:]), setting, Coding.ROUNDED),
        identity(method, picture, replace(setting, quick=1), Coding.ROUNDED),
        identity(method, picture, replace(setting, seed=1), Coding.ROUNDED),
        identity(method, picture, setting, Coding.JPEG),
        identity(method, picture, setting, Coding.TRUNCATED),
    ]
    method.version = 4
    others.append(identity(method, picture, setting, Coding.ROUNDED))
    assert one not in others
    measured = measure(method, picture, setting, Coding.ROUNDED)
    assert measured is not None
    assert identity_of(measured.row) == others[-1]


def test_chromaticities(colour: ModuleType) -> None:
    linear = np.array([[0.2, 0.5, 0.1], [1, 1, 1], [0, 0, 0]], np.float32)
    found = chromaticities(linear)
    np.testing.assert_allclose(found[:2], colour.XYZ_to_xy(linear[:2] @ PROPHOTO.to_xyz().T), atol=1e-6)
    assert np.isnan(found[2]).all()
