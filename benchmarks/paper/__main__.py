"""The paper's tables: every method, measured side by side.

    python -m benchmarks.paper DATA [--rows ROW ...] [--codings CODING ...] [--device auto] [--quick SHARE]
                               [--crop N] [--only NAME ...] [--out FOLDER]

DATA is a folder of 16-bit ProPhoto pictures (TIFF or PNG), or one that benchmarks.paper.make_dataset made; a picture
that names no colour space is taken for ProPhoto. Rows are keys of methods, groups, "table1", "table2", "table3",
"figure8" or "all".

Every measurement is kept in a cache and made once: a long table can be made in pieces, with other rows, pictures or
machines, and taken up again after a stop. It knows a method's version, but not what else a change of the code makes
stale: --fresh measures again. The tables show all that the cache has of these pictures, whatever --rows
says; without any row (``--rows`` alone) nothing is measured. With --quick 0.1 methods are given a tenth of their own
optimisation steps, which every table says; where there are several, a method's largest share is shown.

Writes into the folder of --out: ``tables.md``, ``tables.json``, for each picture ``NAME.png`` with error maps and
chromaticity diagrams of the out-of-gamut colours, and ``ablations.png`` and ``.svg`` with Tables 2 and 3 and Figure 8.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from benchmarks.machine import describe
from benchmarks.paper.method import Setting
from benchmarks.paper.pictures import Picture, find
from benchmarks.paper.protocol import Coding, identity, identity_of, measure, version_of
from benchmarks.paper.registry import TABLES, UnknownRowError, build, chosen
from benchmarks.paper.report.figures import series_of
from benchmarks.paper.report.plots import SHOWN, draw_ablations, draw_photograph
from benchmarks.paper.report.tables import document, unseen
from benchmarks.paper.store import Store, default_folder
from benchmarks.paper.training_set import seen_in_training
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.errors import DeviceError, GamutMetaError
from gamutmeta.fit.engine import choose_device
from gamutmeta.photo.files import atomic_write

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from benchmarks.paper.method import Method
    from benchmarks.paper.registry import Registry

    Row = dict[str, Any]

OUT = Path(__file__).parent.parent / "results" / "paper"


def share(text: str) -> float:
    """A number in (0, 1]."""
    value = float(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not above 0 and at most 1")
    return value


def side(text: str) -> int:
    """A number of pixels."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a number of pixels")
    return value


def arguments_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA")
    parser.add_argument("--rows", nargs="*", default=["all"], metavar="ROW", help="what to measure; all by default")
    parser.add_argument("--codings", nargs="+", type=Coding, default=list(Coding), choices=list(Coding),
                        metavar="CODING", help=f"of {', '.join(Coding)}; all by default")  # fmt: skip
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--threads", type=side, default=1, help="of torch, on the CPU")
    parser.add_argument("--quick", type=share, default=1.0, metavar="SHARE", help="of the optimisation steps")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--crop", type=side, metavar="N", help="measure the central N x N pixels alone")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="pictures with this in their name")
    parser.add_argument("--fresh", action="store_true", help="measure again what the cache has of this")
    parser.add_argument("--cache", type=Path, help="folder of measurements; by default in the user's cache folder")
    parser.add_argument("--out", type=Path, default=OUT, metavar="FOLDER", help="by default %(default)s")
    return parser.parse_args(arguments)


@dataclass(frozen=True, slots=True)
class Run:
    """Measures what a store lacks.

    Attributes:
        store: where measurements are kept.
        methods, codings: what is measured.
        setting: how.
        fresh: whether it is measured again what the store has.
        failed: fills with what could not be measured, a line each; the rest is measured all the same.
    """

    store: Store
    methods: Sequence[Method]
    codings: Sequence[Coding]
    setting: Setting
    fresh: bool
    failed: list[str] = field(default_factory=list)

    def on(self, picture: Picture) -> Iterator[str]:
        """Measure one picture, and say a line of each measurement."""
        for method in self.methods:
            for coding in self.codings:
                setting = replace(self.setting, truncate=coding is Coding.TRUNCATED)
                name = identity(method, picture, setting, coding)
                if not self.fresh and self.store.find(name):
                    continue
                what = f"{picture.name}, {coding}, {method.key}"
                try:
                    measured = measure(method, picture, setting, coding)
                except (GamutMetaError, ValueError) as error:
                    self.failed.append(f"{what}: {error}")
                    yield f"{what}: FAILED: {error}"
                    continue
                if measured is not None:
                    self.store.add(name, measured)
                    yield f"{what}: {_words(measured.row)}"


