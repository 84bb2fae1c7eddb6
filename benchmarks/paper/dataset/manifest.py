"""The list of a data set's files."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Literal

from gamutmeta.photo.files import atomic_write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Row", "write"]


@dataclass(frozen=True, slots=True)
class Row:
    """A file of the data set.

    Attributes:
        file: its path in the data set.
        split: "train" or "test".
        kind: "picture", or "crop" of one.
        origin: the file it was made of, as :class:`~benchmarks.paper.dataset.sources.Source` has it.
        digest: SHA-256 of that file.
        scene: what it shows; never on both sides of the split.
        style: of the rendering.
        og_percent: share of out-of-gamut pixels.
        width, height: in pixels.
        top, left: where a crop was cut; empty for a picture.
    """

    file: str
    split: Literal["train", "test"]
    kind: Literal["picture", "crop"]
    origin: str
    digest: str
    scene: str
    style: str
    og_percent: float
    width: int
    height: int
    top: int | None = None
    left: int | None = None


def write(folder: Path, rows: Sequence[Row], about: str) -> None:
    """Write ``manifest.csv``, and ``split.json`` with the names of the pictures on either side.

    Args:
        folder: of the data set.
        rows: all files.
        about: how the data set was made, for people.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Row)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) | {"og_percent": f"{row.og_percent:.2f}"} for row in rows)
    atomic_write(folder / "manifest.csv", text.getvalue().encode())
    names = {
        side: [row.file.rpartition("/")[2].removesuffix(".tif") for row in rows if (row.kind, row.split) == pair]
        for side, pair in (("training", ("picture", "train")), ("unseen", ("picture", "test")))
    }
    atomic_write(folder / "split.json", (json.dumps({"about": about, **names}, indent=1) + "\n").encode())
