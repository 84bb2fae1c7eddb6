"""The benchmark of the GPU: its arithmetic, its tables, what it refuses, and the paper's model it compares with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from benchmarks.gpu import __main__ as command  # noqa: E402
from benchmarks.gpu import card  # noqa: E402
from benchmarks.gpu.figures import multiplications, targets, with_figures  # noqa: E402
from benchmarks.gpu.paper import DeviceTraining, PaperExpansion  # noqa: E402
from benchmarks.gpu.tables import document  # noqa: E402
from benchmarks.rivals.plain import PlainReference  # noqa: E402
from benchmarks.rivals.reference import SHAPES, Training  # noqa: E402
from benchmarks.rivals.weights import pack  # noqa: E402
from gamutmeta.color.adaptation import Adaptation  # noqa: E402
from gamutmeta.color.gamut import reduce_to_codes  # noqa: E402
from gamutmeta.model.descriptor import Descriptor, Grid, Head, Rgb  # noqa: E402

CPU = torch.device("cpu")


def rows() -> list[dict[str, Any]]:
    """Made up, with round numbers."""
    times = {"median": 1.0, "rounds": 3}
    return [
        {"part": "card", "task": "copy", "bytes": 2_000_000_000, "best": 0.001} | times,
        {"part": "card", "task": "float32", "flop": 10**12, "best": 0.02} | times,
        {"part": "expand", "task": "on the GPU", "megapixels": 24, "bytes": 216_000_000, "flop": 10**10, "best": 0.004}
        | times,
        {"part": "expand", "task": "paper", "megapixels": 24, "bytes": 216_000_000, "best": 0.1} | times,
        {"part": "fit", "task": "balanced", "megapixels": 24, "best": 0.25, "steps": 2000, "psnr_og": 40.0} | times,
        {"part": "fit", "task": "paper", "megapixels": 24, "best": 2.0, "steps": 1200, "psnr_og": 38.5} | times,
        {"part": "fit", "task": "paper, compiled", "megapixels": 24, "best": 1.0, "steps": 1200} | times,
        {"part": "batch", "task": "recorded", "batch": 1280, "best": 0.0001} | times,
        {"part": "folder", "task": "reduce", "device": "cuda", "jobs": 4, "images": 16, "best": 8.0, "megapixels": 24,
         "fit_share": 0.25} | times,
    ]  # fmt: skip


def test_figures() -> None:
    copy, product, expand, _, fit, paper, _, _, folder = with_figures(rows())
    assert copy["gb_per_s"] == pytest.approx(2000)
    assert "copy_share" not in copy
    assert product["tflop_per_s"] == pytest.approx(50)
    assert expand["gb_per_s"] == pytest.approx(54)
    assert expand["copy_share"] == pytest.approx(0.027)
    assert expand["tflop_per_s"] == pytest.approx(2.5)
    assert expand["float32_share"] == pytest.approx(0.05)
    assert expand["megapixels_per_s"] == pytest.approx(6000)
    assert expand["times_paper"] == pytest.approx(25)
    assert "times_compiled" not in expand
    assert (fit["times_paper"], fit["times_compiled"]) == (8, 4)
    assert "times_paper" not in paper
    assert folder["per_minute"] == 120


def test_without_the_card_there_are_no_shares() -> None:
    for row in with_figures(row for row in rows() if row["part"] != "card"):
        assert "copy_share" not in row
        assert "float32_share" not in row


def test_targets() -> None:
    assert [(value, met) for _, _, value, met in targets(rows())] == [
        (pytest.approx(4), True), (0.25, False), (pytest.approx(25), True), (8, False),
    ]  # fmt: skip
    assert [(value, met) for _, _, value, met in targets([])] == [(None, None)] * 4


def test_tables() -> None:
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
def test_it_refuses_without_cuda(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["photo.tif"]) == 1
    assert "finds no CUDA device; nothing is measured without one" in capsys.readouterr().err


def test_it_names_a_missing_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(card.importlib.util, "find_spec", lambda name: None if name == "triton" else object())
    assert card.refusal() == "triton is not installed; pip install 'gamutmeta[gpu]'"


def photograph() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 65536, (30, 41, 3), np.uint16)


def test_the_papers_expansion_is_that_of_the_other_benchmarks() -> None:
    rng = np.random.default_rng(0)
    weights = [(rng.standard_normal(shape) / shape[1] ** 0.5).astype(np.float32) for shape in SHAPES]
    codes, _ = reduce_to_codes(photograph(), Adaptation.CAT02)
    expected = PlainReference(Training()).expand(codes, pack(weights, "float32"))
    rival = PaperExpansion(weights, Adaptation.CAT02, codes.shape[:2], CPU)
    found = rival(torch.from_numpy(codes), torch.empty(codes.shape, dtype=torch.uint16)).numpy()
    assert np.abs(found.astype(int) - expected).max() <= 2


def test_the_papers_fit_learns() -> None:
    wide = photograph()
    codes, _ = reduce_to_codes(wide, Adaptation.CAT02)
    training = DeviceTraining(CPU, steps=2)
    weights, seconds = training(wide, codes, 0)
    assert [w.shape for w in weights] == list(SHAPES)
    assert sum(training.seconds) <= seconds + 0.1
    longer, _ = DeviceTraining(CPU, steps=4)(wide, codes, 0)
    assert np.any(longer[0] != weights[0])
