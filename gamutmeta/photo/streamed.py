"""A photograph whose samples are made while they are written, so that they are never all in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from gamutmeta.color.icc import profile_bytes
from gamutmeta.formats.exif import orientation_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gamutmeta.choices import SpaceName
    from gamutmeta.photo.carried import Metadata

__all__ = ["STREAMING_KINDS", "Rows", "StreamedPhotograph"]

STREAMING_KINDS = {"tiff", "png"}
"""Kinds of files, see :data:`gamutmeta.photo.kinds.KINDS`, whose writers ask for some rows at a time."""


class Rows(Protocol):
    """As much of an array (height, width, 3) of samples as those writers use; several threads ask it at once."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Height, width, 3."""

    @property
    def dtype(self) -> np.dtype[np.uint16]:
        """Of the samples."""

    @property
    def itemsize(self) -> int:
        """Bytes of a sample."""

    def __getitem__(self, rows: slice, /) -> NDArray[np.uint16]:
        """Some rows, (rows, width, 3)."""


@dataclass(frozen=True, slots=True)
class StreamedPhotograph:
    """As :class:`gamutmeta.photo.wide.WideImage`, for :func:`gamutmeta.photo.write.write_noting` alone.

    Attributes:
        array: the samples, encoded, in the orientation of the file.
        space: their colour space.
        metadata: of the photograph.
        alpha: straight transparency, uint16 (height, width); None for none.
    """

    array: Rows
    space: SpaceName
    metadata: Metadata
    alpha: NDArray[np.uint16] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        height, width, _ = self.array.shape
        return width, height

    @property
    def orientation(self) -> int:
        """EXIF orientation, 1 to 8."""
        return orientation_of(self.metadata.exif)

    @property
    def icc_profile(self) -> bytes:
        """ICC profile of the space."""
        return profile_bytes(self.space)
