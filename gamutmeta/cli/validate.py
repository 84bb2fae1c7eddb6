"""``validate``: whether files keep to the specification."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gamutmeta.batch import run
from gamutmeta.cli import options
from gamutmeta.cli.outcomes import show
from gamutmeta.validation import validate_file

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["validate"]


@click.command(
    epilog=options.examples(
        "gamutmeta validate photo.jpg", "gamutmeta validate web/ --json", "gamutmeta validate photo.jpg.gamut"
    )
)
@click.argument("files", nargs=-1, required=True, type=options.FILE, metavar="FILE|DIR...")
@options.json_lines
def validate(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Check whether files with payloads keep to the specification.

    Five stages, from the outside in: the carrier in the file, the container (lengths, checksum, version), the
    descriptor, the tensors, and whether this is the picture that the payload was made for. The first error ends the
    check of a file; its code is that of the specification. Notes tell what a writer should have done otherwise, though
    readers put up with it, for example a payload in an unusual place or a newer writer; they are no errors.

    A FILE may also be a payload by itself; it is compared with the picture of the same name without .gamut, if there is
    one. Folders are searched for .jpg, .jpeg, .png, .tif, .tiff and .gamut. Exit code 1 if a file is invalid or carries
    no payload.
    """
    found = options.listed(files)
    show(run(found, validate_file), total=len(found), name=lambda file: file, text=str, as_json=as_json)
