"""Transparency: its depth, premultiplied colours, and arrays with and without an alpha channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gamutmeta.runtime.strips import for_each_strip

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["is_opaque", "sixteen_bits", "straightened", "with_alpha"]


def sixteen_bits(alpha: NDArray[np.unsignedinteger[Any]], bits: int) -> NDArray[np.uint16]:
    """Transparency of any depth with 16 bits, its own copy; the largest code stays the largest.

    Args:
        alpha: uint8 or uint16, shape (height, width), codes below 2^bits.
        bits: significant bits, 1 to 16.
    """
    top = (1 << bits) - 1
    if top == 65535:
        return np.array(alpha, np.uint16, order="C")
    # 257 x 255 = 65,535, so 8 bits come back exactly.
    table = np.rint(np.arange(top + 1) * (65535 / top)).astype(np.uint16)
    return np.asarray(table[alpha])


def straightened(
    samples: NDArray[np.unsignedinteger[Any]], alpha: NDArray[np.unsignedinteger[Any]], bits: int
) -> NDArray[np.unsignedinteger[Any]]:
    """Undo the multiplication of encoded colours by their transparency.

    Args:
        samples: uint8 or uint16, shape (height, width, channels), premultiplied.
        alpha: as :func:`sixteen_bits` takes it, of the depth of `samples`.
        bits: significant bits.

    Returns:
        The colours as they would be were they opaque, clipped to the largest code. Where nothing at all can be seen
        they stay as they are.
    """
    top = (1 << bits) - 1
    result = np.empty(samples.shape, samples.dtype)

    def work(rows: slice) -> None:
        part = alpha[rows].astype(np.float64)
        factor = np.divide(top, part, out=np.ones_like(part), where=part > 0)[..., None]
        result[rows] = np.minimum(np.rint(samples[rows] * factor), top)

    for_each_strip(work, *samples.shape[:2])
    return result


def with_alpha(
    samples: NDArray[np.uint8 | np.uint16], alpha: NDArray[np.uint8 | np.uint16] | None
) -> NDArray[np.uint8 | np.uint16]:
    """Red, green, blue and transparency in one array (height, width, 4); `samples` itself if there is none."""
    if alpha is None:
        return samples
    result = np.empty((*alpha.shape, 4), samples.dtype)
    result[..., :3] = samples
    result[..., 3] = alpha
    return result


def is_opaque(alpha: NDArray[np.uint8 | np.uint16] | None) -> bool:
    """Whether nothing is lost without this transparency."""
    return alpha is None or bool(alpha.min() == np.iinfo(alpha.dtype).max)
