from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamutmeta.runtime.strips import for_each_strip, row_strips


@given(height=st.integers(0, 500), width=st.integers(0, 300), pixels=st.integers(1, 5000))
def test_strips_cover_every_row_once(height: int, width: int, pixels: int) -> None:
    strips = list(row_strips(height, width, pixels))
    assert [row for strip in strips for row in range(strip.start, strip.stop)] == list(range(height))
    for strip in strips:
        rows = strip.stop - strip.start
        assert rows == 1 or rows * width <= pixels or width == 0


def test_every_strip_is_worked_on() -> None:
    seen: list[int] = []
    lock = threading.Lock()

    def work(rows: slice) -> None:
        with lock:
            seen.extend(range(rows.start, rows.stop))

    for_each_strip(work, 100, 10, pixels=30)
    assert sorted(seen) == list(range(100))


@pytest.mark.parametrize(("threads", "expected"), [(1, 1), (3, 3)])
def test_number_of_threads(threads: int, expected: int) -> None:
    names = set()
    barrier = threading.Barrier(expected, timeout=5)

    def work(_: slice) -> None:
        names.add(threading.current_thread().name)
        barrier.wait()

    for_each_strip(work, expected, 1, pixels=1, threads=threads)
    assert len(names) == expected


@pytest.mark.parametrize("pixels", [10, 10_000])
def test_errors_come_through(pixels: int) -> None:
    def work(rows: slice) -> None:
        raise KeyError(rows.start)

    with pytest.raises(KeyError):
        for_each_strip(work, 50, 10, pixels=pixels)
