"""``conform``: answers the conformance runner. Hidden from the list of commands, as nobody else needs it."""

from __future__ import annotations

import sys

import click

from gamutmeta.pipeline.conformance import answer_all

__all__ = ["conform"]


@click.command(hidden=True)
def conform() -> None:
    """Answer the questions of the conformance runner, `python -m spec.conformance -- gamutmeta conform`.

    Reads one JSON object per line from standard input and writes one to standard output, until the input ends.
    """
    answer_all(sys.stdin, sys.stdout)
