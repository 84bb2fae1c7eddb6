"""The line of a result: figures that agree with one another."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamutmeta.cli.outcomes import quality_table, report_line
from gamutmeta.report import MapFigures, Report

PSNR = st.floats(0, 120)


def line(clipped: float, restored: float) -> str:
    report = Report(file="a.tif", output="a.jpg", og_percent=17.0, psnr_clip_og=clipped, psnr_og=restored)
    table = quality_table(report)
    gain = re.search(r"\((.*)\)$", report_line(report))
    assert gain is not None
    assert table.splitlines()[1].endswith(gain[1])
    return report_line(report)


@given(PSNR, PSNR)
def test_the_gain_is_the_difference_of_what_is_printed(clipped: float, restored: float) -> None:
    said = re.search(r": (-?[\d.]+) dB -> (-?[\d.]+) dB \((?:([+-][\d.]+) dB|no gain)\)$", line(clipped, restored))
    assert said is not None
    before, after, gain = said.groups()
    assert round(float(after) - float(before), 1) == float(gain or 0)
    assert gain not in {"+0.0", "-0.0"}


@pytest.mark.parametrize(
    ("clipped", "restored", "said"),
    [
        (18.44, 18.46, "18.4 dB -> 18.5 dB (+0.1 dB)"),
        (18.36, 18.44, "18.4 dB -> 18.4 dB (no gain)"),
        (18.46, 18.44, "18.5 dB -> 18.4 dB (-0.1 dB)"),
        (30.0, math.inf, "30.0 dB -> exact (-)"),
        (math.inf, math.inf, "exact -> exact (-)"),
    ],
)
def test_rounding(clipped: float, restored: float, said: str) -> None:
    assert line(clipped, restored).endswith(said)


@pytest.mark.parametrize(
    ("codes", "psnr", "said"),
    [(22, 52.5, "within 22 codes, 52.5 dB"), (1, 70.1, "within 1 code, 70.1 dB"), (0, math.inf, "unchanged")],
)
def test_codes_that_a_map_moves_are_counted(codes: int, psnr: float, said: str) -> None:
    figures = MapFigures(
        map_bytes=4_000,
        p3_psnr_og=31.4,
        p3_psnr_og_plain=20.0,
        p3_psnr_ig=50.0,
        p3_psnr_ig_plain=50.0,
        srgb_psnr=psnr,
        srgb_codes=codes,
    )
    end = f"gain map 4.0 KB (Display P3: out of gamut +11.4 dB; sRGB: {said})"
    assert report_line(Report(file="a.jpg", output="b.jpg", gain_map=figures)).endswith(end)
