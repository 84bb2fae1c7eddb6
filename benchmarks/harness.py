"""What all benchmarks share: the command line, result files, tables and plots.

Result files go to ``build/benchmarks``, which git ignores, unless ``--out`` names another folder. The committed ones
lie in ``benchmarks/results``; ``--tables`` makes their tables and plots again without measuring anything.
"""

import argparse
import io
import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.machine import ROOT, describe
from gamutmeta.runtime.files import atomic_write

OUT = ROOT / "build" / "benchmarks"
RESULTS = ROOT / "benchmarks" / "results"
"""What is committed."""

Row = dict[str, Any]
Result = dict[str, Any]
"""``machine``, ``rows``, and whatever else a benchmark has to say, as JSON values."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One benchmark: a command, and the files that it writes.

    Attributes:
        name: of the result files; also of the module, unless `module` says otherwise.
        description: what ``--help`` says.
        arguments: adds the benchmark's own options to a parser.
        measure: puts what it measures into the result; the result is saved after each line for people that it yields.
        document: the result as Markdown.
        draw: the result as a figure of matplotlib, a new one for each call; None where there is nothing to draw.
        resumes: whether `measure` begins with the result of an earlier run; with ``--fresh`` it drops what it makes.
        module: below ``benchmarks``.
        plot: name of the plots, where it is another than that of the tables.
    """

    name: str
    description: str | None
    arguments: Callable[[argparse.ArgumentParser], object]
    measure: Callable[[argparse.Namespace, Result], Iterator[str]]
    document: Callable[[Result], str]
    draw: Callable[[Result], Any] | None = None
    resumes: bool = False
    module: str = ""
    plot: str = ""

    def parser(self) -> argparse.ArgumentParser:
        parser = command_line(self.description, self.module or self.name)
        self.arguments(parser)
        if self.resumes:
            parser.add_argument("--fresh", action="store_true", help="measure again what the result file has of these")
        parser.add_argument(
            "--out", type=Path, default=OUT, metavar="FOLDER",
            help="for the result files; by default build/benchmarks, so that committed results stay as they are",
        )  # fmt: skip
        parser.add_argument("--name", default=self.name, help="of the result files (%(default)s)")
        parser.add_argument("--note", default="", help="a remark for the result files")
        parser.add_argument(
            "--tables", type=Path, metavar="JSON", help="measure nothing; make the tables and plots of this result file"
        )
        return parser

    def options(self, arguments: Sequence[str] | None = None) -> argparse.Namespace:
        """The options; with ``--tables`` nothing else is required."""
        again = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
        again.add_argument("--tables", type=Path)
        again.add_argument("--out", type=Path, default=OUT)
        known, rest = again.parse_known_args(arguments)
        if known.tables is not None and not rest:
            return argparse.Namespace(**vars(known), name=known.tables.stem)
        return self.parser().parse_args(arguments)

    def main(self, arguments: Sequence[str] | None = None) -> int:
        """Run the command; 0, or SystemExit with a reason."""
        options = self.options(arguments)
        place = options.out / options.name
        if options.tables is not None:
            self.write(load(options.tables), place)
            return 0
        earlier = place.with_suffix(".json")
        kept = load(earlier) if self.resumes and earlier.exists() else {"rows": []}
        result: Result = {"machine": {}, "note": ""} | kept | {"machine": describe(), "note": options.note}
        try:
            for line in self.measure(options, result):
                save(result, earlier)
                print(line, flush=True)
        finally:
            # What was measured before something failed is worth a table, too.
            if any(value for key, value in result.items() if key not in {"machine", "note"}):
                save(result, earlier)
                print(self.write(result, place))
        return 0

    def write(self, result: Result, place: Path) -> str:
        """Write tables and plots as `place` with a suffix; the tables."""
        text = self.document(result)
        place.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(place.with_suffix(".md"), text.encode(), overwrite=True)
        for suffix in (".png", ".svg") if self.draw is not None else ():
            # A figure lays itself out a little differently the second time: a new one for each file.
            with matplotlib_defaults():
                figure = self.draw(result) if self.draw else None
                if figure is not None:
                    save_figure(figure, place.with_name(self.plot or place.name).with_suffix(suffix))
        return text


def command_line(description: str | None, module: str) -> argparse.ArgumentParser:
    """A parser whose help is a module's docstring as it stands."""
    return argparse.ArgumentParser(
        prog=f"python -m benchmarks.{module}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def add_photographs(parser: argparse.ArgumentParser) -> None:
    """Options for :func:`benchmarks.pictures.photographs`."""
    parser.add_argument("photographs", type=Path, nargs="+", metavar="PHOTOGRAPH", help="file, or folder of TIFF files")
    parser.add_argument("--only", nargs="+", default=[""], metavar="NAME", help="photographs with this in their name")


def number(least: float, most: float = math.inf, kind: Callable[[str], Any] = float) -> Callable[[str], Any]:
    """What turns an argument into a number from `least` to `most`."""

    def converted(text: str) -> Any:
        value = kind(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} is not a number from {least:g} to {most:g}")
        return value

    return converted


def load(path: Path) -> Result:
    result: Result = json.loads(path.read_text(encoding="utf-8"))
    return result


def save(result: Result, path: Path) -> None:
    """Write the JSON file; a row a line, since the files are long and their differences should be readable."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = []
    for key, value in result.items():
        if isinstance(value, list):
            text = "[\n" + ",\n".join(json.dumps(item, ensure_ascii=False) for item in value) + "\n]"
        else:
            text = json.dumps(value, indent=1, ensure_ascii=False)
        parts.append(f"{json.dumps(key)}: {text}")
    atomic_write(path, ("{" + ",\n".join(parts) + "}\n").encode(), overwrite=True)


@contextmanager
def matplotlib_defaults() -> Iterator[None]:
    """Whatever style somebody has set, in matplotlib or for printed numbers: the same figure gives the same file."""
    import matplotlib as mpl
    import numpy as np

    with mpl.rc_context(), np.printoptions(legacy=False):
        mpl.rcdefaults()
        mpl.rcParams["svg.hashsalt"] = "gamutmeta"
        yield


def save_figure(figure: Any, path: Path) -> None:
    """Write a figure of matplotlib as PNG or SVG."""
    content, form = io.BytesIO(), path.suffix[1:]
    figure.savefig(content, format=form, dpi="figure", metadata={"Date": None} if form == "svg" else None)
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, content.getvalue(), overwrite=True)


def plain_axes(axes: Any) -> None:
    """A light grid behind the data, and no frame above and to the right."""
    axes.grid(color="#dddddd", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def table(heads: Sequence[str], lines: Iterable[Sequence[str]], align: str = "l", *, spaced: bool = False) -> str:
    """A table in Markdown.

    Args:
        heads: of the columns.
        lines: cells.
        align: "l" or "r" for each column; the last counts for all further ones.
        spaced: whether the rule has spaces, too.
    """
    marks = ["---:" if align[min(k, len(align) - 1)] == "r" else "---" for k in range(len(heads))]
    rule = f"| {' | '.join(marks)} |" if spaced else f"|{'|'.join(marks)}|"
    return "\n".join([f"| {' | '.join(heads)} |", rule, *(f"| {' | '.join(line)} |" for line in lines)])
