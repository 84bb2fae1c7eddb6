"""Options that name colour spaces; apart from the others, since the spaces come with numpy."""

from __future__ import annotations

import click

from gamutmeta.color.spaces import SPACES

__all__ = ["assume_space", "space"]

space = click.option(
    "--space", type=click.Choice(list(SPACES)), default="prophoto", show_default=True, help="Colour space."
)

assume_space = click.option(
    "--assume-space",
    type=click.Choice(list(SPACES)),
    help="The colour space of photographs that name none.  [default: srgb, with a warning]",
)
