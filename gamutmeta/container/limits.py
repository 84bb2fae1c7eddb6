"""How large a payload and its picture may be. Every amount is checked before anything of that size is allocated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gamutmeta.envelope import MAX_CONTAINER
from gamutmeta.errors import LimitError
from gamutmeta.runtime.reprs import repr_of_changed

if TYPE_CHECKING:
    from gamutmeta.model.descriptor import Descriptor

__all__ = ["DEFAULT_LIMITS", "Limits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Upper bounds, all inclusive. The defaults are those of the format; what is written always keeps to them.

    The last three bound what a file may cost its reader, and are no part of the format.

    Attributes:
        container_bytes: the whole container. One JPEG APP11 segment with its wrapper holds 61,440 bytes and to spare.
        descriptor_bytes: the msgpack map. The largest one within the other limits takes less than 300 bytes.
        tensor_bytes: all tensors before compression. A frame of a few bytes can claim any size; this is what it may
            make a reader allocate.
        layers: weight matrices of the MLP. Bounds the time of expansion, together with `layer_width`.
        layer_width: units of one layer, the input features included.
        grid_nodes: height times width of the grid.
        parameters: numbers in all tensors; each takes 4 bytes once decoded.
        pixels: width times height of the picture, as the payload says and as the file says. 2**30 pixels expand to
            6 GiB.
        picture_pixels: width times height of the picture, as the file says.
        pixels_per_byte: of the file of the picture. It holds from 16 megapixels on. No photograph has as many; a blank
            picture can.
        multiply_adds: of one expansion: width times height of the picture, times those of the model's layers for one
            pixel. The largest model of the presets needs 5.3 * 10**12 for the largest picture of the format, and the
            largest model of the format 5.5 * 10**12 for 12 megapixels.
    """

    container_bytes: int = MAX_CONTAINER
    descriptor_bytes: int = 1_024
    tensor_bytes: int = 1 << 20
    layers: int = 8
    layer_width: int = 256
    grid_nodes: int = 1 << 16
    parameters: int = 1 << 20
    pixels: int = 1 << 30
    picture_pixels: int = 500_000_000
    pixels_per_byte: int = 2_000
    multiply_adds: int = 5_500_000_000_000

    def __repr__(self) -> str:
        return repr_of_changed(self)

    def check_container(self, length: int) -> None:
        """Raise LimitError if a container of `length` bytes is too large."""
        _at_most("header.total_length", length, self.container_bytes, "bytes")

    def check_sections(self, *, descriptor_length: int, tensor_length: int) -> None:
        """Raise LimitError if the descriptor or the uncompressed tensors are too large, in bytes."""
        _at_most("header.descriptor_length", descriptor_length, self.descriptor_bytes, "bytes")
        _at_most("header.tensor_length", tensor_length, self.tensor_bytes, "bytes")

    def check_picture(self, width: int, height: int) -> None:
        """Raise LimitError if a picture of `width` x `height` is too large."""
        _at_most("size", width * height, self.pixels, "pixels")

    def check_work(self, descriptor: Descriptor, width: int, height: int) -> None:
        """Raise LimitError if a picture of `width` x `height` is too much work for the model."""
        work = width * height * descriptor.multiply_adds
        if work > self.multiply_adds:
            raise LimitError(
                "descriptor.hidden",
                f"{width} x {height} pixels of {descriptor.multiply_adds:,} multiply-adds each, {work:,}, exceed the "
                f"limit of {self.multiply_adds:,}; if the file is to be trusted, pass multiply_adds=N to allow more",
            )

    def check_model(self, descriptor: Descriptor) -> None:
        """Raise LimitError if the model is too large."""
        widths = descriptor.layer_widths
        # The number of layers comes first: it bounds the work of all that follows.
        _at_most("descriptor.hidden", max(len(widths) - 1, 0), self.layers, "layers")
        _at_most("descriptor.inputs", descriptor.feature_count, self.layer_width, "features")
        _at_most("descriptor.hidden", max(descriptor.hidden, default=0), self.layer_width, "units")
        if descriptor.grid is not None:
            _at_most("descriptor.grid", descriptor.grid.height * descriptor.grid.width, self.grid_nodes, "nodes")
        _at_most("tensors", descriptor.parameter_count, self.parameters, "parameters")


DEFAULT_LIMITS = Limits()


def _at_most(field: str, amount: int, limit: int, unit: str) -> None:
    if amount > limit:
        raise LimitError(field, f"{amount:,} {unit} exceed the limit of {limit:,}")
