"""``--include`` and ``--exclude``: which files of a folder a command takes."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, cast

import click

from gamutmeta.batch import Patterns

if TYPE_CHECKING:
    from gamutmeta.cli.options import AnyFunction

__all__ = ["choosing"]

_INCLUDE = click.option(
    "--include",
    multiple=True,
    metavar="PATTERN",
    help="In a folder, process only files that fit this pattern, such as '*.tif' or 'trip/*'. Can be repeated.",
)
_EXCLUDE = click.option(
    "--exclude",
    multiple=True,
    metavar="PATTERN",
    help="In a folder, leave out files and folders that fit this pattern. Can be repeated.",
)


def choosing(command: AnyFunction) -> AnyFunction:
    """The two options; the command gets one argument, `patterns`, which is None if neither was given."""

    @wraps(command)
    def with_patterns(*arguments: Any, include: tuple[str, ...], exclude: tuple[str, ...], **settings: Any) -> object:
        patterns = Patterns(include, exclude) if include or exclude else None
        return command(*arguments, patterns=patterns, **settings)

    return cast("AnyFunction", _INCLUDE(_EXCLUDE(with_patterns)))
