import csv
import json
from pathlib import Path

import numpy as np
import pytest
from carrots import write_piece
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.arrays import Wide
from benchmarks.paper.dataset.build import Recipe, build
from benchmarks.paper.dataset.photographs import Source, Style, crops_of, scenes
from benchmarks.paper.make_dataset import main
from benchmarks.paper.training_set import load_training, read_split
from benchmarks.rivals.method import linear_of, og_mask
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.errors import OutputExistsError
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage

NEUTRAL, VIVID = Style.named("neutral"), Style.named("vivid-1.5")
RECIPE = Recipe((NEUTRAL, VIVID), crop=32, test_share=0.5)


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """Two photographs in two styles of naming, a copy under another name, one without colour, and one that is none."""
    folder = tmp_path / "photographs"
    (folder / "below").mkdir(parents=True)
    piece = read_photo(write_piece(folder / "a_vivid-1.2.tif")).array
    (folder / "below" / "copy.tif").write_bytes((folder / "a_vivid-1.2.tif").read_bytes())
    WideImage(piece[::-1]).save(folder / "below" / "A_neutral.png")
    WideImage(piece[:, ::-1]).save(folder / "b.tif")
    WideImage(piece[:, ::-1] // 2 * 2).save(folder / "below" / "b.tif")
    WideImage(np.full((64, 96, 3), 30_000, np.uint16)).save(folder / "grey.tif")
    (folder / "notes.txt").write_text("not a photograph")
    return folder


def test_vivid_keeps_luminance_and_grey(wide: Wide) -> None:
    rendered = VIVID.render(wide)
    assert NEUTRAL.render(wide) is wide
    before, after = linear_of(wide).astype(float), linear_of(rendered).astype(float)
    inside = ((rendered > 0) & (rendered < 65535)).all(-1)
    weights = np.array([0.2880, 0.7119, 0.0001])  # Y of ROMM RGB, ISO 22028-2
    np.testing.assert_allclose((after @ weights)[inside], (before @ weights)[inside], atol=2e-4)
    spread = [np.ptp(linear, axis=-1)[inside] for linear in (before, after)]
    np.testing.assert_allclose(spread[1], 1.5 * spread[0], atol=1e-4)
    grey = np.full((2, 3, 3), 20_000, np.uint16)
    np.testing.assert_allclose(VIVID.render(grey).astype(int), grey, atol=1)


def test_scenes_join_names_and_files() -> None:
    files = {"x_neutral.tif": "1", "X_vivid-1.6_crop.tif": "2", "copy.tif": "2", "copy_vivid-1.2.tif": "3",
             "y.tif": "4", "neutral.tif": "5"}  # fmt: skip
    sources = [Source(Path(name), name, digest) for name, digest in files.items()]
    scene = scenes(sources)
    assert [scene[source] for source in sources] == ["copy"] * 4 + ["y", "neutral"]


@settings(deadline=None)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 40), st.floats(0, 100), st.integers(0, 9))
def test_crops(height: int, width: int, side: int, min_og: float, most: int) -> None:
    mask = np.random.default_rng(height * width).random((height, width)) < np.linspace(0, 1, width)
    crops = crops_of(mask, side, min_og=min_og, most=most, seed=0)
    assert len(crops) <= most
    covered = np.zeros_like(mask, int)
    for crop in crops:
        part = slice(crop.top, crop.top + side), slice(crop.left, crop.left + side)
        assert mask[part].shape == (side, side)
        assert crop.og_percent == pytest.approx(100 * mask[part].mean())
        assert crop.og_percent >= min_og
        covered[part] += 1
    assert covered.max(initial=0) <= 1


def test_the_whole_data_set(photographs: Path, tmp_path: Path) -> None:
    target, said = tmp_path / "data", []
    rows, failures = build([photographs], target, RECIPE, said.append)
    assert not failures
    with (target / "manifest.csv").open(newline="") as file:
        listed = list(csv.DictReader(file))
    assert [row["file"] for row in listed] == [row.file for row in rows]
    assert {row["file"] for row in listed} == {
        path.relative_to(target).as_posix() for path in target.rglob("*.tif")
    }  # and nothing else
    for row in rows:
        array = read_photo(target / row.file).array
        assert array.shape == (row.height, row.width, 3)
        assert 100 * og_mask(array, Adaptation.CAT02).mean() == pytest.approx(row.og_percent)
        assert row.og_percent >= 10
        assert row.file.startswith({"picture": f"{row.split}/", "crop": "crops/"}[row.kind])
        if row.top is not None and row.left is not None:  # a crop is a piece of its picture
            stem = Path(row.file).stem.removesuffix(f"_{row.top}_{row.left}")
            whole = read_photo(target / "train" / f"{stem}.tif").array
            np.testing.assert_array_equal(whole[row.top : row.top + 32, row.left : row.left + 32], array)
    assert {row.split for row in rows if row.kind == "crop"} == {"train"}
    sides = {side: {row.scene for row in rows if row.split == side} for side in ("train", "test")}
    assert sides["train"] & sides["test"] == set()
    assert sides["train"] | sides["test"] == {"a", "b"}
    names = json.loads((target / "split.json").read_text())
    assert {f"{name}.tif" for name in names["training"]} == {path.name for path in (target / "train").iterdir()}
    assert {f"{name}.tif" for name in names["unseen"]} == {path.name for path in (target / "test").iterdir()}
    learnt = load_training(target / "train", read_split(target / "split.json"))
    assert [picture.name for picture in learnt] == names["training"]
    assert any(line.startswith("grey.tif, neutral: 0.00 %") for line in said)
    assert "below/copy.tif: left out, the same file was there before" in said


def test_nothing_is_left_behind(photographs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = set(tmp_path.iterdir())
    with pytest.raises(ValueError, match="no photograph has 10 % of its pixels out of gamut"):
        build([photographs / "grey.tif"], tmp_path / "data", RECIPE)
    monkeypatch.setattr("benchmarks.paper.dataset.build._list", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        build([photographs], tmp_path / "data", RECIPE)
    with pytest.raises(OutputExistsError, match="name a new folder"):
        build([photographs], photographs, RECIPE)
    assert set(tmp_path.iterdir()) == before


def test_command(photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (photographs / "broken.cr2").write_bytes(b"II*\0" + bytes(40))
    arguments = [str(photographs), "-o", str(tmp_path / "data"), "--styles", "neutral", "--test-share", "50"]
    assert main(arguments) == 1
    out, err = capsys.readouterr()
    assert "broken.cr2: cannot be read" in out
    assert "1 files could not be read" in err
    assert (tmp_path / "data" / "manifest.csv").exists()
    assert main(arguments) == 1
    assert "exists; name a new folder" in capsys.readouterr().err
    (photographs / "broken.cr2").unlink()
    assert main([*arguments[:2], str(tmp_path / "more"), *arguments[3:]]) == 0
    assert main([*arguments[:2], str(tmp_path / "no"), "--styles", "loud"]) == 1
    assert "style 'loud'" in capsys.readouterr().err
    assert main([str(tmp_path / "absent"), "-o", str(tmp_path / "no")]) == 1
    assert "absent" in capsys.readouterr().err
