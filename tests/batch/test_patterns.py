"""Patterns of the files that are wanted."""

from __future__ import annotations

from pathlib import Path

import pytest

from gamutmeta.batch import Patterns

NAMES = [Path(name) for name in ("a.tif", "B.TIF", "c.png", "trip/a.tif", "trip/deep/d.png", "drafts/e.tif")]


def taken(**patterns: tuple[str, ...]) -> list[str]:
    return [name.as_posix() for name in NAMES if Patterns(**patterns).take(name)]


@pytest.mark.parametrize(
    ("include", "expected"),
    [
        (("*.tif",), ["a.tif", "B.TIF", "trip/a.tif", "drafts/e.tif"]),
        (("?.png", "b*"), ["B.TIF", "c.png", "trip/deep/d.png"]),
        (("trip",), ["trip/a.tif", "trip/deep/d.png"]),
        (("TRIP/",), ["trip/a.tif", "trip/deep/d.png"]),
        (("trip/*.png",), ["trip/deep/d.png"]),
        (("trip/deep",), ["trip/deep/d.png"]),
        (("./trip/a.tif",), ["trip/a.tif"]),
        (("[ac].*",), ["a.tif", "c.png", "trip/a.tif"]),
        (("deep/d.png",), []),
    ],
)
def test_include(include: tuple[str, ...], expected: list[str]) -> None:
    assert taken(include=include) == expected
    # What is included is what is left when it is not excluded.
    assert taken(exclude=include) == [name.as_posix() for name in NAMES if name.as_posix() not in expected]


def test_both() -> None:
    assert taken(include=("*.tif",), exclude=("drafts", "trip/*")) == ["a.tif", "B.TIF"]


def test_none_takes_all() -> None:
    assert len(taken()) == len(NAMES)
