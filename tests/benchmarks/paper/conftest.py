"""The oracle, and how methods are run here."""

from __future__ import annotations

import importlib
import warnings
from typing import TYPE_CHECKING, Any

import pytest
import torch

from benchmarks.paper.method import Setting
from benchmarks.paper.pictures import Picture
from gamutmeta.color.adaptation import Adaptation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    import numpy as np
    from numpy.typing import NDArray


@pytest.fixture(scope="session")
def colour() -> ModuleType:
    """colour-science; its import warns about parts of it that are not needed here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("colour")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def setting() -> Setting:
    return Setting("cpu", 0, 0.004, truncate=False, adaptation=Adaptation.CAT02)


@pytest.fixture(scope="session")
def picture(wide: NDArray[np.uint16]) -> Picture:
    return Picture("piece", wide)


def made_up_row(method: str, photograph: str, og: float | None, **changes: Any) -> dict[str, Any]:
    """A row: whole PSNR 5 dB higher; whole steps where `changes` do not say otherwise."""
    quick = changes.pop("quick", 1.0)
    device = changes.pop("device", "cpu")
    return {
        "method": method, "picture": photograph, "photograph": photograph, "coding": "rounded", "version": [1, 1, "0"],
        "setting": {"device": device, "seed": 0, "quick": quick, "truncate": False, "adaptation": "cat02"},
        "machine": {"processor": "made up", "cuda": "a card" if device == "cuda" else None, "torch": "2", "threads": 1},
        "size": [4, 4], "title": method.upper(), "group": "optimised", "metadata_bytes": 1_000,
        "note": "made up" if quick == 1 else "quick: 1 of 10 steps", "optimisation_seconds": 1.5,
        "inference_seconds": 0.5, "psnr_og": og, "psnr": None if og is None else og + 5, "psnr_ig": None,
        "rmse_og": 0.0 if og is None else 0.1, "rmse": 0.0 if og is None else 0.05, "rmse_ig": 0.0, "de": 1.0,
        "de_og": 2.0, "og_percent": 20.0,
    } | changes  # fmt: skip


@pytest.fixture
def row() -> Callable[..., dict[str, Any]]:
    return made_up_row
