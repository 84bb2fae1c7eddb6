from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.paper.methods.mlp import Mlp
from benchmarks.paper.mlp.layout import Layout
from benchmarks.paper.protocol import Measured
from benchmarks.paper.registry import Registry, build
from benchmarks.paper.report.chromaticity import srgb_triangle
from benchmarks.paper.report.figures import quick_share, series_of
from benchmarks.paper.report.plots import draw_ablations, draw_photograph
from benchmarks.paper.report.published import PUBLISHED
from benchmarks.paper.report.tables import document
from gamutmeta.color.adaptation import Adaptation

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    RowMaker = Callable[..., dict[str, Any]]

MACHINE = {"gamutmeta": "9.9", "python": "3.99", "system": "An OS"}


def registry_of(*keys: str, absent: dict[str, str] | None = None) -> Registry:
    return Registry(tuple(Mlp(key, key.upper(), Layout(16)) for key in keys), absent or {})


def lines_with(text: str, words: str) -> list[str]:
    return [line for line in text.splitlines() if words in line]


def test_means_and_medians(row: RowMaker) -> None:
    rows = [row("a", name, og) for name, og in (("x", 30.0), ("y", 31.0), ("z", 38.0))]
    series = series_of(rows, ["a"], "rounded", "cpu")["a"]
    assert (series.mean("psnr_og"), series.median("psnr_og")) == (33, 31)
    assert series.mean("psnr_ig") is None
    assert not series.has_exact("psnr")


def test_some_photographs_without_loss(row: RowMaker) -> None:
    text = document([row("a", "x", 30.0), row("a", "y", None)], registry_of("a"), MACHINE, "cpu")
    assert "| > 35.00 | > 30.00 |" in lines_with(text, "| A |")[0]


def test_the_best_supported_series_is_shown(row: RowMaker) -> None:
    quick = [row("a", name, 20.0, quick=0.1) for name in "xy"]
    whole = [row("a", "x", 30.0)]
    assert series_of([*quick, *whole], ["a"], "rounded", "cpu")["a"].quick == 0.1  # two photographs
    whole.append(row("a", "y", 30.0))
    assert series_of([*quick, *whole], ["a"], "rounded", "cpu")["a"].quick == 1  # as many, and more steps
    card = [row("a", name, 31.0, device="cuda") for name in "xy"]
    assert series_of([*whole, *card], ["a"], "rounded", "cuda")["a"].device == "cuda"
    assert series_of([*whole, *card], ["a"], "rounded", "cpu")["a"].device == "cpu"
    assert series_of(whole, ["a"], "jpeg", "cpu") == {}


def test_a_method_without_steps_is_never_quick(row: RowMaker) -> None:
    clip = row("clip", "x", 20.0, quick=0.1, note="")
    again = row("clip", "x", 20.0, quick=0.2, note="")
    assert quick_share(clip) == 1
    assert len(series_of([clip, again], ["clip"], "rounded", "cpu")["clip"].rows) == 1


def test_the_document_says_what_is_quick_absent_and_exact(row: RowMaker) -> None:
    rows = [
        row("clip", "x", 20.0, note=""), row("mlp-23kb-meta", "x", 30.0, quick=0.1),
        row("perfect", "x", None, og_percent=5.0), row("clip", "x", 19.0, note="", coding="jpeg"),
    ]  # fmt: skip
    registry = registry_of("clip", "mlp-23kb-meta", "perfect", "lazy", absent={"siren": "SIREN: it is not there"})
    text = document(rows, registry, MACHINE, "cpu")
    assert "1 photograph; measured on made up (torch 2, 1 thread); gamutmeta 9.9, Python 3.99, An OS." in text
    assert "**Some rows are quick: 10 % of the steps.**" in text
    assert "- siren: SIREN: it is not there" in text
    assert "- lazy: not measured" in text
    means = lines_with(text, "| MLP-23KB-META | 1 | quick: 10 % | cpu |")
    # The paper's size and seconds stand beside the measured ones; figures that are not known take no column.
    assert "| 1,000 | 23 | 0.05000 | 0.10000 | 35.00 | 30.00 |" in means[0]
    assert means[0].endswith("| 1.50 | 1.90 | 0.500 | 0.27 |")
    assert len(means) == 2  # means, medians
    assert "| all | cpu | 1,000 |" in lines_with(text, "| PERFECT |")[0]
    assert lines_with(text, "| PERFECT |")[0].count("∞") == 2
    assert "## Table 1: JPEG, quality 95, 4:4:4" in text
    # What the paper states is of lossless pictures.
    assert "38.00" in lines_with(text, "| CLIP |")[0]
    jpeg = text[text.index("## Table 1: JPEG") :]
    assert not any("38.00" in line for line in lines_with(jpeg, "| CLIP |"))
    assert "truncated" not in text
    assert "- CLIP (`clip`): nothing is stored" in text
    assert "| MLP-23KB-META | 30.0 / 35.0 |" in text


