"""``crop``, ``resize`` and ``rotate``: edits of an sRGB file that keep its payload usable."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, get_args

import click

from gamutmeta import carriers
from gamutmeta.batch import Task, run
from gamutmeta.cli import options
from gamutmeta.cli.outcomes import report_line, show
from gamutmeta.cli.streams import STREAM, into, output_or_stream, suffix_like
from gamutmeta.edit import edit_file
from gamutmeta.photo.kinds import KINDS

if TYPE_CHECKING:
    from pathlib import Path

    from gamutmeta.report import Report

__all__ = ["crop", "resize", "rotate"]

_ABOUT = """

    FILE is an sRGB file with a payload. The picture is edited as viewers show it: its EXIF orientation is applied
    first. The payload is not fitted again; `expand` restores the edited photograph from the result.
    """


def _box(_context: click.Context, _parameter: click.Parameter, text: str) -> tuple[int, ...]:
    """Four integers, separated by commas."""
    try:
        left, upper, right, lower = map(int, text.split(","))
    except ValueError as error:
        raise click.BadParameter(f"{text!r} must have the form left,top,right,bottom") from error
    return left, upper, right, lower


def _size(_context: click.Context, _parameter: click.Parameter, text: str) -> tuple[int | None, ...]:
    """Width and height; one may be missing."""
    try:
        width, height = (int(side) if side else None for side in text.lower().split("x"))
    except ValueError as error:
        raise click.BadParameter(f"{text!r} must have the form 800x600, 800x or x600") from error
    if width is None and height is None:
        raise click.BadParameter("give a width, a height or both")
    return width, height


def _common(command: options.AnyFunction) -> options.AnyFunction:
    """The argument and options of all three."""
    for decorate in (
        options.json_lines,
        options.quiet,
        options.overwrite,
        options.limits,
        options.sidecar,
        click.option("--carrier", type=click.Choice(list(carriers.CARRIERS)), help="Where to store the payload."),
        click.option("--quality", type=click.IntRange(1, 100), default=95, show_default=True, help="JPEG quality."),
        click.option(
            "--format",
            "format_",
            type=click.Choice(get_args(carriers.HostFormat)),
            help="Format of files in a folder and of standard output.  [default: that of FILE; jpeg if FILE is a pipe]",
        ),
        options.output(
            "The edited file, a folder for it, or - for standard output. The suffix (.jpg, .png, .tif) selects the"
            " format."
        ),
        click.argument("file", type=options.FILE, metavar="FILE|DIR"),
    ):
        command = decorate(command)
    return command


@click.command(
    help=f"Cut out a part of a picture.{_ABOUT}",
    epilog=options.examples("gamutmeta crop photo.jpg --box 100,50,900,650 -o part.jpg"),
)
@click.option(
    "--box",
    metavar="L,T,R,B",
    callback=_box,
    required=True,
    help="The part to keep, in pixels from the upper left corner: left,top,right,bottom.",
)
@_common
def crop(file: Path, output: str, *, box: tuple[int, ...], as_json: bool, **settings: Any) -> None:
    """Cut out a part of a picture."""
    _edit(file, output, as_json=as_json, crop=box, **settings)


@click.command(
    help=f"Resample a picture to another size.{_ABOUT}",
    epilog=options.examples(
        "gamutmeta resize photo.jpg --size 800x600 -o small.jpg",
        "gamutmeta resize photo.jpg --size 1600x -o web/",
    ),
)
@click.option(
    "--size",
    metavar="WxH",
    callback=_size,
    required=True,
    help="New size in pixels. 800x or x600 keeps the aspect ratio.",
)
@_common
def resize(file: Path, output: str, *, size: tuple[int | None, ...], as_json: bool, **settings: Any) -> None:
    """Resample a picture to another size."""
    _edit(file, output, as_json=as_json, resize=size, **settings)


@click.command(
    help=f"Rotate a picture by quarter turns, or mirror it.{_ABOUT}",
    epilog=options.examples(
        "gamutmeta rotate photo.jpg --degrees 90 -o turned.jpg",
        "gamutmeta rotate photo.jpg --upright -o upright.jpg",
    ),
)
@click.option("--degrees", type=click.Choice(["90", "180", "270"]), help="Degrees to rotate, counter-clockwise.")
@click.option("--flip", type=click.Choice(["horizontal", "vertical"]), help="Swap left and right, or top and bottom.")
@click.option("--upright", is_flag=True, help="Only apply the EXIF orientation.")
@_common
def rotate(
    file: Path,
    output: str,
    *,
    degrees: str | None,
    flip: str | None,
    upright: bool,
    as_json: bool,
    **settings: Any,
) -> None:
    """Rotate a picture by quarter turns, or mirror it."""
    if (degrees is not None) + (flip is not None) + upright != 1:
        raise click.UsageError("give exactly one of --degrees, --flip and --upright")
    _edit(file, output, as_json=as_json, rotate=None if degrees is None else int(degrees), flip=flip, **settings)


def _edit(file: Path, output: str, *, format_: str | None, as_json: bool, overwrite: bool, **settings: Any) -> None:
    suffix = None if format_ is None else KINDS[format_].suffixes[0]
    of_stream = suffix or (suffix_like(file) if output == STREAM else "")
    with output_or_stream(output, [file], of_stream) as place:
        tasks = options.planned([file], place, readable=carriers.READABLE_SUFFIXES, suffix=suffix)
        _check_targets(tasks, format_, settings["carrier"])
        work = into(output, partial(_edit_one, **settings))
        outcomes = run(tasks, partial(work, overwrite=overwrite))
        show(outcomes, total=len(tasks), name=lambda task: task.source, text=report_line, as_json=as_json)


def _check_targets(tasks: list[Task], format_: str | None, carrier: str | None) -> None:
    """Refuse options that none of the files can have, before anything is done. In a folder, formats may be mixed."""
    with options.refusals():
        written = {carriers.format_of(task.target) for task in tasks}
        if len(written) == 1:
            carriers.carrier_for(next(iter(written)), carrier, file=tasks[0].target.name)
    if format_ is not None and written != {format_}:
        raise click.UsageError(f"--format {format_} does not fit the suffix of {tasks[0].target.name}")
    if "jpeg" not in written:
        options.refuse_given(("quality",), f"is for JPEG files, and {tasks[0].target.name} is none")


def _edit_one(task: Task, *, overwrite: bool, **settings: Any) -> Report:
    task.target.parent.mkdir(parents=True, exist_ok=True)
    return edit_file(task.source, task.target, overwrite=overwrite, **settings)
