"""Weight matrices as bytes: float32, float16 or int8, compressed where that is smaller.

One byte names the type and whether the rest is a zstd frame. int8 matrices share a scale each, a float32 in front.
"""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
import zstandard
from numpy.typing import NDArray

Dtype = Literal["float32", "float16", "int8"]
_TYPES: tuple[Dtype, ...] = ("float32", "float16", "int8")
_COMPRESSED = 0x80


def pack(weights: Sequence[NDArray[np.float32]], dtype: Dtype) -> bytes:
    """Matrices, float32, as bytes."""
    if dtype == "int8":
        scales = [np.float32(np.abs(w).max() / 127 or 1) for w in weights]
        raw = np.array(scales, "<f4").tobytes()
        raw += b"".join(np.rint(w / s).astype(np.int8).tobytes() for w, s in zip(weights, scales, strict=True))
    else:
        little = np.dtype(dtype).newbyteorder("<")
        raw = b"".join(w.astype(little).tobytes() for w in weights)
    frame = zstandard.ZstdCompressor(level=22, write_content_size=True).compress(raw)
    kind = _TYPES.index(dtype)
    return bytes([kind | _COMPRESSED]) + frame if len(frame) < len(raw) else bytes([kind]) + raw


def unpack(data: bytes, shapes: Sequence[tuple[int, ...]]) -> list[NDArray[np.float32]]:
    """The matrices of :func:`pack`, float32 of the given shapes."""
    raw = zstandard.ZstdDecompressor().decompress(data[1:]) if data[0] & _COMPRESSED else data[1:]
    dtype = _TYPES[data[0] & ~_COMPRESSED]
    scales = np.ones(len(shapes), np.float32)
    if dtype == "int8":
        scales = np.frombuffer(raw, "<f4", len(shapes))
        raw = raw[scales.nbytes :]
    values = np.frombuffer(raw, np.dtype(dtype).newbyteorder("<")).astype(np.float32)
    ends = np.cumsum([math.prod(shape) for shape in shapes])
    parts = np.split(values, ends[:-1])
    return [part.reshape(shape) * scale for part, shape, scale in zip(parts, shapes, scales, strict=True)]
