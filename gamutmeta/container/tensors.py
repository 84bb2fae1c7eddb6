"""Quantised tensors, and their concatenation to the bytes that are compressed.

An int8 tensor is stored as its codes, a float16 tensor (IEEE 754 binary16) little-endian; tensors follow each other in
the order of :meth:`~gamutmeta.model.descriptor.Descriptor.tensor_specs`, each in C order, without gaps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.errors import PayloadError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from gamutmeta.model.descriptor import TensorSpec

__all__ = ["MAX_SCALE", "MIN_SCALE", "Tensor", "bytes_per_element", "check_scale", "tensor_bytes", "tensors_of_bytes"]

MIN_SCALE = 2.0**-126
"""Smallest normal float32: a reader that flushes subnormal numbers to zero decodes the same values."""
MAX_SCALE = 2.0**120
"""Keeps 128 times the scale finite in float32."""


def check_scale(field: str, scale: float) -> None:
    """Raise PayloadError unless `scale` is a float32 in [MIN_SCALE, MAX_SCALE] (which NaN is not)."""
    if not MIN_SCALE <= scale <= MAX_SCALE:
        raise PayloadError(field, "the scale must be finite, positive and within 2^-126 to 2^120")
    if float(np.float32(scale)) != scale:
        raise PayloadError(field, "the scale must be exact in single precision")


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """One tensor as it is stored.

    Attributes:
        values: int8 codes or float16 values, of any shape; a read-only copy is kept.
        scale: for int8, value = code * scale, a normal float32 of at most 2^120; None for float16.

    Raises:
        PayloadError: if the type is another, the scale is missing, needless or out of range, or a value not finite.
    """

    values: NDArray[np.int8] | NDArray[np.float16]
    scale: float | None

    def __repr__(self) -> str:
        shape, scale = "x".join(map(str, self.values.shape)), "" if self.scale is None else f", scale {self.scale:.4g}"
        return f"<Tensor {shape} {self.values.dtype}{scale}>"

    def __post_init__(self) -> None:
        values = np.array(self.values, order="C")
        if values.dtype not in (np.int8, np.float16):
            raise PayloadError("tensor.values", "must be an int8 or float16 array")
        values.setflags(write=False)
        object.__setattr__(self, "values", values)
        if values.dtype == np.int8:
            if self.scale is None:
                raise PayloadError("tensor.scale", "int8 needs a scale")
            check_scale("tensor.scale", self.scale)
            object.__setattr__(self, "scale", float(self.scale))
        elif self.scale is not None:
            raise PayloadError("tensor.scale", "float16 takes no scale")
        elif not np.isfinite(values).all():
            raise PayloadError("tensor.values", "all must be finite")

    def decode(self) -> NDArray[np.float32]:
        """The values the model computes with, float32 of the same shape: code * scale, rounded once."""
        decoded = self.values.astype(np.float32)
        return decoded if self.scale is None else decoded * np.float32(self.scale)

    def __eq__(self, other: object) -> bool:
        """Whether both are stored as the same bytes with the same scale and shape (so -0.0 is not 0.0)."""
        return self._identity() == other._identity() if isinstance(other, Tensor) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._identity())

    def _identity(self) -> tuple[object, ...]:
        return self.values.dtype, self.values.shape, self.scale, self.values.tobytes()


def bytes_per_element(scale: float | None) -> int:
    """1 for int8 (has a scale), 2 for float16 (has none)."""
    return 2 if scale is None else 1


def tensor_bytes(tensors: Iterable[Tensor]) -> list[bytes]:
    """The stored, uncompressed bytes of each tensor."""
    return [tensor.values.astype(tensor.values.dtype.newbyteorder("<")).tobytes() for tensor in tensors]


def tensors_of_bytes(specs: Sequence[TensorSpec], scales: Sequence[float | None], raw: bytes) -> tuple[Tensor, ...]:
    """Cut `raw` into tensors; the inverse of the concatenated :func:`tensor_bytes`.

    Args:
        specs: names and shapes.
        scales: one for each, None for float16.
        raw: exactly as many bytes as they take.

    Raises:
        PayloadError: if a float16 value is not finite, naming the tensor.
    """
    tensors = []
    offset = 0
    for spec, scale in zip(specs, scales, strict=True):
        values: NDArray[np.int8] | NDArray[np.float16]
        if scale is not None:
            values = np.frombuffer(raw, np.int8, spec.size, offset)
        else:
            values = np.frombuffer(raw, "<f2", spec.size, offset).astype(np.float16)
            if not np.isfinite(values).all():
                raise PayloadError(f"tensors.{spec.name}", "all values must be finite")
        tensors.append(Tensor(values.reshape(spec.shape), scale))
        offset += values.nbytes
    return tuple(tensors)
