from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import gamutmeta.view
from gamutmeta.color.locus import SPECTRAL_LOCUS

if TYPE_CHECKING:
    from types import ModuleType


def test_it_is_that_of_the_standard_observer(colour: ModuleType) -> None:
    functions = colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"]
    xyz = np.array([functions[wavelength] for wavelength in range(380, 705, 5)])
    assert np.abs(np.array(SPECTRAL_LOCUS) - xyz[:, :2] / xyz.sum(1, keepdims=True)).max() < 1.1e-4


def test_the_page_of_view_draws_the_same_one() -> None:
    page = (Path(gamutmeta.view.__file__).parent / "page" / "locus.js").read_text(encoding="utf-8")
    assert re.findall(r"\[(0\.\d+), (0\.\d+)\]", page) == [(f"{x:.4f}", f"{y:.4f}") for x, y in SPECTRAL_LOCUS]
