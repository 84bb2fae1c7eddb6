"""``reduce`` and ``expand``, for files and folders."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from gamutmeta import carriers
from gamutmeta.batch import is_folder
from gamutmeta.batch.bases import Bases
from gamutmeta.batch.convert import expand_one, reduce_one, require_for_expand, require_for_reduce
from gamutmeta.batch.earlier import carrying, carrying_none, not_a_jpeg
from gamutmeta.cli import options
from gamutmeta.cli.folders import Folders, folder_options
from gamutmeta.cli.numbers import WholeNumber
from gamutmeta.cli.spaces import assume_space, raw_style, space
from gamutmeta.cli.streams import STREAM, into, output_or_stream, suffix_like
from gamutmeta.errors import CarrierError, PhotoError, PlanError
from gamutmeta.fit.config import MAX_BYTES, MIN_BYTES, PRESETS, RUNGS
from gamutmeta.gpu.devices import DEVICES
from gamutmeta.photo.jpeg_out import SUBSAMPLINGS
from gamutmeta.photo.kinds import KINDS, depth_and_quality
from gamutmeta.photo.raw_in import RAW_SUFFIXES
from gamutmeta.pipeline.options import MAX_VISIBLE_CHANGE, SAMPLES, ReduceOptions

if TYPE_CHECKING:
    from gamutmeta.batch import Task
    from gamutmeta.batch.resume import Work
    from gamutmeta.choices import Device
    from gamutmeta.container import Limits

__all__ = ["expand", "reduce"]

_DEVICES = (
    "auto: on the CPU, but on a CUDA GPU of a kind on which gamutmeta was measured (none yet). cuda: on a CUDA GPU,"
    " which has to be there; what it cannot do, the CPU does, and a note says so."
)

_PHOTOGRAPHS = RAW_SUFFIXES | {
    ".avif",
    ".exr",
    ".heic",
    ".heif",
    ".hif",
    ".jfif",
    ".jpe",
    ".jpeg",
    ".jpg",
    ".jxl",
    ".mpo",
    ".png",
    ".tif",
    ".tiff",
    ".webp",
}
"""Files with these suffixes in a folder count as photographs."""

_OF_JPEG = ("quality", "subsampling", "progressive", "samples", "show_wide")
_OF_LOSSLESS = ("visible_change",)
_OF_CODING = ("quality", "subsampling", "progressive", "visible_change", "resize", "format_")
"""Options that have no effect otherwise, by the names of their arguments."""


@click.command(
    epilog=options.examples(
        "gamutmeta reduce photo.tif -o photo.jpg",
        "gamutmeta reduce exports/ -o web/ --quality 90 --jobs 4",
        "gamutmeta reduce exports/ -o web/ --resize 2048 --exclude drafts",
        "gamutmeta reduce *.tif -o web/ --format png --json",
        "gamutmeta reduce photo.tif --base export.jpg -o photo.jpg",
        "gamutmeta reduce archive/ -o web/ --shard 2/8        # on the second of eight machines",
    )
)
@click.argument("sources", nargs=-1, required=True, type=options.FILE, metavar="SRC...")
@options.output(
    "The sRGB file, a folder for several, or - for standard output. The suffix (.jpg, .png, .tif) selects the format."
)
@click.option(
    "--preset",
    type=click.Choice(list(PRESETS)),
    default=next(iter(PRESETS)),
    show_default=True,
    help="; ".join(f"{name}: {config.summary}" for name, config in PRESETS.items()) + ".",
)
@click.option(
    "--max-bytes",
    type=WholeNumber("bytes", MIN_BYTES, MAX_BYTES, example=4096),
    help="Upper limit for the payload, in bytes. It is rounded down to"
    f" {', '.join(f'{rung:,}' for rung in RUNGS[:-1])} or {RUNGS[-1]:,} (not for the preset paper)."
    "  [default: the preset's]",
)
@click.option(
    "--base",
    type=options.FILE,
    metavar="SRGB|DIR",
    help="Your own sRGB export of the photograph (JPEG, PNG or TIFF), toned and sharpened as you like. It stays as it"
    " is, byte for byte, and gets the payload. For several photographs: a folder of files with the same names.",
)
@click.option(
    "--resize",
    type=WholeNumber("pixels", 1, example=2048),
    metavar="PIXELS",
    help="Make the longer side of larger photographs this long first, for the web. Smaller ones stay as they are.",
)
@click.option("--quality", type=click.IntRange(1, 100), default=95, show_default=True, help="JPEG quality.")
@click.option(
    "--subsampling",
    type=click.Choice(SUBSAMPLINGS),
    default="4:4:4",
    show_default=True,
    help="JPEG chroma subsampling.",
)
@click.option("--progressive", is_flag=True, help="Write progressive JPEG.")
@click.option(
    "--samples",
    type=click.Choice(SAMPLES),
    default="extended",
    show_default=True,
    help="Samples of a JPEG. extended: its YCbCr samples keep colours outside sRGB, which viewers clip. plain: they"
    " are clipped, and a reader of version 1 can read the payload.",
)
@click.option(
    "--visible-change",
    type=click.FloatRange(0, MAX_VISIBLE_CHANGE),
    default=0.0,
    show_default=True,
    help="Of a PNG or TIFF: how much its picture may differ from exact clipping to the eye, as the 99th percentile of"
    " CIEDE2000. Its last codes then hold colours outside sRGB, and more of them is restored. 0.5 and 1.0 are"
    " recommended.",
)
@click.option(
    "--show-wide",
    is_flag=True,
    help="Put a gain map into a JPEG with which Chromium, and browsers of its kind, show Display P3 colours by"
    " themselves. It changes the picture on sRGB screens a little.",
)
@options.map_bytes
@click.option(
    "--format",
    "format_",
    type=click.Choice(get_args(carriers.HostFormat)),
    help="Format of files in a folder and of standard output.  [default: jpeg]",
)
@click.option("--carrier", type=click.Choice(list(carriers.CARRIERS)), help="Where to store the payload in the file.")
@click.option(
    "--device",
    type=click.Choice(DEVICES),
    default="auto",
    show_default=True,
    help=f"Where to fit. {_DEVICES}",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed of the fit. The same seed gives the same payload.",
)
@assume_space
@raw_style
@options.limits
@folder_options
def reduce(
    sources: tuple[Path, ...],
    output: str,
    *,
    base: Path | None,
    format_: str | None,
    preset: str,
    folders: Folders,
    **chosen: Any,
) -> None:
    """Turn wide-gamut photographs into sRGB files that carry their colours.

    SRC is a TIFF, PNG, JPEG, WebP, HEIC, AVIF, JPEG XL, OpenEXR or raw photograph, a folder of them, or - for standard
    input.
    """
    if base is not None:
        # Of standard output, only this says which kind of file a base is that can be read once.
        unused = [name for name in _OF_CODING if name != "format_" or output != STREAM]
        options.refuse_given(unused, "cannot be used with --base, which stays as it is coded")
    if not chosen["show_wide"]:
        options.refuse_given(("map_bytes",), "is for --show-wide")
    suffix = KINDS[format_ or "jpeg"].suffixes[0]
    of_stream = suffix
    if base is not None and format_ is None and output == STREAM:
        of_stream = _ending_like(base, sources[0])
    wanted = ReduceOptions(preset=PRESETS[preset], **chosen)
    work: Work = partial(reduce_one, options=wanted)
    with output_or_stream(output, sources, of_stream) as place:
        tasks = options.planned(
            sources,
            place,
            readable=_PHOTOGRAPHS,
            suffix=suffix,
            base=base,
            patterns=folders.patterns,
            preferred=RAW_SUFFIXES,
            unwanted=carrying,
        )
        _check_targets(tasks, format_, wanted.carrier)
        work = into(output, work)
        settings = {"command": "reduce", **wanted.settings(), "base": base is not None}
        folders.convert(tasks, work, settings, require=partial(require_for_reduce, options=wanted))


@click.command(
    epilog=options.examples(
        "gamutmeta expand photo.jpg -o restored.tif",
        "gamutmeta expand photo.jpg -o p3.png --space display-p3",
        "gamutmeta expand photo.jpg -o web.jpg --space display-p3 --quality 90",
        "gamutmeta expand photo.jpg -o photo.avif --space rec2020 --depth 12",
        "gamutmeta expand web/ -o restored/ --jobs 4",
    )
)
@click.argument("sources", nargs=-1, required=True, type=options.FILE, metavar="SRC...")
@options.output(
    "The wide-gamut file, a folder for several, or - for standard output. The suffix (.tif, .png, .jpg, .avif, .heic, "
    ".jxl) selects the format."
)
@space
@click.option(
    "--depth",
    type=click.Choice(["8", "10", "12", "16"]),
    help="Bits per channel: 16 or 8 for TIFF, PNG and JPEG XL; 10, 12 or 8 for AVIF and HEIC; 8 for JPEG.  "
    "[default: the first]",
)
@click.option(
    "--quality",
    type=click.IntRange(1, 100),
    help="Quality. 100 is lossless, except for JPEG.  [default: JPEG 95, AVIF and HEIC 90, JPEG XL 100]",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(list(KINDS)),
    help="Format of files in a folder and of standard output.  [default: tiff]",
)
@options.samples
@options.sidecar
@click.option("--force", is_flag=True, help="Expand even if the payload was made for another picture.")
@click.option(
    "--device",
    type=click.Choice(DEVICES),
    default="cpu",
    show_default=True,
    help=f"Where to compute. {_DEVICES}",
)
@options.limits
@folder_options
def expand(
    sources: tuple[Path, ...],
    output: str,
    *,
    format_: str | None,
    sidecar: Path | None,
    space: str,
    depth: str | None,
    quality: int | None,
    force: bool,
    samples: str,
    device: Device,
    limits: Limits,
    folders: Folders,
    **settings: Any,
) -> None:
    """Restore wide-gamut photographs from sRGB files with a payload.

    A sidecar next to a file (photo.jpg.gamut) is found automatically. SRC can be - for standard input.
    """
    suffix = KINDS[format_ or "tiff"].suffixes[0]
    choice: dict[str, Any] = {"space": space, "depth": None if depth is None else int(depth), "quality": quality}
    with output_or_stream(output, sources, suffix) as place:
        readable = carriers.READABLE_SUFFIXES
        tasks = options.planned(
            sources,
            place,
            readable=readable,
            suffix=suffix,
            patterns=folders.patterns,
            unwanted=carrying_none if samples == "payload" else not_a_jpeg,
        )
        _check_photographs(tasks, format_, choice)
        if sidecar is not None and len(tasks) > 1:
            raise click.UsageError("--sidecar can be used with one file only")
        options.without_payload(samples, ("sidecar", "force"))
        settings |= {**choice, "samples": samples, "check": not force}
        # The device changes last digits at most, as for `reduce`.
        work: Work = partial(expand_one, sidecar=sidecar, device=device, limits=limits, **settings)
        work = into(output, work)
        folders.convert(
            tasks,
            work,
            {"command": "expand", **settings},
            sidecar=sidecar,
            remedies=options.REMEDIES_WITHOUT_FORCE if force else options.REMEDIES_WITH_SAMPLES,
            require=partial(require_for_expand, device=device),
        )


def _ending_like(base: Path, source: Path) -> str:
    """The ending for a file of the kind of a base, or of the one in a folder of bases."""
    if is_folder(base):
        with suppress(PlanError, OSError):  # which are told with the plan
            return suffix_like(Bases(base).of(source, Path(source.name), alone=True))
    return suffix_like(base)


def _check_photographs(tasks: list[Task], format_: str | None, choice: dict[str, Any]) -> None:
    """Refuse combinations of format, depth and quality that do not exist, before anything is done."""
    for task in tasks:
        suffix = task.target.suffix.lower()
        if format_ is not None and suffix not in KINDS[format_].suffixes:
            raise click.UsageError(f"--format {format_} does not fit the suffix of {task.target.name}")
        try:
            depth_and_quality(task.target.name, **choice)
        except PhotoError as error:
            raise click.UsageError(str(error)) from error


def _check_targets(tasks: list[Task], format_: str | None, carrier: str | None) -> None:
    """Refuse options that the format of the files does not have, before anything is done."""
    for task in tasks:
        try:
            written = carriers.format_of(task.target)
            carriers.carrier_for(written, carrier, file=task.target.name)
        except CarrierError as error:
            raise click.UsageError(str(error)) from error
        if written != "jpeg":
            options.refuse_given(_OF_JPEG, f"is for JPEG files, and {task.target.name} is none")
        else:
            options.refuse_given(_OF_LOSSLESS, f"is for PNG and TIFF files, and {task.target.name} is none")
        if format_ is not None and written != format_:
            raise click.UsageError(f"--format {format_} does not fit the suffix of {task.target.name}")
