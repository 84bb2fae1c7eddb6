"""``completion``: scripts with which shells complete commands, options and their values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.shell_completion import get_completion_class

from gamutmeta.cli.epilog import examples

if TYPE_CHECKING:
    from click.shell_completion import ShellComplete

__all__ = ["completion"]


@click.command(
    epilog=examples(
        'eval "$(gamutmeta completion bash)"     # in ~/.bashrc',
        'eval "$(gamutmeta completion zsh)"      # in ~/.zshrc, after compinit',
        "gamutmeta completion fish > ~/.config/fish/completions/gamutmeta.fish",
    )
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script with which a shell completes commands, options and values.

    Bash must be 4.4 or newer. The Bash that comes with macOS is older; use its zsh.
    """
    root = click.get_current_context().find_root()
    complete: type[ShellComplete] | None = get_completion_class(shell)
    assert complete is not None, "click knows these three"  # noqa: S101 - for the type checker
    click.echo(complete(root.command, {}, "gamutmeta", "_GAMUTMETA_COMPLETE").source())
