"""A process that takes the payloads out of all files of a folder in one way, and says what it read.

    python -m benchmarks.folder.headers METHOD FOLDER

Prints one JSON object.
"""

import contextlib
import io
import json
import mmap
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast

from gamutmeta import carriers


def _whole(path: Path) -> None:
    carriers.extract(path.read_bytes())


class _Mapped(mmap.mmap):
    """A mapped file that is sought like any other; before Python 3.13 `mmap` does not say where it is then."""

    def seek(self, position: int, whence: Any = os.SEEK_SET, /) -> int:  # type: ignore[override, unused-ignore]
        super().seek(position, whence)
        return self.tell()


def _mapped(path: Path) -> None:
    with path.open("rb") as fp, _Mapped(fp.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        carriers.extract_from_file(cast("BinaryIO", mapped))


def _opened(path: Path) -> None:
    carriers.extract(path)


def _unbuffered(path: Path) -> None:
    with path.open("rb", buffering=0) as fp:
        carriers.extract_from_file(cast("BinaryIO", fp))


METHODS: dict[str, Callable[[Path], None]] = {
    "whole file": _whole,
    "mapped": _mapped,
    "headers": _opened,
    "headers, unbuffered": _unbuffered,
}
"""How one payload is taken out. "headers" is the package's way."""


def forget(folder: Path) -> None:
    """Have the system forget what it has read of the files, where it can do that."""
    if hasattr(os, "posix_fadvise"):
        for path in folder.iterdir():
            with path.open("rb") as fp:
                os.posix_fadvise(fp.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _read_so_far() -> tuple[int, int]:
    """Bytes that this process has read: what read() gave, and what came from the disk; zero where nobody counts."""
    counters = Path("/proc/self/io")
    if not counters.exists():
        return 0, 0
    found = dict(line.split(": ") for line in counters.read_text(encoding="ascii").splitlines())
    return int(found["rchar"]), int(found["read_bytes"])


def main() -> None:
    method, folder = sys.argv[1], Path(sys.argv[2])
    paths = sorted(folder.iterdir())
    start, before = time.perf_counter(), _read_so_far()
    if method == "info":
        from gamutmeta.__main__ import main as command  # its import is a part of what it takes

        sys.argv = ["gamutmeta", "info", "--json", str(folder)]
        with contextlib.redirect_stdout(io.StringIO()) as output, contextlib.suppress(SystemExit):
            command()
        if len(output.getvalue().splitlines()) != len(paths) or '"error"' in output.getvalue():
            sys.exit("info did not find every payload")
    else:
        for path in paths:
            METHODS[method](path)
    seconds, after = time.perf_counter() - start, _read_so_far()
    print(json.dumps({"seconds": seconds, "read": after[0] - before[0], "from_disk": after[1] - before[1]}))


if __name__ == "__main__":
    main()
