from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

torch = pytest.importorskip("torch")

from gamutmeta.fit import threads  # noqa: E402
from gamutmeta.fit.threads import map_in_order, single_threaded  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def three_threads() -> Iterator[None]:
    """More than one, also where tests run beside each other or on one core."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


@pytest.fixture(params=["of the libraries", "of torch"], autouse=True)
def functions(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the functions that set the number for one thread, and where they cannot be had."""
    if request.param == "of torch":
        monkeypatch.setattr(threads, "_thread_functions", lambda: None)


def in_new_thread() -> int:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(torch.get_num_threads).result()


def test_one_thread_and_then_as_many_as_before() -> None:
    with single_threaded():
        assert torch.get_num_threads() == 1
        assert in_new_thread() == 3
    assert torch.get_num_threads() == 3
    assert in_new_thread() == 3


def test_overlapping_fits_leave_what_was_there() -> None:
    with ThreadPoolExecutor(2) as pool:
        both = Barrier(2)

        def work(number: int) -> tuple[int, int, int]:
            before = torch.get_num_threads()
            both.wait()
            for _ in range(number):
                with single_threaded():
                    within = torch.get_num_threads()
            return before, within, torch.get_num_threads()

        # The second one begins before the first one ends, and ends after it.
        assert list(pool.map(work, (3, 20))) == [(3, 1, 3)] * 2
    assert torch.get_num_threads() == in_new_thread() == 3


def test_threads_of_the_fit_use_one_each() -> None:
    with single_threaded():
        assert set(map_in_order(lambda _: torch.get_num_threads(), range(20))) == {1}
        assert in_new_thread() == 3


def _fails() -> None:
    with single_threaded():
        raise RuntimeError("stop")


def test_an_error_gives_the_threads_back() -> None:
    with pytest.raises(RuntimeError, match="stop"):
        _fails()
    assert torch.get_num_threads() == 3
