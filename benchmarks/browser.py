"""The JavaScript decoder in headless Chromium: expansion, and pages from the click to the picture.

    python -m benchmarks.browser PHOTOGRAPH [--before COMMIT] [--megapixels 12] [--files FOLDER]

The photograph, repeated to that size, is reduced to a JPEG with extended samples, a JPEG with plain ones and a PNG.
Then Chromium, on this machine, without a graphics processor, measures by turns

- the expansion of an eighth of the rows, in megapixels per second: in plain JavaScript, in machine code, and in machine
  code in as many workers as there are processors (at most 8);
- pages: seconds from the call of ``enhance`` until the picture is exchanged, and from the navigation to a page of
  ``gamutmeta view`` until it is done. With ``--before``, both also with the decoder and the page of that commit.

Medians of ``--repeat`` rounds. A folder named by ``--files`` keeps the reduced files; those that are there are used.
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
from pathlib import Path
from threading import Thread
from typing import Any

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
BUILDS = ("before", "after")
_PATIENCE = 600
"""Seconds for one picture."""

_WORKER = """import { expander } from './fast.js';
import { serve } from './share.js';
onmessage = ({ data }) => serve(data.port, ({ payload, width, height }) => {
  const expand = expander(payload, width, height);
  return (band) => {
    if (band === null) return {};
    const wide = new Uint16Array(band.codes.length);
    expand(band.codes, wide, band.top);
    return { wide };
  };
});
"""

_EXPANSION = """import { bands } from './bands.js';
import { plainExpander } from './expansion.js';
import { fastExpander } from './fast.js';
import { readPicture } from './picture.js';
import { payloadAndCodes } from './samples.js';
import { expandTogether } from './share.js';

let [payload, codes, work] = [];
globalThis.prepare = async (file) => {
  const bytes = new Uint8Array(await (await fetch(file)).arrayBuffer());
  ({ payload, codes } = await payloadAndCodes(bytes, await readPicture(bytes)));
  work = [...bands(codes, null, 1, 65536)].filter((_, k) => k % 8 === 0);
  const { width, height } = codes;
  return { width, height, pixels: work.reduce((sum, band) => sum + band.codes.length / 3, 0) };
};
const seconds = async (action) => {
  const begin = performance.now();
  await action();
  return (performance.now() - begin) / 1000;
};
const alone = (made) => {
  const expand = made(payload, codes.width, codes.height);
  const one = (band) => expand(band.codes, new Uint16Array(band.codes.length), band.top);
  work.slice(0, 2).forEach(one); // engines compile what is run often
  return seconds(() => work.forEach(one));
};
const together = async () => {
  const start = () => new Worker('./measured.js', { type: 'module' });
  const workers = Array.from({ length: Math.min(navigator.hardwareConcurrency, 8) }, start);
  const ports = workers.map((worker) => {
    const { port1, port2 } = new MessageChannel();
    worker.postMessage({ port: port1 }, [port1]);
    return port2;
  });
  const { width, height } = codes;
  const run = (parts) => expandTogether(ports, { payload, width, height }, parts, () => {});
  await run(work.slice(0, 2 * ports.length));
  const found = await seconds(() => run(work));
  workers.forEach((worker) => worker.terminate());
  return found;
};
globalThis.measure = (way) =>
  ({ 'plain JavaScript': () => alone(plainExpander), 'machine code': () => alone(fastExpander),
    'machine code in workers': together })[way]();
