from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from benchmarks.rivals.gain_map import GainMap
from gamutmeta.color.quality import Quality, measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

BUDGETS = (900, 1_500, 6_000)
HEAD = 37


@pytest.mark.parametrize("budget", BUDGETS)
def test_better_than_clipping_within_the_budget(
    wide: NDArray[np.uint16], codes: NDArray[np.uint8], clipping: Quality, budget: int
) -> None:
    metadata = GainMap(BUDGETS).fit(wide, codes, budget, 0)
    assert len(metadata.data) <= budget
    restored = measure(wide, GainMap(()).expand(codes, metadata.data))
    assert restored.psnr_og > clipping.psnr_og + 2


def test_more_bytes_are_better(wide: NDArray[np.uint16], codes: NDArray[np.uint8]) -> None:
    method = GainMap(BUDGETS)
    found = [measure(wide, method.expand(codes, method.fit(wide, codes, b, 0).data)).psnr_og for b in BUDGETS]
    assert found == sorted(found)
    assert found[-1] > found[0] + 2


def test_the_quality_is_the_highest_that_fits(wide: NDArray[np.uint16], codes: NDArray[np.uint8]) -> None:
    metadata = GainMap(BUDGETS).fit(wide, codes, 1_500, 0)
    quality, subsampling = metadata.note.split("quality ")[1].split(", ")
    with Image.open(io.BytesIO(metadata.data[HEAD:])) as picture:
        assert picture.format == "JPEG"
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=int(quality) + 3, subsampling=subsampling, optimize=True, progressive=True)
    assert HEAD + file.tell() > 1_500


@pytest.mark.parametrize("kind", ["difference", "log gain"])
def test_both_kinds_restore(wide: NDArray[np.uint16], codes: NDArray[np.uint8], clipping: Quality, kind: str) -> None:
    metadata = GainMap(BUDGETS, (kind,)).fit(wide, codes, 6_000, 0)
    assert metadata.note.startswith(kind)
    assert measure(wide, GainMap(()).expand(codes, metadata.data)).psnr_og > clipping.psnr_og + 5


def test_another_photograph_gets_another_map(wide: NDArray[np.uint16], codes: NDArray[np.uint8]) -> None:
    method = GainMap(BUDGETS)
    first = method.fit(wide, codes, 1_500, 0).data
    turned = method.fit(wide[::-1].copy(), codes[::-1].copy(), 1_500, 0).data
    assert turned != first
    assert method.fit(wide, codes, 1_500, 0).data == first


def test_a_budget_must_hold_something(wide: NDArray[np.uint16], codes: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match="no gain map fits 100 bytes"):
        GainMap(()).fit(wide, codes, 100, 0)
    with pytest.raises(ValueError, match="needs a budget"):
        GainMap(()).fit(wide, codes, None, 0)


def test_a_map_of_noise() -> None:
    rng = np.random.default_rng(1)
    noise = rng.integers(0, 65536, (300, 300, 3)).astype(np.uint16)
    codes = rng.integers(0, 256, (300, 300, 3)).astype(np.uint8)
    metadata = GainMap((200_000,)).fit(noise, codes, 200_000, 0)
    assert "1/1, " in metadata.note
    assert len(metadata.data) > 150_000
