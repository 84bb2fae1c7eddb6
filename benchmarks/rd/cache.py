"""Rows already measured, one JSON object a line, so that a long run can be stopped and taken up again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

__all__ = ["Cache", "key_of"]

Row = dict[str, Any]
Key = tuple[object, ...]

_KEY = ("photograph", "coding", "family", "method", "budget", "seed")


def key_of(row: Row) -> Key:
    """What makes two rows the same measurement."""
    return tuple(row.get(name) for name in _KEY)


class Cache:
    """Rows by key, kept in a file; of two with one key the later counts.

    It knows nothing of the code that made them: drop what a change has made stale.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        whole = text.rpartition("\n")[0]
        self._rows = {key_of(row): row for row in map(json.loads, whole.splitlines())}
        if text and not text.endswith("\n"):
            self.drop(lambda _: False)  # a run that was killed left half a line behind

    def rows(self) -> list[Row]:
        """All of them."""
        return list(self._rows.values())

    def add(self, rows: Iterable[Row]) -> None:
        """Keep rows, in memory and in the file."""
        rows = list(rows)
        self._rows |= {key_of(row): row for row in rows}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(row, allow_nan=False) + "\n" for row in rows)

    def drop(self, stale: Callable[[Row], bool]) -> None:
        """Forget the rows that `stale` is true of."""
        self._rows = {key: row for key, row in self._rows.items() if not stale(row)}
        kept = self.rows()
        if self._path.exists():
            self._path.unlink()
        self.add(kept)
