"""Measurements that were made: a file each, in a folder that any number of processes may add to."""

import fcntl
import hashlib
import io
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import Row
from benchmarks.paper.protocol import Measured
from gamutmeta.runtime.files import atomic_write

_DIGITS = 24
"""Of the hash in a file's name."""


def default_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "gamutmeta-benchmarks" / "paper"


class Store:
    """Measurements by identity (:func:`benchmarks.paper.protocol.identity`) in a folder, an .npz file each.

    It holds the row as JSON in the array ``row``, and the arrays of its plots. Any number of processes may add to it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, identity: Mapping[str, Any]) -> Path:
        digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:_DIGITS]
        return self._folder / f"{identity['method']}-{digest}.npz"

    def find(self, identity: Mapping[str, Any]) -> Measured | None:
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

    def checkpoint(self, identity: Mapping[str, Any]) -> Path:
        """Where the checkpoint of a measurement lies that was begun."""
        return self.path(identity).with_suffix(".pt")

    @contextmanager
    def claim(self, identity: Mapping[str, Any]) -> Iterator[Path | None]:
        """Take a measurement upon oneself; where to keep its checkpoint, or None if another process is at it.

        A process that ends gives up its claims, however it ends. Claims are kept within one machine, or where a shared
        folder has locks.
        """
        place = self.path(identity).with_suffix(".lock")
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield None
                return
            try:
                yield self.checkpoint(identity)
            finally:
                # Who has opened the file already gets a lock that is worth nothing, and finds the measurement.
                place.unlink(missing_ok=True)

    def is_claimed(self, identity: Mapping[str, Any]) -> bool:
        """Whether some process is at a measurement."""
        place = self.path(identity).with_suffix(".lock")
        if not place.exists():
            return False
        with place.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False
