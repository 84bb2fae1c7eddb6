"""All methods in the tables' order, and those that are missing."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from benchmarks.paper.methods.mlp import FIGURE_8, TABLE_2, TABLE_3
from gamutmeta.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.paper.method import Method

__all__ = ["TABLES", "Registry", "UnknownRowError", "build", "chosen"]

_MODULES = {
    "clip": "Clip",
    "soft_clip": "Soft Clip",
    "networks": "GamutNet, pix2pix, pix2pixHD, ASAPNet",
    "sampled": "ProPhoto-Sampled",
    "siren": "SIREN, SIREN-residual, SIREN-small-residual",
    "mlp": "MLP + encoding",
    "gain_map": "gain maps",
    "gain_mlp": "Gain-MLP-like network",
    "codecs": "JPEG XL, AVIF",
    "gamutmeta": "gamutmeta's presets",
}
"""Modules of :mod:`benchmarks.paper.methods`, and the rows that each brings."""

TABLES: Mapping[str, Sequence[str]] = {"table2": TABLE_2, "table3": TABLE_3, "figure8": FIGURE_8}
"""The rows of the paper's smaller tables; Table 1 has all that are in none of these alone."""

_IN_TABLE_1_TOO = {"mlp-53kb", "mlp-23kb"}


class UnknownRowError(ValueError):
    """A row was asked for that there is not."""


@dataclass(frozen=True, slots=True)
class Registry:
    """What there is.

    Attributes:
        methods: in the tables' order.
        absent: rows that cannot be run, by key, or by module where even the keys are unknown; and why not.
    """

    methods: tuple[Method, ...]
    absent: Mapping[str, str]

    def table(self, name: str) -> tuple[Method, ...]:
        """The methods of "table1", "table2", "table3" or "figure8"."""
        if name == "table1":
            others = {key for keys in TABLES.values() for key in keys} - _IN_TABLE_1_TOO
            return tuple(method for method in self.methods if method.key not in others)
        by_key = {method.key: method for method in self.methods}
        return tuple(by_key[key] for key in TABLES[name] if key in by_key)


@cache
def build() -> Registry:
    """Ask every module of :mod:`benchmarks.paper.methods` for its methods."""
    methods: list[Method] = []
    absent: dict[str, str] = {}
    for name, rows in _MODULES.items():
        place = f"benchmarks.paper.methods.{name}"
        if importlib.util.find_spec(place) is None:
            absent[name] = f"{rows}: there is no {place}"
            continue
        try:
            module = importlib.import_module(place)
            methods += module.methods()
            absent |= module.absent() if hasattr(module, "absent") else {}
        except MissingExtraError as error:
            absent[name] = f"{rows}: {error}"
    keys = [method.key for method in methods]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f"two methods have the key {', '.join(twice)}")
    return Registry(tuple(methods), absent)


def chosen(registry: Registry, rows: Sequence[str]) -> tuple[Method, ...]:
    """The methods of some rows, in the tables' order.

    Args:
        registry: of all.
        rows: keys of methods; or "all", "table1", "table2", "table3", "figure8", or a group ("ours").

    Raises:
        UnknownRowError: if there is no such row; says why, and which there are.
    """
    wanted: set[str] = set()
    for row in rows:
        if row == "all":
            keys = {method.key for method in registry.methods}
        elif row == "table1" or row in TABLES:
            keys = {method.key for method in registry.table(row)}
        else:
            keys = {method.key for method in registry.methods if row in {method.key, method.group}}
        if not keys:
            why = registry.absent.get(row)
            known = ", ".join(["all", "table1", *TABLES, *(method.key for method in registry.methods)])
            raise UnknownRowError(f"row {row!r}: {why or f'there is none; there are {known}'}")
        wanted |= keys
    return tuple(method for method in registry.methods if method.key in wanted)
