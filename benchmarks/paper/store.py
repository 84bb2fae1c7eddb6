"""Measurements already made, a file each, so that a long table can be made in pieces and taken up again."""

import hashlib
import io
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import Row
from benchmarks.paper.protocol import Measured
from gamutmeta.photo.files import atomic_write

_DIGITS = 24
"""Of the hash in a file's name."""


def default_folder() -> Path:
    """In the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "gamutmeta-benchmarks" / "paper"


class Store:
    """Measurements by identity (:func:`benchmarks.paper.protocol.identity`) in a folder, an .npz file each.

    It holds the row as JSON in the array ``row``, and the arrays of its plots. Any number of processes may add to it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, identity: Mapping[str, Any]) -> Path:
        """Of the measurement, whether it is there or not."""
        digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:_DIGITS]
        return self._folder / f"{identity['method']}-{digest}.npz"

    def find(self, identity: Mapping[str, Any]) -> Measured | None:
        """The measurement, or None."""
        path = self.path(identity)
        if not path.exists():
            return None
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        return Measured(json.loads(str(arrays.pop("row"))), arrays)

    def rows(self, method: str) -> Iterator[Row]:
        """The rows of all measurements of a method, by its key."""
        for path in sorted(self._folder.glob(f"{method}-{'?' * _DIGITS}.npz")):
            with np.load(path, allow_pickle=False) as file:  # reads no array before it is asked for
                yield json.loads(str(file["row"]))

    def add(self, identity: Mapping[str, Any], measured: Measured) -> None:
        """Keep a measurement; it replaces one with the same identity."""
        content = io.BytesIO()
        row = np.array(json.dumps(measured.row, allow_nan=False))
        np.savez_compressed(content, allow_pickle=False, row=row, **measured.arrays)
        path = self.path(identity)
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, content.getvalue(), overwrite=True)
