"""Arrays and facts about them in one .npz file, without pickle, replaced whole or not at all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from gamutmeta.photo.files import atomic_write

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["load_arrays", "save_arrays"]

_FACTS = "facts.json"
"""Name of the array that holds the facts as JSON in UTF-8."""


def save_arrays(path: Path, arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> None:
    """Write the file.

    Args:
        path: where to; an older file is replaced in one go.
        arrays: by name, of numbers.
        facts: JSON values.

    Raises:
        ValueError: if an array holds objects, which would need pickle.
    """
    for name, array in arrays.items():
        if array.dtype.hasobject:
            raise ValueError(f"{path}: array {name} holds objects")
    stored = {_FACTS: np.frombuffer(json.dumps(facts).encode(), np.uint8), **arrays}

    def write(file: BinaryIO) -> None:
        np.savez(file, allow_pickle=False, **stored)

    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, write, overwrite=True)


def load_arrays(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """The arrays and the facts of such a file.

    Raises:
        ValueError: if it is none.
    """
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    try:
        return arrays, json.loads(arrays.pop(_FACTS).tobytes())
    except KeyError:
        raise ValueError(f"{path}: is no checkpoint, it has no {_FACTS}") from None
