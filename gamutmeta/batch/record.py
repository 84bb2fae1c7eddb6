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
from gamutmeta.carriers import sidecar_path
from gamutmeta.errors import PlanError
from gamutmeta.report import Report
from gamutmeta.runtime.files import atomic_write, open_regular

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from gamutmeta.batch.plan import Task

__all__ = ["RECORDS", "Record", "check_records", "content_digest", "record_path"]

RECORDS = ".gamutmeta"
"""The folder for records, in the output folder. To remove it does no harm: what is done is then forgotten."""

_MAX_BYTES = 1 << 20
"""Of a record; one of ours has a few kilobytes."""


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
    def read(cls, path: Path, target: Path) -> Record | None:
        """The record of an output in a file; None if there is none.

        Whoever may write into the folder may have written it: whatever cannot be understood to the end counts as none,
        as does a link, and what is no ordinary file.

        Args:
            path: of the file.
            target: of the output.
        """
        try:
            with open_regular(path, follow=False) as file:
                data = file.read(_MAX_BYTES + 1)
            record = cls(**json.loads(data)) if len(data) <= _MAX_BYTES else None
            # A report of another type raises a ValueError.
            is_sound = record is not None and record._is_sound(target)  # noqa: SLF001 - of this class
        except (OSError, ValueError, TypeError, RecursionError):
            return None
        return record if is_sound else None

    def _is_sound(self, target: Path) -> bool:
        """Whether each part is what :meth:`write` writes, for that output.

        Raises:
            ValueError: a figure of the report is of another type.
        """
        texts: list[object] = [self.output, self.source, self.version]
        maps: list[object] = [self.settings, self.outputs, {} if self.report is None else self.report]
        if not all(isinstance(value, str) for value in texts) or not all(isinstance(value, dict) for value in maps):
            return False
        digests: list[object] = list(self.outputs.values())
        names = {target.name, sidecar_path(target).name}
        if target.name not in self.outputs or not self.outputs.keys() <= names:
            return False
        report = Report() if self.report is None else Report.from_json(self.report)
        # They are printed, and could tell the terminal what to do.
        said = (report.carrier, report.preset, report.model, report.device, *report.notes)
        return all(isinstance(digest, str) for digest in digests) and "".join(filter(None, said)).isprintable()

    def write(self, path: Path) -> None:
        """Write it to a file, in place of an older one.

        Raises:
            PlanError, OSError: as for :func:`check_records`, or it cannot be written.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        check_records(path)
        atomic_write(path, json.dumps(asdict(self), indent=1).encode(), overwrite=True)

    def is_of(self, file: Path) -> bool:
        """Whether it speaks of this file as it is now, not changed since it was written."""
        return file.is_file() and self.outputs.get(file.name) == content_digest([file])


def record_path(task: Task) -> Path | None:
    """The file with a task's record; None for a task without output folder."""
    if task.root is None:
        return None
    # The name itself could be too long with an ending, or hold what only the other system allows.
    name = hashlib.sha256(task.name.encode("utf-8", "surrogateescape")).hexdigest()[:32]
    return task.root / RECORDS / f"{name}.json"


def check_records(path: Path) -> None:
    """Make sure that the folder of a record is one, if it is there.

    Raises:
        PlanError: it is a link, which would lead records out of the output folder, or no folder.
    """
    folder = path.parent
    if folder.is_symlink():
        raise PlanError(f"{folder} is a link, and records are not written through links; remove the link")
    if folder.exists() and not folder.is_dir():
        raise PlanError(f"{folder} is no folder, so there is no place for records; remove it")


def content_digest(files: Iterable[Path]) -> str:
    """A digest of what files hold, one after the other.

    SHA-1, since it takes a third of the time of others, and guards against mistakes only: who forges a collision has
    his own photograph skipped.

    Raises:
        OSError: if one cannot be read, or is a pipe or a device.
    """
    digest = hashlib.sha1(usedforsecurity=False)
    for path in files:
        with open_regular(path) as file:
            digest.update(hashlib.file_digest(file, lambda: hashlib.sha1(usedforsecurity=False)).digest())
    return f"sha1:{digest.hexdigest()}"
