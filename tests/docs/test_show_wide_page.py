"""The page about files that show their colours by themselves: its figures, its example, its numbers."""

from __future__ import annotations

import io
import json
import re

import manual
from PIL import Image

from benchmarks.show_wide import AIMED_AT, BENCHMARK
from gamutmeta import carriers
from gamutmeta.color.icc import profile_bytes
from gamutmeta.formats.second_picture import find_colour_map, map_deviations, without_colour_map
from gamutmeta.pipeline import colour_map, map_limits
from gamutmeta.pipeline.extended import outside_share

EXAMPLE = manual.DOCS / "examples" / "show-wide"


def test_figures_are_those_measured() -> None:
    place = manual.ROOT / "benchmarks" / "results" / "show_wide"
    text = place.with_suffix(".md").read_text(encoding="utf-8")
    assert BENCHMARK.document(json.loads(place.with_suffix(".json").read_text(encoding="utf-8"))) == text
    rows = [row.split(" | ") for row in re.findall(r"^\| (.*) \|$", text, re.MULTILINE)]
    measured = {row[0]: row for row in rows if len(row) == 7}
    said = manual.table("show-wide.md", "| limit")
    assert said
    for row in said:
        assert [cell.strip() for cell in row] == [cell.strip() for cell in measured[row[0]]], row


def test_the_example_is_one_picture_in_three_files() -> None:
    plain, shown, p3 = ((EXAMPLE / name).read_bytes() for name in ("plain.jpg", "shown.jpg", "p3.jpg"))
    found = find_colour_map(shown)
    assert found is not None
    assert found.size <= AIMED_AT
    assert map_deviations(shown) == []
    assert without_colour_map(shown) == plain
    assert carriers.find(plain) == ["app11"]
    assert outside_share(plain).beyond_noise_percent > 0.1
    with Image.open(io.BytesIO(p3)) as image, Image.open(io.BytesIO(plain)) as srgb:
        assert image.info["icc_profile"] == profile_bytes("display-p3")
        assert image.size == srgb.size
    page = (EXAMPLE / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'<img src="([^"]+)"', page) == ["plain.jpg", "shown.jpg", "p3.jpg"]


def test_numbers_are_those_of_the_code() -> None:
    text = " ".join(manual.text_of("show-wide.md").split())
    least, most, default = (map_limits.MIN_MAP_BYTES, map_limits.MAX_MAP_BYTES, map_limits.MAP_BYTES)
    assert f"from {least:,} to {most:,} bytes; {default:,} is the default" in text
    assert f"more than {colour_map.MOST_CODES} of 255 codes" in text
    assert (
        f"both offsets {colour_map.OFFSET:g}, gamma 1, base headroom {colour_map.BASE_HEADROOM:g}, alternate headroom"
        f" {colour_map.ALTERNATE_HEADROOM:g}"
    ) in text
