"""The seed corpus: small valid inputs of every target, made from the package.

python -m tests.fuzz.seeds
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.fuzz.catalogue import TARGETS

__all__ = ["CORPUS", "write"]

CORPUS = Path(__file__).parent / "corpus"


def write(corpus: Path = CORPUS) -> None:
    """Write ``<corpus>/<target>/<seed>`` anew."""
    for name, target in TARGETS.items():
        folder = corpus / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for seed, data in target.seeds().items():
            (folder / seed).write_bytes(data)


if __name__ == "__main__":
    write()
