"""All methods in the tables' order."""

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.paper.method import Method
from benchmarks.paper.methods.mlp import FIGURE_8, TABLE_2, TABLE_3

_MODULES = (
    "clip", "networks", "sampled", "siren", "mlp", "gain_map", "gain_mlp", "codecs", "gamutmeta",
)  # fmt: skip
"""Of :mod:`benchmarks.paper.methods`; each has ``methods()``."""

TABLES: Mapping[str, Sequence[str]] = {"table2": TABLE_2, "table3": TABLE_3, "figure8": FIGURE_8}
"""The rows of the paper's smaller tables; Table 1 has all that are in none of these alone."""

_IN_TABLE_1_TOO = {"mlp-53kb", "mlp-23kb"}


class UnknownRowError(ValueError):
    """A row was asked for that there is not, or a method that cannot be found."""


def keys_of(table: str, every: Sequence[str]) -> list[str]:
    """The rows of "table1", "table2", "table3" or "figure8", of all keys in the tables' order."""
    if table == "table1":
        others = {key for keys in TABLES.values() for key in keys} - _IN_TABLE_1_TOO
        return [key for key in every if key not in others]
    return [key for key in TABLES[table] if key in every]


@dataclass(frozen=True, slots=True)
class Registry:
    """All methods, in the tables' order, those among them that cannot be measured here."""

    methods: tuple[Method, ...]

    @property
    def keys(self) -> list[str]:
        return [method.key for method in self.methods]

    @property
    def absent(self) -> Mapping[str, str]:
        """The rows that cannot be measured here, by key, and why not."""
        reasons = {method.key: str(getattr(method, "absent", "")) for method in self.methods}
        return {key: reason for key, reason in reasons.items() if reason}

    def chosen(self, rows: Sequence[str]) -> tuple[Method, ...]:
        """The methods of some rows that can be measured, in the tables' order.

        Rows are keys of methods; or "all", "table1", "table2", "table3", "figure8", or a group ("ours").

        Raises:
            UnknownRowError: if there is no such row; says why, and which there are.
        """
        wanted: set[str] = set()
        for row in rows:
            keys = set(self.keys) if row == "all" else {m.key for m in self.methods if row in {m.key, m.group}}
            if row == "table1" or row in TABLES:
                keys = set(keys_of(row, self.keys))
            if not keys or row in self.absent:
                known = ", ".join(["all", "table1", *TABLES, *self.keys])
                raise UnknownRowError(f"row {row!r}: {self.absent.get(row, f'there is none; there are {known}')}")
            wanted |= keys - set(self.absent)
        return tuple(method for method in self.methods if method.key in wanted)


def build(further: Sequence[str] = ()) -> Registry:
    """Every module's methods, and one more of each further class: "my.module:Class".

    Raises:
        UnknownRowError: if there is no such class, or if it makes no method.
        ValueError: if two methods have one key.
    """
    modules = (importlib.import_module(f"benchmarks.paper.methods.{name}") for name in _MODULES)
    methods = [method for module in modules for method in module.methods()]
    methods += [_made(name) for name in further]
    keys = [method.key for method in methods]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise ValueError(f"two methods have the key {', '.join(twice)}")
    return Registry(tuple(methods))


def _made(name: str) -> Method:
    try:
        method: Method = pkgutil.resolve_name(name)()
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise UnknownRowError(f"--method {name}: {error}; it is to be a class, as my.module:Class") from error
    lacking = [part for part in ("key", "title", "group", "reduce", "expand") if not hasattr(method, part)]
    if lacking:
        raise UnknownRowError(f"--method {name}: it has no {', '.join(lacking)}; see benchmarks/paper/README.md")
    return method
