from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch
from paper_rows import SETTING, clipping, quickly, row_of, run_row

from benchmarks.paper.methods import siren

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(siren, "PLAN", replace(siren.PLAN, batch=512))


@pytest.mark.parametrize(
    ("key", "size"), [("siren", 795_660), ("siren-residual", 795_660), ("siren-small-residual", 69_132)]
)
def test_the_bytes_are_those_of_the_title(wide: NDArray[np.uint16], key: str, size: int) -> None:
    metadata, _ = run_row(siren, key, wide, quickly(1e-4))
    assert len(metadata.data) == size
    assert f"{size / 1000:.0f} KB" in row_of(siren, key).title
    assert metadata.note.endswith("quick: 1 of 9,000 steps")


def test_the_small_one_is_the_only_power_of_two() -> None:
    sizes = {
        (width, layers): 4 * sum(p.numel() for p in siren.Siren(width, layers).parameters())
        for width in (16, 32, 64, 128, 256)
        for layers in range(2, 9)
    }
    assert [found for found, size in sizes.items() if round(size / 1000) == 69] == [(128, 3)]
    assert [found for found, size in sizes.items() if round(size / 1000) == 796] == [(256, 5)]


def test_residual_is_better_than_clipping(wide: NDArray[np.uint16]) -> None:
    _, quality = run_row(siren, "siren-small-residual", wide, quickly(0.02))
    assert quality.psnr_og > clipping(wide).psnr_og + 3


def test_painting_improves_with_steps(wide: NDArray[np.uint16], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(siren, "methods", lambda: [siren.SirenMethod("small", "", 64, 3, residual=False)])
    found = [run_row(siren, "small", wide, quickly(share))[1].psnr for share in (1e-4, 0.01, 0.04)]
    assert found[0] + 3 < found[1] < found[2] - 1


def test_the_seed_decides(wide: NDArray[np.uint16]) -> None:
    setting = quickly(2e-4)
    method = siren.SirenMethod("tiny", "", 8, 3, residual=True)
    first, again = (method.reduce(wide, setting)[1].data for _ in range(2))
    assert first == again
    other = siren.Setting("cpu", 1, 2e-4, truncate=False, adaptation=setting.adaptation)
    assert method.reduce(wide, other)[1].data != first


def test_initialisation_keeps_the_activations_spread() -> None:
    """The point of it: activations are arcsine-distributed, standard deviation about 0.7, in every layer."""
    torch.manual_seed(0)
    network = siren.Siren(256, 5)
    values = torch.rand(4096, 2) * 2 - 1
    for layer in network.layers[:-1]:
        values = torch.sin(siren.OMEGA * layer(values))
        assert values.std().item() == pytest.approx(math.sqrt(0.5), abs=0.05)


def test_other_bytes_are_refused(wide: NDArray[np.uint16]) -> None:
    codes, _ = row_of(siren, "siren-small-residual").reduce(wide, quickly(1e-4))
    with pytest.raises(ValueError, match="17,283 parameters, but 2 are stored"):
        row_of(siren, "siren-small-residual").expand(codes, bytes(8), SETTING)
