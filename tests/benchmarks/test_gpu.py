"""The benchmark of the GPU: its arithmetic, its tables, and what it refuses."""

from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from benchmarks.gpu import __main__ as command  # noqa: E402
from benchmarks.gpu import card  # noqa: E402
from benchmarks.gpu.report import document, multiplications, targets, with_figures  # noqa: E402
from gamutmeta.model.descriptor import Descriptor, Grid, Head, Rgb  # noqa: E402


def rows() -> list[dict[str, Any]]:
    """Made up, with round numbers."""
    found: list[dict[str, Any]] = [
        {"part": "card", "task": "copy", "bytes": 2_000_000_000, "best": 0.001},
        {"part": "card", "task": "float32", "flop": 10**12, "best": 0.02},
        {"part": "expand", "task": "on the GPU", "megapixels": 24, "bytes": 216_000_000, "flop": 10**10, "best": 0.004},
        {"part": "expand", "task": "paper", "megapixels": 24, "bytes": 216_000_000, "best": 0.1},
        {"part": "fit", "task": "balanced", "megapixels": 24, "best": 0.25, "steps": 2000, "psnr_og": 40.0},
        {"part": "fit", "task": "paper", "megapixels": 24, "best": 2.0, "steps": 1200, "psnr_og": 38.5},
        {"part": "fit", "task": "paper, compiled", "megapixels": 24, "best": 1.0, "steps": 1200},
        {"part": "batch", "task": "recorded", "batch": 1280, "best": 0.0001},
        {"part": "folder", "task": "reduce", "device": "cuda", "jobs": 4, "images": 16, "best": 8.0, "megapixels": 24,
         "fit_share": 0.25},
    ]  # fmt: skip
    return [row | {"median": 1.0, "rounds": 3} for row in found]


def test_figures() -> None:
    copy, product, expand, _, fit, paper, _, _, folder = with_figures(rows())
    assert (copy["gb_per_s"], product["tflop_per_s"]) == (pytest.approx(2000), pytest.approx(50))
    assert "copy_share" not in copy
    assert {key: expand[key] for key in ("gb_per_s", "copy_share", "tflop_per_s", "float32_share")} == {
        key: pytest.approx(value)
        for key, value in {"gb_per_s": 54, "copy_share": 0.027, "tflop_per_s": 2.5, "float32_share": 0.05}.items()
    }
    assert (expand["megapixels_per_s"], expand["times_paper"]) == (pytest.approx(6000), pytest.approx(25))
    assert "times_compiled" not in expand
    assert (fit["times_paper"], fit["times_compiled"], folder["per_minute"]) == (8, 4, 120)
    assert "times_paper" not in paper
    alone = with_figures(row for row in rows() if row["part"] != "card")
    assert not any({"copy_share", "float32_share"} & row.keys() for row in alone), "without the card"


def test_targets_and_tables() -> None:
    assert [(value, met) for _, _, value, met in targets(rows())] == [
        (pytest.approx(4), True), (0.25, False), (pytest.approx(25), True), (8, False),
    ]  # fmt: skip
    assert [(value, met) for _, _, value, met in targets([])] == [(None, None)] * 4
    about = {
        "card": {"name": "Some card", "gib": 80.0, "capability": "9.0", "cuda": "13.0", "torch": "2", "triton": "3"},
        "machine": {"processor": "Some processor", "cores": 16, "python": "3.11"},
        "photograph": "park",
    }
    text = document(about | {"rows": rows()})
    assert "Some card (80.0 GiB, compute capability 9.0)" in text
    assert "| expand 24 MP on the GPU, ms | <= 5 | 4 | yes |" in text
    assert "| fit 24 MP, s | <= 0.1 | 0.25 | NO |" in text
    assert "| on the GPU | 24 | 4 | 1e+03 | 6000 | 54 | 3 % | 2.50 | 5 % | 25.0 |  |" in text
    assert "| reduce | cuda | 4 | 16 | 120.0 | 25 % |" in text
    assert "## Fit" not in document(about | {"rows": rows()[:4]})


def test_multiplications() -> None:
    model = Descriptor(head=Head.SRGB_EXCESS, grid=Grid(3, 5, 7), rgb=Rgb(2), hidden=(24, 16))
    assert multiplications(model) == 3 * 24 + 24 * 16 + 16 * 3
    assert multiplications(Descriptor(head=Head.SRGB_EXCESS, rgb=Rgb(2), hidden=(5,))) == 5 * 3


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_it_refuses_without_cuda(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card.importlib.util, "find_spec", lambda _: object())
    with pytest.raises(SystemExit, match="finds no CUDA device; nothing is measured without one"):
        command.BENCHMARK.main(["photo.tif", "--out", str(tmp_path)])
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(card.importlib.util, "find_spec", lambda name: None if name == "triton" else object())
    assert card.refusal() == "triton is not installed; pip install 'gamutmeta[gpu]'"
