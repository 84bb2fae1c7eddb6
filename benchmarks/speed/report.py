"""The rows as a document."""

from collections.abc import Callable, Iterable, Sequence

from benchmarks.harness import Result, Row, table
from benchmarks.speed.figures import TOLERANCE, Figure, figures, growths, targets
from benchmarks.speed.stages import BESIDE

PEAKS = {"peak, fused": "peak with fused instructions", "peak": "peak with two instructions"}
"""Tasks that measure what the cores compute at most, and what they are called."""

STREETS = {
    ("reduce", "jpg"): "TIFF to JPEG",
    ("reduce", "png"): "TIFF to PNG",
    ("expand", "jpg"): "JPEG to TIFF",
    ("expand", "png"): "PNG to TIFF",
}


def document(result: Result) -> str:
    """All tables of a result with machine, photograph, note and rows."""
    rows = result["rows"]
    machine = result["machine"]
    parts = [
        "# Speed and memory",
        (
            f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}; photograph "
            f"{result['photograph']}, tiled to each size. Times are the best (and the median) of all rounds, in "
            "seconds. What is measured, and how: benchmarks/speed/."
        ),
    ]
    if result.get("note"):
        parts.append(result["note"])
    for title, text in (
        ("Targets (24 megapixels, 2 threads)", _targets(rows)),
        ("Expansion in memory", _expansions(rows)),
        ("Arithmetic of the expansion", _arithmetic(rows)),
        ("Fit", _fits(rows)),
        ("From file to file", _streets(rows)),
        ("Stages of the pipelines", _stages(rows)),
        ("Growth", _growths(rows)),
        ("Start", _starts(rows)),
    ):
        if text:
            parts.append(f"## {title}\n\n{text}")
    return "\n\n".join(parts) + "\n"


def comparison(pairs: Sequence[tuple[Figure, Figure, bool]]) -> str:
    return _table(
        ["figure", "megapixels", "threads", "committed", "now", ""],
        [
            [now.name, f"{now.megapixels:g}", str(now.threads), f"{then.value:g}", f"{now.value:g}", "WORSE" * worse]
            for now, then, worse in pairs
        ],
    )


