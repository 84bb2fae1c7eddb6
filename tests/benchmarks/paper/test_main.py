from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile

from benchmarks.paper import __main__ as command
from benchmarks.paper.methods.soft_clip import SoftClip
from benchmarks.paper.pictures import Picture, find

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@pytest.fixture
def data(tmp_path: Path, wide: NDArray[np.uint16]) -> Path:
    """A folder as the paper's is: pictures that name no colour space."""
    folder = tmp_path / "data"
    folder.mkdir()
    for name, part in (("one", wide[:60]), ("two", wide[60:])):
        tifffile.imwrite(folder / f"{name}.tif", part, photometric="rgb")
    (folder / "notes.txt").write_text("no picture")
    return folder


def run(data: Path, *options: str) -> dict[str, bytes]:
    out = data.parent / "out"
    command.main([str(data), "--cache", str(data.parent / "cache"), "--out", str(out), "--device", "cpu", *options])
    return {path.name: path.read_bytes() for path in out.iterdir()}


def without_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """They take most of the time."""
    for name in ("draw_ablations", "draw_photograph"):
        monkeypatch.setattr(command, name, lambda *_: None)


def test_a_table_in_pieces(data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    quick = ["--quick", "0.0002", "--crop", "50", "--codings", "rounded", "jpeg"]
    files = run(data, "--rows", "clip", "mlp-11kb", *quick)
    printed = capsys.readouterr().out
    assert "two, jpeg, mlp-11kb: OG" in printed
    assert set(files) == {"tables.md", "tables.json", "one.png", "two.png", "ablations.png", "ablations.svg"}
    text = files["tables.md"].decode()
    assert "| MLP + enc. (11 KB) | 2 | quick: 0.02 % | cpu | 10,240 | 11 |" in text
    assert "**Some rows are quick: 0.02 % of the steps.**" in text
    assert "- soft-clip: not measured" in text
    content = json.loads(files["tables.json"])
    assert {row["photograph"] for row in content["rows"]} == {"one", "two"}
    assert len(content["rows"]) == 8
    assert all(row["size"] == [50, 50] for row in content["rows"])
    assert content["machine"]["libraries"]["torch"]

    # Taken up again with another row: the others come from the cache.
    without_plots(monkeypatch)
    asked = []
    measure = command.measure
    monkeypatch.setattr(command, "measure", lambda *at: asked.append(at[0].key) or measure(*at))
    content = json.loads(run(data, "--rows", "clip", "soft-clip", "mlp-11kb", *quick)["tables.json"])
    assert asked == ["soft-clip"] * 4
    assert len(content["rows"]) == 12

    # Nothing is measured, and all is shown; other pieces of the pictures are others.
    asked.clear()
    assert len(json.loads(run(data, *quick, "--rows")["tables.json"])["rows"]) == 12
    assert asked == []
    run(data, "--rows", "clip", "--crop", "40", "--codings", "rounded", "--only", "one")
    assert asked == ["clip"]


def test_fresh_rows_are_measured_again(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_plots(monkeypatch)
    options = ["--rows", "clip", "--codings", "rounded", "--only", "two"]
    run(data, *options)
    asked = []
    measure = command.measure
    monkeypatch.setattr(command, "measure", lambda *at: asked.append(at[0].key) or measure(*at))
    run(data, *options)
    assert asked == []
    run(data, *options, "--fresh")
    assert asked == ["clip"]


def test_a_failure_does_not_end_the_table(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_plots(monkeypatch)
    monkeypatch.setattr(SoftClip, "expand", lambda *_: int("none"))
    with pytest.raises(SystemExit, match=r"(?s)2 measurements failed:.*one, rounded, soft-clip: invalid literal"):
        run(data, "--rows", "soft-clip", "mlp-11kb", "--quick", "0.0002", "--crop", "40", "--codings", "rounded")
    content = json.loads((data.parent / "out" / "tables.json").read_text())
    assert [row["method"] for row in content["rows"]] == ["mlp-11kb"] * 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--rows", "nothing"], "row 'nothing': there is none"),
        (["--only", "three"], "no such TIFF or PNG pictures"),
        (["--rows"], "nothing was measured of these pictures yet"),
        (["--device", "abacus"], "unknown device 'abacus'"),
    ],
)
def test_what_cannot_be_done_is_said(data: Path, options: list[str], message: str) -> None:
    with pytest.raises(SystemExit, match=message):
        run(data, *options)


@pytest.mark.parametrize("options", [["--quick", "0"], ["--quick", "2"], ["--crop", "0"], ["--codings", "other"]])
def test_bad_options(data: Path, options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run(data, *options)
    assert options[0] in capsys.readouterr().err


def test_two_pictures_of_one_name(data: Path) -> None:
    tifffile.imwrite(data / "one.tiff", np.zeros((4, 4, 3), np.uint16), photometric="rgb")
    with pytest.raises(SystemExit, match="several pictures are named one"):
        run(data, "--rows", "clip")


def test_untagged_pictures_are_prophoto(data: Path, wide: NDArray[np.uint16]) -> None:
    picture = Picture.read(data / "one.tif")
    np.testing.assert_array_equal(picture.wide, wide[:60])
    assert picture.name == "one"
    assert picture.digest == Picture("other name", wide[:60]).digest != Picture("one", wide[:59]).digest
    np.testing.assert_array_equal(Picture.read(data / "one.tif", crop=100).wide, wide[:60, 30:130])


def test_pictures_to_measure_have_their_folder(data: Path) -> None:
    assert [path.name for path in find(data)] == ["one.tif", "two.tif"]
    assert [path.name for path in find(data, ("wo",))] == ["two.tif"]
    (data / "test").mkdir()
    assert find(data) == []
    (data / "one.tif").rename(data / "test" / "one.TIF")
    assert [path.name for path in find(data)] == ["one.TIF"]
