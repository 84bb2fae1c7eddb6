"""What gamutmeta and each of its extras take on the disk.

    python -m benchmarks.installed

Adds up the files that each package needed brings, as its installer has recorded them, without the bytecode that Python
adds. Run it where all extras are installed. An extra counts with everything it needs beyond gamutmeta itself, so that
what two extras share counts for both. Writes ``results/installed.json`` and ``results/installed.md``.
"""

import argparse
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from benchmarks.harness import Benchmark, Result, table
from benchmarks.machine import ROOT
from gamutmeta import __version__


def needed(requirements: list[str]) -> set[str]:
    """Names of all packages that requirements ask for, directly or not, on this machine."""
    found: set[tuple[str, str]] = set()
    waiting = [(text, "") for text in requirements]
    while waiting:
        text, of_extra = waiting.pop()
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": of_extra}):
            continue
        name = canonicalize_name(requirement.name)
        for extra in {"", *requirement.extras}:
            if (name, extra) not in found:
                found.add((name, extra))
                waiting += [(further, extra) for further in distribution(name).requires or ()]
    return {name for name, _ in found}


def size_of(name: str) -> int:
    files = distribution(name).files or []
    paths = {Path(str(file.locate())).resolve() for file in files if file.suffix != ".pyc"}
    return sum(path.stat().st_size for path in paths if path.is_file())


def package_size() -> int:
    """Bytes of gamutmeta itself, as the wheel brings it."""
    files = [path for path in (ROOT / "gamutmeta").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return sum(path.stat().st_size for path in (*files, *(ROOT / "spec" / "decoders").glob("*.js")))


def sizes() -> dict[str, dict[str, Any]]:
    """Of gamutmeta ("") and of each extra that is installed: bytes, and all packages with version and bytes."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    base = needed(project["dependencies"])
    result = {"": _summary(base, own=package_size())}
    for extra, requirements in project["optional-dependencies"].items():
        if extra != "all":
            try:
                result[extra] = _summary(needed(requirements) - base)
            except PackageNotFoundError as error:
                print(f"{extra}: {error.name} is not installed")
    return result


def _summary(names: set[str], own: int = 0) -> dict[str, Any]:
    sizes = {name: (distribution(name).version, size_of(name)) for name in names}
    if own:
        sizes["gamutmeta"] = (__version__, own)
    packages = dict(sorted(sizes.items(), key=lambda item: -item[1][1]))
    return {"bytes": sum(size for _, size in packages.values()), "packages": packages}


def _mb(size: int) -> str:
    return f"{size / 1e6:.1f}" if size < 10_000_000 else f"{size / 1e6:.0f}"


def measure(options: argparse.Namespace, result: Result) -> Iterator[str]:
    del options
    result["sizes"] = sizes()
    yield f"{len(result['sizes']) - 1} extras are installed"


def document(result: Result) -> str:
    lines = []
    for extra, values in result["sizes"].items():
        packages: dict[str, tuple[str, int]] = values["packages"]
        largest = ", ".join(f"{name} {version} ({_mb(size)})" for name, (version, size) in list(packages.items())[:3])
        lines.append([f"`{extra}`" if extra else "none", _mb(values["bytes"]), largest])
    return table(["extra", "MB", "the largest packages of it"], lines, "lrl") + "\n"


BENCHMARK = Benchmark("installed", __doc__, lambda _: None, measure, document)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
