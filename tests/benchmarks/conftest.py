"""A piece of the demonstration's photograph, a third of it outside sRGB, and its sRGB codes; and rows made up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from carrots import CARROTS

from benchmarks.rd.coding import coding_named
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.quality import Quality, measure
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.model.expand import expand
from gamutmeta.photo.read import read_photo

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray


@pytest.fixture(scope="session")
def wide() -> NDArray[np.uint16]:
    piece = read_photo(CARROTS).array[260:380, 420:580].copy()
    piece.setflags(write=False)
    return piece


@pytest.fixture(scope="session", params=["PNG", "JPEG q95 4:4:4"])
def coding_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="session")
def codes(wide: NDArray[np.uint16], coding_name: str) -> NDArray[np.uint8]:
    decoded = coding_named(coding_name).decoded(wide, Adaptation.BRADFORD)
    decoded.setflags(write=False)
    return decoded


@pytest.fixture(scope="session")
def clipping(wide: NDArray[np.uint16], codes: NDArray[np.uint8]) -> Quality:
    return measure(wide, expand(Descriptor(), {}, codes))


def made_up_row(photograph: str, method: str, budget: int | None, og: float, **changes: Any) -> dict[str, Any]:
    """One row on a PNG: ``psnr_og`` as given, ``psnr`` 5 and ``psnr_ig`` 20 dB higher."""
    family = "clipping" if method.startswith("clipping") else "samples"
    return {
        "photograph": photograph, "pixels": "4x4", "coding": "PNG", "family": family, "seed": 0, "method": method,
        "budget": budget, "adaptation": "cat02" if "reference" in method or "cat02" in method else "bradford",
        "payload_bytes": budget or 0, "added_bytes": (budget or 0) * 4 // 3, "note": "made up", "fit_seconds": 1.5,
        "psnr_og": og, "psnr": og + 5, "psnr_ig": og + 20, "rmse_og": 0.1, "rmse": 0.05, "rmse_ig": 0.01,
        "de_og": 100 / og, "de": 50 / og, "og_percent": 20.0,
    } | changes  # fmt: skip


def made_up_rows(photograph: str, shift: float = 0, **changes: Any) -> list[dict[str, Any]]:
    """A photograph: clipping at 20 (Bradford) and 21 dB (CAT02), the reference at 30, gamutmeta at 31 and 33."""
    methods = (
        ("clipping, bradford", None, 20),
        ("clipping, cat02", None, 21),
        ("reference float32", None, 30),
        ("gamutmeta", 3_000, 31),
        ("gamutmeta", 6_000, 33),
    )
    return [made_up_row(photograph, method, budget, og + shift, **changes) for method, budget, og in methods]


@pytest.fixture
def row() -> Callable[..., dict[str, Any]]:
    return made_up_row


@pytest.fixture
def rows_of() -> Callable[..., list[dict[str, Any]]]:
    return made_up_rows
