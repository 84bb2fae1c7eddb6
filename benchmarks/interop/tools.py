"""The software that is examined: how to find it, how to run it, how to install it.

    python -m benchmarks.interop.tools [apt | pip]

lists it with the versions that are here, or the names of the packages to install (``tests/interop/install_tools.sh``
does so). Nothing but the standard library is imported, so that this works before anything is installed.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final, Literal

__all__ = ["SECONDS", "TOOLS", "Tool", "environment", "resolve"]

SECONDS = 60
"""How long any program may take."""

# Names differ between ImageMagick 7 and Debian's ImageMagick 6; plain `convert` may be anything.
_NAMES: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "convert": (("magick",), ("convert-im6.q16",)),
    "identify": (("magick", "identify"), ("identify-im6.q16",)),
}
_VERSION = re.compile(r"\d+(?:\.\d+)+(?:-\d+)?")


@dataclass(frozen=True, slots=True)
class Tool:
    """A program or a library, what installs it, and under which name.

    `asks` is the command that tells the version; `besides` are packages it does not bring by itself. What is not
    `required` by ``GAMUTMETA_REQUIRE_TOOLS=1`` is large, or comes from elsewhere.
    """

    name: str
    installer: Literal["apt", "pip", "npm"]
    package: str
    asks: tuple[str, ...] = ()
    required: bool = True
    besides: tuple[str, ...] = ()

    def version(self) -> str | None:
        """The version that is installed; None if there is none."""
        return _version(self)


_LIST = tomllib.loads(Path(__file__).with_name("tools.toml").read_text(encoding="utf-8"))
TOOLS: Final = {
    name: Tool(name, **facts | {key: tuple(facts.get(key, ())) for key in ("asks", "besides")})
    for name, facts in _LIST.items()
}


def resolve(program: str) -> list[str] | None:
    """How a program is started here; None if it is not installed."""
    for name, *rest in _NAMES.get(program, ((program,),)):
        path = shutil.which(name)
        if path:
            return [path, *rest]
    return None


def environment() -> dict[str, str]:
    """The environment programs run in: English messages, and one thread for those that listen."""
    return os.environ | {"LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1", "VIPS_CONCURRENCY": "1"}


@cache
def _version(tool: Tool) -> str | None:
    if tool.installer == "pip":
        try:
            return version(tool.package)
        except PackageNotFoundError:
            return None
    start = resolve(tool.asks[0])
    if start is None:
        return None
    ran = subprocess.run(
        [*start, *tool.asks[1:]], env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=SECONDS, check=False,
    )  # fmt: skip
    # Some answer with exit code 1. Of node, only a number alone is an answer; errors hold node's own version.
    text = ran.stdout.decode(errors="replace")
    found = _VERSION.fullmatch(text.strip()) if tool.installer == "npm" else _VERSION.search(text)
    return found.group() if found else None


def _main(arguments: list[str]) -> None:
    if arguments:
        tools = [tool for tool in TOOLS.values() if tool.installer == arguments[0] and tool.required]
        print(*sorted(name for tool in tools for name in (tool.package, *tool.besides)))
        return
    for tool in TOOLS.values():
        print(f"{tool.name:16}{tool.version() or 'not installed':16}{tool.installer} {tool.package}")


if __name__ == "__main__":
    _main(sys.argv[1:])
