from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from carrots import QUICK, write_piece

from benchmarks import jpeg
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.gate import gate_for
from gamutmeta.photo.pixels import decode_srgb

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

pytest.importorskip("torch")
pytest.importorskip("imagecodecs")


@pytest.fixture(scope="module")
def row(wide: NDArray[np.uint16]) -> dict[str, Any]:
    return jpeg.run(wide, jpeg.Setting(80, "4:2:0"), QUICK, (8, None))


def test_a_row_has_the_gate_of_the_reduction_and_the_fixed_ones(row: dict[str, Any], wide: NDArray[np.uint16]) -> None:
    codes, _ = reduce_to_codes(wide, Adaptation.BRADFORD)
    assert row["chosen"]["gate"] == gate_for(wide, decode_srgb(jpeg.Setting(80, "4:2:0").encode(codes)))
    assert [gains["gate"] for gains in row["fixed"]] == [8, None]
    assert row["before"]["gate"] == 128
    assert jpeg.best(row)["og"] > row["fixed"][0]["og"] > 0
    assert 0 < row["chosen"]["bytes"] <= QUICK.max_bytes
    assert row["file_bytes"] != row["progressive_bytes"]


def test_parts_make_up_the_whole(row: dict[str, Any], wide: NDArray[np.uint16]) -> None:
    codes, _ = reduce_to_codes(wide, Adaptation.BRADFORD)
    coded = jpeg.Coded.build(wide, jpeg.Setting(80, "4:2:0").encode(codes))
    share = row["og_percent"] / 100
    errors = {key: 10 ** (-value / 10) for key, value in (("og", row["clip_og"]), ("all", row["clip"]))}
    inside = 10 ** (-jpeg._in_gamut(coded.clipped) / 10)
    assert share * errors["og"] + (1 - share) * inside == pytest.approx(errors["all"])


def test_the_farther_the_codes_the_greater_the_loss(row: dict[str, Any]) -> None:
    moved = row["moved"]
    assert set(moved) == {"±1", "±2", "libjxl", "repeated"}
    assert 0 < moved["±1"]["loss"] < moved["±2"]["loss"]
    assert 0.5 < moved["±1"]["codes"] < 0.7
    assert 0 < moved["±1"]["clip_loss"] < moved["±1"]["loss"] < 3


def test_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(jpeg, "preset_named", lambda _: QUICK)
    monkeypatch.setattr(jpeg, "RESULTS", tmp_path / "results")
    (tmp_path / "results").mkdir()
    (tmp_path / "photos").mkdir()
    write_piece(tmp_path / "photos" / "one.tif")
    write_piece(tmp_path / "photos" / "two.tif")
    jpeg.main([str(tmp_path / "photos"), "--quick", "--only", "one"])
    rows = json.loads((tmp_path / "results" / "jpeg_quick.json").read_text())["rows"]
    assert [(row["photograph"], row["quality"], row["subsampling"]) for row in rows] == [
        ("one", 80, "4:2:0"),
        ("one", 95, "4:4:4"),
    ]
    text = (tmp_path / "results" / "jpeg_quick.md").read_text()
    assert text.count("| one |") == 2
    assert "| q95 4:4:4 |" in text
    assert text in capsys.readouterr().out


def test_no_photographs_no_results(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no such TIFF"):
        jpeg.main([str(tmp_path)])


def test_a_progressive_file_with_other_pixels_is_told(
    wide: NDArray[np.uint16], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = jpeg.Setting.encode
    monkeypatch.setattr(
        jpeg.Setting, "encode", lambda self, codes, *, progressive=False: real(self, codes // (1 + progressive))
    )
    with pytest.raises(SystemExit, match="other pixels"):
        jpeg.run(wide, jpeg.QUICK[0], QUICK, (None,))
