"""The command ``gamutmeta``, also as ``python -m gamutmeta``. It needs the extra ``cli``, and says so."""

from __future__ import annotations

import sys

from gamutmeta.errors import MissingExtraError
from gamutmeta.runtime.exit import skip_final_gc
from gamutmeta.runtime.printed import keep_printed
from gamutmeta.runtime.threads import switch_quickly

__all__ = ["main"]


def main() -> int:
    """Run the command line.

    Returns:
        The exit code: 0, 1 if some files failed, 2 for wrong usage.
    """
    try:
        from gamutmeta.cli import app  # noqa: PLC0415 - click may be missing
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        sys.stderr.write(f"{MissingExtraError('the command line', 'click', 'cli')}\n")
        return 2
    skip_final_gc()
    switch_quickly()
    keep_printed()
    exit_code: int = app(prog_name="gamutmeta")
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
