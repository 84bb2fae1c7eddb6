"""The figures of one file, as JSON."""

from __future__ import annotations

import dataclasses
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamutmeta.report import Report


def test_only_what_applies() -> None:
    assert Report().to_json() == {}
    assert Report(file="a.tif", psnr=0.0, payload_bytes=0).to_json() == {
        "file": "a.tif",
        "payload_bytes": 0,
        "psnr": 0.0,
    }


def test_figures_are_rounded_and_lists_are_lists() -> None:
    report = Report(psnr_og=40.123456, seconds=1.0, notes=("one", "two"))
    assert report.to_json() == {"psnr_og": 40.1235, "seconds": 1.0, "notes": ["one", "two"]}


def test_no_error_at_all_and_no_pixel_at_all() -> None:
    assert Report(psnr=math.inf, psnr_og=math.nan).to_json() == {"psnr": "inf"}


@given(
    st.builds(
        Report,
        file=st.none() | st.text(),
        payload_bytes=st.none() | st.integers(min_value=0),
        psnr=st.none() | st.floats(),
        seconds=st.none() | st.floats(),
        notes=st.lists(st.text()).map(tuple),
    ),
)
def test_is_strict_json(report: Report) -> None:
    figures = report.to_json()
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures


def test_is_a_value() -> None:
    assert Report(file="a") == Report(file="a")
    with pytest.raises(dataclasses.FrozenInstanceError):
        Report().file = "b"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "value"),
    [("payload_bytes", "1"), ("payload_bytes", 1.5), ("psnr", "high"), ("notes", "x"), ("notes", [1]), ("skipped", 1)],
)
def test_a_figure_of_another_type_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name):
        Report.from_json({name: value})
