"""Compiles gamutmeta.c: ``python build_c.py program|library OUT [FLAG...]``. Standard library only.

The compiler is that of the environment variable ``CC``, or cc, gcc or clang, or zig from the package ``ziglang``.
libzstd is looked for where the linker looks, with or without its header; ``LDFLAGS`` may say where else it is.
"""

# ruff: noqa: INP001 -- it stands alone beside gamutmeta.c, in no package
from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

SOURCE = Path(__file__).with_name("gamutmeta.c")
FLAGS = ("-std=c11", "-O2", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror", "-pedantic")
SANITIZERS = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer")

_FOLDERS = ("/lib", "/usr/lib", "/lib64", "/usr/lib64", "/usr/local/lib", "/opt/homebrew/lib")
_NAMES = ("libzstd.so.1", "libzstd.1.dylib")
_USES_ZSTD = (
    "#include <stddef.h>\nsize_t ZSTD_decompress(void *, size_t, const void *, size_t);\n"
    'int main(void) { return ZSTD_decompress(0, 0, "", 0) > 1; }\n'
)


class BuildError(Exception):
    """It cannot be compiled here; the message says what is missing."""


def compiler() -> list[str]:
    """The command of the C compiler."""
    if os.environ.get("CC"):
        return shlex.split(os.environ["CC"])
    for name in ("cc", "gcc", "clang"):
        if shutil.which(name):
            return [name]
    if importlib.util.find_spec("ziglang"):
        return [sys.executable, "-m", "ziglang", "cc"]
    raise BuildError("there is no C compiler: install one, or `pip install ziglang`")


@cache
def links(flags: tuple[str, ...]) -> bool:
    """Whether a program that uses libzstd can be made with these flags."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "uses.c"
        source.write_text(_USES_ZSTD)
        command = [*compiler(), str(source), "-o", str(source.with_suffix("")), *flags]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0  # noqa: S603 - the compiler


def libraries() -> list[str]:
    """What links libzstd and the mathematical functions."""
    given = shlex.split(os.environ.get("LDFLAGS", ""))
    # Systems without development packages have the library under the name that programs load it by.
    files = [str(path) for folder in _FOLDERS for name in _NAMES for path in _with(Path(folder), name)]
    for zstd in ("-lzstd", *files):
        if links((*given, zstd)):
            return [*given, zstd, "-lm"]
    raise BuildError("there is no libzstd: install libzstd-dev, zstd-devel or zstd")


def _with(folder: Path, name: str) -> Iterable[Path]:
    """That file in a folder, or in its folders for a kind of machine."""
    return (path for path in [folder / name, *sorted(folder.glob(f"*-linux-gnu/{name}"))] if path.exists())


def build(kind: Literal["program", "library"], out: Path, *flags: str, source: Path = SOURCE) -> Path:
    """Compiles the decoder into a file, and gives that back.

    Raises:
        BuildError: something is missing, or the compiler refuses; then the message has what it says.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    form = ["-DGM_MAIN"] if kind == "program" else ["-fPIC", "-shared"]
    command = [*compiler(), *FLAGS, *flags, *form, str(source), "-o", str(out), *libraries()]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - the compiler
    if done.returncode != 0:
        raise BuildError(f"{shlex.join(command)} failed:\n{done.stderr}")
    return out


def main(arguments: list[str]) -> int:
    """Compiles as the command line says; the exit code."""
    if len(arguments) < 2 or arguments[0] not in ("program", "library"):
        sys.stderr.write("usage: build_c.py program|library OUT [FLAG...]\n")
        return 2
    try:
        build("program" if arguments[0] == "program" else "library", Path(arguments[1]), *arguments[2:])
    except (BuildError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
