from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

torch = pytest.importorskip("torch")

from gamutmeta.fit.threads import single_threaded  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def three_threads() -> Iterator[None]:
    """More than one, also where tests run beside each other or on one core."""
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def test_one_thread_and_then_as_many_as_before() -> None:
    with single_threaded():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 3


def _fails() -> None:
    with single_threaded():
        raise RuntimeError("stop")


def test_an_error_gives_the_threads_back() -> None:
    with pytest.raises(RuntimeError, match="stop"):
        _fails()
    assert torch.get_num_threads() == 3
