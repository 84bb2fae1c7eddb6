"""Running one row of the paper's tables on a piece of a photograph."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.paper.method import Metadata, Method, Setting, clip_codes
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.quality import Quality, measure
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.model.expand import expand

if TYPE_CHECKING:
    from types import ModuleType

    from numpy.typing import NDArray

SETTING = Setting(device="cpu", seed=0, quick=1.0, truncate=False, adaptation=Adaptation.CAT02)


def quickly(share: float) -> Setting:
    return replace(SETTING, quick=share)


def row_of(module: ModuleType, key: str) -> Method:
    method: Method = next(method for method in module.methods() if method.key == key)
    return method


def clipping(wide: NDArray[np.uint16], setting: Setting = SETTING) -> Quality:
    """What the codes alone restore."""
    empty = Descriptor(adaptation=setting.adaptation)
    return measure(wide, expand(empty, {}, clip_codes(wide, setting)), setting.adaptation)


def run_row(
    module: ModuleType, key: str, wide: NDArray[np.uint16], setting: Setting = SETTING
) -> tuple[Metadata, Quality]:
    """Reduce, and expand by another object of the same row that knows the codes and the bytes alone."""
    codes, metadata = row_of(module, key).reduce(wide, setting)
    np.testing.assert_array_equal(codes, clip_codes(wide, setting))
    assert isinstance(metadata.data, bytes)
    assert metadata.seconds >= 0
    restored = row_of(module, key).expand(codes.copy(), bytes(bytearray(metadata.data)), setting)
    assert restored.dtype == np.uint16
    return metadata, measure(wide, restored, setting.adaptation)
