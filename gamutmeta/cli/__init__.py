"""The command line: a thin layer over the library. One module for each group of commands; :data:`app` holds them."""

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
    "attach": ("payload", "Put a payload back into a file, for example after a service removed it."),
    "completion": ("completion", "Print the script with which a shell completes commands, options and values."),
    "conform": ("conform", None),
    "crop": ("edit", "Cut out a part of a picture."),
    "demo": ("demo", "Reduce a photograph, restore it, and draw the comparison."),
    "expand": ("convert", "Restore wide-gamut photographs from sRGB files with a payload."),
    "extract": ("payload", "Write the payload of a file to a file of its own, for example a sidecar."),
    "info": ("info", "Show which payload a file carries."),
    "reduce": ("convert", "Turn wide-gamut photographs into sRGB files that carry their colours."),
    "resize": ("edit", "Resample a picture to another size."),
    "rotate": ("edit", "Rotate a picture by quarter turns, or mirror it."),
    "show-wide": ("show_wide", "Let browsers show the wide-gamut colours of a JPEG by themselves, by a gain map."),
    "strip": ("payload", "Remove payloads."),
    "validate": ("validate", "Check whether files with payloads follow the specification."),
    "verify": ("verify", "Measure how well an sRGB file restores its photograph, which must still be there."),
    "view": ("view", "Write a web page that shows a file as it is and as it is restored, side by side."),
}
"""Module and summary of each command; the summary is the first sentence of its help, None for a hidden command."""


class _LazyGroup(click.Group):
    """Imports a command when it is called: listing all of them loads neither numpy nor Pillow."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module, _ = _COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"{__name__}.{module}"), cmd_name.replace("-", "_"))
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
        "gamutmeta reduce exports/ -o web/ --jobs 4     # a folder; run it again to resume",
    ),
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def app() -> None:
    """Keep wide-gamut colour inside ordinary sRGB files.

    `reduce` turns a wide-gamut photograph into an sRGB JPEG, PNG or TIFF with a payload of a few kilobytes. Every
    viewer shows this file as an ordinary sRGB picture. `expand` restores the wide-gamut photograph from it.

    Files are overwritten only with --overwrite. Exit codes: 0 success, 1 some files failed, 2 wrong usage,
    130 interrupted.
    """
