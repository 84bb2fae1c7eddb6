"""Make all conformance vectors: ``python -m spec.vectors.make``, from the root of the repository.

Writes ``index.json``, ``files/``, ``pixels/`` and ``expected/``. All but the expected pixels are the same byte for byte
wherever they are made; those are computed in single precision, whose last bit may differ from one processor to another,
and stay within the tolerance of the specification.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from spec.vectors.recipes import (
    of_containers,
    of_descriptors,
    of_edges,
    of_edges_of_files,
    of_frames,
    of_jpegs,
    of_likenesses,
    of_models,
    of_mutants,
    of_orders,
    of_pngs,
    of_readings,
    of_samples,
    of_shoulders,
    of_sidecars,
    of_tiffs,
)
from spec.vectors.recipes.bases import Bases
from spec.vectors.recipes.suite import Suite

__all__ = ["FOLDER", "all_vectors", "main"]

FOLDER = Path(__file__).resolve().parent
"""Where the vectors are kept."""


_GROUPS = (
    of_models,
    of_containers,
    of_descriptors,
    of_frames,
    of_jpegs,
    of_pngs,
    of_tiffs,
    of_sidecars,
    of_orders,
    of_samples,
    of_likenesses,
    of_shoulders,
    of_edges,
    of_edges_of_files,
    of_mutants,
    of_readings,
)


def all_vectors(*, remake_bases: bool = False) -> Suite:
    """Collect every vector.

    Args:
        remake_bases: whether to make ``base/`` anew first, with the encoders that are installed.
    """
    suite = Suite(Bases(FOLDER / "base", remake=remake_bases))
    for group in _GROUPS:
        group.add(suite)
    unused = suite.bases.unused()
    if unused:
        raise ValueError(f"nothing uses {', '.join(unused)} in base/")
    return suite


def main(arguments: list[str] | None = None) -> int:
    """Run the script; returns the exit code."""
    parser = argparse.ArgumentParser(description="Make all conformance vectors.")
    parser.add_argument("-o", "--output", type=Path, default=FOLDER, help="another folder than that of this script")
    parser.add_argument(
        "--remake-bases", action="store_true", help="make base/ anew; other encoders make other vectors"
    )
    options = parser.parse_args(arguments)
    suite = all_vectors(remake_bases=options.remake_bases)
    suite.write(options.output)
    sys.stdout.write(f"{len(suite.vectors)} vectors, {len(suite.files)} files\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
