"""``view``: a page that shows what a payload restores."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gamutmeta.batch import Task, run
from gamutmeta.cli import options
from gamutmeta.cli.outcomes import report_line, show
from gamutmeta.cli.spaces import assume_space, raw_style
from gamutmeta.cli.streams import into, output_or_stream
from gamutmeta.view import write_page

if TYPE_CHECKING:
    from gamutmeta.report import Report

__all__ = ["view"]


@click.command(
    epilog=options.examples(
        "gamutmeta view photo.jpg -o photo.html",
        "gamutmeta view photo.jpg --reference photo.tif -o photo.html",
    )
)
@click.argument("file", type=options.FILE)
@click.option(
    "-o",
    "--output",
    metavar="PAGE",
    required=True,
    help="The page; its name ends in .html. - is standard output.",
)
@click.option(
    "--reference", type=options.FILE, metavar="WIDE", help="The original wide-gamut photograph, for comparison."
)
@options.samples
@options.sidecar
@assume_space
@raw_style
@click.option("--force", is_flag=True, help="Expand even if the payload was made for another picture.")
@options.limits
@options.overwrite
@options.quiet
@options.json_lines
def view(file: Path, output: str, *, force: bool, as_json: bool, overwrite: bool, **settings: Any) -> None:
    """Write a web page that shows a file as it is and as it is restored, side by side.

    The page is one file and loads nothing else. It contains the picture byte for byte and restores it in the browser,
    in Display P3 if the screen supports it. With --reference it also shows the original and maps of the errors. Other
    files can be dropped onto the page.
    """
    if settings["reference"] is None:
        options.refuse_given(("assume_space", "raw_style"), "is for --reference")
    options.without_payload(settings["samples"], ("sidecar", "force"))
    with output_or_stream(output, [file], ".html") as place:
        page = Path(place)
        if page.suffix.lower() not in {".html", ".htm"}:
            raise click.UsageError(f"{page.name}: the page must end in .html")
        work = into(output, partial(_write, check=not force, **settings))
        outcomes = run([Task(file, page)], partial(work, overwrite=overwrite))
        show(
            outcomes,
            total=1,
            name=lambda task: task.source,
            text=report_line,
            as_json=as_json,
            remedies=options.REMEDIES_WITHOUT_FORCE if force else options.REMEDIES_WITH_SAMPLES,
        )


def _write(task: Task, *, overwrite: bool, **settings: Any) -> Report:
    task.target.parent.mkdir(parents=True, exist_ok=True)
    return write_page(task.source, task.target, overwrite=overwrite, **settings)
