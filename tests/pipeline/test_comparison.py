"""One comparison for verify, view, plot and demo: the same pictures and figures, and nothing is done twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from carrots import QUICK, write_piece

from gamutmeta import plot
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.demo import demonstrate
from gamutmeta.errors import BindingError, PhotoError
from gamutmeta.model.expand import StripExpander
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline.comparison import compare_files, differences_of
from gamutmeta.pipeline.expand import expand
from gamutmeta.pipeline.reduce import reduce_file
from gamutmeta.pipeline.srgb_file import SrgbFile
from gamutmeta.pipeline.verify import verify_file
from gamutmeta.view import write_page

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("torch")


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An sRGB file and its photograph."""
    folder = tmp_path_factory.mktemp("pair")
    reduce_file(write_piece(folder / "wide.tif"), folder / "photo.jpg", preset=QUICK, device="cpu")
    return folder / "photo.jpg", folder / "wide.tif"


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Counts what takes time, by whichever way it is come to: readings, decodings and expansions."""
    counted: Counter[str] = Counter()

    def count(target: str, what: str) -> None:
        module, _, name = target.rpartition(".")
        function = getattr(__import__(module, fromlist=[name]), name)

        def counting(*arguments: Any, **options: Any) -> Any:
            counted[what] += 1
            return function(*arguments, **options)

        monkeypatch.setattr(target, counting)

    count("gamutmeta.photo.read._decode", "photographs read")
    count("gamutmeta.photo.pixels._decoded", "sRGB pictures decoded")
    for module in ("binding", "host"):
        count(f"gamutmeta.pipeline.{module}.decode_sycc", "YCbCr samples decoded")
    count("gamutmeta.pipeline.srgb_file.find_payload", "payloads looked for")
    count("gamutmeta.pipeline.binding.check_size", "bindings checked")
    begin = StripExpander.__init__

    def expanding(self: StripExpander, descriptor: Any, *arguments: Any, **options: Any) -> None:
        counted["clipped" if descriptor.is_empty else "restored"] += 1
        begin(self, descriptor, *arguments, **options)

    monkeypatch.setattr(StripExpander, "__init__", expanding)
    return counted


ONCE = {
    "photographs read": 1,
    "YCbCr samples decoded": 1,  # what viewers show is computed from them
    "payloads looked for": 1,
    "bindings checked": 1,
    "clipped": 1,
    "restored": 1,
}


def test_verify_does_everything_once(pair: tuple[Path, Path], work: Counter[str]) -> None:
    verify_file(*pair)
    assert work == ONCE


def test_view_does_everything_once(pair: tuple[Path, Path], work: Counter[str], tmp_path: Path) -> None:
    write_page(pair[0], tmp_path / "page.html", reference=pair[1])
    assert work == ONCE


def test_view_without_a_reference_expands_nothing(pair: tuple[Path, Path], work: Counter[str], tmp_path: Path) -> None:
    write_page(pair[0], tmp_path / "page.html")
    assert work == {"YCbCr samples decoded": 1, "payloads looked for": 1, "bindings checked": 1}


def test_demo_adds_to_the_reduction_what_it_shows_once(
    pair: tuple[Path, Path], work: Counter[str], tmp_path: Path
) -> None:
    reduce_file(pair[1], tmp_path / "photo.jpg", preset=QUICK, device="cpu")
    # The fit's own: it decodes what it has coded, and measures clipping, the samples alone, and the model.
    reduction = {"photographs read": 1, "YCbCr samples decoded": 1, "clipped": 2, "restored": 1}
    assert work == reduction
    work.clear()
    demonstrate(pair[1], tmp_path / "demo", preset=QUICK)
    work.subtract(reduction)
    assert work == ONCE | {"photographs read": 0}


def test_a_comparison_for_notebooks_does_everything_once(pair: tuple[Path, Path], work: Counter[str]) -> None:
    pytest.importorskip("matplotlib").use("agg")
    compared = compare_files(*pair)
    plot.error_map(compared.original, compared.restored)
    plot.side_by_side(compared.clipped, compared.restored, compared.original)
    assert compared.report is compared.report
    assert compared.differences is compared.differences
    assert work == ONCE


def test_pictures_and_figures_are_those_of_the_single_steps(pair: tuple[Path, Path]) -> None:
    compared = compare_files(*pair)
    assert np.array_equal(compared.original.array, read_photo(pair[1]).array)
    assert np.array_equal(compared.restored.array, expand(pair[0]).array)
    empty = SrgbFile.read(pair[0]).clipped()
    assert np.array_equal(compared.clipped.array, empty)
    assert compared.report == replace(verify_file(*pair), seconds=None)
    assert compared.differences.mean(1) < compared.differences.mean(0)
    assert compared.differences.mean_og(1) < compared.differences.mean_og(0)  # type: ignore[operator]


def test_what_does_not_belong_together(pair: tuple[Path, Path], tmp_path: Path) -> None:
    write_piece(tmp_path / "a.tif")
    WideImage(np.zeros((5, 4, 3), np.uint16)).save(tmp_path / "small.tif")
    with pytest.raises(PhotoError, match=r"small\.tif has 4x5 pixels, photo\.jpg 96x64: they cannot be compared"):
        compare_files(pair[0], tmp_path / "small.tif")
    reduce_file(tmp_path / "a.tif", tmp_path / "a.png", preset=QUICK, device="cpu", carrier="sidecar")
    with pytest.raises(BindingError):
        compare_files(pair[0], pair[1], sidecar=tmp_path / "a.png.gamut")
    compare_files(pair[0], pair[1], sidecar=tmp_path / "a.png.gamut", check=False)


def test_differences_are_those_of_prophoto() -> None:
    original = WideImage(np.random.default_rng(1).integers(0, 65536, (9, 8, 3), np.uint16))
    there = original.convert("rec2020")
    found = differences_of(there, [original.convert("srgb")], Adaptation.BRADFORD)
    expected = differences_of(
        there.convert("prophoto"), [original.convert("srgb").convert("prophoto")], Adaptation.BRADFORD
    )
    assert np.array_equal(found.errors[0], expected.errors[0])
