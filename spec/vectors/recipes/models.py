"""Descriptors and the tensors that go with them."""

from __future__ import annotations

import itertools
import math
import struct
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from spec.vectors.recipes import frames, messages
from spec.vectors.recipes.containers import container
from spec.vectors.recipes.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from spec.vectors.recipes.messages import Value
    from spec.vectors.recipes.pictures import Picture

__all__ = ["Encoding", "Model", "shapes", "weights"]

Encoding = int | float | str
"""An element of `q`: e for int8 with scale 2^-e, a float for int8 with that scale, "f16"."""

_DEFAULTS: Mapping[str, Value] = {"bias": True, "cat": 0, "head": 0, "mlp": (), "q": (), "src": 0, "t": True}


@dataclass(frozen=True, slots=True)
class Model:
    """A model and the numbers in it.

    Attributes:
        entries: the keys of the descriptor but for those of the picture and `q`; defaults may stand there.
        encodings: `q`.
        tensors: the stored bytes of each tensor, before compression.
    """

    entries: Mapping[str, Value] = field(default_factory=dict)
    encodings: Sequence[Encoding] = ()
    tensors: Sequence[bytes] = ()

    @property
    def raw(self) -> bytes:
        """All tensors, one behind the other."""
        return b"".join(self.tensors)

    def descriptor(self, picture: Picture, jpeg: bytes | None = None) -> bytes:
        """The canonical map for a picture.

        Args:
            picture: whose size and, unless `jpeg` is given, whose samples the payload is bound to.
            jpeg: digest of the coded data instead.
        """
        return messages.packed(self.map(picture, jpeg))

    def map(self, picture: Picture, jpeg: bytes | None = None) -> dict[str, Value]:
        """The entries of :meth:`descriptor`, defaults left out."""
        binding: dict[str, Value] = {"rgb8": picture.digest()} if jpeg is None else {"jpeg": jpeg}
        whole = {**self.entries, "q": tuple(self.encodings), "w": picture.width, "h": picture.height, **binding}
        return {key: value for key, value in whole.items() if key not in _DEFAULTS or value != _DEFAULTS[key]}

    def container(
        self,
        picture: Picture,
        jpeg: bytes | None = None,
        *,
        frame: bytes | None = None,
        versions: tuple[int, int] = (1, 1),
        flags: tuple[int, int] = (0, 0),
    ) -> bytes:
        """The container for a picture; the frame holds raw blocks unless another one is given."""
        stored = frames.raw_frame(self.raw) if frame is None else frame
        return container(self.descriptor(picture, jpeg), len(self.raw), stored, versions=versions, flags=flags)

    def container_of(self, entries: Mapping[str, Value]) -> bytes:
        """The container with these tensors and another map, packed canonically."""
        return container(messages.packed(entries), len(self.raw), frames.raw_frame(self.raw))

    def with_entries(self, **entries: Value) -> Model:
        """The model with other or further entries; tensors stay as they are."""
        return replace(self, entries={**self.entries, **entries})


def shapes(entries: Mapping[str, Value]) -> list[tuple[int, ...]]:
    """Shapes of the tensors in their order: the grid, then per layer its weights (outputs, inputs) and biases."""
    if not entries.get("head"):
        return []
    grid = _integers(entries.get("grid", ()))
    found: list[tuple[int, ...]] = [(grid[1], grid[2], grid[0])] if grid else []
    features = grid[0] if grid else 0
    features += 4 * _integer(entries.get("xy", 0))
    if "rgb" in entries:
        features += 3 * (int(bool(entries.get("t", True))) + 2 * _integer(entries["rgb"]))
    widths = (features, *_integers(entries.get("mlp", ())), 3)
    for inputs, outputs in itertools.pairwise(widths):
        found.append((outputs, inputs))
        if entries.get("bias", True):
            found.append((outputs,))
    return found


def weights(
    name: str,
    entries: Mapping[str, Value],
    encode: Callable[[int, tuple[int, ...]], Encoding] | Sequence[Encoding] | Encoding | None = None,
) -> Model:
    """A model with random numbers, of a size that keeps its outputs within about 1.

    Args:
        name: of the stream of random numbers.
        entries: of the descriptor.
        encode: encoding of all tensors, of each, or a function of index and shape; by default int8 with powers of two
            that suit the number of inputs.
    """
    stream = Stream(name)
    encodings: list[Encoding] = []
    tensors = []
    wanted = shapes(entries)
    first_of_last = len(wanted) - (2 if entries.get("bias", True) else 1)
    for index, shape in enumerate(wanted):
        inputs = shape[-1] if len(shape) == 2 else 4
        # Codes up to 96 have a standard deviation of 56, so weights one of 0.9 over the square root of their inputs;
        # those of the last layer a quarter of that, so that few colours end up at the ends of the range.
        fitting = 6 + round(math.log2(max(inputs, 1)) / 2) + (2 if index >= first_of_last else 0)
        if encode is None:
            encoding: Encoding = fitting
        elif callable(encode):
            encoding = encode(index, shape)
        else:
            encoding = encode if isinstance(encode, (int, float, str)) else encode[index]
        encodings.append(encoding)
        codes = stream.integers(-96, 96, math.prod(shape))
        if encoding == "f16":
            tensors.append(struct.pack(f"<{len(codes)}e", *(code * 2.0**-fitting for code in codes)))
        else:
            tensors.append(struct.pack(f"{len(codes)}b", *codes))
    return Model(entries, encodings, tensors)


def _integer(value: Value) -> int:
    if not isinstance(value, int):
        raise TypeError(value)
    return value


def _integers(value: Value) -> tuple[int, ...]:
    if not isinstance(value, (list, tuple)):
        raise TypeError(value)
    return tuple(map(_integer, value))
