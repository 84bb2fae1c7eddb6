"""Options that several commands share."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from gamutmeta import batch, carriers
from gamutmeta.cli.epilog import examples
from gamutmeta.errors import GamutMetaError

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Iterable, Iterator

__all__ = [
    "FILE",
    "REMEDIES",
    "examples",
    "json_lines",
    "listed",
    "output",
    "overwrite",
    "planned",
    "refusals",
    "sidecar",
]

AnyFunction = TypeVar("AnyFunction", bound="Callable[..., object]")

FILE = click.Path(path_type=Path, readable=False)
"""A path; whether there is such a file is found out when it is read, and is that file's failure alone."""


def output(help_text: str, *, required: bool = True) -> Callable[[AnyFunction], AnyFunction]:
    """The option -o; a separator at its end survives, as it says that a folder is meant."""
    return click.option("-o", "--output", metavar="OUT|DIR", type=str, required=required, help=help_text)


overwrite = click.option("--overwrite", is_flag=True, help="Replace files that are there already.")

json_lines = click.option("--json", "as_json", is_flag=True, help="Print one JSON object per file, and nothing else.")

REMEDIES = {
    "binding": "--force expands it all the same",
    "carrier.none": "it was coded anew or stripped, or never had one; --sidecar takes one from another file",
}
"""Of commands with --force and --sidecar, by code of the failure."""

sidecar = click.option("--sidecar", type=FILE, help="Take the payload from this file.")


def planned(
    sources: Iterable[str | os.PathLike[str]],
    output: str,
    *,
    readable: Collection[str],
    suffix: str | None = None,
) -> list[batch.Task]:
    """What :func:`gamutmeta.batch.plan` plans; what it refuses is wrong usage."""
    with refusals():
        return batch.plan(sources, output, readable=readable, suffix=suffix)


def listed(sources: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """The files named, and in folders all pictures that may carry payloads, and sidecars."""
    with refusals():
        return batch.listed(sources, readable={*carriers.SUFFIXES, carriers.SIDECAR_SUFFIX})


@contextmanager
def refusals() -> Iterator[None]:
    """What files cannot be worked on at all is wrong usage."""
    try:
        yield
    except (GamutMetaError, OSError) as error:
        raise click.UsageError(batch.Failure.of(error).message) from error
