"""``info``: the payload that a file carries."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from gamutmeta import carriers
from gamutmeta.batch import run
from gamutmeta.cli import options
from gamutmeta.cli.outcomes import show
from gamutmeta.container import Payload
from gamutmeta.container.header import versions_of
from gamutmeta.runtime.inputs import opened

if TYPE_CHECKING:
    from pathlib import Path

    from gamutmeta.pipeline.extended import OutsideShare

__all__ = ["PayloadInfo", "info"]


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

    def to_json(self) -> dict[str, object]:
        """All of it, as JSON values."""
        return {name: getattr(self, name) for name in self.__slots__}

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
@options.json_lines
def info(files: tuple[Path, ...], *, samples: bool, as_json: bool) -> None:
    """Show which payload a file carries. Reads headers only and decodes no pixels.

    A FILE may also be a sidecar. Folders are searched for .jpg, .jpeg, .png, .tif, .tiff and .gamut. The exit code is
    1 if a file carries no payload.
    """
    found = options.listed(files)
    if samples:
        show(run(found, _look), total=len(found), name=lambda file: file, text=str, as_json=as_json)
    show(run(found, _inspect), total=len(found), name=lambda file: file, text=str, as_json=as_json)


def _look(file: Path) -> OutsideShare:
    from gamutmeta.pipeline.extended import outside_share  # noqa: PLC0415 - for this one option it imports a decoder

    return outside_share(file.read_bytes(), click.format_filename(file))


def _inspect(file: Path) -> PayloadInfo:
    with opened(file) as fp:
        size = fp.seek(0, io.SEEK_END)
        fp.seek(0)
        if fp.read(len(carriers.MAGIC)) == carriers.MAGIC:
            found = carriers.extract_or_sidecar(fp, sidecar=file)
        else:
            found = carriers.extract_or_sidecar(fp, file)
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
    )
