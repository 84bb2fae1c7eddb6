from __future__ import annotations

import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest

from gamutmeta.errors import GamutMetaWarning
from gamutmeta.runtime.warn import collected_warnings, warn


def test_a_warning_names_the_line_of_the_caller() -> None:
    with pytest.warns(GamutMetaWarning, match="assumed") as caught:
        warn("assumed")
    assert caught[0].filename == __file__


def _told() -> None:
    warn("assumed", stacklevel=2)


def test_or_that_of_its_caller() -> None:
    with pytest.warns(GamutMetaWarning) as caught:
        _told()
    with pytest.warns(GamutMetaWarning) as here:
        warn("x")
    assert caught[0].lineno == here[0].lineno - 2


def test_collected_ones_are_not_seen_by_python() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with collected_warnings() as outer:
            warn("first")
            with collected_warnings() as inner:
                warn("second")
            warn("third")
    assert (outer, inner) == (["first", "third"], ["second"])
    with pytest.warns(GamutMetaWarning):
        warn("later")


def test_each_thread_collects_its_own() -> None:
    def work(number: int) -> list[str]:
        with collected_warnings() as messages:
            for _ in range(100):
                warn(str(number))
        return messages

    before = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == [[str(number)] * 100 for number in range(8)]
    assert list(warnings.filters) == before
