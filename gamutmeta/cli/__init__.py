"""The command line: a thin cover over the library. One module for each group of commands; :data:`app` holds them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from gamutmeta import __version__
from gamutmeta.cli.epilog import examples

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["app"]

_COMMANDS: Mapping[str, tuple[str, str | None]] = {
    "attach": ("carry", "Put a bare payload into a file, for example after a service removed it."),
    "completion": ("completion", "Print what makes a shell complete commands, options and values."),
    "conform": ("conform", None),
    "crop": ("edit", "Cut out a part of a picture."),
    "demo": ("show", "Reduce a photograph, restore it, and draw what that did."),
    "expand": ("convert", "Restore wide-gamut photographs from sRGB files with a payload."),
    "extract": ("carry", "Write the bare payload of a file, for example as a sidecar."),
    "info": ("info", "Show what payload a file carries."),
    "reduce": ("convert", "Turn wide-gamut photographs into sRGB files that carry their colours."),
    "resize": ("edit", "Resample a picture to another size."),
    "rotate": ("edit", "Turn a picture by quarters, or mirror it."),
    "strip": ("carry", "Remove payloads."),
    "validate": ("validate", "Check whether files with payloads keep to the specification."),
    "verify": ("verify", "Measure how well an sRGB file restores a photograph that is still at hand."),
    "view": ("view", "Write a web page that shows a file as it is and restored, side by side."),
}
"""Module and summary of each command; the summary is the first sentence of its help, None for a hidden command."""


class _LazyGroup(click.Group):
    """Imports a command when it is asked for: listing all of them loads neither numpy nor Pillow."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module, _ = _COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"{__name__}.{module}"), cmd_name)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands and options that begin so; click's own would import all commands for it, at every key."""
        commands = [
            CompletionItem(name, help=summary)
            for name, (_, summary) in _COMMANDS.items()
            if summary is not None and name.startswith(incomplete)
        ]
        return [*commands, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in _COMMANDS.items() if summary is not None])


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples(
        "gamutmeta reduce photo.tif -o photo.jpg",
        "gamutmeta expand photo.jpg -o restored.tif",
        "gamutmeta verify photo.jpg --reference photo.tif",
        "gamutmeta reduce exports/ -o web/ --jobs 4     # a whole folder; again, it goes on where it was",
    ),
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def app() -> None:
    """Keep wide-gamut colour inside ordinary sRGB files.

    `reduce` turns a wide-gamut photograph into an sRGB JPEG, PNG or TIFF with a payload of a few kilobytes. Every
    viewer shows it as the sRGB picture it is; `expand` makes the wide-gamut photograph from it again.

    Nothing is overwritten unless --overwrite is given. Exit codes: 0 all is well, 1 some files failed, 2 wrong usage,
    130 interrupted.
    """
