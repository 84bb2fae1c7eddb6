"""The JavaScript decoder in headless Chromium: expansion, and pages from the click to the picture.

    python -m benchmarks.browser PHOTOGRAPH [--before COMMIT] [--megapixels 12] [--files FOLDER]

The photograph, repeated to that size, is reduced to a JPEG with extended samples, a JPEG with plain ones and a PNG.
Then Chromium, on this machine, without a graphics processor, measures by turns

- the expansion of a part of the rows, in megapixels per second: in plain JavaScript, in machine code, and in machine
  code in as many workers as there are processors (at most 8);
- pages: seconds from the call of ``enhance`` until the picture is exchanged, and from the navigation to a page of
  ``gamutmeta view`` until it is done. With ``--before``, both also with the decoder and the page of that commit.

Medians of ``--repeat`` rounds, and of five measurements of expansion in each. ``--parts`` measures less. What the
result file has of a part and a picture is not measured again, unless ``--fresh`` is given. A folder named by
``--files`` keeps the reduced files; those that are there are used.
"""

import argparse
import importlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from threading import Thread
from typing import Any

from benchmarks.browser_scripts import ENHANCE, EXPANSION, PAGE, WATCH, WORKER
from benchmarks.harness import Benchmark, Result, Row, add_photographs, number, table
from benchmarks.machine import ROOT
from benchmarks.pictures import photographs, tiled
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline.reduce import reduce_file

KINDS: dict[str, dict[str, Any]] = {
    "extended.jpg": {"samples": "extended"},
    "plain.jpg": {"samples": "plain"},
    "photo.png": {},
}
NAMES = {"extended.jpg": "JPEG, extended samples", "plain.jpg": "JPEG, plain samples", "photo.png": "PNG"}
WAYS = ("plain JavaScript", "machine code", "machine code in workers")
PAGES = ("enhance", "view")
PARTS = ("expansion", *PAGES)
BUILDS = ("before", "after")
_TIMES = 5
"""How often expansion is measured in a round."""
_PATIENCE = 600
"""Seconds for one picture."""

_WRITE_PAGE = "import sys; from gamutmeta.view import write_page; write_page(sys.argv[1], sys.argv[2], overwrite=True)"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def arguments(parser: argparse.ArgumentParser) -> None:
    add_photographs(parser)
    parser.add_argument("--before", metavar="COMMIT", help="compare with the pages of this commit; needs git")
    parser.add_argument("--megapixels", type=number(0.01), default=12.0, help="of the pictures (%(default)s)")
    parser.add_argument("--repeat", type=number(1, kind=int), default=3, help="rounds (%(default)s)")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="what to measure; by default all")
    parser.add_argument("--files", type=Path, metavar="FOLDER", help="keep the reduced files here, and use those there")


@contextmanager
def chromium(folder: Path) -> Iterator[Any]:
    """The browser of the tests, as on a screen with Display P3."""
    sys.path.insert(0, str(ROOT / "tests"))
    module = importlib.import_module("view.browser")
    browser = module.Browser(folder, "--force-color-profile=display-p3-d65")
    try:
        yield browser
    finally:
        browser.close()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def sources(commit: str | None, folder: Path) -> dict[str, Path]:
    """Checkouts: of this one, and of the commit."""
    if commit is None:
        return {"after": ROOT}
    archive = subprocess.run(["git", "archive", commit, "gamutmeta", "spec"], cwd=ROOT, capture_output=True, check=True)
    subprocess.run(["tar", "x", "-C", str(folder)], input=archive.stdout, check=True)
    return {"before": folder, "after": ROOT}


def make_files(photograph: Path, megapixels: float, folder: Path) -> None:
    missing = [name for name in KINDS if not (folder / name).exists()]
    if not missing:
        return
    wide = folder / "wide.tif"
    WideImage(tiled(read_photo(photograph).array, megapixels)).save(wide, overwrite=True)
    for name in missing:
        reduce_file(wide, folder / name, **KINDS[name])
    wide.unlink()


def make_site(site: Path, files: Path, builds: dict[str, Path]) -> None:
    """For each build its decoder, a page for ``enhance`` and pages of ``gamutmeta view``; what measures expansion."""
    for build, source in builds.items():
        folder = site / build
        folder.mkdir(parents=True)
        for path in [*(source / "spec" / "decoders").glob("*.js"), *(files / name for name in KINDS)]:
            shutil.copy(path, folder)
        for name in KINDS:
            image = f'<img src="{name}" width="600" height="400" alt="" data-gamutmeta>'
            (folder / f"enhance-{name}.html").write_text(PAGE.format(body=image, script=ENHANCE))
            command = [sys.executable, "-c", _WRITE_PAGE, str(files / name), str(folder / f"view-{name}.html")]
            subprocess.run(command, env=os.environ | {"PYTHONPATH": str(source)}, cwd=source, check=True)
    (site / "after" / "measured.js").write_text(WORKER)
    (site / "after" / "expansion.html").write_text(PAGE.format(body="", script=EXPANSION))


