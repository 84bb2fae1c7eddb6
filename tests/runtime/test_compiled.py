from __future__ import annotations

import importlib
import sys
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.color.sycc import reduce_to_sycc
from gamutmeta.errors import GamutMetaWarning
from gamutmeta.measure.quality import measure
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.model.expand import expand
from gamutmeta.runtime import compiled

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDE = np.random.default_rng(0).integers(0, 65536, (20, 30, 3), np.uint16)
KERNELS = ("gamutmeta.color.pixel_loops", "gamutmeta.color.sycc_loops")


@pytest.fixture
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(compiled, "_WORTH_LOADING", 1)
    monkeypatch.setattr(compiled, "is_numba_available", lambda: True)
    compiled.load_kernel.cache_clear()
    yield
    compiled.load_kernel.cache_clear()


@pytest.mark.usefixtures("everything_is_large")
@pytest.mark.parametrize(
    "error", [ImportError("Numba needs NumPy 2.9 or less"), RuntimeError("cannot cache function: no locator available")]
)
def test_a_numba_that_does_not_work_keeps_nobody_from_a_picture(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    real = importlib.import_module

    def broken(name: str) -> object:
        if name in KERNELS:
            raise error
        return real(name)

    monkeypatch.setattr(compiled.importlib, "import_module", broken)
    with pytest.warns(GamutMetaWarning, match="numpy is used instead"):
        codes, _ = reduce_to_codes(WIDE, Adaptation.BRADFORD)
    with pytest.warns(GamutMetaWarning, match="numpy is used instead"):
        samples = reduce_to_sycc(WIDE, Adaptation.BRADFORD)
    assert np.array_equal(samples, reduce_to_sycc(WIDE, Adaptation.BRADFORD, compiled=False))
    restored = expand(Descriptor(), {}, codes)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it has been said
        measure(WIDE, restored)


@pytest.mark.usefixtures("everything_is_large")
def test_who_asks_for_it_is_told_that_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gamutmeta.color.sycc_loops", None)
    with pytest.raises(ImportError):
        reduce_to_sycc(WIDE, Adaptation.BRADFORD, compiled=True)
