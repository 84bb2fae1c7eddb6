from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import photo_premultiplied

from gamutmeta.photo.alpha import is_opaque, sixteen_bits, straightened, with_alpha

if TYPE_CHECKING:
    from numpy.typing import NDArray


@pytest.mark.parametrize("bits", [1, 8, 10, 12, 16])
def test_sixteen_bits(bits: int) -> None:
    top = (1 << bits) - 1
    codes = np.arange(top + 1, dtype=np.uint8 if bits <= 8 else np.uint16).reshape(2, -1)
    result = sixteen_bits(codes, bits)
    assert result.dtype == np.uint16
    assert not np.shares_memory(result, codes)
    assert (result[0, 0], result[-1, -1]) == (0, 65535)
    assert np.abs(result / 65535 - codes / top).max() <= 0.5 / 65535 + 1e-12
    if bits == 8:
        assert np.array_equal(result, codes * np.uint16(257))


@given(case=photo_premultiplied())
def test_what_was_multiplied_is_divided(case: tuple[NDArray[np.uint16], NDArray[np.uint16], int]) -> None:
    straight, alpha, bits = case
    top = (1 << bits) - 1
    multiplied = np.rint(straight * (alpha[..., None] / top)).astype(straight.dtype)
    back = straightened(multiplied, alpha, bits)
    assert back.dtype == straight.dtype
    assert back.max() <= top
    seen = alpha > 0
    # Half a code of rounding, as much larger as the colour is made brighter.
    error = np.abs(back.astype(float) - straight)[seen]
    assert (error <= 0.5 * top / alpha[seen][:, None] + 0.5).all()
    assert np.array_equal(back[~seen], multiplied[~seen])


def test_impossible_colours_are_clipped() -> None:
    samples, alpha = np.full((1, 1, 3), 200, np.uint8), np.full((1, 1), 100, np.uint8)
    assert (straightened(samples, alpha, 8) == 255).all()


@given(seed=st.integers(0, 99))
def test_beside_the_colours(seed: int) -> None:
    samples = np.random.default_rng(seed).integers(0, 256, (3, 5, 4), np.uint8)
    joined = with_alpha(samples[..., :3], samples[..., 3])
    assert joined.flags.c_contiguous
    assert np.array_equal(joined, samples)
    assert with_alpha(samples, None) is samples


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_opaque(dtype: type[np.uint8 | np.uint16]) -> None:
    alpha = np.full((3, 4), np.iinfo(dtype).max, dtype)
    assert is_opaque(None)
    assert is_opaque(alpha)
    alpha[2, 3] -= 1
    assert not is_opaque(alpha)
