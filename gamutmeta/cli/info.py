"""``info``: the payload that a file carries."""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

import click

from gamutmeta import carriers
from gamutmeta.batch import run
from gamutmeta.cli import options
from gamutmeta.cli.choosing import choosing
from gamutmeta.cli.outcomes import show
from gamutmeta.container import Payload
from gamutmeta.container.header import versions_of
from gamutmeta.errors import CarrierError, NoPayloadError
from gamutmeta.formats.gain_map import announces_gain_map
from gamutmeta.formats.second_picture import find_colour_map
from gamutmeta.pipeline.limited import pictures_limited
from gamutmeta.runtime.inputs import opened

if TYPE_CHECKING:
    from pathlib import Path

    from gamutmeta.batch import Patterns
    from gamutmeta.container import Limits
    from gamutmeta.pipeline.extended import OutsideShare

__all__ = ["MapInfo", "PayloadInfo", "info"]

_JPEG = b"\xff\xd8\xff"


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadInfo:
    """What is known about a payload without decoding the picture.

    Attributes:
        file: the sRGB file, or a sidecar.
        carrier: where the payload is stored.
        payload_bytes: the container.
        file_bytes: the whole file.
        version: of the container format that the writer used.
        min_reader_version: the oldest reader that can read it.
        width, height: of the picture it was made for.
        binding: what the digest covers, "jpeg" (coded data) or "rgb8" (8-bit samples).
        digest: of the picture, in hexadecimal.
        model: the architecture in one line.
        parameters: how many numbers the model has.
        adaptation: chromatic adaptation.
        map_bytes: of the gain map with which browsers show Display P3 colours; None without one.
    """

    file: str
    carrier: str
    payload_bytes: int
    file_bytes: int
    version: int
    min_reader_version: int
    width: int
    height: int
    binding: str
    digest: str
    model: str
    parameters: int
    adaptation: str
    map_bytes: int | None = None

    def to_json(self) -> dict[str, object]:
        """All of it, as JSON values."""
        return {name: value for name in self.__slots__ if (value := getattr(self, name)) is not None}

    def __str__(self) -> str:
        bound_to = {"jpeg": "the coded data of a JPEG", "rgb8": "8-bit samples"}[self.binding]
        rows = {
            "carrier": self.carrier,
            "payload": f"{self.payload_bytes:,} of {self.file_bytes:,} bytes",
            "container": f"version {self.version}",
            "picture": f"{self.width}x{self.height} pixels",
            "bound to": f"{bound_to}, {self.digest}",
            "model": f"{self.model} ({self.parameters:,} parameters)",
            "adaptation": self.adaptation,
            "screens": "sRGB" if self.map_bytes is None else _shown(self.map_bytes),
        }
        return "\n".join([click.format_filename(self.file), *(f"  {name:12}{value}" for name, value in rows.items())])


@click.command(
    epilog=options.examples(
        "gamutmeta info photo.jpg", "gamutmeta info web/ --json", "gamutmeta info --samples camera.jpg"
    )
)
@click.argument("files", nargs=-1, required=True, type=options.FILE, metavar="FILE|DIR...")
@click.option(
    "--samples",
    is_flag=True,
    help="Decode JPEGs instead, with a payload or without, and show how much of their YCbCr samples lies outside sRGB.",
)
@options.limits
@choosing
@options.json_lines
def info(files: tuple[Path, ...], *, samples: bool, limits: Limits, patterns: Patterns | None, as_json: bool) -> None:
    """Show which payload a file carries. Reads headers only and decodes no pixels.

    A FILE may also be a sidecar. Folders are searched for JPEG, PNG and TIFF files and for .gamut. The exit code is
    1 if a file carries no payload.
    """
    found = options.listed(files, patterns)
    if samples:
        show(
            run(found, partial(_look, limits=limits)),
            total=len(found),
            name=lambda file: file,
            text=str,
            as_json=as_json,
        )
    show(run(found, _inspect), total=len(found), name=lambda file: file, text=str, as_json=as_json)


@dataclass(frozen=True, slots=True, kw_only=True)
class MapInfo:
    """What is known about a JPEG without a payload but with a gain map that shows wide-gamut colour.

    Attributes:
        file: the JPEG.
        map_bytes: of the gain map.
        file_bytes: the whole file.
    """

    file: str
    map_bytes: int
    file_bytes: int

    def to_json(self) -> dict[str, object]:
        """All of it, as JSON values."""
        return {name: getattr(self, name) for name in self.__slots__}

    def __str__(self) -> str:
        return f"{click.format_filename(self.file)}\n  carrier     no payload\n  screens     {_shown(self.map_bytes)}"


def _shown(map_bytes: int) -> str:
    return f"Display P3 in browsers that apply its gain map of {map_bytes:,} bytes (Chromium), else sRGB"


def _look(file: Path, *, limits: Limits) -> OutsideShare:
    from gamutmeta.pipeline.extended import outside_share  # noqa: PLC0415 - for this one option it imports a decoder

    with pictures_limited(limits):
        return outside_share(file.read_bytes(), click.format_filename(file))


def _inspect(file: Path) -> PayloadInfo | MapInfo:
    with opened(file) as fp:
        size = fp.seek(0, io.SEEK_END)
        fp.seek(0)
        map_bytes = _map_bytes(fp)
        fp.seek(0)
        try:
            return _inspect_payload(file, fp, size, map_bytes)
        except NoPayloadError:
            if map_bytes is None:
                raise
            return MapInfo(file=str(file), map_bytes=map_bytes, file_bytes=size)


def _map_bytes(fp: BinaryIO) -> int | None:
    """Of the gain map in a JPEG; the whole file is read only if its header says that there is one."""
    if not fp.read(len(_JPEG)).startswith(_JPEG):
        return None
    fp.seek(0)
    with suppress(CarrierError):
        if announces_gain_map(fp):
            fp.seek(0)
            found = find_colour_map(fp.read())
            return None if found is None else found.size
    return None


def _inspect_payload(file: Path, fp: BinaryIO, size: int, map_bytes: int | None) -> PayloadInfo:
    is_sidecar = fp.read(len(carriers.MAGIC)) == carriers.MAGIC
    found = carriers.extract_or_sidecar(fp, sidecar=file) if is_sidecar else carriers.extract_or_sidecar(fp, file)
    container = found.container
    payload = Payload.from_bytes(container)
    versions = versions_of(container)
    return PayloadInfo(
        file=str(file),
        carrier=found.carrier,
        payload_bytes=len(container),
        file_bytes=size,
        version=versions.writer,
        min_reader_version=versions.min_reader,
        width=payload.width,
        height=payload.height,
        binding=payload.binding.kind,
        digest=payload.binding.digest.hex(),
        model=str(payload.descriptor),
        parameters=payload.descriptor.parameter_count,
        adaptation=str(payload.descriptor.adaptation),
        map_bytes=map_bytes,
    )