def test_photographs_that_were_learned_from_are_left_out(row: RowMaker) -> None:
    rows = [row("clip", name, og) for name, og in (("old", 20.0), ("new", 30.0))]
    text = document(rows, registry_of("clip"), MACHINE, "cpu", ["old", "another"])
    assert "networks were learned from old. Tables leave these out" in text
    first, medians, every, _ = lines_with(text, "| CLIP |")
    assert "| 35.00 | 30.00 |" in first
    assert "| 35.00 | 30.00 |" in medians
    assert "| 2 | all | cpu |" in every
    assert "| 30.00 | 25.00 |" in every
    # Where there are no others, they are shown.
    text = document(rows[:1], registry_of("clip"), MACHINE, "cpu", ["old"])
    assert "leave these out" not in text
    assert "| 25.00 | 20.00 |" in lines_with(text, "| CLIP |")[0]


def test_pictures_with_few_colours_outside_are_named(row: RowMaker) -> None:
    text = document([row("clip", "grey", 20.0, og_percent=9.9)], registry_of("clip"), MACHINE, "cpu")
    assert "Less than 10 % of the pixels are out of gamut in grey." in text


def test_published_rows_have_their_keys() -> None:
    registry = build()
    known = {method.key for method in registry.methods} | set(registry.absent)
    for key in PUBLISHED:
        # Those of modules that are not there yet are absent with the whole module.
        assert key in known or key.split("-")[0] in known


def test_ablations_are_drawn(tmp_path: Path, row: RowMaker) -> None:
    rows = [row(key, "x", 30.0, metadata_bytes=size) for key, size in (("a", 10_240), ("b", 22_528))]
    found = series_of(rows, ["a", "b"], "rounded", "cpu")
    paths = [tmp_path / "a.png", tmp_path / "a.svg"]
    draw_ablations(paths, {"table2": found, "table3": {}, "figure8": found})
    assert paths[0].read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in paths[1].read_bytes()
    first = paths[1].read_bytes()
    draw_ablations(paths, {"table2": found, "table3": {}, "figure8": found})
    assert paths[1].read_bytes() == first
    draw_ablations([tmp_path / "none.png"], {"table2": {}})
    assert not (tmp_path / "none.png").exists()


def test_photographs_are_drawn(tmp_path: Path, row: RowMaker) -> None:
    generator = np.random.default_rng(0)
    arrays = {
        "error": generator.random((20, 30)).astype(np.float16),
        "xy": generator.random((50, 2)).astype(np.float32),
        "xy_original": np.full((50, 2), np.nan, np.float32),
    }
    keys = ("clip", "soft-clip", "mlp-23kb", "gamutmeta-best", "sampled")
    found = {key: Measured(row(key, "x", None if key == "clip" else 30.0), arrays) for key in keys}
    draw_photograph(tmp_path / "x.png", "x", found)
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


def test_srgbs_corners_are_adapted() -> None:
    # Lindbloom's primaries of sRGB under D50 (Bradford).
    wanted = [[0.6484, 0.3309], [0.3211, 0.5978], [0.1559, 0.0660]]
    np.testing.assert_allclose(srgb_triangle(Adaptation.BRADFORD), wanted, atol=6e-4)
