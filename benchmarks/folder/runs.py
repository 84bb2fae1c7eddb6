"""The measurements of both tests."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.folder.headers import METHODS, forget
from benchmarks.harness import Row
from benchmarks.machine import ROOT, THREAD_VARIABLES
from gamutmeta.runtime.threads import core_count

HEADERS = (*METHODS, "info")


def headers(samples: Sequence[Path], files: int, repeat: int, folder: Path) -> list[Row]:
    """Rows of all ways to take payloads out of so many copies of samples, with and without the system's cache."""
    for number in range(files):
        sample = samples[number % len(samples)]
        shutil.copyfile(sample, folder / f"{number:04}{sample.suffix}")
    found: dict[tuple[str, bool], list[Row]] = {}
    os.sync()  # What is not on the disk cannot be forgotten.
    for _ in range(repeat):
        for method in HEADERS:
            for cached in (False, True):
                if not cached:
                    forget(folder)
                command = [sys.executable, "-m", "benchmarks.folder.headers", method, str(folder)]
                done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
                found.setdefault((method, cached), []).append(json.loads(done.stdout))
    size = sum(path.stat().st_size for path in folder.iterdir())
    return [
        {"test": "headers", "method": method, "cached": cached, "files": files, "bytes": size}
        | _times([row["seconds"] for row in rows])
        | {key: min(row[key] for row in rows) for key in ("read", "from_disk")}
        for (method, cached), rows in found.items()
    ]


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to share the cores: jobs at the same time, and threads of each (None: what it takes by itself)."""

    jobs: int
    threads: int | None


def variants(jobs: Sequence[int]) -> list[Variant]:
    """Each number of jobs as it is, and where several would share the cores also without sharing them."""
    return [Variant(count, threads) for count in jobs for threads in ((None,) if count == 1 else (None, core_count()))]


def throughput(source: Path, images: int, chosen: Sequence[Variant], repeat: int, folder: Path) -> Iterator[Row]:
    """Rows of reducing and then restoring so many copies of a photograph; the chosen variants take turns."""
    photographs, reduced, restored = (folder / name for name in ("photographs", "reduced", "restored"))
    photographs.mkdir()
    for number in range(images):
        shutil.copyfile(source, photographs / f"{number}{source.suffix}")
    for task, origin, target in (("reduce", photographs, reduced), ("expand", reduced, restored)):
        found: dict[Variant, list[tuple[float, float, int | None]]] = {}
        for _ in range(repeat):
            for variant in chosen:
                shutil.rmtree(target, ignore_errors=True)
                command = [sys.executable, "-m", "gamutmeta", task, str(origin), "-o", f"{target}{os.sep}"]
                command += ["--jobs", str(variant.jobs), *(["--device", "cpu"] if task == "reduce" else [])]
                found.setdefault(variant, []).append(_run(command, variant.threads))
        for variant, runs in found.items():
            seconds = [taken for taken, _, _ in runs]
            peaks = [peak for _, _, peak in runs if peak is not None]
            yield {
                "test": "throughput",
                "task": task,
                "jobs": variant.jobs,
                "threads": variant.threads,
                "images": images,
                "images_per_minute": round(60 * images / min(seconds), 1),
                "processor": round(min(processor for _, processor, _ in runs), 1),
                "peak_mib": max(peaks, default=None),
            } | _times(seconds)


def _times(seconds: Sequence[float]) -> Row:
    return {"best": round(min(seconds), 3), "median": round(median(seconds), 3), "rounds": len(seconds)}


def _run(command: Sequence[str], threads: int | None) -> tuple[float, float, int | None]:
    """Seconds of a command, its processor seconds, and the most memory its processes had at one time, in MiB."""
    environment = dict(os.environ)
    for variable in THREAD_VARIABLES:
        environment.pop(variable, None)
        if threads is not None:
            environment[variable] = str(threads)
    start, before = time.perf_counter(), os.times()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT, env=environment)
    watch = _Watch(process.pid)
    code = process.wait()
    seconds, after = time.perf_counter() - start, os.times()
    peak = watch.end()
    if code:
        raise subprocess.CalledProcessError(code, command)
    return seconds, sum(after[2:4]) - sum(before[2:4]), peak


class _Watch:
    """Looks at the memory of a process and its children, ten times a second; on Linux."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._peak = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def end(self) -> int | None:
        """Stop looking. The peak in MiB, None where nothing was seen."""
        self._ended.set()
        self._thread.join()
        return round(self._peak / 2**20) or None

    def _look(self) -> None:
        while not self._ended.wait(0.1):
            self._peak = max(self._peak, sum(map(_resident, [self._process, *_children(self._process)])))


def _children(process: int) -> list[int]:
    """Those of a process and theirs."""
    try:
        text = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    except OSError:
        return []
    found = [int(word) for word in text.split()]
    return found + [grandchild for child in found for grandchild in _children(child)]


def _resident(process: int) -> int:
    """Bytes of memory of a process that no other one shares, plus its part of what is shared."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
