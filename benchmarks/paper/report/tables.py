"""The measurements as Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.paper.protocol import Coding
from benchmarks.paper.report.figures import Series, quick_share, series_of
from benchmarks.paper.report.published import PUBLISHED, Published

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from benchmarks.paper.registry import Registry

__all__ = ["MIN_OG_PERCENT", "document", "markdown", "unseen"]

Row = dict[str, Any]

MIN_OG_PERCENT = 10
"""The paper's pictures have at least so many of their pixels out of gamut."""

_UNPUBLISHED = Published()


@dataclass(frozen=True, slots=True)
class _Column:
    head: str
    name: str
    form: str
    published: bool = False


_COLUMNS = (
    _Column("bytes", "metadata_bytes", "{:,.0f}"),
    _Column("paper: KB", "kilobytes", "{:,.0f}", published=True),
    _Column("RMSE", "rmse", "{:.5f}"),
    _Column("paper", "rmse", "{:.5f}", published=True),
    _Column("RMSE OG", "rmse_og", "{:.5f}"),
    _Column("paper", "rmse_og", "{:.5f}", published=True),
    _Column("PSNR", "psnr", "{:.2f}"),
    _Column("paper", "psnr", "{:.2f}", published=True),
    _Column("PSNR OG", "psnr_og", "{:.2f}"),
    _Column("paper", "psnr_og", "{:.2f}", published=True),
    _Column("dE", "de", "{:.2f}"),
    _Column("dE OG", "de_og", "{:.2f}"),
    _Column("dE of sRGB", "shown_de", "{:.2f}"),
    _Column("optimisation, s", "optimisation_seconds", "{:.2f}"),
    _Column("paper", "optimisation_seconds", "{:.2f}", published=True),
    _Column("inference, s", "inference_seconds", "{:.3f}"),
    _Column("paper", "inference_seconds", "{:.2f}", published=True),
)


