"""Compile expansion.c to WebAssembly, and put it into ``wasm-code.js`` of the folder above.

    python spec/decoders/wasm/build.py           writes the module
    python spec/decoders/wasm/build.py --check   exits with 1 if the module that is there is another one

Needs the package ziglang, which is Clang with its own linker, in the version named here: another one makes other bytes.
"""

# ruff: noqa: INP001 -- a program that stands alone, in no package

from __future__ import annotations

import subprocess
import sys
from base64 import b64encode
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

COMPILER = "0.13.0"
SOURCE = Path(__file__).with_name("expansion.c")
MODULE = SOURCE.parents[1] / "wasm-code.js"
OPTIONS = (
    "-target", "wasm32-freestanding", "-O3", "-msimd128", "-ffp-contract=off", "-nostdlib",
    "-Wall", "-Wextra", "-Werror",
    "-Wl,--no-entry", "-Wl,--strip-all", "-Wl,--export=__heap_base", "-Wl,-z,stack-size=65536",
)  # fmt: skip
"""``-ffp-contract=off``: a product and a sum are two operations, as the specification says."""

_TEMPLATE = """/**
 * What the compiler made of wasm/expansion.c, in base64: written by wasm/build.py, which see.
 * @module
 */

// prettier-ignore
export const CODE = [
{lines}
].join('');
"""
_WIDTH = 112


def compiled() -> bytes:
    """The WebAssembly module."""
    if (found := version("ziglang")) != COMPILER:
        sys.exit(f"ziglang is {found}: install ziglang=={COMPILER}")
    with TemporaryDirectory() as folder:
        made = Path(folder) / "expansion.wasm"
        command = [sys.executable, "-m", "ziglang", "cc", *OPTIONS, "-o", str(made), SOURCE.name]
        subprocess.run(command, cwd=SOURCE.parent, check=True)  # noqa: S603 - a fixed command
        return made.read_bytes()


def module(code: bytes) -> str:
    """The text of ``wasm-code.js``."""
    text = b64encode(code).decode("ascii")
    lines = [f"  '{text[at : at + _WIDTH]}'," for at in range(0, len(text), _WIDTH)]
    return _TEMPLATE.replace("{lines}", "\n".join(lines))


def main(arguments: list[str]) -> int:
    """Write or check the module; the exit code."""
    text = module(compiled())
    if "--check" in arguments:
        return int(MODULE.read_text(encoding="utf-8") != text)
    MODULE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
