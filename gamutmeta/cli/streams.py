"""``-``: standard input as a file, and standard output as the place of one."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from gamutmeta.batch import is_folder
from gamutmeta.carriers import host_format, sidecar_path
from gamutmeta.errors import UnsupportedFileError
from gamutmeta.photo.kinds import KINDS

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

    from gamutmeta.batch import Task
    from gamutmeta.batch.resume import Work
    from gamutmeta.report import Report

__all__ = [
    "STREAM",
    "Input",
    "Into",
    "as_typed",
    "goes_to_stream",
    "in_words",
    "into",
    "output_or_stream",
    "suffix_like",
]

Output = TypeVar("Output", str, "str | None")

STREAM = "-"
"""What commands call standard input and output."""

_STDIN = Path("/dev/stdin")

_IS_READ = "gamutmeta.stdin"
"""What the context calls that an argument names standard input."""

_NAME_OF_STDIN = re.compile(rf"{re.escape(str(_STDIN))}(?![\w./])")


class Input(click.Path):
    """A path to read; ``-`` is standard input."""

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        """As :class:`click.Path` does."""
        if value == STREAM:
            if sys.stdin is None:
                self.fail("standard input is closed; name a file", param, ctx)
            if not _STDIN.exists():
                self.fail("standard input cannot be read as a file here; name a file", param, ctx)
            if ctx is not None and ctx.meta.get(_IS_READ):
                self.fail("standard input can be read once only; name a file", param, ctx)
            if ctx is not None:
                ctx.meta[_IS_READ] = True
            return _STDIN
        return super().convert(value, param, ctx)


def as_typed(described: dict[str, object]) -> dict[str, object]:
    """A result for programs, with standard input called as it was given to the command."""
    return {key: _typed(value) for key, value in described.items()}


def _typed(value: object) -> object:
    if isinstance(value, str):
        return STREAM if value == str(_STDIN) else in_words(value)
    if isinstance(value, dict):
        return {key: _typed(inner) for key, inner in value.items()}
    return [_typed(inner) for inner in value] if isinstance(value, list) else value


def in_words(text: str) -> str:
    """A text for people, in which standard input is called so and not by the name that the system has for it."""
    return _NAME_OF_STDIN.sub("standard input", text)


def suffix_like(source: Path) -> str:
    """The ending for a file of the kind that another one is; that of JPEG where this shows only when it is read."""
    # Whoever opens a pipe takes its beginning away.
    with suppress(UnsupportedFileError, OSError):
        if source.is_file():
            return KINDS[host_format(source)].suffixes[0]
    return KINDS["jpeg"].suffixes[0]


def into(output: str | None, work: Work) -> Work:
    """The work, reported as written to standard output if this is what the option -o asks for."""
    return Into(work) if output == STREAM else work


def goes_to_stream(work: Work) -> bool:
    """Whether work writes to standard output: :func:`into` made it so."""
    return isinstance(work, Into)


class Into:
    """Work on one task, reported as written to standard output. At the top of a module, so that it can be pickled.

    Args:
        work: what makes the file.
    """

    def __init__(self, work: Work) -> None:
        self._work = work

    def __call__(self, task: Task, *, overwrite: bool) -> Report:
        """Do it."""
        report = replace(self._work(task, overwrite=overwrite), output=STREAM)
        if not sidecar_path(task.target).exists():
            return report
        note = "the payload lies in a sidecar, which does not go to standard output: it is missing there"
        return replace(report, notes=(*report.notes, note))


@contextmanager
def output_or_stream(output: Output, sources: Sequence[Path], suffix: str = "") -> Iterator[Output]:
    """The path to write to. For ``-`` it is a temporary file, which goes to standard output if all went well.

    What is printed meanwhile goes to standard error.

    Args:
        output: the option's value; None is nothing to this function.
        sources: the inputs; for ``-`` there is one.
        suffix: of the temporary file, where it says what is written.

    Raises:
        click.UsageError: several inputs, or a folder.
    """
    if output != STREAM:
        yield output
        return
    inputs = f"{sources[0]} is a folder" if len(sources) == 1 else f"{len(sources)} inputs were named"
    if len(sources) > 1 or is_folder(sources[0]):
        raise click.UsageError(f"-o - writes one picture to standard output, and {inputs}; use -o with a folder")
    if click.get_current_context().params.get("shard") is not None:
        raise click.UsageError("--shard divides the files of a folder, and -o - writes one picture; leave one out")
    if click.get_current_context().params.get("carrier") == "sidecar":
        raise click.UsageError("--carrier sidecar makes a second file, which has no place in standard output")
    if sys.stdout is None:
        raise click.UsageError("standard output is closed; use -o with a file")
    standard_output = sys.stdout.buffer
    with tempfile.TemporaryDirectory(prefix="gamutmeta-") as folder:
        path = Path(folder) / f"output{suffix}"
        ended: click.exceptions.Exit | None = None
        with redirect_stdout(sys.stderr):
            try:
                yield str(path)
            except click.exceptions.Exit as error:
                ended = error
        if path.exists() and (ended is None or ended.exit_code == 0):
            with path.open("rb") as file:
                shutil.copyfileobj(file, standard_output)
            standard_output.flush()
        if ended is not None:
            raise ended
