"""The command line: a thin cover over the library. One module for each group of commands; :data:`app` holds them."""

from __future__ import annotations

import click

from gamutmeta import __version__
from gamutmeta.cli import options
from gamutmeta.cli.carry import attach, extract, strip
from gamutmeta.cli.conform import conform
from gamutmeta.cli.convert import expand, reduce
from gamutmeta.cli.edit import crop, resize, rotate
from gamutmeta.cli.examine import info, verify
from gamutmeta.cli.show import demo
from gamutmeta.cli.validate import validate

__all__ = ["app"]


@click.group(
    commands=[reduce, expand, info, verify, validate, crop, resize, rotate, strip, extract, attach, demo, conform],
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=options.examples(
        "gamutmeta reduce photo.tif -o photo.jpg",
        "gamutmeta expand photo.jpg -o restored.tif",
        "gamutmeta verify photo.jpg --reference photo.tif",
    ),
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def app() -> None:
    """Keep wide-gamut colour inside ordinary sRGB files.

    `reduce` turns a wide-gamut photograph into an sRGB JPEG, PNG or TIFF with a payload of a few kilobytes. Every
    viewer shows it as the sRGB picture it is; `expand` makes the wide-gamut photograph from it again.

    Nothing is overwritten unless --overwrite is given. Exit codes: 0 all is well, 1 some files failed, 2 wrong usage.
    """