def _table(heads: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    lines = list(lines)
    return table(heads, lines, spaced=True) if lines else ""


def _place(row: Row) -> list[str]:
    return [f"{row['megapixels']:g}", str(row["threads"])]


def _seconds(row: Row) -> str:
    digits = next(digits for least, digits in ((10, 1), (0.1, 2), (0.01, 3), (0, 4)) if row["best"] >= least)
    return f"{row['best']:.{digits}f} ({row['median']:.{digits}f})"


def _targets(rows: Sequence[Row]) -> str:
    found = targets(rows)
    if all(target.found is None for target in found):
        return ""
    marks = {True: "yes", False: "NO", None: ""}
    return _table(
        ["target", "wanted", "measured", "met"],
        [[target.name, target.wanted, target.found or "", marks[target.is_met]] for target in found],
    )


def _figures(rows: Sequence[Row]) -> Callable[[Row, str], str]:
    """A function that gives one figure of a row, or nothing."""
    values = {(figure.name, figure.megapixels, figure.threads): figure.value for figure in figures(rows)}

    def figure_of(row: Row, what: str) -> str:
        at = f"{row['part']}, {row['task']}: {what}", row["megapixels"], row["threads"]
        return f"{values[at]:.1f}" if at in values else ""

    return figure_of


def _expansions(rows: Sequence[Row]) -> str:
    heads = [
        "megapixels", "threads", "by", "seconds", "MP/s", "times the speed of plain torch", "of it in small batches",
        "times the time of copying", "MiB above input and output", "first run: s more",
    ]  # fmt: skip
    figure, shown = _figures(rows), (
        "times as fast as plain torch", "times as fast as plain torch, small batches", "times the time of copying",
    )  # fmt: skip
    return _table(heads, [
        [*_place(row), row["task"], _seconds(row), f"{row['megapixels'] / row['best']:,.1f}"]
        + [figure(row, what) for what in shown]
        + [f"{row['above_mib']:,}", f"{row['first'] - row['best']:.2f}"]
        for row in rows if row["part"] == "expand" and row["task"] not in PEAKS
    ])  # fmt: skip


def _arithmetic(rows: Sequence[Row]) -> str:
    """The model's layers alone, for the pixels that they are computed for; all else takes time and does not count."""
    counted = [row for row in rows if row["part"] == "expand" and "multiply_adds" in row]
    peaks = {(row["megapixels"], row["threads"], row["task"]): _rate(row) for row in counted if row["task"] in PEAKS}
    heads = ["megapixels", "threads", "by", "GFLOP/s", *(f"percent of the {PEAKS[name]}" for name in PEAKS)]
    lines = []
    for row in counted:
        found = [peaks.get((row["megapixels"], row["threads"], name)) for name in PEAKS]
        shares = ["" if peak is None else f"{100 * _rate(row) / peak:.0f}" for peak in found]
        by = PEAKS.get(str(row["task"]), str(row["task"]))
        lines.append([*_place(row), by, f"{_rate(row) / 1e9:.1f}", *shares])
    return _table(heads, lines)


def _rate(row: Row) -> float:
    """Floating-point operations a second; a multiply-add is two."""
    return float(2 * row["multiply_adds"] / row["best"])


def _fits(rows: Sequence[Row]) -> str:
    heads = [
        "megapixels", "threads", "fit", "steps", "seconds", "times the speed of the paper's", "OG PSNR dB",
        "clipped dB", "payload bytes", "peak MiB",
    ]  # fmt: skip
    figure = _figures(rows)
    return _table(heads, [
        [*_place(row), row["task"], f"{row['steps']:,}", _seconds(row), figure(row, "times as fast as the paper's fit"),
         f"{row['psnr_og']:.2f}", f"{row['psnr_clip_og']:.2f}", f"{row['payload_bytes']:,}", f"{row['peak_mib']:,}"]
        for row in rows if row["part"] == "fit"
    ])  # fmt: skip


def _streets(rows: Sequence[Row]) -> str:
    pipelines = [row for row in rows if row["part"] == "pipeline"]
    found = {(row["task"], row["format"], row["megapixels"], row["threads"]): row for row in pipelines}
    heads = [
        "megapixels", "threads", "pipeline", "seconds, whole process", "the function alone", "peak MiB",
        "bytes per pixel", "plain conversion", "its peak MiB",
    ]  # fmt: skip
    lines = []
    for (task, suffix, *place), row in found.items():
        plain = found.get((f"plain {task}", suffix, *place))
        if (task, suffix) in STREETS and plain:
            per_pixel = f"{row['peak_mib'] * 2**20 / (row['megapixels'] * 1e6):.1f}"
            cells = [STREETS[task, suffix], _seconds(row), f"{row['inside']:.2f}", f"{row['peak_mib']:,}", per_pixel]
            lines.append([*_place(row), *cells, _seconds(plain), f"{plain['peak_mib']:,}"])
    return _table(heads, lines)


def _stages(rows: Sequence[Row]) -> str:
    found = [row for row in rows if row.get("stages")]
    names = list(dict.fromkeys(name for row in found for name in row["stages"]))
    # What others waited for first.
    names.sort(key=lambda name: name.endswith(BESIDE))
    return _table(
        ["megapixels", "threads", "pipeline", *names],
        [
            [*_place(row), STREETS[row["task"], row["format"]]]
            + [f"{row['stages'][name]:.2f}" if name in row["stages"] else "" for name in names]
            for row in found
        ],
    )


def _growths(rows: Sequence[Row]) -> str:
    return _table(["task", "threads", "of", "exponent", "per megapixel", "linear"], [
        [growth.name, str(growth.threads), growth.of, f"{growth.exponent:.2f}", f"{growth.per_megapixel:.3g}",
         "yes" if growth.is_linear else "NO"]
        for growth in growths(rows)
    ])  # fmt: skip


def _starts(rows: Sequence[Row]) -> str:
    found = [row for row in rows if row["part"] == "start"]
    base = next((row for row in found if row["task"] == "numpy and Pillow"), None)
    return _table(["what", "seconds", "beyond numpy and Pillow", "processor seconds"], [
        [row["task"], _seconds(row), f"{row['best'] - base['best']:+.3f}" if base else "", f"{row['processor']:.2f}"]
        for row in found
    ])  # fmt: skip


def check_note(tolerance: float = TOLERANCE) -> str:
    """What ``--check`` takes for worse."""
    return f"Ratios of times may be worse by {tolerance:.0%}, memory by 15 % and 16 MiB, PSNR by 0.3 dB."
