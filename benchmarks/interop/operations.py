"""What the software is asked to do, and how one such thing is done."""

import re
import shlex
import subprocess
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from benchmarks.interop.tools import SECONDS, environment, resolve
from gamutmeta.carriers import HostFormat

Kind = Literal["read", "metadata", "strip", "recode", "turn", "resave", "resize", "convert", "sign"]

KINDS: dict[Kind, str] = {
    "read": "read",
    "metadata": "edit or copy metadata",
    "sign": "sign",
    "recode": "code anew without loss",
    "turn": "turn or crop without loss",
    "strip": "remove metadata",
    "resave": "decode and save again",
    "resize": "resize",
    "convert": "convert to another format",
}
"""Kinds of operations, in the order of the tables."""


HOST_FORMATS: Final[tuple[HostFormat, ...]] = ("jpeg", "png", "tiff")
EVERY = ("app11", "com", "itxt", "tiff")
"""The carriers inside files."""


class ToolError(Exception):
    """The software failed; the message is what it said."""


@dataclass(frozen=True, slots=True)
class Place:
    """The files an operation works on: what it is given, where the result goes, and some to put in.

    Operations that work in place find a copy of the source, which is not to be changed, at the target. The twin is the
    same file without the payload.
    """

    source: Path
    target: Path
    twin: Path
    xmp: Path
    icc: Path


@dataclass(slots=True)
class Work:
    """What an operation left: the file it wrote, if any, and what it complained of."""

    result: Path | None = None
    messages: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing a tool of `TOOLS` is asked to do.

    The label says it exactly: a command line or some Python. `keeps` are the carriers whose payload has to outlive it,
    still valid; for the others nothing is promised.
    """

    tool: str
    kind: Kind
    label: str
    hosts: tuple[HostFormat, ...]
    run: Callable[[Place], Work] = field(repr=False)
    keeps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """A command line to run, or several joined by ``&&``.

    ``IN`` and ``OUT`` stand for the files; ``OUT.png`` and the like for another ending. Without ``IN``, the command
    changes ``OUT``, a copy of the source (``onto_twin``: of the twin). ``XMP`` and ``ICC`` are files to put in. With
    ``listing``, complaints come with the other output, not on standard error.
    """

    line: str
    listing: bool = False
    onto_twin: bool = False

    def __call__(self, place: Place) -> Work:
        """Run it; ToolError where an exit code is another than 0."""
        work = Work()
        if self.onto_twin or "IN" not in self.line:
            place.target.write_bytes((place.twin if self.onto_twin else place.source).read_bytes())
        for part in self.line.split(" && "):
            program, *words = shlex.split(part)
            arguments = [self._fill(word, place, work) for word in words]
            work.messages += _run(program, arguments, place, listing=self.listing)
        if work.result is not None and not work.result.exists():
            raise ToolError("no file was written")
        return work

    @staticmethod
    def _fill(word: str, place: Place, work: Work) -> str:
        for name, path in (("IN", place.source), ("XMP", place.xmp), ("ICC", place.icc)):
            if re.fullmatch(rf"(.*<=)?{name}", word):
                return f"{word.removesuffix(name)}{path}"
        found = re.match(r"(.*:)?(OUT|MID)(\.\w+)?", word)
        if found is None:
            return word
        path = place.target.with_suffix(found[3]) if found[3] else place.target
        if found[2] == "OUT":
            work.result = path
        else:
            path = path.with_stem("mid")
        return f"{found[1] or ''}{path}{word[found.end() :]}"


def _run(program: str, arguments: list[str], place: Place, *, listing: bool) -> list[str]:
    start = resolve(program)
    if start is None:
        raise ToolError(f"{program} is not installed")
    ran = subprocess.run(
        [*start, *arguments], cwd=place.target.parent, env=environment(), stdin=subprocess.DEVNULL,
        capture_output=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    said = ran.stdout + ran.stderr if listing else ran.stderr
    if ran.returncode and not said:
        said = ran.stdout
    messages = complaints(said.decode(errors="replace"), place)
    if ran.returncode:
        raise ToolError("; ".join(messages) or f"exit code {ran.returncode}")
    return messages


def complaints(text: str, place: Place) -> list[str]:
    """What a tool said, line by line, without what differs from file to file and from run to run."""
    return [line for line in (_without_names(line, place) for line in text.splitlines()) if line]


def _without_names(line: str, place: Place) -> str:
    if line.startswith("Validate "):  # a count of the other lines
        return ""
    for path in (place.source, place.target, place.twin):
        line = line.replace(str(path), path.stem.upper()).replace(path.name, path.stem.upper())
    line = re.sub(r"\(\w+:\d+\): ", "", line)  # process number
    line = re.sub(r"\d\d:\d\d:\d\d\.\d+: ", "", line)  # time of day
    line = re.sub(r"\[ *(\w+):\d+@[\d.]+\]", r"\1:", line)  # thread and running time
    return " ".join(line.split())


# --- operations of programs ------------------------------------------------------------------------------------------

_SHARP = 'const sharp = require("sharp"); const [i, o] = process.argv.slice(1); '


def _program(
    tool: str, kind: Kind, line: str = "", *, script: str = "", hosts: Any = HOST_FORMATS, keeps: Any = (), **how: bool
) -> Operation:
    """The operation of an entry of ``commands.toml``."""
    if script:
        line = f"node -e '{_SHARP}{script.replace('IN', 'i').replace('OUT', 'o')}' -- IN OUT"
    kept = EVERY if keeps == "every" else tuple(keeps)
    return Operation(tool, kind, script or line, tuple(hosts), Command(line, **how), kept)


COMMANDS: Final = tuple(
    _program(**entry)
    for entry in tomllib.loads(Path(__file__).with_name("commands.toml").read_text(encoding="utf-8"))["commands"]
)
