"""Options about the colours of photographs. They are separate because they import numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gamutmeta.color.spaces import ALIASES, ASSUMABLE, ASSUMABLE_ALIASES, SPACES
from gamutmeta.photo.raw_in import RAW_STYLES

__all__ = ["SpaceChoice", "assume_space", "raw_style", "space"]

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class SpaceChoice(click.Choice[str]):
    """Names of colour spaces. Aliases are taken as well, and the command gets the name that they stand for."""

    def __init__(self, names: Iterable[str], aliases: Mapping[str, str]) -> None:
        super().__init__(list(names))
        self._aliases = aliases

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """As :class:`click.Choice` does."""
        return super().convert(self._aliases.get(value, value), param, ctx)


space = click.option(
    "--space",
    type=SpaceChoice(SPACES, ALIASES),
    default="prophoto",
    show_default=True,
    help="Colour space of the restored photograph; p3 and adobergb are other names of two of them.",
)

assume_space = click.option(
    "--assume-space",
    type=SpaceChoice(ASSUMABLE, ASSUMABLE_ALIASES),
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
