from __future__ import annotations

import importlib
import warnings
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType


@pytest.fixture(autouse=True)
def _no_window() -> Iterator[None]:
    """Draw without a screen, and close what was drawn."""
    pyplot = pytest.importorskip("matplotlib.pyplot")
    with pyplot.rc_context({"backend": "agg"}):
        pyplot.switch_backend("agg")
        yield
        pyplot.close("all")


@pytest.fixture(scope="session")
def colour() -> ModuleType:
    """colour-science, the oracle; its import warns about parts of it that are not needed here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("colour")
