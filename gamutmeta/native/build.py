"""Builds the machine code: ``python -m gamutmeta.native.build [FOLDER]``. Needs Python alone, and a C compiler.

The wheel's build, ``make demo`` and ``make test`` call it. The compiler is that of the environment variable ``CC``, or
cc, gcc or clang, or zig from the package ``ziglang``.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FOLDER", "build", "compiler", "library_name"]

FOLDER = Path(__file__).parent

_FLAGS = ("-O3", "-std=gnu11", "-fPIC", "-fno-math-errno", "-fno-trapping-math", "-fvisibility=hidden", "-Wno-psabi")

_SUMS = {"fit.c"}
"""Where a product may be added without being rounded before. Elsewhere the results are to be those of numpy."""

_AVX2 = ("-mavx2", "-mfma")


def library_name(variant: str) -> str:
    """The file of a variant, "any" or "avx2"; every platform has its own, so that a shared folder can hold several."""
    return f"loops-{variant}-{sys.platform}-{platform.machine().lower()}{'.dll' if os.name == 'nt' else '.so'}"


def compiler() -> list[str] | None:
    """The command of the C compiler, or None if there is none."""
    if os.environ.get("CC"):
        return shlex.split(os.environ["CC"])
    for name in ("cc", "gcc", "clang"):
        if shutil.which(name):
            return [name]
    if importlib.util.find_spec("ziglang"):
        return [sys.executable, "-m", "ziglang", "cc"]
    return None


def build(command: list[str], folder: Path = FOLDER) -> list[Path]:
    """Compile every variant and put the libraries into `folder`. Libraries newer than their sources stay.

    Args:
        command: the C compiler, as :func:`compiler` gives it.
        folder: where to put them.

    Returns:
        The libraries.

    Raises:
        subprocess.CalledProcessError: if the compiler fails; its output is in the exception.
        OSError: if there is no such compiler, or the folder cannot be written to.
    """
    variants: dict[str, tuple[str, ...]] = {"any": ()}
    if platform.machine().lower() in {"x86_64", "amd64"}:
        variants["avx2"] = _AVX2
    newest = max(path.stat().st_mtime for path in FOLDER.iterdir() if path.suffix in {".c", ".h", ".py"})
    targets = {folder / library_name(variant): flags for variant, flags in variants.items()}
    for target, flags in targets.items():
        if not target.exists() or target.stat().st_mtime < newest:
            _build_library(command, target, flags)
    return list(targets)


def _build_library(command: list[str], target: Path, flags: tuple[str, ...]) -> None:
    with tempfile.TemporaryDirectory() as name:
        objects = []
        for source in sorted(FOLDER.glob("*.c")):
            objects.append(Path(name) / f"{source.stem}.o")
            contract = "-ffp-contract=fast" if source.name in _SUMS else "-ffp-contract=off"
            _run([*command, *_FLAGS, *flags, contract, "-c", str(source), "-o", str(objects[-1])])
        whole = Path(name) / "library"
        stripped = () if sys.platform == "darwin" else ("-s",)
        _run([*command, "-shared", *stripped, *map(str, objects), "-o", str(whole)])
        # Renamed, so that a process that has the old one loaded keeps it.
        beside = target.with_name(f".{target.name}.{os.getpid()}")
        shutil.copyfile(whole, beside)
        beside.replace(target)


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - the compiler


def main(arguments: Sequence[str] = ()) -> int:
    """Build into the folder that the arguments name, or this one; the exit code is 1 if that fails."""
    command = compiler()
    if command is None:
        print("no C compiler: install one, or `pip install ziglang`", file=sys.stderr)  # noqa: T201 - a script
        return 1
    try:
        built = build(command, *map(Path, arguments))
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", None) or error
        print(f"{shlex.join(command)} failed: {said}", file=sys.stderr)  # noqa: T201 - a script
        return 1
    print(*built, sep="\n")  # noqa: T201 - a script
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
