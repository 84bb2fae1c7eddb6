"""Many files on many machines, with Ray Data: paths in, reports out. Needs the extra [ray].

Each file is processed as on a single machine (:class:`gamutmeta.batch.Resumable`). Ray decides where, and tries again
if a machine is lost. Files must be on a file system that all machines see.
"""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_origin, get_type_hints

from gamutmeta.batch import Failure, Outcome, Task, attempt
from gamutmeta.errors import PlanError
from gamutmeta.report import MapFigures, Report
from gamutmeta.runtime.extras import optional
from gamutmeta.runtime.threads import THREADS_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = ["paths", "reports", "require", "run"]

_LOCAL_STORE = 100 << 20
"""Bytes for the objects of a cluster started on this machine. Only names and figures pass through it."""

_MOST_BLOCKS = 10_000
"""One block per file, so that one lost takes no others with it; beyond, Ray would be busy with blocks alone."""

_RETRIES = 2
"""How often a file is tried again whose process was killed. Ray's own default is for ever."""


_GIVEN_UP = (
    "Ray gave up on this file: its worker process was killed repeatedly, possibly because memory ran out, or could not"
    " import gamutmeta"
)


def run(
    tasks: Iterable[Task],
    work: Callable[[Task], Report],
    *,
    cpus: float = 1,
    gpus: float = 0,
    jobs: int | None = None,
) -> Iterator[Outcome[Task, Report]]:
    """Do `work` for every task and yield each outcome as soon as it is there, as :func:`gamutmeta.batch.run` does.

    The cluster is the one this process is connected to; else that of the environment variable RAY_ADDRESS; else one of
    this machine alone, started for this run.

    Args:
        tasks: with paths that mean the same on all machines.
        work: picklable; done once for each, again if its process was killed.
        cpus: cores, and threads, for each file.
        gpus: GPUs for each file; 0.25 puts four files on one.
        jobs: most files at the same time; None for as many as there is room for.

    Raises:
        MissingExtraError: if Ray is not installed.
        PlanError: if a cluster of this machine alone would never have so many cores or GPUs.
    """
    expected = {_absolute(task.target): task for task in tasks}
    if not expected:
        return
    with _cluster(cpus, gpus):
        dataset = reports(paths(expected.values()), work, cpus=cpus, gpus=gpus, jobs=jobs)
        for row in dataset.iter_rows():
            yield _outcome(expected.pop(row["output"]), row)
    for task in expected.values():
        yield Outcome(task, failure=Failure("killed", _GIVEN_UP))


def require() -> None:
    """Make sure that Ray is installed.

    Raises:
        MissingExtraError: if it is not.
    """
    _ray()


def paths(tasks: Iterable[Task]) -> Any:
    """Tasks as a ray.data.Dataset with a row for each.

    Its columns are the absolute paths `file` and `output`, and `root` and `base` ("" for none), and `remarks`, the
    task's notes, one on each line.
    """
    rows = [
        {
            "file": _absolute(task.source),
            "output": _absolute(task.target),
            "root": "" if task.root is None else _absolute(task.root),
            "base": "" if task.base is None else _absolute(task.base),
            "remarks": "\n".join(task.notes),
        }
        for task in tasks
    ]
    return _ray().data.from_items(rows, override_num_blocks=min(len(rows), _MOST_BLOCKS))


def reports(
    dataset: Any,
    work: Callable[[Task], Report],
    *,
    cpus: float = 1,
    gpus: float = 0,
    jobs: int | None = None,
) -> Any:
    """Do `work` for every row of a ray.data.Dataset.

    Args:
        dataset: as :func:`paths` makes it, or with the columns `file` and `output` at least.
        work: as for :func:`run`; `cpus`, `gpus` and `jobs` likewise.
        cpus: see there.
        gpus: see there.
        jobs: see there.

    Returns:
        A ray.data.Dataset, which Ray works on when it is asked for rows. It has the columns of
        :class:`~gamutmeta.report.Report`, `error_code` and `error_message` (null where all went well) and `warnings`.
        Of a file whose process was killed again and again there is no row.
    """
    ray = _ray()
    done = dataset.map_batches(
        partial(_report_rows, work=work, threads=max(1, int(cpus))),
        batch_format="pyarrow",
        batch_size=1,
        num_cpus=cpus,
        num_gpus=gpus,
        compute=ray.data.TaskPoolStrategy(size=jobs),
        # Ray warns of how the number of retries is given: it has no other way yet, and will take this one away with
        # 2.64. The command silences it; the filters of other programs are theirs.
        max_retries=_RETRIES,
    )
    done.context.max_errored_blocks = -1
    done.context.enable_progress_bars = False
    return done


