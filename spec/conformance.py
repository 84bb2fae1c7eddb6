"""Hold a program against the conformance vectors: ``python -m spec.conformance -- COMMAND...``, from the root.

COMMAND is started once. It reads one JSON object per line, and answers each with one line::

    {"id": "...", "operation": "extract", "file": "/x.jpg"}
    {"id": "...", "container": "<base64>"}

    {"id": "...", "operation": "expand", "file": "/x.jpg", "pixels": "/x.ppm"}
    {"id": "...", "width": 3, "height": 2, "samples": "<base64 of big-endian 16-bit samples>"}

    {"id": "...", "error": "payload.checksum", "message": "for people, may be absent"}

When its standard input is closed it ends with exit code 0. A program that crashes, talks garbage or takes too long
fails that vector and is started anew for the next one. Standard library only; nothing of the package is imported.

It prints what failed, how many vectors of each group passed, and how many samples differ. Groups are the first words of
identifiers: ``extract/png``, for instance.

Exit codes: 0 all vectors passed, 1 some did not, 2 wrong usage, or a program that cannot be started.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spec.program import Program, ProgramError, StartError
from spec.verdict import NO_DIFFERENCE, Difference, judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Result", "for_reader", "main", "run"]

FOLDER = Path(__file__).resolve().parent / "vectors"

VERSION = 2
"""The newest version of the format that the vectors know."""

PATIENCE = 10
"""After so many vectors in a row for which the program itself failed, no further ones are asked."""


@dataclass(slots=True)
class Result:
    """What came of a run.

    Attributes:
        passed: how many vectors.
        failures: what was wrong, by vector; in the order of the vectors.
        ending: what was wrong with the end of the program, or None.
        worst: the difference of the vector with the largest one.
        groups: of each group, how many vectors passed, and how many there are.
        differing: how many samples differ at all, and how many there are, of all vectors that were expanded.
    """

    passed: int = 0
    failures: dict[str, str] = field(default_factory=dict)
    ending: str | None = None
    worst: Difference = NO_DIFFERENCE
    groups: dict[str, tuple[int, int]] = field(default_factory=dict)
    differing: tuple[int, int] = (0, 0)

    def add(self, name: str, problem: str | None, difference: Difference | None = None) -> None:
        """Note what came of one vector.

        Args:
            name: its id.
            problem: what is wrong; None if it passed.
            difference: of its samples, if there were any to compare.
        """
        group = name.partition("-")[0]
        passed, asked = self.groups.get(group, (0, 0))
        self.groups[group] = passed + (problem is None), asked + 1
        if problem is None:
            self.passed += 1
        else:
            self.failures[name] = problem
        if difference is not None:
            self.worst = max(self.worst, difference)
            self.differing = self.differing[0] + difference.differing, self.differing[1] + difference.samples

    @property
    def is_good(self) -> bool:
        """Whether there is nothing to complain about."""
        return not self.failures and self.ending is None

    def to_json(self) -> dict[str, object]:
        """All of it, as JSON values."""
        return {
            "passed": self.passed,
            "failed": len(self.failures),
            "failures": [{"id": name, "problem": problem} for name, problem in self.failures.items()],
            "ending": self.ending,
            "largest_difference": self.worst.largest,
            "groups": {name: {"passed": passed, "vectors": asked} for name, (passed, asked) in self.groups.items()},
            "differing_samples": self.differing[0],
            "samples": self.differing[1],
        }

    def __str__(self) -> str:
        width = max(map(len, self.failures), default=0)
        lines = [f"FAILED  {name:{width}}  {problem}" for name, problem in self.failures.items()]
        if self.ending is not None:
            lines.append(f"FAILED  at its end  {self.ending}")
        width = max(map(len, self.groups), default=0)
        lines += [f"{name:{width}}  {passed:5,} of {asked:5,}" for name, (passed, asked) in sorted(self.groups.items())]
        total = self.passed + len(self.failures)
        last = f"{self.passed:,} of {total:,} vectors passed"
        differing, samples = self.differing
        if samples > 0:
            last += f"; {differing:,} of {samples:,} samples differ ({differing / samples:.2%})"
            last += f", by {self.worst.largest} at most"
        return "\n".join([*lines, last])


def run(vectors: Iterable[Mapping[str, Any]], folder: Path, program: Program) -> Result:
    """Ask a program for every vector.

    Args:
        vectors: entries of the index.
        folder: of the index.
        program: the one under test.

    Raises:
        StartError: it cannot be started.
    """
    result = Result()
    in_a_row = 0
    for vector in vectors:
        if in_a_row >= PATIENCE:
            result.add(vector["id"], f"not asked any more, as the program failed {PATIENCE} times in a row")
            continue
        question = {"id": vector["id"], "operation": vector["operation"], "file": str(folder / vector["file"])}
        if "pixels" in vector:
            question["pixels"] = str(folder / vector["pixels"])
        try:
            answer = program.ask(question)
        except ProgramError as error:
            in_a_row += 1
            result.add(vector["id"], f"the program failed: {error}")
            continue
        in_a_row = 0
        verdict = judge(vector, answer, folder)
        result.add(vector["id"], verdict.problem, verdict.difference)
    result.ending = program.finish()
    return result


def for_reader(vector: Mapping[str, Any], version: int) -> Mapping[str, Any]:
    """A vector as readers of a version have to answer it: what is newer than they are is ``payload.version``."""
    if vector.get("since", 1) <= version:
        return vector
    kept = {key: value for key, value in vector.items() if key != "expected"}
    return {**kept, "result": "error", "error": "payload.version"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    options = _options(arguments)
    folder = options.vectors.resolve()
    try:
        vectors = json.loads((folder / "index.json").read_bytes())["vectors"]
    except (OSError, ValueError, LookupError, TypeError) as error:
        sys.stderr.write(f"the index of the vectors cannot be read: {error}\n")
        return 2
    wanted = [
        for_reader(vector, options.reader)
        for vector in vectors
        if (not options.only or any(fnmatchcase(vector["id"], pattern) for pattern in options.only))
        and options.conformance_class in (None, vector["class"])
    ]
    if not wanted:
        sys.stderr.write("no vector is left to ask for\n")
        return 2
    try:
        result = run(wanted, folder, Program(options.command, options.timeout))
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{json.dumps(result.to_json()) if options.json else result}\n")
    return 0 if result.is_good else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m spec.conformance",
        description="Hold a program against the conformance vectors of the gamutmeta format.",
        epilog="example: python -m spec.conformance -- gamutmeta conform",
    )
    parser.add_argument("command", nargs="+", metavar="COMMAND", help="the program and its arguments, behind --")
    parser.add_argument(
        "--only", action="append", metavar="GLOB", help="only vectors whose id matches; may be repeated"
    )
    parser.add_argument(
        "--class",
        choices=("extractor", "decoder"),
        dest="conformance_class",
        help="only vectors of this conformance class; by default both",
    )
    parser.add_argument(
        "--reader",
        type=int,
        choices=range(1, VERSION + 1),
        default=VERSION,
        help="the version of the format that COMMAND reads (default: %(default)s)",
    )
    parser.add_argument(
        "--timeout", type=_seconds, default=60.0, metavar="SECONDS", help="for one answer (default: %(default)g)"
    )
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    parser.add_argument("--vectors", type=Path, default=FOLDER, metavar="DIR", help="folder of index.json")
    return parser.parse_args(arguments)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 86_400:
        raise argparse.ArgumentTypeError("must be more than 0 and at most 86400")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
