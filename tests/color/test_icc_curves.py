from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from icc_builder import curv, gamma_curv, matrix_profile, para

from gamutmeta.color.icc_curves import ParametricCurve, SampledCurve, parse_curve
from gamutmeta.errors import ProfileError

GRID = np.linspace(0, 1, 257)
SRGB_LIKE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def test_empty_curve_is_the_identity() -> None:
    assert np.array_equal(parse_curve(curv([]), "rTRC")(GRID), GRID)


def test_single_entry_is_a_gamma() -> None:
    assert parse_curve(gamma_curv(1.8), "rTRC")(GRID) == pytest.approx(GRID ** (461 / 256), abs=1e-12)


def test_samples_are_interpolated() -> None:
    curve = parse_curve(curv([0, 0, 65535]), "rTRC")
    assert isinstance(curve, SampledCurve)
    assert curve(np.array([0, 0.25, 0.5, 0.75, 1])).tolist() == [0, 0, 0, 0.5, 1]


@pytest.mark.parametrize(
    ("function", "parameters", "expected"),
    [
        (0, (2.5,), GRID**2.5),
        (1, (2.0, 1.25, -0.25), np.where(GRID >= 0.2, (1.25 * GRID - 0.25) ** 2, 0)),
        (2, (2.0, 1.0, -0.25, 0.125), np.where(GRID >= 0.25, (GRID - 0.25) ** 2, 0) + 0.125),
        (3, (2.0, 0.75, 0.25, 0.5, 0.25), np.where(GRID >= 0.25, (0.75 * GRID + 0.25) ** 2, GRID / 2)),
        (
            4,
            (2.0, 0.75, 0.25, 0.5, 0.25, -0.0625, 0.03125),
            np.where(GRID >= 0.25, (0.75 * GRID + 0.25) ** 2 - 0.0625, GRID / 2 + 0.03125),
        ),
    ],
)
def test_parametric_functions(function: int, parameters: tuple[float, ...], expected: np.ndarray) -> None:
    assert parse_curve(para(function, parameters), "rTRC")(GRID) == pytest.approx(expected, abs=1e-12)


CURVES = {
    "identity": curv([]),
    "gamma 1.8": gamma_curv(1.8),
    "sampled": curv([round(65535 * (i / 255) ** 2.2) for i in range(256)]),
    "coarse": curv([0, 1000, 5000, 65535]),
    "para 0": para(0, (1.9,)),
    "para 1": para(1, (2.0, 1.25, -0.25)),
    "para 2": para(2, (2.0, 0.9, 0.02, 0.05)),
    "para 3": para(3, SRGB_LIKE),
    "para 4": para(4, (2.2, 0.9, 0.05, 0.3, 0.1, 0.03, 0.01)),
}


@pytest.mark.parametrize("data", CURVES.values(), ids=[*CURVES])
def test_against_littlecms(data: bytes) -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    linear = matrix_profile(curv([]))
    greys = np.repeat(GRID.astype(np.float32)[None, :, None], 3, axis=2)
    expected = imagecodecs.cms_transform(
        greys, matrix_profile(data), linear, colorspace="rgb", outcolorspace="rgb", intent=1
    )
    assert parse_curve(data, "rTRC")(GRID) == pytest.approx(expected[0, :, 1], abs=4e-5)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "not a curve type"),
        (b"sf32" + bytes(20), "not a curve type"),
        (b"curv" + bytes(5), "cut short"),
        (curv([1, 2, 3])[:-1], "cut short"),
        (b"curv" + bytes(4) + struct.pack(">I", 0xFFFFFFFF), "entries"),
        (para(3, SRGB_LIKE)[:-1], "cut short"),
        (para(0, (1,)).replace(b"\0\0\0\0\0\0", b"\0\0\0\0\0\5", 1), "unknown parametric function 5"),
    ],
)
def test_damage_names_the_tag(data: bytes, problem: str) -> None:
    with pytest.raises(ProfileError, match=f"gTRC.*{problem}"):
        parse_curve(data, "gTRC")


@given(
    function=st.integers(0, 4),
    numbers=st.lists(st.floats(-32768, 32767), min_size=7, max_size=7),
)
def test_any_parameters_give_values_on_0_1(function: int, numbers: list[float]) -> None:
    curve = parse_curve(para(function, numbers[: (1, 3, 4, 5, 7)[function]]), "rTRC")
    values = curve(GRID)
    assert np.isfinite(values).all()
    assert values.min() >= 0
    assert values.max() <= 1


def test_curves_compare_by_value() -> None:
    assert parse_curve(gamma_curv(2), "rTRC") == ParametricCurve(2.0)
    assert parse_curve(curv([1, 2]), "rTRC") == parse_curve(curv([1, 2]), "bTRC")
