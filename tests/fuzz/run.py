"""Fuzz the targets, each for a fixed number of executions in a process of its own, and say what that found.

    python -m tests.fuzz.run --executions 200000 [--target NAME ...] [--seed N] [--work FOLDER] [--json FILE]
                              [--jobs N]

Needs atheris. As many targets run at once as there are cores; times are of the processor. An input that breaks a
promise (a foreign exception, a wrong result, more time or memory than `tests.fuzz.limits` allow, the end of the
process) is kept in the work folder and printed. Exit code 1 if there is one. With ``--json results.json`` the
figures are written, and as a table beside it (``results.md``). The corpus that grows in the work folder is used
again by the next run with the same folder. Besides the seeds, targets that take files start from the conformance
vectors.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.machine import describe
from gamutmeta.runtime.threads import core_count
from tests.fuzz import limits
from tests.fuzz.harness import Finding
from tests.fuzz.seeds import CORPUS

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["TARGET_NAMES", "fuzz", "main", "table", "write"]

ROOT = Path(__file__).parents[2]
TARGET_NAMES = tuple(sorted(path.name for path in CORPUS.iterdir() if path.is_dir()))

_VECTORS = ROOT / "spec" / "vectors" / "files"
_TAKING_FILES = frozenset({"container", "jpeg", "png", "tiff", "pillow", "validate"})

_MAX_INPUT = 8_192
_HANG = 60
"""Seconds after which libFuzzer ends a process that does not come back."""

_MIB = 1 << 20
_IMPORT_NAMES = {"pillow": "PIL"}

_UNMEASURED = dict.fromkeys(
    ("executions", "seconds", "worst_seconds", "worst_traced", "rss_peak", "rss_start", "rss_end"), 0
)
"""Of a process that did not come to its end."""

_COLUMNS = ("target", "executions", "branches", "kept", "per second", "worst time", "allocated", "peak memory",
            "growth", "findings")  # fmt: skip

_LEGEND = """\
Branches: of gamutmeta, reached at least once. Kept: inputs that reached something new. Per second, worst time:
processor time, instrumented for coverage. Allocated: the most at once, through Python and numpy, of every 64th
execution. Growth: of the resident memory since the first 2,000 executions, what libFuzzer keeps included."""


def fuzz(
    name: str, executions: int, seed: int, work: Path, *, vectors: bool = False, time_limit: float | None = None
) -> dict[str, Any]:
    """Run one target.

    Args:
        name: of the target.
        executions: how many, those of the seeds included.
        seed: of libFuzzer's chance.
        work: folder for the corpus that grows, and for inputs that are kept.
        vectors: start from the files of the conformance vectors as well, where the target takes files.
        time_limit: seconds after which the process is ended, whatever it does; None for no such limit.

    Returns:
        The figures, `findings` among them.
    """
    folder, corpus = work / name, work / name / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    measured = folder / "measured.json"
    measured.unlink(missing_ok=True)
    more = [str(_VECTORS)] if vectors and name in _TAKING_FILES else []
    arguments = (f"-seed={seed}", f"-max_len={_MAX_INPUT}", f"-timeout={_HANG}", "-rss_limit_mb=4096")
    arguments += ("-close_fd_mask=2", "-print_final_stats=1", f"-artifact_prefix={folder}/")
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.child", name, str(folder), str(executions), *arguments,
         str(corpus), str(CORPUS / name), *more],
        check=False, capture_output=True, text=True, errors="replace", cwd=ROOT, timeout=time_limit,
    )  # fmt: skip
    figures = json.loads(measured.read_text()) if measured.exists() else _UNMEASURED | {"findings": []}
    if done.returncode != 0:
        said = "\n".join(done.stderr.splitlines()[-15:])
        figures["findings"].append(asdict(Finding(f"the process ended with {done.returncode}:\n{said}", "process",
                                                  _artifact(done.stderr) or str(folder))))  # fmt: skip
    return {"target": name, "seed": seed} | _coverage(done.stderr) | figures


def table(rows: Sequence[dict[str, Any]]) -> str:
    """One line for each target."""
    lines = [f"| {' | '.join(_COLUMNS)} |", "|---|" + "---:|" * (len(_COLUMNS) - 1)]
    for row in rows:
        speed = row["executions"] / row["seconds"] if row["seconds"] else 0
        lines.append(
            f"| {row['target']} | {row['executions']:,} | {row['coverage']:,} | {row['corpus']:,} | {speed:,.0f} | "
            f"{1000 * row['worst_seconds']:.0f} ms | {row['worst_traced'] / _MIB:.1f} MiB | "
            f"{row['rss_peak'] / _MIB:.0f} MiB | {(row['rss_end'] - row['rss_start']) / _MIB:+.1f} MiB | "
            f"{len(row['findings'])} |"
        )
    lines.append(f"| all | {sum(row['executions'] for row in rows):,} |" + " |" * (len(_COLUMNS) - 2))
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--executions", type=int, default=50_000, help="of each target")
    parser.add_argument("--target", choices=TARGET_NAMES, nargs="+", default=TARGET_NAMES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=Path, help="folder for the growing corpus and for findings")
    parser.add_argument(
        "--jobs", type=int, default=core_count(), help="targets at once; one for each core if not given"
    )
    parser.add_argument("--json", type=Path, help="write the figures here, and a table beside them")
    options = parser.parse_args(arguments)
    if find_spec("atheris") is None:
        parser.error("atheris is not installed: pip install atheris")
    work = options.work or Path(tempfile.mkdtemp(prefix="gamutmeta-fuzz-"))
    rows = []

    def run(name: str) -> dict[str, Any]:
        return fuzz(name, options.executions, options.seed, work.absolute(), vectors=True)

    with ThreadPoolExecutor(max(1, options.jobs)) as pool:
        for row in pool.map(run, options.target):
            rows.append(row)
            _say(table([row]).splitlines()[2])
            for finding in row["findings"]:
                _say(f"  {finding['what']}\n  at {finding['where']}\n  with {finding['file']}")
    if options.json is not None:
        write(options.json, rows, sys.argv[1:] if arguments is None else arguments)
    return 1 if any(row["findings"] for row in rows) else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def write(path: Path, rows: Sequence[dict[str, Any]], arguments: Sequence[str]) -> None:
    """The figures, and the table beside them.

    Args:
        path: of the figures, ending in .json.
        rows: as :func:`fuzz` gives them.
        arguments: that the command was called with.
    """
    command = shlex.join(["python", "-m", "tests.fuzz.run", *arguments])
    machine = describe()
    names = ("atheris", "gamutmeta", "pillow", "numpy", "zstandard", "msgpack")
    versions = {name: version(name) for name in names if find_spec(_IMPORT_NAMES.get(name, name)) is not None}
    bounds = {"seconds": limits.SECONDS, "memory": limits.MEMORY, "pixels": limits.PIXELS, "input_bytes": _MAX_INPUT}
    result = {"command": command, "machine": machine, "versions": versions, "limits": bounds, "targets": list(rows)}
    path.write_text(json.dumps(result, indent=1) + "\n")
    said = ", ".join(f"{name} {number}" for name, number in versions.items())
    text = (
        f"`{command}`\n\n{table(rows)}\n\n{_LEGEND} Limits of one execution: {limits.SECONDS:g} s, "
        f"{limits.MEMORY // _MIB} MiB.\n\nPython {machine['python']}, {said}; {machine['processor']}, "
        f"{machine['cores']} cores, other work on them.\n"
    )
    path.with_suffix(".md").write_text(text)


def _coverage(said: str) -> dict[str, int]:
    """What libFuzzer's last line says: branches reached, and inputs it kept for reaching something new."""
    found = re.findall(r"cov: (\d+) ft: \d+ corp: (\d+)/", said)
    coverage, corpus = found[-1] if found else (0, 0)
    return {"coverage": int(coverage), "corpus": int(corpus)}


def _artifact(said: str) -> str | None:
    found = re.findall(r"Test unit written to (\S+)", said)
    return found[-1] if found else None


if __name__ == "__main__":
    sys.exit(main())