def _words(row: Row) -> str:
    og = "∞" if row["psnr_og"] is None else f"{row['psnr_og']:.2f}"
    seconds = f"{row['optimisation_seconds']:.1f} s + {row['inference_seconds']:.2f} s"
    return f"OG {og} dB, {row['metadata_bytes']:,} bytes, {seconds}"


def known(store: Store, registry: Registry, pictures: Mapping[str, str], setting: Setting) -> Iterator[Row]:
    """The rows that the store has of all methods on these pictures, by any device and with any share of steps.

    Args:
        store: of the measurements.
        registry: of the methods.
        pictures: name by digest.
        setting: gives seed and adaptation.
    """
    for method in registry.methods:
        for row in store.rows(method.key):
            place = row["setting"]
            same = (row["method"], row["version"]) == (method.key, version_of(method))
            if same and (place["seed"], place["adaptation"]) == (setting.seed, setting.adaptation.value):
                name = pictures.get(row["picture"])
                if name is not None:
                    yield row | {"photograph": name, "title": method.title, "group": method.group}


def write(rows: Sequence[Row], store: Store, registry: Registry, device: str, folder: Path) -> str:
    """Write all result files, and return the Markdown."""
    machine = describe()
    folder.mkdir(parents=True, exist_ok=True)
    learned_from = {name for name in {row["photograph"] for row in rows} if seen_in_training(name)}
    text = document(rows, registry, machine, device, learned_from)
    lines = ",\n".join(json.dumps(row, allow_nan=False) for row in rows)
    absent = json.dumps(dict(registry.absent))
    # A row a line: the file is long, and its differences should be readable.
    content = f'{{"machine": {json.dumps(machine)},\n"absent": {absent},\n"rows": [\n{lines}\n]}}\n'
    atomic_write(folder / "tables.json", content.encode(), overwrite=True)
    atomic_write(folder / "tables.md", text.encode(), overwrite=True)
    # The plots show one coding: the first of those that were measured.
    coding = next(coding for coding in Coding if any(row["coding"] == coding for row in rows)).value
    tested = unseen(rows, learned_from)
    tables = {
        name: series_of(tested, [method.key for method in registry.table(name)], coding, device) for name in TABLES
    }
    draw_ablations([folder / "ablations.png", folder / "ablations.svg"], tables)
    every = [row for series in series_of(rows, SHOWN, coding, device).values() for row in series.rows]
    for name in sorted({row["photograph"] for row in every}):
        identities = [identity_of(row) for row in every if row["photograph"] == name]
        found = {measured.row["method"]: measured for one in identities if (measured := store.find(one))}
        draw_photograph(folder / f"{name}.png", name, found)
    return text


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module's docstring."""
    options = arguments_of(arguments)
    registry = build()
    try:
        methods = chosen(registry, options.rows)
        device = choose_device(options.device).type
        paths = find(options.data, tuple(options.only))
    except (UnknownRowError, DeviceError, OSError) as error:
        sys.exit(str(error))
    if not paths:
        sys.exit(f"{options.data}: no such TIFF or PNG pictures")
    stems = [path.stem for path in paths]
    twice = sorted({stem for stem in stems if stems.count(stem) > 1})
    if twice:
        sys.exit(f"{options.data}: several pictures are named {', '.join(twice)}; rename all but one")
    for key, why in registry.absent.items():
        print(f"absent: {key}: {why}")
    torch.set_num_threads(options.threads)
    setting = Setting(device, options.seed, options.quick, truncate=False, adaptation=Adaptation.CAT02)
    store = Store(options.cache or default_folder())
    run = Run(store, methods, options.codings, setting, options.fresh)
    start, names = time.perf_counter(), {}
    for count, path in enumerate(paths, 1):
        picture = Picture.read(path, options.crop)
        names[picture.digest] = picture.name
        for line in run.on(picture):
            print(f"[{count}/{len(paths)}, {time.perf_counter() - start:.0f} s] {line}", flush=True)
    rows = list(known(store, registry, names, setting))
    if not rows:
        sys.exit("nothing was measured of these pictures yet")
    print(write(rows, store, registry, device, options.out))
    if run.failed:
        sys.exit("\n".join([f"{len(run.failed)} measurements failed:", *run.failed]))


if __name__ == "__main__":
    main()
