"""A run of the paper's tables: measures what a store lacks, and tells what it has."""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from statistics import fmean
from typing import Any, Self

import torch

from benchmarks.harness import Result, Row, load
from benchmarks.paper import protocol
from benchmarks.paper.method import Method, Setting
from benchmarks.paper.protocol import Coding, Picture, find
from benchmarks.paper.registry import Registry, UnknownRowError, build
from benchmarks.paper.resume import checkpoint, done_steps
from benchmarks.paper.store import Store, default_folder
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.errors import DeviceError, GamutMetaError
from gamutmeta.fit.torch_engine import choose_device

_HELD = 8
"""Pictures that stay in memory."""


@dataclass(frozen=True, slots=True)
class Job:
    """One measurement: a method, a picture's file and a coding."""

    method: Method
    path: Path
    coding: Coding


@dataclass(frozen=True, slots=True)
class Run:
    """Measures what a store lacks; what could not be measured is told in `failed`, a line each.

    Rows of `earlier` tables count as measured.
    """

    paths: list[Path]
    registry: Registry
    store: Store
    setting: Setting
    options: argparse.Namespace
    earlier: Sequence[Row] = ()
    failed: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, options: argparse.Namespace) -> Self:
        """The run that the command line asks for; it ends the program where that makes no sense."""
        try:
            registry = build(options.method)
            registry.chosen(options.rows)
            device = choose_device(options.device).type
            paths = find(options.data, tuple(options.only))
            earlier = load(options.known)["rows"] if options.known is not None else []
        except (UnknownRowError, ValueError, DeviceError, OSError, KeyError) as error:
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
        return cls(paths, registry, Store(options.cache or default_folder()), setting, options, earlier)

    def jobs(self) -> list[Job]:
        """All measurements that were asked for: picture by picture, or row by row in the order that was asked for."""
        rows = [*self.options.rows, *self._further()]
        chosen = self.registry.chosen(rows)
        codings = [Coding(name) for name in self.options.codings]
        if self.options.row_by_row:
            order = dict.fromkeys(method for row in rows for method in self.registry.chosen([row]))
            pairs = [(method, path) for method in order for path in self.paths]
        else:
            pairs = [(method, path) for path in self.paths for method in chosen]
        every = (Job(method, path, coding) for method, path in pairs for coding in codings)
        return [job for job in every if protocol.takes_part(job.method, job.coding)]

    def _picture(self, path: Path) -> Picture:
        return _read(path, self.options.crop)

    def names(self) -> dict[str, str]:
        """Names of the pictures by their digests."""
        return {picture.digest: picture.name for picture in map(self._picture, self.paths)}

    def identity(self, job: Job) -> Row:
        setting = replace(self.setting, truncate=job.coding is Coding.TRUNCATED)
        return protocol.identity(job.method, self._picture(job.path), setting, job.coding)

    def known_already(self, identity: Row) -> bool:
        known = self.store.path(identity).exists()
        return known or any(protocol.identity_of(row) == identity for row in self.earlier)

    def measure(self) -> Iterator[str]:
        """Measure what is lacking, and say a line of each measurement."""
        jobs = self.jobs()
        for number, job in enumerate(jobs, 1):
            identity = self.identity(job)
            if not self.options.fresh and self.known_already(identity):
                continue
            with self.store.claim(identity) as place:
                # Another process may be at it, or may just have done it.
                if place is None or (not self.options.fresh and self.known_already(identity)):
                    continue
                yield f"[{number}/{len(jobs)}] {self._measured(job, identity, place)}"

    def _measured(self, job: Job, identity: Row, place: Path) -> str:
        """Measure one, and keep it; a line of what came of it."""
        setting = replace(self.setting, truncate=job.coding is Coding.TRUNCATED)
        what = f"{job.path.stem}, {job.coding}, {job.method.key}"
        try:
            with checkpoint(place) as at:
                measured = protocol.measure(job.method, self._picture(job.path), setting, job.coding)
        except (GamutMetaError, ValueError) as error:
            self.failed.append(f"{what}: {error}")
            return f"{what}: FAILED: {error}"
        if measured is None:
            return f"{what}: no part in it"
        row = measured.row
        if at.went_on:
            row["seconds_of_a_part"] = True
        self.store.add(identity, measured)
        og = "∞" if row["psnr_og"] is None else f"{row['psnr_og']:.2f}"
        return f"{what}: OG {og} dB, {row['metadata_bytes']:,} bytes, {row['optimisation_seconds']:.1f} s"

    def _further(self) -> list[str]:
        """Methods that were named are measured, whatever the rows."""
        return self.registry.keys[len(self.registry.keys) - len(self.options.method) :]

    def known(self, pictures: Mapping[str, str]) -> Iterator[Row]:
        """The rows of all methods on these pictures, by any device and with any share of steps, each once.

        Pictures are names by digest.
        """
        wanted = self.setting.seed, self.setting.adaptation.value
        for method in self.registry.methods:
            stored = list(self.store.rows(method.key))
            fresh = [protocol.identity_of(row) for row in stored]
            others = (row for row in self.earlier if row["method"] == method.key)
            for row in [*stored, *(row for row in others if protocol.identity_of(row) not in fresh)]:
                place, name = row["setting"], pictures.get(row["picture"])
                same = (row["method"], row["version"]) == (method.key, protocol.version_of(method))
                if same and name is not None and (place["seed"], place["adaptation"]) == wanted:
                    learned = sorted(getattr(method, "learned_from", ()))
                    own = {"learned_from": learned} if learned else {}
                    yield row | {"photograph": name, "title": method.title, "group": method.group} | own

    def progress(self) -> Iterator[str]:
        """What of the run is done, what is being done, and how long the rest takes, by what was measured so far."""
        jobs = [(job, self.identity(job)) for job in self.jobs()]
        left = [(job, identity) for job, identity in jobs if not self.known_already(identity)]
        rows = list(self.known(self.names()))
        hours = 0.0
        for key in dict.fromkeys(job.method.key for job, _ in jobs):
            mine = [(job, identity) for job, identity in left if job.method.key == key]
            every = sum(job.method.key == key for job, _ in jobs)
            took = [row["optimisation_seconds"] + row["inference_seconds"] for row in rows if row["method"] == key]
            hours += len(mine) * fmean(took) / 3600 if took else 0.0
            spent = f", {fmean(took):,.0f} s each" if took else ", seconds not known yet"
            begun = "".join(f"; {job.path.stem} {state}" for job, identity in mine if (state := self._state(identity)))
            yield f"{key}: {every - len(mine)} of {every}{spent}{begun}"
        unknown = {job.method.key for job, _ in left} - {row["method"] for row in rows}
        more = f", and {len(unknown)} row{'s' * (len(unknown) > 1)} of which no time is known" if unknown else ""
        yield f"{len(jobs) - len(left)} of {len(jobs)} measured; {hours:.1f} hours of one process are left{more}"

    def _state(self, identity: Row) -> str:
        """How far a measurement is that is not made yet, in words; "" if it was never begun."""
        step = done_steps(self.store.checkpoint(identity))
        words = "" if step is None else f"at step {step:,}"
        if self.store.is_claimed(identity):
            return f"is being measured{words and ', '}{words}"
        return words and f"was stopped {words}"

    def photographs(self, result: Result) -> Iterator[tuple[str, Any]]:
        """Error maps and diagrams of each photograph, as figures of matplotlib; of the first coding measured.

        Rows of earlier tables have none.
        """
        from benchmarks.paper.report.plots import SHOWN, draw_photograph
        from benchmarks.paper.report.series import series_of

        rows = result["rows"]
        coding = next(coding for coding in Coding if any(row["coding"] == coding for row in rows)).value
        shown = [*SHOWN, *self._further()]
        every = [row for series in series_of(rows, shown, coding, result["device"]).values() for row in series.rows]
        for name in sorted({row["photograph"] for row in every}):
            of_name = (self.store.find(protocol.identity_of(row)) for row in every if row["photograph"] == name)
            found = {one.row["method"]: one for one in of_name if one}
            if found:
                yield name, draw_photograph(name, found, shown)


@lru_cache(maxsize=_HELD)
def _read(path: Path, crop: int | None) -> Picture:
    return Picture.read(path, crop)
