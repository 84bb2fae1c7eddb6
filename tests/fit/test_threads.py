from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from gamutmeta.fit.threads import single_threaded  # noqa: E402


def test_one_thread_and_then_as_many_as_before() -> None:
    before = torch.get_num_threads()
    with single_threaded():
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == before


def _fails() -> None:
    with single_threaded():
        raise RuntimeError("stop")


def test_an_error_gives_the_threads_back() -> None:
    before = torch.get_num_threads()
    with pytest.raises(RuntimeError, match="stop"):
        _fails()
    assert torch.get_num_threads() == before
