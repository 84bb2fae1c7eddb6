"""Write the hashes of everything that .ci/run takes from the package index: the files of one kind of machine.

    pip install --dry-run --ignore-installed --report report.json -c constraints.txt REQUIREMENTS
    python .ci/write_hashes.py report.json

REQUIREMENTS are the dependencies, extras and groups of pyproject.toml, and what `python -m benchmarks.interop.tools
pip` says. What only Ray needs goes into a file of its own: where it is not to be had, its tests are skipped.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

__all__ = ["lines_of"]

_FOLDER = Path(__file__).parent
_OF_RAY = {"pandas", "protobuf", "pyarrow", "ray"}
_OF_BUILDS = {"hatchling", "trove-classifiers"}
"""pip makes an environment of its own for them."""


def lines_of(report: Path) -> dict[str, str]:
    """A line for each package: its version, and the SHA-256 of its file."""
    lines = {}
    for package in json.loads(report.read_text(encoding="utf-8"))["install"]:
        about, hashes = package["metadata"], package["download_info"]["archive_info"]["hashes"]
        name = about["name"].lower()
        lines[name] = f"{name}=={about['version']} --hash=sha256:{hashes['sha256']}\n"
    return dict(sorted(lines.items()))


def main(report: Path) -> None:
    """Write both files."""
    lines = lines_of(report)
    others = lines.keys() - _OF_RAY - _OF_BUILDS
    (_FOLDER / "hashes.txt").write_text("".join(line for name, line in lines.items() if name in others))
    (_FOLDER / "hashes-ray.txt").write_text("".join(line for name, line in lines.items() if name in _OF_RAY))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