def seconds_of(browser: Any) -> float:
    """What a page says in the end."""
    end = time.monotonic() + _PATIENCE
    while (found := browser.run("return globalThis.found;")) is None:
        if time.monotonic() > end:
            raise RuntimeError("the page does not come to an end")
        time.sleep(0.1)
    state, seconds = found
    if state not in {"expanded", "done"}:
        raise RuntimeError(f"the page says {state!r}")
    return float(seconds)


def page_seconds(browser: Any, page: str, address: str) -> float:
    if page == "view":
        with browser.prepared(WATCH):
            browser.open(address)
            return seconds_of(browser)
    browser.open(address)
    browser.run("await document.images[0].decode(); globalThis.begin();")
    return seconds_of(browser)


def expansion(browser: Any, root: str, name: str) -> Iterator[Row]:
    """Measure expansion in each way, by turns."""
    browser.open(f"{root}/after/expansion.html")
    browser.wait("globalThis.prepare !== undefined")
    size = browser.run("return await prepare(args[0]);", name)
    for _ in range(_TIMES):
        for way in WAYS:
            seconds = browser.run("return await measure(args[0]);", way)
            yield {"part": "expansion", "kind": name, "way": way, **size, "seconds": seconds}


def to_measure(rows: list[Row], options: argparse.Namespace, builds: dict[str, Path]) -> list[tuple[str, str]]:
    """Parts and pictures of which the result lacks rows; those that it has of them are dropped."""
    wanted = []
    for name, part in product(KINDS, options.parts):
        there = [row for row in rows if (row["part"], row["kind"]) == (part, name)]
        expected = options.repeat * (_TIMES * len(WAYS) if part == "expansion" else len(builds))
        if options.fresh or len(there) < expected:
            wanted.append((part, name))
            rows[:] = [row for row in rows if row not in there]
    return wanted


def measure(options: argparse.Namespace, result: Result) -> Iterator[str]:
    rows: list[Row] = result["rows"]
    with tempfile.TemporaryDirectory() as temporary:
        (work := Path(temporary) / "before").mkdir()
        files = options.files or Path(temporary) / "files"
        files.mkdir(exist_ok=True, parents=True)
        make_files(photographs(options)[0], options.megapixels, files)
        builds = sources(options.before, work)
        make_site(Path(temporary) / "site", files, builds)
        with served(Path(temporary) / "site") as root, chromium(Path(temporary) / "profile") as browser:
            result["browser"] = browser.run("return navigator.userAgent.match(/Chrome.[0-9]+/)[0];")
            result["processors"] = browser.run("return navigator.hardwareConcurrency;")
            wanted = to_measure(rows, options, builds)
            for _, (part, name) in product(range(options.repeat), wanted):
                if part == "expansion":
                    for row in expansion(browser, root, name):
                        rows.append(row)
                        yield f"{row['way']}, {name}: {row['pixels'] / 1e6 / row['seconds']:.2f} megapixels per second"
                    continue
                for build in builds:
                    seconds = page_seconds(browser, part, f"{root}/{build}/{part}-{name}.html")
                    rows.append({"part": part, "kind": name, "build": build, "seconds": seconds})
                    yield f"{part} {build}, {name}: {seconds:.2f} s"


def document(result: Result) -> str:
    """A table of the expansion, and one of the pages."""
    rows = result["rows"]

    def median(**wanted: str) -> float:
        """Seconds for a megapixel of expansion, or for a page."""
        found: list[float] = [
            row["seconds"] / (row["pixels"] / 1e6 if row["part"] == "expansion" else 1)
            for row in rows
            if wanted.items() <= row.items()
        ]
        return statistics.median(found or [float("nan")])

    first = next((row for row in rows if "width" in row), {"width": 0, "height": 0})
    expansion, pages = [], []
    for kind, title in NAMES.items():
        speeds = [1 / median(part="expansion", kind=kind, way=way) for way in WAYS]
        expansion.append([title, *(f"{speed:.2f}" for speed in speeds), *(f"{s / speeds[0]:.0f}" for s in speeds[1:])])
        for page in PAGES:
            before, after = (median(part=page, kind=kind, build=build) for build in BUILDS)
            figures = (f"{before:.1f}", f"{after:.1f}", f"{after / before:.2f}")
            pages.append([page, title, *(figure.replace("nan", "") for figure in figures)])
    heads = ["megapixels per second", *WAYS, "times as fast", "in workers"]
    size = f"{first['width']:,} x {first['height']:,} pixels"
    browser = f"{result.get('browser')}, {result.get('processors')} processors"
    note = f" {result['note']}" if result.get("note") else ""
    return "\n".join(
        [
            f"{size}; {browser}; medians.{note}\n",
            table(heads, expansion, "lr"),
            "",
            table(["page", "picture", "seconds before", "after", "share"], pages, "llr"),
            "",
        ]
    )


BENCHMARK = Benchmark("browser", __doc__, arguments, measure, document, resumes=True)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
