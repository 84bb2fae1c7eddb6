"""Options about the colours of photographs. They are separate because they import numpy."""

from __future__ import annotations

import click

from gamutmeta.color.spaces import ASSUMABLE, SPACES
from gamutmeta.photo.raw_in import RAW_STYLES

__all__ = ["assume_space", "raw_style", "space"]

space = click.option(
    "--space",
    type=click.Choice(list(SPACES)),
    default="prophoto",
    show_default=True,
    help="Colour space of the restored photograph.",
)

assume_space = click.option(
    "--assume-space",
    type=click.Choice(list(ASSUMABLE)),
    help="Colour space of photographs without a usable profile; linear-... for linear light."
    "  [default: srgb, with a warning]",
)

raw_style = click.option(
    "--raw-style",
    type=click.Choice(RAW_STYLES),
    default=RAW_STYLES[0],
    show_default=True,
    help="How to develop raw photographs. neutral: exposure and contrast as metered; vivid: brighter and with more"
    " contrast, like the camera's own picture.",
)