def markdown(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table; all columns but the first are numbers."""
    rows = [heads, ["---"] + ["---:"] * (len(heads) - 1), *lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _cell(series: Series, column: _Column, average: Callable[[str], float | None]) -> str:
    if column.published:
        value = getattr(PUBLISHED.get(series.first["method"], _UNPUBLISHED), column.name)
    else:
        value = average(column.name)
    if column.published or not column.name.startswith("psnr"):
        return "" if value is None else column.form.format(value)
    # Nothing is lost on some photographs: the mean is that of the others, and more.
    if value is None:
        return "∞" if series.has_exact(column.name) else ""
    return f"{'> ' if series.has_exact(column.name) else ''}{column.form.format(value)}"


def _table(found: Mapping[str, Series], *, medians: bool = False) -> str:
    # The paper states means, of lossless pictures.
    lossless = all(series.first["coding"] != Coding.JPEG for series in found.values())
    shown = [column for column in _COLUMNS if not column.published or (lossless and not medians)]
    lines = []
    for series in found.values():
        average = series.median if medians else series.mean
        steps = "all" if series.quick == 1 else f"quick: {100 * series.quick:g} %"
        cells = [_cell(series, column, average) for column in shown]
        lines.append([series.first["title"], str(len(series.rows)), steps, series.device, *cells])
    # What no row has takes no column.
    used = [k for k in range(len(shown)) if any(line[4 + k] for line in lines)]
    heads = ["method", "n", "steps", "device", *(shown[k].head for k in used)]
    return markdown(heads, [line[:4] + [line[4 + k] for k in used] for line in lines])


def _photographs(found: Mapping[str, Series]) -> str:
    names = sorted({row["photograph"] for series in found.values() for row in series.rows})
    lines = []
    for series in found.values():
        by_name = {row["photograph"]: row for row in series.rows}
        cells = [_pair(by_name[name]) if name in by_name else "" for name in names]
        lines.append([series.first["title"], *cells])
    return markdown(["PSNR OG / whole, dB", *names], lines)


def _pair(row: Row) -> str:
    return " / ".join("∞" if row[name] is None else f"{row[name]:.1f}" for name in ("psnr_og", "psnr"))


_EXPLANATION = """\
RMSE and PSNR are in linear ProPhoto on [0, 1], over all pixels and over those out of gamut (OG); dE is the mean
CIEDE2000; "dE of sRGB" is that of the sRGB picture, which everybody sees, from the clipped one: only of methods that
show another. Figures are means over the photographs, as in the paper; n is how many these are: rows with another n are
of other photographs, and are to be compared in the tables of photographs. Bytes are those of the metadata alone; the
paper's KB are 1,024 bytes, and its networks' hold 1,024 bytes of the file beside the weights.
Seconds are by the wall clock; the optimisation's hold the drawing of samples, too. A row whose steps are marked "quick"
was given that share of its method's own optimisation steps, and is worse than the method for it. Published figures come
from other photographs and another machine."""


def document(
    rows: Sequence[Row],
    registry: Registry,
    machine: Mapping[str, Any],
    device: str,
    learned_from: Collection[str] = (),
) -> str:
    """The whole document.

    Args:
        rows: of all methods, photographs and codings.
        registry: gives order and tables, and tells what is absent.
        machine: what :func:`benchmarks.machine.describe` tells.
        device: whose rows are preferred.
        learned_from: names of photographs that start weights or networks were learned from; see :func:`unseen`.
    """
    tested = unseen(rows, learned_from)
    parts = ["# The paper's tables", _head(rows, machine), _EXPLANATION]
    parts += [_learned(rows, tested), _absent(rows, registry)]
    for name, title in (
        ("table1", "Table 1"),
        ("table2", "Table 2, what the network sees"),
        ("table3", "Table 3, without and with the encoding"),
        ("figure8", "Figure 8, width of the hidden layers"),
    ):
        for coding in Coding:
            found = _of_table(name, tested, registry, coding, device)
            if found:
                parts += [f"## {title}: {coding.words}", _table(found)]
                parts += ["Medians:", _table(found, medians=True)] if name == "table1" else []
    for coding in Coding:
        found = _of_table("table1", rows, registry, coding, device)
        if found and len(tested) < len(rows):
            parts += [f"## Table 1 over all photographs: {coding.words}", _table(found)]
        if found:
            parts += [f"## Photographs: {coding.words}", _photographs(found)]
    parts += ["## Settings", _notes(rows, registry, device)]
    return "\n\n".join(part for part in parts if part) + "\n"


def unseen(rows: Sequence[Row], learned_from: Collection[str]) -> Sequence[Row]:
    """The rows of photographs that nothing was learned from; all, if there are no such."""
    return [row for row in rows if row["photograph"] not in learned_from] or rows


def _learned(rows: Sequence[Row], tested: Sequence[Row]) -> str:
    names = sorted({row["photograph"] for row in rows} - {row["photograph"] for row in tested})
    if not names:
        return ""
    return (
        f"Learned start weights and pre-trained networks were learned from {', '.join(names)}. Tables leave these out, "
        'unless they are called "over all photographs": there, rows of such methods look better than they are.'
    )


def _of_table(name: str, rows: Sequence[Row], registry: Registry, coding: Coding, device: str) -> Mapping[str, Series]:
    return series_of(rows, [method.key for method in registry.table(name)], coding.value, device)


def _head(rows: Sequence[Row], machine: Mapping[str, Any]) -> str:
    photographs = {row["photograph"]: row for row in rows}
    ran = sorted({_where(row) for row in rows})
    few = sorted(name for name, row in photographs.items() if row["og_percent"] < MIN_OG_PERCENT)
    quick = sorted({quick_share(row) for row in rows} - {1.0})
    machine_words = f"gamutmeta {machine['gamutmeta']}, Python {machine['python']}, {machine['system']}"
    lines = [f"{_counted(len(photographs), 'photograph')}; measured on {'; '.join(ran)}; {machine_words}."]
    if few:
        lines.append(f"Less than {MIN_OG_PERCENT} % of the pixels are out of gamut in {', '.join(few)}.")
    if quick:
        lines.append(f"**Some rows are quick: {', '.join(f'{100 * share:g} %' for share in quick)} of the steps.**")
    return "\n".join(lines)


def _where(row: Row) -> str:
    machine = row["machine"]
    where = machine["cuda"] if row["setting"]["device"] == "cuda" else machine["processor"]
    return f"{where} (torch {machine['torch']}, {_counted(machine['threads'], 'thread')})"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _absent(rows: Sequence[Row], registry: Registry) -> str:
    measured = {row["method"] for row in rows}
    lines = [f"- {key}: {why}" for key, why in registry.absent.items()]
    lines += [f"- {method.key}: not measured" for method in registry.methods if method.key not in measured]
    return "\n".join(["Rows that are absent:", "", *lines]) if lines else ""


def _notes(rows: Sequence[Row], registry: Registry, device: str) -> str:
    """What every method says of itself, of the first photograph."""
    keys = [method.key for method in registry.methods]
    lines: dict[str, str] = {}
    for coding in Coding:
        for key, series in series_of(rows, keys, coding.value, device).items():
            lines.setdefault(key, f"- {series.first['title']} (`{key}`): {series.first['note'] or 'nothing is stored'}")
    return "\n".join(lines[key] for key in keys if key in lines)
