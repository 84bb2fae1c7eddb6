"""The photographs to measure: 16-bit ProPhoto files of a folder."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.rd.figures import Original
from gamutmeta.errors import GamutMetaWarning
from gamutmeta.photo.read import read_photo

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Picture", "find"]

_SUFFIXES = {".tif", ".tiff", ".png"}
_TEST = "test"
"""Folder of the pictures to measure, where there are others to learn from beside it."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A photograph.

    Attributes:
        name: the file's, without suffix.
        wide: ROMM RGB, uint16 (H, W, 3).
        digest: of size and samples, 32 hexadecimal digits: the same photograph has the same one, whatever its file.
        original: what restored pictures are compared with.
    """

    name: str
    wide: NDArray[np.uint16]
    digest: str = field(init=False)
    original: Original = field(init=False)

    def __post_init__(self) -> None:
        hashed = hashlib.sha256(repr(self.wide.shape).encode())
        hashed.update(self.wide.astype("<u2").tobytes())
        object.__setattr__(self, "digest", hashed.hexdigest()[:32])
        object.__setattr__(self, "original", Original(self.wide))

    @classmethod
    def read(cls, path: Path, crop: int | None = None) -> Picture:
        """Read a file; one that names no colour space is taken for ProPhoto, as those of the paper's set are.

        Args:
            path: 16-bit TIFF or PNG.
            crop: side of the central square that is kept, pixels; a shorter side is kept whole.

        Raises:
            PhotoError: the file is damaged or of a kind that is not supported.
        """
        with warnings.catch_warnings():
            # That is what the benchmark says of itself.
            warnings.filterwarnings("ignore", ".* was assumed", GamutMetaWarning)
            wide = read_photo(path, assume_space="prophoto").array
        if crop is not None:
            wide = _centre(wide, crop)
        wide.setflags(write=False)
        return cls(path.stem, wide)


def _centre(wide: NDArray[np.uint16], side: int) -> NDArray[np.uint16]:
    top, left = (max(0, (size - side) // 2) for size in wide.shape[:2])
    return wide[top : top + side, left : left + side].copy()


def find(folder: Path, only: tuple[str, ...] = ()) -> list[Path]:
    """The pictures of a folder by name: of its folder ``test`` where it has one, otherwise those right in it.

    Args:
        folder: such as ``make_dataset`` makes, or one of plain pictures.
        only: names contain one of these; all if empty.
    """
    place = folder / _TEST if (folder / _TEST).is_dir() else folder
    found = sorted(path for path in place.iterdir() if path.suffix.lower() in _SUFFIXES)
    return [path for path in found if not only or any(name in path.stem for name in only)]
