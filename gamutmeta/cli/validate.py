"""``validate``: whether files follow the specification."""

from __future__ import annotations

import warnings
from functools import partial
from typing import TYPE_CHECKING

import click

from gamutmeta.batch import run
from gamutmeta.cli import options
from gamutmeta.cli.choosing import choosing
from gamutmeta.cli.outcomes import show
from gamutmeta.pipeline.validate import validate_file

if TYPE_CHECKING:
    from pathlib import Path

    from gamutmeta.batch import Patterns
    from gamutmeta.container import Limits
    from gamutmeta.pipeline.validate import Validation

__all__ = ["validate"]


@click.command(
    epilog=options.examples(
        "gamutmeta validate photo.jpg", "gamutmeta validate web/ --json", "gamutmeta validate photo.jpg.gamut"
    )
)
@click.argument("files", nargs=-1, required=True, type=options.FILE, metavar="FILE|DIR...")
@options.limits
@choosing
@options.json_lines
def validate(files: tuple[Path, ...], *, limits: Limits, patterns: Patterns | None, as_json: bool) -> None:
    """Check whether files with payloads follow the specification.

    There are five stages, from the outside in: the carrier in the file, the container (lengths, checksum, version), the
    descriptor, the tensors, and whether the payload was made for this picture. The first error ends the check of a
    file; error codes are those of the specification. Notes are not errors: they name what readers accept but a writer
    should do differently, for example a payload in an unusual place.

    A FILE may also be a sidecar. It is compared with the picture of the same name without .gamut, if that exists.
    Folders are searched for JPEG, PNG and TIFF files and for .gamut. The exit code is 1 if a file is invalid or
    carries no payload.
    """
    found = options.listed(files, patterns)
    show(
        run(found, partial(_validated, limits=limits)),
        total=len(found),
        name=lambda file: file,
        text=str,
        as_json=as_json,
    )


def _validated(path: Path, *, limits: Limits) -> Validation:
    """The result, with what the decoder of the picture warns of as notes; the process, filters included, is ours."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        validation = validate_file(path, limits=limits)
    said = [f"decoding the picture gave a warning: {warning.message}" for warning in caught]
    return validation.with_notes("picture", said)
