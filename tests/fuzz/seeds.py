"""The seed corpus: small valid inputs of every target, made from the package.

python -m tests.fuzz.seeds
"""

from __future__ import annotations

import json
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.fuzz.catalogue import TARGETS

__all__ = ["CORPUS", "versions", "write"]

CORPUS = Path(__file__).parent / "corpus"


def versions() -> dict[str, str]:
    """What codes the pictures and the tensors; other versions may give other bytes."""
    return {
        name: _version(name) for name in ("imagecodecs", "isal", "numpy", "pillow", "tifffile", "zlib-ng", "zstandard")
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def write(corpus: Path = CORPUS) -> None:
    """Write ``<corpus>/<target>/<seed>`` anew, and ``<corpus>/versions.json``."""
    corpus.mkdir(exist_ok=True)
    (corpus / "versions.json").write_text(json.dumps(versions(), indent=1) + "\n")
    for name, target in TARGETS.items():
        folder = corpus / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for seed, data in target.seeds().items():
            (folder / seed).write_bytes(data)


if __name__ == "__main__":
    write()
