"""``verify``: how well a file restores its photograph."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from gamutmeta.batch import run
from gamutmeta.cli import options
from gamutmeta.cli.outcomes import quality_table, show
from gamutmeta.cli.spaces import assume_space, raw_style
from gamutmeta.pipeline.verify import verify_file

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["verify"]


@click.command(epilog=options.examples("gamutmeta verify photo.jpg --reference photo.tif"))
@click.argument("file", type=options.FILE)
@click.option(
    "--reference", type=options.FILE, required=True, metavar="WIDE", help="The original wide-gamut photograph."
)
@options.samples
@options.sidecar
@assume_space
@raw_style
@options.limits
@options.json_lines
def verify(file: Path, *, as_json: bool, **settings: Any) -> None:
    """Measure how well an sRGB file restores its photograph, which must still be there.

    PSNR is computed in linear ProPhoto on [0, 1], over all pixels and over the pixels outside the sRGB gamut.
    """
    options.without_payload(settings["samples"], ("sidecar",))
    outcomes = run([file], partial(verify_file, **settings))
    show(
        outcomes,
        total=1,
        name=lambda path: path,
        text=quality_table,
        as_json=as_json,
        remedies=options.REMEDIES_WITHOUT_FORCE,
    )
