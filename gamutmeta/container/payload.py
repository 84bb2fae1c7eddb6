"""The payload: a fitted model, bound to its picture."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gamutmeta.container import descriptor_map, frame
from gamutmeta.container.binding import Binding
from gamutmeta.container.descriptor_map import MAX_SIDE, Contents
from gamutmeta.container.header import Sections, join_sections, split_sections
from gamutmeta.container.limits import DEFAULT_LIMITS, Limits
from gamutmeta.container.tensors import Tensor, bytes_per_element, tensor_bytes, tensors_of_bytes
from gamutmeta.envelope import LIKENESS_BYTES
from gamutmeta.errors import PayloadError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from gamutmeta.model.descriptor import Descriptor

__all__ = ["Binding", "Payload", "Tensor"]


@dataclass(frozen=True, slots=True)
class Payload:
    """A fitted model and the picture it belongs to. Immutable, hashable, compared by value.

    Attributes:
        width, height: of the coded picture (before any EXIF orientation), pixels.
        binding: digest of the picture.
        descriptor: the architecture.
        tensors: the numbers, in the order and of the shapes of ``descriptor.tensor_specs()``.
        likeness: of the picture, by which it is known again after re-encoding or resizing; None for none. See
            :mod:`gamutmeta.measure.likeness`.

    Raises:
        PayloadError: if the parts do not fit together, naming the field.
    """

    width: int
    height: int
    binding: Binding
    descriptor: Descriptor
    tensors: tuple[Tensor, ...]
    likeness: bytes | None = None

    def __post_init__(self) -> None:
        for name, side in (("width", self.width), ("height", self.height)):
            if type(side) is not int or not 1 <= side <= MAX_SIDE:
                raise PayloadError(name, f"must be an integer in 1..{MAX_SIDE}")
        if self.likeness is not None and (type(self.likeness) is not bytes or len(self.likeness) != LIKENESS_BYTES):
            raise PayloadError("likeness", f"must be {LIKENESS_BYTES} bytes")
        specs = self.descriptor.tensor_specs()
        object.__setattr__(self, "tensors", tuple(self.tensors))
        if len(self.tensors) != len(specs):
            raise PayloadError("tensors", f"the model has {len(specs)} tensors, not {len(self.tensors)}")
        for spec, tensor in zip(specs, self.tensors, strict=True):
            if tensor.values.shape != spec.shape:
                raise PayloadError(f"tensors.{spec.name}", f"must have shape {spec.shape}, not {tensor.values.shape}")

    def __repr__(self) -> str:
        return f"<Payload {self.width}x{self.height}, {self.binding.kind}: {self.descriptor}>"

    def weights(self) -> dict[str, NDArray[np.float32]]:
        """The tensors by name, decoded to float32."""
        names = (spec.name for spec in self.descriptor.tensor_specs())
        return {name: tensor.decode() for name, tensor in zip(names, self.tensors, strict=True)}

    def bind(self, width: int, height: int, binding: Binding, likeness: bytes | None = None) -> Payload:
        """The same model for another picture, or another coding of the same one, whose likeness may be given."""
        return replace(self, width=width, height=height, binding=binding, likeness=likeness)

    def to_bytes(self) -> bytes:
        """The container. The same payload gives the same bytes (for one version of libzstd).

        Raises:
            LimitError: if a reader with the default limits would refuse it.
        """
        return self._joined(frame.compress)

    def quick_size(self) -> int:
        """The size of the container to a few bytes, in a quarter of the time that :meth:`to_bytes` takes.

        Raises:
            LimitError: as there.
        """
        return len(self._joined(frame.compress_quickly))

    def _joined(self, compress: Callable[[Sequence[bytes]], bytes]) -> bytes:
        DEFAULT_LIMITS.check_picture(self.width, self.height)
        DEFAULT_LIMITS.check_model(self.descriptor)
        scales = tuple(tensor.scale for tensor in self.tensors)
        contents = Contents(self.width, self.height, self.binding, self.descriptor, scales, self.likeness)
        parts = tensor_bytes(self.tensors)
        packed, version = descriptor_map.pack(contents), descriptor_map.version_of(contents)
        return join_sections(Sections(packed, sum(map(len, parts)), compress(parts), version))

    @classmethod
    def from_bytes(cls, data: bytes, limits: Limits = DEFAULT_LIMITS) -> Payload:
        """Read a container. Checked from the outside in, every size before it is allocated.

        Args:
            data: exactly one container.
            limits: how large it may be.

        Raises:
            PayloadError: if it breaks the specification, naming the field; see its subclasses.
        """
        descriptor, tensor_length, compressed, version = split_sections(data, limits)
        contents = descriptor_map.unpack(descriptor, limits, version)
        specs = contents.descriptor.tensor_specs()
        expected = sum(spec.size * bytes_per_element(scale) for spec, scale in zip(specs, contents.scales, strict=True))
        if tensor_length != expected:
            raise PayloadError("header.tensor_length", f"is {tensor_length:,}, but the model takes {expected:,} bytes")
        raw = frame.decompress(compressed, tensor_length)
        tensors = tensors_of_bytes(specs, contents.scales, raw)
        return cls(contents.width, contents.height, contents.binding, contents.descriptor, tensors, contents.likeness)
