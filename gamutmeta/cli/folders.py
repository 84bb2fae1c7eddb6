"""Options of the commands that convert folders, and the run itself: which files, where to, what is left to do."""

from __future__ import annotations

import warnings
from contextlib import closing
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gamutmeta.batch import PlannedAction, Resumable, Shard, remove_leftovers, run
from gamutmeta.batch import ray as cluster
from gamutmeta.cli import options
from gamutmeta.cli.choosing import choosing
from gamutmeta.cli.outcomes import report_line, show
from gamutmeta.cli.streams import STREAM, goes_to_stream
from gamutmeta.errors import PlanError
from gamutmeta.runtime.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping

    from gamutmeta.batch import Outcome, Patterns, Task
    from gamutmeta.batch.resume import Work
    from gamutmeta.report import Report

__all__ = ["Folders", "folder_options"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """How to process a folder: the values of the options of :func:`folder_options`."""

    jobs: int | None
    shard: Shard | None
    resume: bool
    dry_run: bool
    engine: str
    cpus: float
    gpus: float
    overwrite: bool
    as_json: bool
    patterns: Patterns | None

    def convert(
        self,
        tasks: list[Task],
        work: Work,
        settings: Mapping[str, object],
        *,
        sidecar: Path | None = None,
        remedies: Mapping[str, str] | None = None,
        require: Callable[[Task], None] | None = None,
    ) -> None:
        """Do the tasks that are not done yet, show their results, and end the command.

        Args:
            tasks: all of them; this method selects those of the shard.
            work: makes one output. For several machines it must be importable there.
            settings: everything but the source that outputs depend on, as JSON values.
            sidecar: as for :class:`~gamutmeta.batch.Resumable`.
            remedies: as for :func:`~gamutmeta.cli.outcomes.show`.
            require: as for :class:`~gamutmeta.batch.Resumable`.
        """
        if self.engine == "ray":
            with options.refusals():
                cluster.require()
        else:
            options.refuse_given(("cpus", "gpus"), "is for --engine ray")
        if self.shard is not None:
            tasks = self._part(tasks, self.shard)
        one_at_a_time = Resumable(
            work=work, settings=settings, sidecar=sidecar, overwrite=self.overwrite, resume=self.resume
        )
        if self.dry_run:
            one_at_a_time = replace(one_at_a_time, require=require)
        if self.dry_run:
            planned_actions: Iterable[Outcome[Task, PlannedAction]]
            planned_actions = run(tasks, one_at_a_time.dry_run, jobs=self.jobs or 1)
            if goes_to_stream(work):
                planned_actions = map(_to_stream, planned_actions)
            show(planned_actions, total=len(tasks), name=_source, text=_action_line, as_json=self.as_json)
            return
        # Always closed: running work must stop when nobody reads the output any more.
        with closing(self._outcomes(tasks, one_at_a_time)) as outcomes:
            show(
                outcomes,
                total=len(tasks),
                name=_source,
                text=report_line,
                as_json=self.as_json,
                summarise=True,
                remedies=remedies or {},
            )

    def _part(self, tasks: list[Task], shard: Shard) -> list[Task]:
        """The tasks of a shard; that there is none is said, as nothing else would be."""
        part = shard.of(tasks)
        if not part and not click.get_current_context().meta.get(options.QUIET):
            files = counted(len(tasks), "file")
            click.echo(f"part {shard.index}/{shard.count} has none of the {files}: there is nothing to do", err=True)
        return part

    def _outcomes(self, tasks: list[Task], work: Resumable) -> Generator[Outcome[Task, Report], None, None]:
        remove_leftovers(tasks)
        try:
            # Around the work only: an error while printing is not wrong usage.
            with options.refusals():
                if self.engine == "processes":
                    yield from run(tasks, work, jobs=self.jobs or 1)
                else:
                    # Imported before, as Ray brings a filter of its own.
                    cluster.require()
                    warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"gamutmeta\.batch\.ray")
                    yield from cluster.run(tasks, work, cpus=self.cpus, gpus=self.gpus, jobs=self.jobs)
        finally:
            # Processes that were killed left some; other processes have made their files since.
            remove_leftovers(tasks)


def folder_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options for folders. It gets them as one :class:`Folders`, in the argument `folders`."""

    @wraps(command)
    def with_folders(*arguments: Any, **settings: Any) -> None:
        folders = Folders(**{name: settings.pop(name) for name in Folders.__slots__})
        command(*arguments, folders=folders, **settings)

    for decorate in reversed(_OPTIONS):
        with_folders = decorate(with_folders)
    return with_folders


def _shard(_context: click.Context, _parameter: click.Parameter, text: str | None) -> Shard | None:
    try:
        return None if text is None else Shard.parse(text)
    except PlanError as error:
        raise click.BadParameter(str(error)) from error


_OPTIONS = (
    click.option(
        "-j",
        "--jobs",
        type=click.IntRange(min=1),
        help="Number of files to process at the same time. They share the cores. For reduce, one per core is fastest."
        "  [default: 1; with Ray, as many as fit]",
    ),
    click.option(
        "--shard",
        metavar="I/N",
        callback=_shard,
        help="Process only part I of N. The file names decide which part a file is in; parts never overlap.",
    ),
    click.option(
        "--resume/--no-resume",
        default=True,
        show_default=True,
        help="In a folder, skip files that were made from the same content with the same settings. The hidden folder"
        " .gamutmeta records what was made.",
    ),
    click.option("-n", "--dry-run", is_flag=True, help="Say what would be done, and do nothing."),
    click.option(
        "--engine",
        type=click.Choice(["processes", "ray"]),
        default="processes",
        show_default=True,
        help="processes: on this machine. ray: on the cluster that RAY_ADDRESS names, else on this machine.",
    ),
    click.option(
        "--cpus-per-file",
        "cpus",
        type=click.FloatRange(min=0, min_open=True),
        default=1,
        show_default=True,
        help="With Ray: cores (and threads) for each file.",
    ),
    click.option(
        "--gpus-per-file",
        "gpus",
        type=click.FloatRange(min=0),
        default=0,
        show_default=True,
        help="With Ray: GPUs for each file; 0.25 puts four files on one GPU.",
    ),
    click.option(
        "--overwrite", is_flag=True, help="Replace existing files. Files that --resume skips are not made again."
    ),
    choosing,
    options.quiet,
    options.json_lines,
)


def _source(task: Task) -> Path:
    return task.source


_WOULD = {"write": "would be written", "replace": "would be replaced", "skip": "is done", "refuse": "would be refused"}


def _to_stream(outcome: Outcome[Task, PlannedAction]) -> Outcome[Task, PlannedAction]:
    """What would become of a task whose output is standard output, and a temporary file until then."""
    if outcome.result is None:
        return outcome
    task = replace(outcome.result.task, target=Path(STREAM))
    return replace(outcome, result=replace(outcome.result, task=task))


def _action_line(planned_action: PlannedAction) -> str:
    source, target = map(click.format_filename, (planned_action.task.source, planned_action.task.target))
    names = f"{source} -> {'standard output' if target == STREAM else target}"
    why = f": it {planned_action.why}" if planned_action.why else ""
    return f"{names}: {_WOULD[planned_action.action]}{why}"
