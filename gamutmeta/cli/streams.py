"""``-``: standard input as a file, and standard output as the place of one."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Sequence

    from gamutmeta.batch import Task
    from gamutmeta.batch.resume import Work
    from gamutmeta.report import Report

__all__ = ["STREAM", "Input", "Into", "output_or_stream"]

STREAM = "-"
"""What commands call standard input and output."""

_STDIN = Path("/dev/stdin")


class Input(click.Path):
    """A path to read; ``-`` is standard input."""

    def convert(
        self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None
    ) -> str | bytes | os.PathLike[str]:
        """As :class:`click.Path` does."""
        if value == STREAM:
            if not _STDIN.exists():
                self.fail("standard input cannot be read as a file here; name a file", param, ctx)
            return _STDIN
        return super().convert(value, param, ctx)


class Into:
    """Work on one task, reported as written to standard output. At the top of a module, so that it can be pickled.

    Args:
        work: what makes the file.
    """

    def __init__(self, work: Work) -> None:
        self._work = work

    def __call__(self, task: Task, *, overwrite: bool) -> Report:
        """Do it."""
        return replace(self._work(task, overwrite=overwrite), output=STREAM)


@contextmanager
def output_or_stream(output: str, sources: Sequence[Path], suffix: str) -> Iterator[str]:
    """The path to write to. For ``-`` it is a temporary file, which goes to standard output if all went well.

    What is printed meanwhile goes to standard error.

    Args:
        output: the option's value.
        sources: the inputs; for ``-`` there is one.
        suffix: of the temporary file.

    Raises:
        click.UsageError: several inputs, or a folder.
    """
    if output != STREAM:
        yield output
        return
    if len(sources) > 1 or sources[0].is_dir():
        raise click.UsageError("only one photograph can be written to standard output; name a folder")
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
