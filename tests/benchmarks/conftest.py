"""A piece of the demonstration's photograph, a third of it outside sRGB, its sRGB codes, and what clipping restores."""

import importlib
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import cast

import pytest
import torch
from carrots import CARROTS

from benchmarks.arrays import Codes, Wide
from benchmarks.figures import coding_named
from benchmarks.paper.method import Setting
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.measure.quality import Quality, measure
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.model.expand import expand
from gamutmeta.photo.read import read_photo


@pytest.fixture(scope="session")
def wide() -> Wide:
    piece = read_photo(CARROTS).array[260:380, 420:580].copy()
    piece.setflags(write=False)
    return piece


@pytest.fixture(scope="session", params=["PNG", "JPEG q95 4:4:4"])
def codes(wide: Wide, request: pytest.FixtureRequest) -> Codes:
    decoded = coding_named(request.param).decoded(wide, Adaptation.BRADFORD)
    decoded.setflags(write=False)
    return decoded


@pytest.fixture(scope="session")
def clipping(wide: Wide, codes: Codes) -> Quality:
    return measure(wide, expand(Descriptor(), {}, codes))


@pytest.fixture
def setting() -> Setting:
    return Setting("cpu", 0, 0.004, truncate=False, adaptation=Adaptation.CAT02)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def colour() -> ModuleType:
    """colour-science, the oracle; its import warns about parts of it that are not needed here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return cast("ModuleType", importlib.import_module("colour"))
