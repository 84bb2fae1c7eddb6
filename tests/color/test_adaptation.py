from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamutmeta.color.adaptation import Adaptation, adaptation_matrix, xyz_of_xy

if TYPE_CHECKING:
    from types import ModuleType

D50 = (0.3457, 0.3585)
D65 = (0.3127, 0.3290)
whites = st.tuples(st.floats(0.25, 0.45), st.floats(0.25, 0.45))
methods = pytest.mark.parametrize("method", Adaptation)


@methods
def test_against_colour(colour: ModuleType, method: Adaptation) -> None:
    name = {Adaptation.BRADFORD: "Bradford", Adaptation.CAT02: "CAT02"}[method]
    expected = colour.adaptation.matrix_chromatic_adaptation_VonKries(xyz_of_xy(D50), xyz_of_xy(D65), name)
    assert adaptation_matrix(D50, D65, method) == pytest.approx(expected, abs=1e-12)


@methods
@given(source=whites, target=whites)
def test_takes_white_to_white_and_back(
    method: Adaptation, source: tuple[float, float], target: tuple[float, float]
) -> None:
    there = adaptation_matrix(source, target, method)
    assert there @ xyz_of_xy(source) == pytest.approx(xyz_of_xy(target), abs=1e-9)
    assert there @ adaptation_matrix(target, source, method) == pytest.approx(np.eye(3), abs=1e-9)


def test_bradford_is_the_default() -> None:
    assert np.array_equal(adaptation_matrix(D50, D65), adaptation_matrix(D50, D65, Adaptation.BRADFORD))
    assert not np.allclose(adaptation_matrix(D50, D65), adaptation_matrix(D50, D65, Adaptation.CAT02), atol=1e-3)
