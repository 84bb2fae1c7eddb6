"""``demo``: what gamutmeta does, shown with one photograph."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from gamutmeta.batch import run
from gamutmeta.cli import options
from gamutmeta.cli.outcomes import quality_table, show
from gamutmeta.cli.streams import STREAM
from gamutmeta.demo import Demonstration, demonstrate

__all__ = ["demo"]


@click.command(epilog=options.examples("gamutmeta demo", "gamutmeta demo photo.tif -o tried/"))
@click.argument("photograph", required=False, type=options.FILE, metavar="[PHOTO]")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    default=Path("demo-output"),
    show_default=True,
    help="Folder for the files.",
)
@options.overwrite
@options.quiet
@options.json_lines
def demo(photograph: Path | None, output: Path, *, overwrite: bool, as_json: bool) -> None:
    """Reduce a photograph, restore it, and draw the comparison.

    Without PHOTO, it uses a photograph that comes with gamutmeta.
    """
    if str(output) == STREAM:
        raise click.UsageError("the demo writes several files, which do not go to standard output; name a folder")
    name = photograph or Path("carrots.tif")
    click.echo(f"Reducing {click.format_filename(name)} to an sRGB JPEG ...", err=True)
    outcomes = run([photograph], partial(demonstrate, folder=output, overwrite=overwrite))
    show(outcomes, total=1, name=lambda _: name, text=_summary, as_json=as_json)


def _summary(result: Demonstration) -> str:
    files = {
        result.srgb: "sRGB picture with a payload; opens everywhere",
        result.restored: "16-bit ProPhoto photograph, restored from that file alone",
        result.comparison: "clipped, restored and original side by side, with error maps",
    }
    width = max(len(str(path)) for path in files)
    lines = [f"  {click.format_filename(path):{width}}  {text}" for path, text in files.items()]
    return "\n".join([quality_table(result.reduction), "", *lines])