def _ray() -> Any:
    optional("ray.data", "Ray Data", "ray", "running on a cluster")
    return optional("ray", "Ray", "ray", "running on a cluster")


def _absolute(path: Path) -> str:
    """The working folder of Ray's processes is another. Links are left as they are."""
    return str(path.absolute())


@contextmanager
def _cluster(cpus: float, gpus: float) -> Iterator[None]:
    """Be connected to a cluster; one that is started or connected to for this is left again."""
    ray = _ray()
    if ray.is_initialized():
        yield
        return
    address = os.environ.get("RAY_ADDRESS")
    start: dict[str, Any] = {"object_store_memory": _LOCAL_STORE, "include_dashboard": False} if not address else {}
    # Ray tells much. What concerns a file is in its row; why there is none, Ray says as an error.
    ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **start)
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    try:
        if not address:
            # Ray would wait for another machine to bring them.
            there = ray.cluster_resources()
            for what, wanted in (("CPU", cpus), ("GPU", gpus)):
                if wanted > there.get(what, 0):
                    raise PlanError(f"each file needs {wanted:g} {what}, but this machine has {there.get(what, 0):g}")
        yield
    finally:
        ray.shutdown()


def _report_rows(paths: Any, *, work: Callable[[Task], Report], threads: int) -> Any:
    """Of a pyarrow.Table of paths, the one of reports."""
    os.environ.setdefault(THREADS_VARIABLE, str(threads))
    arrow = optional("pyarrow", "pyarrow", "ray", "running on a cluster")
    return arrow.Table.from_pylist([_report_row(row, work) for row in paths.to_pylist()], schema=_schema(arrow))


def _schema(arrow: Any) -> Any:
    """The columns' types. Ray would guess them from each row, and from what is missing in it nothing can be guessed."""
    types = {str: arrow.string(), int: arrow.int64(), float: arrow.float64(), bool: arrow.bool_()}
    types[MapFigures] = arrow.struct([(name, types[hint]) for name, hint in get_type_hints(MapFigures).items()])
    columns = {}
    for name, hint in get_type_hints(Report).items():
        # What a union with None, or a tuple of any length, is made of.
        kind = get_args(hint)[0]
        columns[name] = arrow.list_(types[kind]) if get_origin(hint) is tuple else types[kind]
    columns |= {"error_code": types[str], "error_message": types[str], "warnings": arrow.list_(types[str])}
    return arrow.schema(columns)


def _report_row(row: Mapping[str, str], work: Callable[[Task], Report]) -> dict[str, Any]:
    root, base = row.get("root"), row.get("base")
    task = Task(
        Path(row["file"]),
        Path(row["output"]),
        Path(root) if root else None,
        Path(base) if base else None,
        tuple((row.get("remarks") or "").splitlines()),
    )
    outcome = attempt(work, task, one_of_many=True)
    report = outcome.result or Report()
    figures = {field.name: getattr(report, field.name) for field in fields(Report)}
    failure, found = outcome.failure, report.gain_map
    return figures | {
        "gain_map": None if found is None else asdict(found),
        "file": row["file"],
        "output": row["output"],
        "error_code": None if failure is None else failure.code,
        "error_message": None if failure is None else failure.message,
        "warnings": outcome.warnings,
    }


def _outcome(task: Task, row: Mapping[str, Any]) -> Outcome[Task, Report]:
    warned = tuple(row["warnings"])
    if row["error_code"] is not None:
        return Outcome(task, failure=Failure(row["error_code"], row["error_message"]), warnings=warned)
    figures = {field.name: row[field.name] for field in fields(Report)}
    found = figures["gain_map"]
    figures |= {"gain_map": None if found is None else MapFigures(**found)}
    figures |= {"base": None if task.base is None else str(task.base)}
    figures |= {"file": str(task.source), "output": str(task.target), "notes": tuple(figures["notes"])}
    return Outcome(task, Report(**figures), warnings=warned)
