"""Options on the colours of photographs; apart from the others, since these come with numpy."""

from __future__ import annotations

import click

from gamutmeta.color.spaces import SPACES
from gamutmeta.photo.raw_in import RAW_STYLES

__all__ = ["assume_space", "raw_style", "space"]

space = click.option(
    "--space", type=click.Choice(list(SPACES)), default="prophoto", show_default=True, help="Colour space."
)

assume_space = click.option(
    "--assume-space",
    type=click.Choice(list(SPACES)),
    help="The colour space of photographs that name none.  [default: srgb, with a warning]",
)

raw_style = click.option(
    "--raw-style",
    type=click.Choice(RAW_STYLES),
    default=RAW_STYLES[0],
    show_default=True,
    help="Of raw photographs; neutral: as the light was, vivid: brightened, with more contrast, as cameras do.",
)
