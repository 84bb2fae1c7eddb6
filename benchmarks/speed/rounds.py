"""Competitors take turns: what one part of the benchmark gives for one picture."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Self

from benchmarks.harness import Row
from benchmarks.machine import ROOT, environment
from benchmarks.speed.stages import BESIDE
from benchmarks.speed.tasks import TASKS

STARTS = {
    "python": ["-c", "pass"],
    "numpy and Pillow": ["-c", "import numpy, PIL.Image"],
    "import gamutmeta": ["-c", "import gamutmeta"],
    "gamutmeta.register()": ["-c", "import gamutmeta; gamutmeta.register()"],
    "gamutmeta.expand_file": ["-c", "import gamutmeta; gamutmeta.expand_file"],
    "gamutmeta.reduce_file": ["-c", "import gamutmeta; gamutmeta.reduce_file"],
    "gamutmeta.reduce_file, without any bytecode": [
        "-X",
        "pycache_prefix={empty}",
        "-c",
        "import gamutmeta; gamutmeta.reduce_file",
    ],
    "gamutmeta --version": ["-m", "gamutmeta", "--version"],
    "gamutmeta --help": ["-m", "gamutmeta", "--help"],
    "gamutmeta info --help": ["-m", "gamutmeta", "info", "--help"],
    "import torch": ["-c", "import torch"],
}
"""What starting takes, as arguments for Python. An empty folder for bytecode is what the first run finds where nothing
was compiled when it was installed, as pip does: nothing else makes a first run slower than the second."""

_STREETS = [
    (task, suffix) for suffix in ("jpg", "png") for task in ("reduce", "plain reduce", "expand", "plain expand")
]


class Worker:
    """A process of :mod:`benchmarks.speed.tasks`, ready for its first turn when this is made."""

    def __init__(self, part: str, name: str, folder: Path, threads: int) -> None:
        command = [sys.executable, "-m", "benchmarks.speed.tasks", part, name, str(folder), str(threads)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment(threads)
        )
        assert self._process.stdin is not None  # noqa: S101
        assert self._process.stdout is not None  # noqa: S101
        self._tell, self._told = self._process.stdin, self._process.stdout
        try:
            self.first: float = self._answer()["seconds"]
        except BaseException:
            self._end()
            raise

    def turn(self) -> float:
        self._tell.write("\n")
        self._tell.flush()
        return float(self._answer()["seconds"])

    def last(self) -> Row:
        """End the process; what else it has to say."""
        self._tell.close()
        return self._answer()

    def _answer(self) -> Row:
        if line := self._told.readline():
            return dict(json.loads(line))
        raise RuntimeError(f"a worker ended with exit code {self._process.wait()}: {self._process.args!r}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            self._process.kill()
        self._end()

    def _end(self) -> None:
        self._tell.close()
        self._told.close()
        self._process.wait()


def turns(part: str, names: Sequence[str], folder: Path, threads: int, repeat: int) -> list[Row]:
    """Rows of one part, "expand" or "fit", by so many rounds of its tasks with these names."""
    with ExitStack() as stack:
        workers = {
            name: stack.enter_context(Worker(part, name, folder, threads)) for name in TASKS[part] if name in names
        }
        seconds: dict[str, list[float]] = {name: [] for name in workers}
        for _ in range(repeat):
            for name, worker in workers.items():
                seconds[name].append(worker.turn())
        # One after the other: telling what else there is may take memory.
        return [
            {"part": part, "task": name, "threads": threads}
            | summary(seconds[name])
            | {"first": round(worker.first, 4)}
            | _memory(worker.last())
            for name, worker in workers.items()
        ]


def pipelines(folder: Path, cores: int, repeat: int) -> list[Row]:
    """Rows of both pipelines, by TIFF to JPEG and PNG and back, and of the plain conversions."""
    seconds: dict[tuple[str, str], list[float]] = {}
    answers: dict[tuple[str, str], list[Row]] = {}
    for _ in range(repeat):
        for task, suffix in _STREETS:
            coded = folder / f"reduced.{suffix}"
            is_reduction = task.endswith("reduce")
            source = folder / "source.tif" if is_reduction else coded
            target = folder / "target.tif"
            if is_reduction:
                target = coded if task == "reduce" else folder / f"target.{suffix}"
            target.unlink(missing_ok=True)
            command = [sys.executable, "-m", "benchmarks.speed.pipeline", task, str(source), str(target), str(cores)]
            start = time.perf_counter()
            done = subprocess.run(
                command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment(cores)
            )
            seconds.setdefault((task, suffix), []).append(time.perf_counter() - start)
            answers.setdefault((task, suffix), []).append(json.loads(done.stdout))
    return [
        {"part": "pipeline", "task": task, "format": suffix, "threads": cores}
        | summary(seconds[task, suffix])
        | {"peak_mib": max(round(answer["peak_bytes"] / 2**20) for answer in found)}
        | _inside(found, seconds[task, suffix])
        for (task, suffix), found in answers.items()
    ]


def starts(repeat: int) -> list[Row]:
    """Rows of what starting takes; processor time as well, which a busy machine hardly changes."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in STARTS}
    for _ in range(repeat):
        for name, arguments in STARTS.items():
            with tempfile.TemporaryDirectory() as empty:
                command = [sys.executable, *(argument.format(empty=empty) for argument in arguments)]
                start, before = time.perf_counter(), os.times()
                subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
                seconds, after = time.perf_counter() - start, os.times()
            found[name].append((seconds, sum(after[2:4]) - sum(before[2:4])))  # the children's, user and system
    return [
        {"part": "start", "task": name} | summary(seconds) | {"processor": round(min(processor), 4)}
        for name, (seconds, processor) in ((name, zip(*pairs, strict=True)) for name, pairs in found.items())
    ]


def summary(seconds: Collection[float]) -> Row:
    """Best and median of all rounds, and how many there were; seconds."""
    return {"best": round(min(seconds), 4), "median": round(median(seconds), 4), "rounds": len(seconds)}


def _memory(answer: Row) -> Row:
    """Bytes as MiB: the process's peak, and how much of it is above input and output."""
    peak, arrays = answer.pop("peak_bytes"), answer.pop("array_bytes")
    return {"peak_mib": round(peak / 2**20), "above_mib": round((peak - arrays) / 2**20)} | answer


def _inside(answers: Sequence[Row], whole: Iterable[float]) -> Row:
    """The best time of the pipeline's own function, and medians of all stages.

    The stage "start and end" is what the process took outside of the others.
    """
    if "stages" not in answers[0]:
        return {}
    complete = []
    for answer, seconds in zip(answers, whole, strict=True):
        waited = sum(taken for name, taken in answer["stages"].items() if not name.endswith(BESIDE))
        complete.append(answer["stages"] | {"start and end": seconds - waited})
    names = dict.fromkeys(name for stages in complete for name in stages)
    return {
        "inside": round(min(answer["inside"] for answer in answers), 4),
        "stages": {name: round(median(stages.get(name, 0.0) for stages in complete), 3) for name in names},
    }
