"""``strip``, ``extract`` and ``attach``: take payloads out of files and put them back; pictures are not re-encoded."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gamutmeta import carriers
from gamutmeta.batch import Task, run
from gamutmeta.cli import options
from gamutmeta.cli.choosing import choosing
from gamutmeta.cli.outcomes import report_line, show
from gamutmeta.cli.streams import into, output_or_stream
from gamutmeta.container import Limits, Payload
from gamutmeta.errors import BindingError, UnsupportedFileError
from gamutmeta.formats.second_picture import without_colour_map
from gamutmeta.photo.kinds import KINDS, SUFFIXES
from gamutmeta.photo.signed import notes_on_signature
from gamutmeta.pipeline.binding import binding_of_jpeg, check_binding, decode_for
from gamutmeta.pipeline.limited import pictures_limited
from gamutmeta.report import Report
from gamutmeta.runtime.files import as_private_as, atomic_write

if TYPE_CHECKING:
    from gamutmeta.batch import Patterns
    from gamutmeta.choices import Carrier

__all__ = ["attach", "extract", "strip"]

_EMBEDDING = [name for name in carriers.CARRIERS if name != "sidecar"]


_NAMES = {"payload": "payload", "map": "gain map of this kind", "both": "payload and no gain map of this kind"}


@click.command(
    epilog=options.examples(
        "gamutmeta strip photo.jpg -o plain.jpg",
        "gamutmeta strip web/*.jpg --in-place",
        "gamutmeta strip shown.jpg -o photo.jpg --remove map",
    )
)
@click.argument("files", nargs=-1, required=True, type=options.FILE, metavar="FILE|DIR...")
@options.output("The file without payload, a folder for several, or - for standard output.", required=False)
@click.option("--in-place", is_flag=True, help="Change the files themselves.")
@click.option(
    "--remove",
    type=click.Choice(["payload", "map", "both"]),
    default="payload",
    show_default=True,
    help="What to remove. map: the gain map with which browsers show wide-gamut colour; payload: everything else of"
    " gamutmeta.",
)
@choosing
@options.overwrite
@options.quiet
@options.json_lines
def strip(
    files: tuple[Path, ...],
    output: str | None,
    *,
    in_place: bool,
    remove: str,
    patterns: Patterns | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Remove payloads.

    With --remove also, or only, the gain maps that show-wide makes. The picture and all other metadata stay the same,
    byte for byte. Folders are searched for JPEG, PNG and TIFF files. Sidecars are not touched.
    """
    if in_place == (output is not None):
        raise click.UsageError("give either -o OUT|DIR or --in-place")
    with output_or_stream(output, files) as place:
        tasks = (
            [Task(file, file) for file in options.listed(files, patterns, sidecars=False)]
            if place is None
            else options.planned(files, place, readable=carriers.READABLE_SUFFIXES, patterns=patterns)
        )
        work = partial(_strip, remove=remove)
        outcomes = run(tasks, partial(into(output, work), overwrite=overwrite or in_place))
        show(outcomes, total=len(tasks), name=lambda task: task.source, text=report_line, as_json=as_json)


@click.command(epilog=options.examples("gamutmeta extract photo.jpg -o photo.jpg.gamut"))
@click.argument("file", type=options.FILE)
@click.option("-o", "--output", metavar="PAYLOAD", required=True, help='Where to write it; "-" is standard output.')
@options.overwrite
@options.quiet
def extract(file: Path, output: str, *, overwrite: bool) -> None:
    """Write the payload of a file to a file of its own, for example a sidecar."""
    with output_or_stream(output, [file]) as place:
        work = into(output, _extract)
        outcomes = run([Task(file, Path(place))], partial(work, overwrite=overwrite))
        show(outcomes, total=1, name=lambda task: task.source, text=report_line, as_json=False)


