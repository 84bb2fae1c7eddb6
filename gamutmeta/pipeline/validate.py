"""Checks a file against the specification, stage by stage: carrier, container, descriptor, tensors, picture."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from gamutmeta import carriers
from gamutmeta.carriers.container_bytes import checked
from gamutmeta.container import DEFAULT_LIMITS, Payload
from gamutmeta.container import frame as tensor_frame
from gamutmeta.container.descriptor_map import unpack
from gamutmeta.container.header import VERSION, split_sections, versions_of
from gamutmeta.container.tensors import tensor_bytes
from gamutmeta.errors import GamutMetaError, PayloadError
from gamutmeta.formats.second_picture import map_deviations
from gamutmeta.formats.source import sources_remembered
from gamutmeta.pipeline.binding import check_binding, decode_for
from gamutmeta.pipeline.limited import pictures_limited

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from gamutmeta.container import Limits

__all__ = ["STAGES", "Stage", "Validation", "validate_file"]

STAGES = ("carrier", "container", "descriptor", "tensors", "picture")
"""From the outside in; the first error ends the check."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The result of one stage.

    Attributes:
        stage: one of :data:`STAGES`.
        result: "ok", "error", or "skipped" where an earlier stage failed or there is no picture.
        code: of the error, see :attr:`gamutmeta.errors.GamutMetaError.code`.
        field: that the error is about, for example "header.magic"; None if it names none.
        message: of the error, or why the stage was skipped; for people.
        notes: what a writer should do differently, though readers accept it; for people.
    """

    stage: str
    result: Literal["ok", "error", "skipped"]
    code: str | None = None
    field: str | None = None
    message: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """The result for one file.

    Attributes:
        file: the file.
        carrier: where its payload is stored; None if there is none that can be extracted.
        payload_bytes: of the container.
        stages: all of :data:`STAGES`, in that order.
    """

    file: str
    carrier: str | None
    payload_bytes: int | None
    stages: tuple[Stage, ...]

    def __repr__(self) -> str:
        results = ", ".join(f"{stage.stage} {stage.result}" for stage in self.stages)
        return f"<Validation {self.file}: {results}>"

    @property
    def is_good(self) -> bool:
        """Whether every reader expands the file."""
        return all(stage.result != "error" for stage in self.stages)

    def with_notes(self, name: str, notes: Iterable[str]) -> Validation:
        """The same result with further notes on one stage."""
        stages = (replace(s, notes=(*s.notes, *notes)) if s.stage == name else s for s in self.stages)
        return replace(self, stages=tuple(stages))

    def to_json(self) -> dict[str, object]:
        """The result as JSON values; what does not apply is left out."""
        stages = [
            {key: value for key, value in asdict(stage).items() if value not in (None, ())} for stage in self.stages
        ]
        facts = {"carrier": self.carrier, "payload_bytes": self.payload_bytes}
        known = {key: value for key, value in facts.items() if value is not None}
        return {"file": self.file, "valid": self.is_good, **known, "stages": stages}

    def __str__(self) -> str:
        # A file name may contain bytes that are not text, and cannot be printed.
        lines = [os.fsencode(self.file).decode(errors="replace")]
        for stage in self.stages:
            code = f" ({stage.code})" if stage.code else ""
            message = f"{stage.message}{code}" if stage.message else ""
            if stage.stage == "carrier" and stage.result == "ok":
                message = f"{self.carrier}, {self.payload_bytes:,} bytes"
            lines.append(f"  {stage.stage:12}{stage.result:9}{message}".rstrip())
            lines += (f"{'':14}note     {note}" for note in stage.notes)
        return "\n".join(lines)


def validate_file(path: str | os.PathLike[str], *, limits: Limits | None = None) -> Validation:
    """Examine a JPEG, PNG or TIFF file with its payload, or a sidecar.

    A file without payload is examined together with the sidecar next to it, if there is one; a sidecar together with
    the picture next to it. Errors of the file are part of the result. What the decoder of the picture warns of it warns
    of as ever: the filters of warnings belong to the whole process, and are left alone.

    Args:
        path: the file.
        limits: of the picture, checked before it is decoded. Those of the payload are always the specification's.

    Raises:
        OSError: the file cannot be read.
    """
    with sources_remembered(), pictures_limited(limits):
        return _Examination(Path(path)).result()


class _Examination:
    """The check of one file, and its results so far."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._data = path.read_bytes()
        self._container = b""
        self._carrier: str | None = None
        self._payload: Payload | None = None

    def result(self) -> Validation:
        stages = tuple(self._examined())
        size = None if self._carrier is None else len(self._container)
        return Validation(file=os.fspath(self._path), carrier=self._carrier, payload_bytes=size, stages=stages)

    def _examined(self) -> Iterator[Stage]:
        failed: str | None = None
        work: tuple[Callable[[], list[str]], ...] = (
            self._take_out,
            self._open,
            self._read_descriptor,
            self._read_tensors,
            self._compare,
        )
        for name, examine in zip(STAGES, work, strict=True):
            if failed is not None:
                yield Stage(name, "skipped", message=f"the {failed} has an error")
                continue
            try:
                yield Stage(name, "ok", notes=tuple(examine()))
            except _SkippedError as reason:
                yield Stage(name, "skipped", message=str(reason))
            except GamutMetaError as error:
                field = error.field if isinstance(error, PayloadError) else None
                failed = name
                yield Stage(name, "error", error.code, field, str(error))

    def _take_out(self) -> list[str]:
        """The carrier: extract the container, and note an unusual place or form."""
        if self._data.startswith(carriers.MAGIC):
            self._container, self._carrier = checked(self._data, "sidecar"), "sidecar"
            return []
        found = carriers.extract_or_sidecar(self._data, self._path)
        self._container, self._carrier = found.container, found.carrier
        said = [] if found.carrier == "sidecar" else carriers.deviations(self._data)
        return said + (map_deviations(self._data) if carriers.host_format(self._data) == "jpeg" else [])

    def _open(self) -> list[str]:
        """The container: lengths, checksum, versions, flags."""
        split_sections(self._container, DEFAULT_LIMITS)
        _, writer_version, _, ignorable_flags = versions_of(self._container)
        notes = []
        if writer_version > VERSION:
            notes.append(f"the writer used version {writer_version} of the format; this reader knows {VERSION}")
        if ignorable_flags:
            notes.append(f"the header has ignorable flags that this reader does not know (0x{ignorable_flags:02x})")
        return notes

    def _read_descriptor(self) -> list[str]:
        sections = split_sections(self._container, DEFAULT_LIMITS)
        unpack(sections.descriptor, DEFAULT_LIMITS, sections.version)
        # A descriptor has only one valid encoding, so there are no notes.
        return []

    def _read_tensors(self) -> list[str]:
        self._payload = Payload.from_bytes(self._container)
        stored = split_sections(self._container, DEFAULT_LIMITS).frame
        return tensor_frame.deviations(stored, tensor_bytes(self._payload.tensors))

    def _compare(self) -> list[str]:
        """The picture: check whether the payload was made for it."""
        assert self._payload is not None  # noqa: S101 - a stage runs only if all earlier ones are ok
        data = self._data
        if data.startswith(carriers.MAGIC):
            beside = self._path.with_suffix("")
            if self._path.suffix != carriers.SIDECAR_SUFFIX or not beside.is_file():
                raise _SkippedError("this is a sidecar, and its picture is not next to it")
            data = beside.read_bytes()
        if self._payload.binding.kind == "jpeg" and carriers.host_format(data) == "jpeg":
            # Before the pixels: a file that ends early is an error of the carrier, but some decoders accept it.
            carriers.coded_digest(data)
        codes, _ = decode_for(self._payload, data, check=True)
        note = check_binding(self._payload, data, codes)
        return [] if note is None else [note]


class _SkippedError(Exception):
    """A stage does not apply; the message says why."""
