from __future__ import annotations

import numpy as np
import pytest

from gamutmeta.native.pointers import pointer


def test_the_address_of_an_array() -> None:
    array = np.zeros(3, np.float32)
    address = pointer(array, np.float32)
    assert address is not None
    assert address.value == array.ctypes.data
    assert pointer(None, np.float32) is None


@pytest.mark.parametrize(
    "array", [np.zeros(3), np.zeros(6, np.float32)[::2], np.zeros(3, ">f4"), np.zeros((2, 3), np.float32).T]
)
def test_what_machine_code_would_misread_is_refused(array: np.ndarray) -> None:
    with pytest.raises(TypeError, match="machine code takes contiguous float32, not"):
        pointer(array, np.float32)
