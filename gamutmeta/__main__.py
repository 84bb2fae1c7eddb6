"""The command ``gamutmeta``, also as ``python -m gamutmeta``. It needs the extra ``cli``, and says so."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from gamutmeta.errors import MissingExtraError
from gamutmeta.runtime.exit import skip_final_gc
from gamutmeta.runtime.printed import keep_printed
from gamutmeta.runtime.standard import open_missing_streams
from gamutmeta.runtime.threads import switch_quickly

__all__ = ["main"]


def main() -> int:
    """Run the command line.

    Returns:
        The exit code: 0, 1 if some files failed, 2 for wrong usage.
    """
    open_missing_streams()
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
    try:
        exit_code: int = app(prog_name="gamutmeta")
    except OSError as error:
        # Errors of files have names, and are told by the commands. This one is of standard output: a full disk.
        if error.filename is not None or error.errno is None:
            raise
        sys.stderr.write(f"error: standard output cannot be written: {error.strerror}\n")
        # What is in its buffer would fail again at the end.
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the end
        return 1
    return exit_code


if __name__ == "__main__":
    sys.exit(main())
