from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamutmeta.measure.ciede2000 import delta_e_2000, prophoto_to_lab

if TYPE_CHECKING:
    from types import ModuleType

labs = st.tuples(st.floats(0, 100), st.floats(-128, 127), st.floats(-128, 127))

# Sharma, Wu, Dalal 2005, table 1 (the supplementary test data), pairs 1-20, 25 and 26.
SHARMA = [
    ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
    ((50.0, 3.1571, -77.2803), (50.0, 0.0, -82.7485), 2.8615),
    ((50.0, 2.8361, -74.0200), (50.0, 0.0, -82.7485), 3.4412),
    ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0000),
    ((50.0, -1.1848, -84.8006), (50.0, 0.0, -82.7485), 1.0000),
    ((50.0, -0.9009, -85.5211), (50.0, 0.0, -82.7485), 1.0000),
    ((50.0, 0.0, 0.0), (50.0, -1.0, 2.0), 2.3669),
    ((50.0, -1.0, 2.0), (50.0, 0.0, 0.0), 2.3669),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0009), 7.1792),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0010), 7.1792),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0011), 7.2195),
    ((50.0, 2.4900, -0.0010), (50.0, -2.4900, 0.0012), 7.2195),
    ((50.0, -0.0010, 2.4900), (50.0, 0.0009, -2.4900), 4.8045),
    ((50.0, -0.0010, 2.4900), (50.0, 0.0010, -2.4900), 4.8045),
    ((50.0, -0.0010, 2.4900), (50.0, 0.0011, -2.4900), 4.7461),
    ((50.0, 2.5, 0.0), (50.0, 0.0, -2.5), 4.3065),
    ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
    ((50.0, 2.5, 0.0), (61.0, -5.0, 29.0), 22.8977),
    ((50.0, 2.5, 0.0), (56.0, -27.0, -3.0), 31.9030),
    ((50.0, 2.5, 0.0), (58.0, 24.0, 15.0), 19.4535),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((63.0109, -31.0961, -5.8663), (62.8187, -29.7946, -4.0864), 1.2630),
]


@pytest.mark.parametrize(("lab1", "lab2", "expected"), SHARMA)
def test_published_pairs(lab1: tuple[float, ...], lab2: tuple[float, ...], expected: float) -> None:
    assert delta_e_2000(np.array(lab1), np.array(lab2)) == pytest.approx(expected, abs=5e-5)


def test_against_colour(colour: ModuleType) -> None:
    random = np.random.default_rng(3)
    lab1 = random.uniform((0, -110, -110), (100, 110, 110), (20_000, 3))
    lab2 = np.concatenate([lab1[:10_000] + random.normal(0, 3, (10_000, 3)), lab1[9_999::-1]])
    expected = colour.delta_E(lab1, lab2, method="CIE 2000")
    assert delta_e_2000(lab1, lab2) == pytest.approx(expected, abs=1e-9)


@given(lab1=labs, lab2=labs)
def test_symmetric_and_zero_only_for_equals(lab1: tuple[float, ...], lab2: tuple[float, ...]) -> None:
    there, back = delta_e_2000(np.array([lab1, lab2]), np.array([lab2, lab1]))
    assert there == pytest.approx(back, abs=1e-9)
    assert there >= 0
    assert delta_e_2000(np.array(lab1), np.array(lab1)) == 0


def test_greys_have_no_hue_term() -> None:
    greys = np.array([[50.0, 0.0, 0.0], [50.0, 10.0, 0.0]])
    difference = delta_e_2000(greys[0], greys)
    assert difference[0] == 0
    assert difference[1] > 5


def test_broadcasts() -> None:
    assert delta_e_2000(np.zeros((4, 1, 3)), np.zeros((5, 3))).shape == (4, 5)


def test_lab_against_colour(colour: ModuleType) -> None:
    rgb = np.random.default_rng(5).random((1000, 3)) ** 3
    space = colour.RGB_COLOURSPACES["ROMM RGB"].copy()
    space.use_derived_transformation_matrices(usage=True)
    expected = colour.XYZ_to_Lab(rgb @ space.matrix_RGB_to_XYZ.T, space.whitepoint)
    assert prophoto_to_lab(rgb) == pytest.approx(expected, abs=1e-6)


def test_lab_of_greys_is_neutral() -> None:
    lab = prophoto_to_lab(np.repeat(np.linspace(0, 1, 11, dtype=np.float32)[:, None], 3, axis=1))
    assert lab[:, 1:] == pytest.approx(np.zeros((11, 2)), abs=1e-9)
    assert lab[[0, -1], 0] == pytest.approx([0, 100])
    assert lab.dtype == np.float64
