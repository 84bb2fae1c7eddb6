from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from PIL import Image

from benchmarks.rd.plot import curves, draw

if TYPE_CHECKING:
    from pathlib import Path

Rows = Callable[..., list[dict[str, Any]]]
Row = Callable[..., dict[str, Any]]


def test_one_line_per_method_ascending_in_bytes(row: Row, rows_of: Rows) -> None:
    rows = [
        row("a", "gamutmeta best", None, 35, added_bytes=9_000),
        row("a", "gamutmeta small", None, 30, added_bytes=900),
        row("a", "gamutmeta paper", None, 30),
        row("a", "reference int8", None, 29, added_bytes=5_000),
        row("a", "reference int8, Bradford", None, 29),
        *reversed(rows_of("a")),
    ]
    found = curves(rows, "PNG")
    assert list(found) == ["gamutmeta", "gamutmeta presets", "gamutmeta paper", "reference"]
    assert [point["added_bytes"] for point in found["gamutmeta"]] == [4_000, 8_000]
    assert [point["gain_og"] for point in found["gamutmeta"]] == [11, 13]
    assert [point["added_bytes"] for point in found["gamutmeta presets"]] == [900, 9_000]
    assert len(found["reference"]) == 2


def test_files_are_drawn_and_drawn_alike(rows_of: Rows, tmp_path: Path) -> None:
    rows = [*rows_of("a"), *rows_of("a", coding="JPEG q95 4:4:4")]
    paths = [tmp_path / "plot.png", tmp_path / "plot.svg", tmp_path / "again.svg"]
    draw(rows, paths[:2])
    draw(rows, paths[2:])
    with Image.open(paths[0]) as picture:
        assert picture.width > 1_000
        assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 20
    assert ET.parse(paths[1]).getroot().tag.endswith("svg")  # noqa: S314 - drawn here
    assert paths[1].read_bytes() == paths[2].read_bytes()


def test_nothing_is_drawn_of_clipping_alone(rows_of: Rows, tmp_path: Path) -> None:
    draw(rows_of("a")[:2], [tmp_path / "plot.png"])
    assert not (tmp_path / "plot.png").exists()
