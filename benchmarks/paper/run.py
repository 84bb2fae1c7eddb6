"""A run of the paper's tables: measures what a store lacks, and tells what it has."""

import argparse
import hashlib
import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch

from benchmarks.harness import Result, Row
from benchmarks.paper import protocol
from benchmarks.paper.method import Setting
from benchmarks.paper.protocol import Coding, Measured, Picture, find
from benchmarks.paper.registry import Registry, UnknownRowError, build
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.errors import DeviceError, GamutMetaError
from gamutmeta.fit.torch_engine import choose_device
from gamutmeta.runtime.files import atomic_write

_DIGITS = 24
"""Of the hash in a file's name."""


def default_folder() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "gamutmeta-benchmarks" / "paper"


class Store:
    """Measurements by identity (:func:`benchmarks.paper.protocol.identity`) in a folder, an .npz file each.

    It holds the row as JSON in the array ``row``, and the arrays of its plots. Any number of processes may add to it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, identity: Mapping[str, Any]) -> Path:
        digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:_DIGITS]
        return self._folder / f"{identity['method']}-{digest}.npz"

    def find(self, identity: Mapping[str, Any]) -> Measured | None:
        path = self.path(identity)
        if not path.exists():
            return None
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        return Measured(json.loads(str(arrays.pop("row"))), arrays)

    def rows(self, method: str) -> Iterator[Row]:
        """The rows of all measurements of a method, by its key."""
        for path in sorted(self._folder.glob(f"{method}-{'?' * _DIGITS}.npz")):
            with np.load(path, allow_pickle=False) as file:  # reads no array before it is asked for
                yield json.loads(str(file["row"]))

    def add(self, identity: Mapping[str, Any], measured: Measured) -> None:
        """Keep a measurement; it replaces one with the same identity."""
        content = io.BytesIO()
        row = np.array(json.dumps(measured.row, allow_nan=False))
        np.savez_compressed(content, allow_pickle=False, row=row, **measured.arrays)
        path = self.path(identity)
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, content.getvalue(), overwrite=True)


# --- the run ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Run:
    """Measures what a store lacks; what could not be measured is told in `failed`, a line each."""

    paths: list[Path]
    registry: Registry
    store: Store
    setting: Setting
    options: argparse.Namespace
    failed: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, options: argparse.Namespace) -> Self:
        """The run that the command line asks for; it ends the program where that makes no sense."""
        try:
            registry = build(options.method)
            registry.chosen(options.rows)
            device = choose_device(options.device).type
            paths = find(options.data, tuple(options.only))
        except (UnknownRowError, ValueError, DeviceError, OSError) as error:
            sys.exit(str(error))
        if not paths:
            sys.exit(f"{options.data}: no such TIFF or PNG pictures")
        stems = [path.stem for path in paths]
        if twice := sorted({stem for stem in stems if stems.count(stem) > 1}):
            sys.exit(f"{options.data}: several pictures are named {', '.join(twice)}; rename all but one")
        for key, why in registry.absent.items():
            print(f"absent: {key}: {why}")
        torch.set_num_threads(options.threads)
        setting = Setting(device, options.seed, options.quick, truncate=False, adaptation=Adaptation.CAT02)
        return cls(paths, registry, Store(options.cache or default_folder()), setting, options)

    def on(self, path: Path, names: dict[str, str]) -> Iterator[str]:
        """Measure one picture, and say a line of each measurement; `names` is told the picture's, by its digest."""
        picture = Picture.read(path, self.options.crop)
        names[picture.digest] = picture.name
        for method in self.registry.chosen([*self.options.rows, *self._further()]):
            for coding in map(Coding, self.options.codings):
                setting = replace(self.setting, truncate=coding is Coding.TRUNCATED)
                identity = protocol.identity(method, picture, setting, coding)
                if not self.options.fresh and self.store.find(identity):
                    continue
                what = f"{picture.name}, {coding}, {method.key}"
                try:
                    measured = protocol.measure(method, picture, setting, coding)
                except (GamutMetaError, ValueError) as error:
                    self.failed.append(f"{what}: {error}")
                    yield f"{what}: FAILED: {error}"
                    continue
                if measured is not None:
                    self.store.add(identity, measured)
                    row = measured.row
                    og = "∞" if row["psnr_og"] is None else f"{row['psnr_og']:.2f}"
                    yield f"{what}: OG {og} dB, {row['metadata_bytes']:,} bytes, {row['optimisation_seconds']:.1f} s"

    def _further(self) -> list[str]:
        """Methods that were named are measured, whatever the rows."""
        return self.registry.keys[len(self.registry.keys) - len(self.options.method) :]

    def known(self, pictures: Mapping[str, str]) -> Iterator[Row]:
        """The rows that the store has of all methods on these pictures, by any device and with any share of steps.

        Pictures are names by digest.
        """
        wanted = self.setting.seed, self.setting.adaptation.value
        for method in self.registry.methods:
            for row in self.store.rows(method.key):
                place, name = row["setting"], pictures.get(row["picture"])
                same = (row["method"], row["version"]) == (method.key, protocol.version_of(method))
                if same and name is not None and (place["seed"], place["adaptation"]) == wanted:
                    yield row | {"photograph": name, "title": method.title, "group": method.group}

    def photographs(self, result: Result) -> Iterator[tuple[str, Any]]:
        """Error maps and diagrams of each photograph, as figures of matplotlib; of the first coding measured."""
        from benchmarks.paper.report.plots import SHOWN, draw_photograph
        from benchmarks.paper.report.tables import series_of

        rows = result["rows"]
        coding = next(coding for coding in Coding if any(row["coding"] == coding for row in rows)).value
        shown = [*SHOWN, *self._further()]
        every = [row for series in series_of(rows, shown, coding, result["device"]).values() for row in series.rows]
        for name in sorted({row["photograph"] for row in every}):
            of_name = (self.store.find(protocol.identity_of(row)) for row in every if row["photograph"] == name)
            yield name, draw_photograph(name, {one.row["method"]: one for one in of_name if one}, shown)
