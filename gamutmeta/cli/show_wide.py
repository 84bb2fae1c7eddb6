"""``show-wide``: a gain map for JPEGs that carry wide-gamut colour already."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from gamutmeta import carriers
from gamutmeta.batch.convert import show_wide_one
from gamutmeta.batch.earlier import not_a_jpeg
from gamutmeta.cli import options
from gamutmeta.cli.folders import folder_options
from gamutmeta.cli.streams import into, output_or_stream

if TYPE_CHECKING:
    from pathlib import Path

    from gamutmeta.batch import Task
    from gamutmeta.choices import ExpandedSamples
    from gamutmeta.cli.folders import Folders
    from gamutmeta.container import Limits

__all__ = ["show_wide"]

_JPEGS = frozenset(suffix for suffix in carriers.READABLE_SUFFIXES if carriers.format_of(f"a{suffix}") == "jpeg")
"""Endings of files that count in a folder."""


@click.command(
    name="show-wide",
    epilog=options.examples(
        "gamutmeta show-wide photo.jpg -o shown.jpg",
        "gamutmeta show-wide photo.jpg -o shown.jpg --map-bytes 2000",
        "gamutmeta show-wide web/ -o shown/ --jobs 2",
    ),
)
@click.argument("sources", nargs=-1, required=True, type=options.FILE, metavar="SRC...")
@options.output("The JPEG with a gain map, a folder for several, or - for standard output.")
@options.map_bytes
@options.samples
@options.sidecar
@options.limits
@folder_options
def show_wide(
    sources: tuple[Path, ...],
    output: str,
    *,
    map_bytes: int,
    samples: ExpandedSamples,
    sidecar: Path | None,
    limits: Limits,
    folders: Folders,
) -> None:
    """Let browsers show the wide-gamut colours of a JPEG by themselves, by a gain map.

    SRC is a JPEG with a payload or with extended samples, or a folder of them. On screens with Display P3, Chromium and
    browsers of its kind show colours outside sRGB then, without a script. Everything in the file stays as it is, byte
    for byte; the map is put behind the picture. Browsers apply it on sRGB screens as well, where the picture changes a
    little: the result says by how much. Viewers that know no gain maps show what they showed before.
    """
    with output_or_stream(output, sources, ".jpg") as place:
        tasks = options.planned(sources, place, readable=_JPEGS, patterns=folders.patterns, unwanted=not_a_jpeg)
        _check_names(tasks)
        if sidecar is not None and len(tasks) > 1:
            raise click.UsageError("--sidecar can be used with one file only")
        options.without_payload(samples, ("sidecar",))
        chosen = partial(show_wide_one, map_bytes=map_bytes, samples=samples, sidecar=sidecar, limits=limits)
        work = into(output, chosen)
        settings = {"command": "show-wide", "map_bytes": map_bytes}
        if samples != "payload":  # records of earlier versions know no other
            settings["samples"] = samples
        folders.convert(tasks, work, settings, sidecar=sidecar)


def _check_names(tasks: list[Task]) -> None:
    """Refuse outputs whose names are not those of JPEGs, before anything is done."""
    for task in tasks:
        if task.target.suffix.lower() not in _JPEGS:
            raise click.UsageError(f"{task.target.name}: a gain map is stored in a JPEG; let the name end in .jpg")
