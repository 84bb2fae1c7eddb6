"""The first run on a GPU: its tests and its benchmark within six minutes, and one file of results to send.

    python -m benchmarks.gpu.first_run PHOTOGRAPH [--seconds N] [--out FILE] [--rehearse]

What tells most comes first, and each part has a limit of its own, so that the time ends and not the results: the file
is written after every part, whether it passed, failed or was stopped. The photograph is tiled to 24 megapixels.

With `--rehearse` the same parts run on a machine without a GPU, with tiny numbers and in Triton's interpreter, to show
that they run; their times say nothing.
"""

import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.harness import OUT, command_line
from benchmarks.machine import ROOT, describe
from gamutmeta.runtime.files import atomic_write

SECONDS = 360
"""For all parts together."""

_REHEARSED = 1200
"""The most for each part of a rehearsal."""

_TOLD = 20_000
"""Letters that are kept of what a part prints, from its end."""


@dataclass(frozen=True, slots=True)
class Part:
    """One command.

    Attributes:
        name: of the part.
        seconds: the most that it may take.
        arguments: of Python.
        measures: whether it writes a result file of the benchmark.
    """

    name: str
    seconds: float
    arguments: tuple[str, ...]
    measures: bool = False


def parts(photograph: Path, *, rehearse: bool = False) -> list[Part]:
    """In the order of what they tell."""
    tests = ("-m", "pytest", "-q", "--tb=short", "-rfE", "-p", "no:cacheprovider")
    some = ["tests/gpu/test_bounded.py"] if rehearse else ["tests/gpu", "tests/fit"]
    found = [
        Part("tests that need a GPU", 60, (*tests, "-m", "gpu", "tests/gpu", *([] if rehearse else ["tests/fit"]))),
        Part("tests of kernels and fits", 75, (*tests, "-m", "not slow", *some)),
    ]
    module = "benchmarks.gpu.rehearsal" if rehearse else "benchmarks.gpu"
    measured = ("-m", module, str(photograph), *([] if rehearse else ["--megapixels", "24"]))
    few = ("--images", "2" if rehearse else "8", "--jobs", "1" if rehearse else "4")
    for name, seconds, more in (
        ("fit", 60, ()),
        ("expand", 45, ()),
        ("card", 20, ()),
        ("together", 45, ("--repeat", "2")),
        ("batch", 30, ("--repeat", "2")),
        ("folder", 25, (*few, "--repeat", "1")),
    ):
        found.append(Part(name, seconds, (*measured, "--only", name, *more), measures=True))
    # The CPU takes longer, and all parts are to be seen.
    return [replace(part, seconds=_REHEARSED) if rehearse else part for part in found]


def run(part: Part, left: float) -> dict[str, Any]:
    """Do a part in no more than `left` seconds: what it printed, what it measured, and how it ended."""
    limit, start = min(part.seconds, left), time.monotonic()
    about: dict[str, Any] = {"part": part.name, "command": ["python", *part.arguments], "limit": round(limit, 1)}
    if limit <= 0:
        return about | {"status": "left out"}
    with tempfile.TemporaryDirectory() as folder:
        more = ("--out", folder) if part.measures else ()
        output = Path(folder, "output")
        with output.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, *part.arguments, *more], stdout=file, stderr=subprocess.STDOUT, cwd=ROOT,
                start_new_session=True,
            )  # fmt: skip
            try:
                code: int | None = process.wait(limit)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                _end(process)
        about |= {"seconds": round(time.monotonic() - start, 1), "exit": code, "status": _status(part, code)}
        text = output.read_text(encoding="utf-8", errors="replace").replace(folder, "FOLDER")
        measured = Path(folder, "gpu.json")
        rows = json.loads(measured.read_text(encoding="utf-8")) if measured.exists() else None
        return about | {"output": text[-_TOLD:]} | ({} if rows is None else {"result": rows})


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Stop it with all that it started, if it still runs."""
    if process.poll() is None:
        (os.killpg if hasattr(os, "killpg") else os.kill)(process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    process.wait()


def _status(part: Part, code: int | None) -> str:
    nothing_to_test = 5  # of pytest
    if code is None:
        return "out of time"
    return "passed" if code == 0 or (code == nothing_to_test and not part.measures) else "failed"


def about_machine() -> dict[str, Any]:
    """What the results were made on."""
    versions: dict[str, str | None] = {}
    for name in ("gamutmeta", "torch", "triton", "numpy"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = None
    return {
        "machine": describe(),
        "python": platform.python_version(),
        "versions": versions,
        "commit": _said("git", "rev-parse", "HEAD"),
        "card": _said("nvidia-smi", "--query-gpu=name,driver_version,memory.total,compute_cap", "--format=csv"),
    }


def _said(*command: str) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20, cwd=ROOT)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all parts; 0 if all passed."""
    parser = command_line(__doc__, "gpu.first_run")
    parser.add_argument("photograph", type=Path, help="any 16-bit wide-gamut photograph")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for all parts together (%(default)s)")
    parser.add_argument("--out", type=Path, default=OUT / "gpu-first-run.json", metavar="FILE", help="(%(default)s)")
    parser.add_argument("--rehearse", action="store_true", help="on the CPU, with tiny numbers")
    options = parser.parse_args(arguments)
    photograph = options.photograph.resolve()
    if not photograph.is_file():
        parser.error(f"{options.photograph} is no file")
    end = time.monotonic() + options.seconds
    options.out.parent.mkdir(parents=True, exist_ok=True)
    result: dict[str, Any] = {"rehearsal": options.rehearse} | about_machine() | {"parts": []}
    for part in parts(photograph, rehearse=options.rehearse):
        try:
            found = run(part, end - time.monotonic())
        except (OSError, ValueError) as error:
            found = {"part": part.name, "status": "failed", "output": f"{type(error).__name__}: {error}"}
        result["parts"].append(found)
        # The user's folders are nobody's business.
        text = json.dumps(result, indent=1).replace(str(ROOT), ".").replace(str(photograph.parent), ".")
        atomic_write(options.out, text.encode(), overwrite=True)
        print(f"{part.name}: {found['status']} ({found.get('seconds', 0)} s)", flush=True)
    print(f"results: {options.out}")
    return 0 if all(found["status"] == "passed" for found in result["parts"]) else 1


if __name__ == "__main__":
    sys.exit(main())
