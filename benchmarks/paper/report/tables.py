"""The measurements as Markdown: what rows are on average, beside what the paper states."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from benchmarks.harness import Result, Row, load, table
from benchmarks.paper.protocol import Coding
from benchmarks.paper.registry import build, keys_of
from benchmarks.paper.report.orders import LEAST_PHOTOGRAPHS, ORDERS
from benchmarks.paper.report.series import Series, quick_share, series_of

PUBLISHED: Mapping[str, Mapping[str, float]] = load(Path(__file__).with_name("published.json"))
"""What the paper states of a row, as far as it is known to us from its text: means over its 200 test pictures, seconds
for one on an NVIDIA RTX 6000."""

MIN_OG_PERCENT = 10
"""The paper's pictures have at least so many of their pixels out of gamut."""


class _Column(NamedTuple):
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


def _markdown(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    return table(heads, lines, "lr", spaced=True)


def _cell(series: Series, column: _Column, average: Callable[[str], float | None]) -> str:
    stated = PUBLISHED.get(series.first["method"], {})
    value = stated.get(column.name) if column.published else average(column.name)
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
    return _markdown(heads, [line[:4] + [line[4 + k] for k in used] for line in lines])


def _photographs(found: Mapping[str, Series]) -> str:
    names = sorted({row["photograph"] for series in found.values() for row in series.rows})
    lines = []
    for series in found.values():
        by_name = {row["photograph"]: row for row in series.rows}
        cells = [_pair(by_name[name]) if name in by_name else "" for name in names]
        lines.append([series.first["title"], *cells])
    return _markdown(["PSNR OG / whole, dB", *names], lines)


def _pair(row: Row) -> str:
    return " / ".join("∞" if row[name] is None else f"{row[name]:.1f}" for name in ("psnr_og", "psnr"))


_WORDS = Path(__file__).with_name("explanation.md")


def learned_from(rows: Iterable[Row]) -> set[str]:
    """The photographs of these rows that start weights or networks of some of them were learned from."""
    rows = list(rows)
    seen = set[str]().union(*(row.get("learned_from", ()) for row in rows))
    return seen & {row["photograph"] for row in rows}


def document(result: Result) -> str:
    """The whole document; where rows ran on several devices, those of the result's ``device`` are preferred."""
    rows, machine, device = result["rows"], result["machine"], result.get("device", "cpu")
    keys = list(dict.fromkeys([*build().keys, *(row["method"] for row in rows)]))
    tested = unseen(rows, learned_from(rows))
    parts = ["# The paper's tables", _head(rows, machine), _WORDS.read_text(encoding="utf-8").strip()]
    parts += [_learned(rows, tested), _absent(rows, result["absent"], keys)]
    for name, title in (
        ("table1", "Table 1"),
        ("table2", "Table 2, what the network sees"),
        ("table3", "Table 3, without and with the encoding"),
        ("figure8", "Figure 8, width of the hidden layers"),
    ):
        for coding in Coding:
            found = series_of(tested, keys_of(name, keys), coding.value, device)
            if found:
                parts += [f"## {title}: {coding.words}", _table(found)]
                parts += ["Medians:", _table(found, medians=True)] if name == "table1" else []
    for coding in Coding:
        found = series_of(rows, keys_of("table1", keys), coding.value, device)
        if found and len(tested) < len(rows):
            parts += [f"## Table 1 over all photographs: {coding.words}", _table(found)]
        if found:
            parts += [f"## Photographs: {coding.words}", _photographs(found)]
    parts += ["## Orders", _orders(rows), "## Settings", _notes(rows, keys, device)]
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


def _absent(rows: Sequence[Row], absent: Mapping[str, str], keys: Sequence[str]) -> str:
    measured = {row["method"] for row in rows}
    lines = [f"- {key}: {why}" for key, why in absent.items()]
    lines += [f"- {key}: not measured" for key in keys if key not in measured and key not in absent]
    return "\n".join(["Rows that are absent:", "", *lines]) if lines else ""


def _orders(rows: Sequence[Row]) -> str:
    """Which of the paper's orders these tables have."""
    titles = {method.key: method.title for method in build().methods}
    lines = []
    for order in ORDERS:
        differences = order.differences(rows)
        mean = f"{fmean(differences):+.2f}" if differences else ""
        allowed = f" (above {order.least:+g})" if order.least else ""
        names = f"{titles[order.worse]} < {titles[order.better]}{allowed}"
        lines.append([names, str(len(differences)), mean, order.verdict(rows).value])
    words = (
        "What the paper's tables say of the mean PSNR out of gamut, on the photographs that both rows have with all of "
        f"their steps, codes rounded; it takes {LEAST_PHOTOGRAPHS}. Differences are in dB."
    )
    return words + "\n\n" + _markdown(["the paper's order", "n", "difference", "here"], lines)


def _notes(rows: Sequence[Row], keys: Sequence[str], device: str) -> str:
    """What every method says of itself, of the first photograph."""
    lines: dict[str, str] = {}
    for coding in Coding:
        for key, series in series_of(rows, keys, coding.value, device).items():
            lines.setdefault(key, f"- {series.first['title']} (`{key}`): {series.first['note'] or 'nothing is stored'}")
    return "\n".join(lines[key] for key in keys if key in lines)
