"""Records of what outputs were made from: one small file for each output, in a hidden folder next to them.

Not inside the outputs: the container has no room for it (closed by the specification), not every format that is
expanded to takes XMP, and pictures for publication say nothing of how they were made unless asked to. Not in one file
for all: machines that share a folder over a network cannot append to one file safely, whereas of these files each has
one writer.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from gamutmeta import __version__
from gamutmeta.runtime.files import atomic_write

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from gamutmeta.batch.plan import Task

__all__ = ["RECORDS", "Record", "content_digest", "record_path"]

RECORDS = ".gamutmeta"
"""The folder for records, in the output folder. To remove it does no harm: what is done is then forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """How an output came about.

    Attributes:
        output: its name below the output folder; for people.
        source: digest of the content that it was made from.
        settings: what was asked for, as JSON values.
        outputs: digests of the files written, by their names beside the output: itself, perhaps a sidecar. They are
            noted before the files appear.
        report: the figures, as JSON values; None until everything is written.
        version: of gamutmeta; for people.
    """

    output: str
    source: str
    settings: Mapping[str, object]
    outputs: Mapping[str, str] = field(default_factory=dict)
    report: Mapping[str, Any] | None = None
    version: str = __version__

    @classmethod
    def read(cls, path: Path) -> Record | None:
        """The record in a file; None if there is none, or one that cannot be understood."""
        try:
            record = cls(**json.loads(path.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None
        maps = (record.settings, record.outputs, record.report or {})
        return record if all(isinstance(value, dict) for value in maps) else None

    def write(self, path: Path) -> None:
        """Write it to a file, in place of an older one."""
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, json.dumps(asdict(self), indent=1).encode(), overwrite=True)

    def is_of(self, file: Path) -> bool:
        """Whether it speaks of this file as it is now, not changed since it was written."""
        return self.outputs.get(file.name) == content_digest([file])


def record_path(task: Task) -> Path | None:
    """The file with a task's record; None for a task without output folder."""
    if task.root is None:
        return None
    # The name itself could be too long with an ending, or hold what only the other system allows.
    name = hashlib.sha256(task.name.encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return task.root / RECORDS / f"{name}.json"


def content_digest(files: Iterable[Path]) -> str:
    """A digest of what files hold, one after the other.

    SHA-1, since it takes a third of the time of others, and guards against mistakes only: who forges a collision has
    his own photograph skipped.

    Raises:
        OSError: if one cannot be read.
    """
    digest = hashlib.sha1(usedforsecurity=False)
    for path in files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, lambda: hashlib.sha1(usedforsecurity=False)).digest())
    return f"sha1:{digest.hexdigest()}"
