"""Any bytes as the record of an output: they are whole and true, or they count as none."""

from __future__ import annotations

import atexit
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gamutmeta.batch import Resumable, Task
from gamutmeta.batch.record import Record, content_digest, record_path
from gamutmeta.report import Report
from tests.fuzz.mutations import raw

if TYPE_CHECKING:
    import random

__all__ = ["mutated", "run", "seeds"]

_folder = tempfile.TemporaryDirectory(prefix="gamutmeta-fuzz-")
atexit.register(_folder.cleanup)
_ROOT = Path(_folder.name) / "out"
_TASK = Task(Path(_folder.name) / "a.tif", _ROOT / "a.jpg", _ROOT)


def _shout(task: Task, *, overwrite: bool) -> Report:
    assert overwrite is not None
    assert task is _TASK
    return Report(payload_bytes=4, psnr=41.5, notes=("loud",))


_WORK = Resumable(work=_shout, settings={"quality": 95, "preset": "small"})
_PLACE = record_path(_TASK)
assert _PLACE is not None
_PLACE.parent.mkdir(parents=True)
_TASK.source.write_bytes(b"photograph")
_TASK.target.write_bytes(b"PHOTOGRAPH")


def run(data: bytes) -> None:
    """The target."""
    assert _PLACE is not None
    _PLACE.write_bytes(data)
    record = Record.read(_PLACE, _TASK.target)
    action = _WORK.planned_action(_TASK)
    assert (action.action == "skip") <= (record is not None)
    assert "".join(action.why.split()).isprintable()
    if record is not None:
        assert set(record.outputs) <= {"a.jpg", "a.jpg.gamut"}
        report = Report() if record.report is None else Report.from_json(record.report)
        assert report.notes is not None
    if action.action == "skip":
        assert record is not None
        assert record.is_of(_TASK.target)
        assert _WORK(_TASK).skipped


_PLAIN: tuple[Any, ...] = (None, True, 0, -1, 1.5, 10**400, "", "x", "\x1b[2J", "inf", "../x", "/dev/zero")
_VALUES = (*_PLAIN, [], {}, [1], {"a.jpg": "x"}, {"../x": "y"})


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Other values at a place of the record, deep nesting, or other bytes."""
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        return raw.altered(data, rng)
    choice = rng.randrange(4)
    if choice == 0 or not isinstance(record, dict) or not record:
        return raw.altered(data, rng)
    if choice == 1:
        depth = rng.choice((10, 500, 1_000, 3_000))
        return data[:-1] + b', "x": ' + b"[" * depth + b"]" * depth + b"}"
    place = record
    while True:
        key = rng.choice(list(place))
        if not isinstance(place[key], dict) or not place[key] or rng.randrange(2):
            break
        place = place[key]
    if rng.randrange(4) == 0:
        del place[key]
    else:
        place[rng.choice((key, key, "x", "outputs", "report"))] = rng.choice(_VALUES)
    return json.dumps(record).encode()


def seeds() -> dict[str, bytes]:
    """A record of an output that is done, one of one that is not, and some that are none."""
    assert _PLACE is not None
    done = Record(
        output="a.jpg",
        source=_WORK._source_digest(_TASK),
        settings=dict(_WORK.settings),
        outputs={"a.jpg": "sha1:6ec8e63e4d2b3bd7f1c6a8e1e1b3d0d5b0a5a5a5"},
        report=_shout(_TASK, overwrite=False).to_json(),
    )
    found = {}
    for name, record in {
        "done": done,
        "true": Record(**{**_fields(done), "outputs": {"a.jpg": _digest()}}),
        "begun": Record(**{**_fields(done), "report": None}),
    }.items():
        record.write(_PLACE)
        found[name] = _PLACE.read_bytes()
    return found | {"empty": b"{}", "list": b"[]"}


def _fields(record: Record) -> dict[str, Any]:
    return {name: getattr(record, name) for name in Record.__slots__}


def _digest() -> str:
    return content_digest([_TASK.target])
