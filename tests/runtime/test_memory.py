from __future__ import annotations

import ctypes
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from gamutmeta.runtime.memory import trim_heap


def _resident() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123  # not a file of the tests
        return int(file.read().split()[1]) * 4096


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc alone has it")
def test_freed_pictures_are_given_back() -> None:
    if not hasattr(ctypes.CDLL(None), "malloc_trim"):
        pytest.skip("not glibc")
    # glibc takes blocks of up to this size from its heap once it has seen one freed.
    Image.fromarray(np.ones((2500, 2500, 3), np.uint8)).close()
    blocks = [Image.fromarray(np.ones((1000, 1000, 3), np.uint8)) for _ in range(40)]
    before = _resident()
    # Every second one, so that all that is freed lies between what is not.
    del blocks[::2]
    trim_heap()
    assert before - _resident() > 60e6


@pytest.mark.parametrize("error", [AttributeError, OSError, TypeError])
def test_other_libraries_need_nothing(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def library(_: object) -> SimpleNamespace:
        if error is AttributeError:
            return SimpleNamespace()
        raise error

    monkeypatch.setattr(ctypes, "CDLL", library)
    trim_heap()