@click.command(epilog=options.examples("gamutmeta attach photo.jpg photo.jpg.gamut -o whole.jpg"))
@click.argument("file", type=options.FILE)
@click.argument("payload", type=options.FILE)
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    required=True,
    help="The file with the payload, of the same format; - is standard output.",
)
@click.option("--carrier", type=click.Choice(_EMBEDDING), help="Where to store the payload in the file.")
@click.option("--replace", is_flag=True, help="Replace the payload that FILE already carries.")
@click.option("--force", is_flag=True, help="Attach the payload even if it was made for another picture.")
@options.limits
@options.overwrite
@options.quiet
@options.json_lines
def attach(file: Path, output: str, *, as_json: bool, overwrite: bool, **settings: Any) -> None:
    """Put a payload back into a file, for example after a service removed it.

    The picture must be the one that the payload was made for.
    """
    with output_or_stream(output, [file]) as place:
        work = into(output, partial(_attach, **settings))
        outcomes = run([Task(file, Path(place))], partial(work, overwrite=overwrite))
        remedies = {"binding": "use --force to attach it anyway"}
        show(outcomes, total=1, name=lambda task: task.source, text=report_line, as_json=as_json, remedies=remedies)


def _strip(task: Task, *, remove: str, overwrite: bool) -> Report:
    data = task.source.read_bytes()
    _check_ending(task, data)
    present = carriers.find(data) if remove != "map" else []
    stripped = carriers.strip(data) if present else data
    if remove != "payload" and carriers.host_format(data) == "jpeg":
        whole, stripped = stripped, without_colour_map(stripped)
        present += ["gain map"] * (stripped != whole)
    if task.source != task.target or present:
        task.target.parent.mkdir(parents=True, exist_ok=True)
        with as_private_as(task.source):
            atomic_write(task.target, stripped, overwrite=overwrite)
    removed = f"removed {len(data) - len(stripped):,} bytes ({', '.join(present)})"
    notes = [removed if present else f"there was no {_NAMES[remove]}"]
    notes += notes_on_signature(data) if present else ()
    beside = None if remove == "map" else carriers.sidecar_beside(task.source)
    if beside is not None:
        notes.append(f"the sidecar {beside.name} beside it stays, and restores the colours; remove it yourself")
    return Report(file=str(task.source), output=str(task.target), file_bytes=len(stripped), notes=tuple(notes))


def _check_ending(task: Task, data: bytes) -> None:
    """Refuse a new name that is one of another format: nothing is re-encoded here.

    Raises:
        UnsupportedFileError: it is, or the file can carry no payload.
    """
    host = carriers.host_format(data)
    if task.target != task.source and SUFFIXES.get(task.target.suffix.lower(), host) != host:
        endings = ", ".join(KINDS[host].suffixes)
        raise UnsupportedFileError(
            f"{task.target.name}: the file stays a {host.upper()}; let the name end in {endings}"
        )


def _extract(task: Task, *, overwrite: bool) -> Report:
    with task.source.open("rb") as fp:
        found = carriers.extract_from_file(fp)
    task.target.parent.mkdir(parents=True, exist_ok=True)
    with as_private_as(task.source):
        atomic_write(task.target, found.container, overwrite=overwrite)
    return Report(
        file=str(task.source),
        output=str(task.target),
        carrier=found.carrier,
        payload_bytes=len(found.container),
    )


def _attach(
    task: Task,
    *,
    payload: Path,
    carrier: Carrier | None,
    replace: bool,
    force: bool,
    limits: Limits,
    overwrite: bool,
) -> Report:
    container = carriers.read_sidecar(payload)
    decoded = Payload.from_bytes(container)
    data = task.source.read_bytes()
    _check_ending(task, data)
    with pictures_limited(limits):
        note = None if force else _require_own(decoded, data)
    whole = carriers.embed(data, container, carrier=carrier, replace=replace)
    task.target.parent.mkdir(parents=True, exist_ok=True)
    with as_private_as(task.source, payload):
        atomic_write(task.target, whole, overwrite=overwrite)
    return Report(
        file=str(task.source),
        output=str(task.target),
        carrier=carriers.extract(whole).carrier,
        payload_bytes=len(container),
        file_bytes=len(whole),
        model=str(decoded.descriptor),
        notes=(*(() if note is None else (note,)), *notes_on_signature(data)),
    )


def _require_own(payload: Payload, data: bytes) -> str | None:
    """Make sure that the payload was made for this picture; an unchanged JPEG need not be decoded for that.

    Returns:
        As for :func:`gamutmeta.pipeline.binding.check_binding`.

    Raises:
        BindingError: if it was not.
    """
    if payload.binding.kind == "jpeg" and carriers.host_format(data) == "jpeg":
        if binding_of_jpeg(data) == payload.binding:
            return None
        if payload.likeness is None:
            raise BindingError("the payload was made for another picture (the digest of the coded data differs)")
    return check_binding(payload, data, decode_for(payload, data)[0])