"""

_PAGE = '<!doctype html><title>x</title><link rel="icon" href="data:,">{body}<script type="module">{script}</script>'
_ENHANCE = """import { enhance } from './enhance.js';
globalThis.begin = async () => {
  const start = performance.now();
  await enhance(document, { always: true });
  globalThis.found = [document.images[0].dataset.gamutmetaState, (performance.now() - start) / 1000];
};"""
_WATCH = """addEventListener('DOMContentLoaded', () => {
  new MutationObserver((_, observer) => {
    const { state } = document.body.dataset;
    if (state === undefined || state === 'busy') return;
    observer.disconnect();
    globalThis.found = [state, performance.now() / 1000];
  }).observe(document.body, { attributeFilter: ['data-state'] });
});"""
_WRITE_PAGE = "import sys; from gamutmeta.view import write_page; write_page(sys.argv[1], sys.argv[2], overwrite=True)"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def arguments(parser: argparse.ArgumentParser) -> None:
    add_photographs(parser)
    parser.add_argument("--before", metavar="COMMIT", help="compare with the pages of this commit; needs git")
    parser.add_argument("--megapixels", type=number(0.01), default=12.0, help="of the pictures (%(default)s)")
    parser.add_argument("--repeat", type=number(1, kind=int), default=3, help="rounds (%(default)s)")
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
            (folder / f"enhance-{name}.html").write_text(_PAGE.format(body=image, script=_ENHANCE))
            command = [sys.executable, "-c", _WRITE_PAGE, str(files / name), str(folder / f"view-{name}.html")]
            subprocess.run(command, env=os.environ | {"PYTHONPATH": str(source)}, cwd=source, check=True)
    (site / "after" / "measured.js").write_text(_WORKER)
    (site / "after" / "expansion.html").write_text(_PAGE.format(body="", script=_EXPANSION))


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
        with browser.prepared(_WATCH):
            browser.open(address)
            return seconds_of(browser)
    browser.open(address)
    browser.run("await document.images[0].decode(); globalThis.begin();")
    return seconds_of(browser)


def measure(options: argparse.Namespace, result: Result) -> Iterator[str]:
    rows: list[Row] = result["rows"]
    with tempfile.TemporaryDirectory() as temporary:
        (work := Path(temporary) / "before").mkdir()
        files = options.files or Path(temporary) / "files"
        files.mkdir(exist_ok=True, parents=True)
        make_files(photographs(options)[0], options.megapixels, files)
        builds = sources(options.before, work)
        result["before"] = options.before
        make_site(Path(temporary) / "site", files, builds)
        with served(Path(temporary) / "site") as root, chromium(Path(temporary) / "profile") as browser:
            result["browser"] = browser.run("return navigator.userAgent.match(/Chrome.[0-9]+/)[0];")
            result["processors"] = browser.run("return navigator.hardwareConcurrency;")
            for turn in range(options.repeat):
                for name in KINDS:
                    browser.open(f"{root}/after/expansion.html")
                    browser.wait("globalThis.prepare !== undefined")
                    size = browser.run("return await prepare(args[0]);", name)
                    for way in WAYS:
                        seconds = browser.run("return await measure(args[0]);", way)
                        row = {"part": "expansion", "kind": name, "way": way, "turn": turn, **size, "seconds": seconds}
                        rows.append(row)
                        yield f"{way}, {name}: {size['pixels'] / 1e6 / seconds:.2f} megapixels per second"
                    for page in PAGES:
                        for build in builds:
                            seconds = page_seconds(browser, page, f"{root}/{build}/{page}-{name}.html")
                            rows.append(
                                {"part": page, "kind": name, "build": build, "turn": turn, **size, "seconds": seconds}
                            )
                            yield f"{page} {build}, {name}: {seconds:.2f} s"


def document(result: Result) -> str:
    """A table of the expansion, and one of the pages."""
    rows = result["rows"]

    def median(**wanted: str) -> float:
        found: list[float] = [row["seconds"] for row in rows if wanted.items() <= row.items()]
        return statistics.median(found or [float("nan")])

    first = next(iter(rows), {"width": 0, "height": 0, "pixels": 0})
    expansion, pages = [], []
    for kind, title in NAMES.items():
        speeds = [first["pixels"] / 1e6 / median(part="expansion", kind=kind, way=way) for way in WAYS]
        expansion.append([title, *(f"{speed:.2f}" for speed in speeds), *(f"{s / speeds[0]:.0f}" for s in speeds[1:])])
        for page in PAGES:
            before, after = (median(part=page, kind=kind, build=build) for build in BUILDS)
            figures = (f"{before:.1f}", f"{after:.1f}", f"{after / before:.2f}")
            pages.append([page, title, *(figure.replace("nan", "") for figure in figures)])
    heads = ["megapixels per second", *WAYS, "times as fast", "in workers"]
    size = f"{first['width']:,} x {first['height']:,} pixels"
    browser = f"{result.get('browser')}, {result.get('processors')} processors"
    return "\n".join(
        [
            f"{size}; {browser}; medians.\n",
            table(heads, expansion, "lr"),
            "",
            table(["page", "picture", "seconds before", "after", "share"], pages, "llr"),
            "",
        ]
    )


BENCHMARK = Benchmark("browser", __doc__, arguments, measure, document)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
