from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from paper_rows import clipping, quickly, row_of, run_row

from benchmarks.paper.method import FittedMethod, clip_codes
from benchmarks.paper.methods import clip, gamutmeta
from benchmarks.rd.coding import coding_named
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.quality import measure
from gamutmeta.container import Payload
from gamutmeta.fit.config import PRESETS

if TYPE_CHECKING:
    from numpy.typing import NDArray


@pytest.mark.parametrize(
    ("key", "most"),
    [
        ("gamutmeta-small", 1_500),
        ("gamutmeta-balanced", 6_000),
        ("gamutmeta-best-6000", 6_000),
        ("gamutmeta-best", 16_000),
        ("gamutmeta-paper", 12_000),
    ],
)
def test_better_than_clipping_within_the_cap(wide: NDArray[np.uint16], key: str, most: int) -> None:
    metadata, quality = run_row(gamutmeta, key, wide, quickly(0.03))
    assert len(metadata.data) <= most
    assert Payload.from_bytes(metadata.data).descriptor.adaptation is Adaptation.CAT02
    assert "quick: " in metadata.note
    assert quality.psnr_og > clipping(wide).psnr_og + 2


def test_every_preset_has_a_row() -> None:
    rows = gamutmeta.methods()
    assert {row.preset for row in rows if isinstance(row, gamutmeta.Preset)} == set(PRESETS)
    assert {row.group for row in rows} == {"ours"}


def test_codes_can_be_truncated(wide: NDArray[np.uint16]) -> None:
    setting = replace(quickly(0.01), truncate=True)
    metadata, _ = run_row(gamutmeta, "gamutmeta-small", wide, setting)
    assert (clip_codes(wide, setting) != clip_codes(wide, quickly(1))).any()
    assert not Payload.from_bytes(metadata.data).descriptor.is_empty


def test_codes_of_a_jpeg(wide: NDArray[np.uint16]) -> None:
    setting, row = quickly(0.03), row_of(gamutmeta, "gamutmeta-balanced")
    codes = coding_named("JPEG q95 4:4:4").decoded(wide, setting.adaptation)
    assert isinstance(row, FittedMethod)
    restored = row.expand(codes, row.fit(wide, codes, setting).data, setting)
    alone = row_of(clip, "clip").expand(codes, b"", setting)
    found = [measure(wide, picture, setting.adaptation).psnr_og for picture in (restored, alone)]
    assert found[0] > found[1] + 2
    with pytest.raises(ValueError, match="neither clipped nor those of a JPEG"):
        row.fit(wide, codes[::-1], setting)


def test_nothing_to_keep() -> None:
    grey = np.full((20, 30, 3), 30_000, np.uint16)
    codes, metadata = row_of(gamutmeta, "gamutmeta-balanced").reduce(grey, quickly(1))
    assert metadata.seconds == 0
    assert "contains no model" in metadata.note
    restored = row_of(gamutmeta, "gamutmeta-balanced").expand(codes, metadata.data, quickly(1))
    assert np.abs(restored.astype(int) - grey).max() < 200
