"""`<img data-gamutmeta>` where something fails: every picture is settled, and none is worse than it was."""

from __future__ import annotations

import json
import shutil
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import pytest
from carrots import QUICK
from interop.demand import go_without
from view.firefox import in_firefox, program
from view.pages import DECODERS

from gamutmeta import carriers
from gamutmeta.pipeline.reduce import reduce_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from view.browser import Browser

_PAGE = """<!doctype html><html lang=en><meta charset=utf-8>{policy}<title>x</title><link rel=icon href=data:,>
<script type=module src="{script}"></script><body>{images}</body></html>"""

_SCRIPT = """import {{ enhance }} from '{module}';
globalThis.log = [];
globalThis.changes = 0;
addEventListener('gamutmeta', ({{ target, detail: {{ state, error }} }}) => {{
  log.push([target.alt, state, ...(error ? [error.code ?? String(error)] : [])]);
}});
new MutationObserver((records) => (changes += records.length))
  .observe(document.body, {{ subtree: true, attributeFilter: ['src', 'srcset'] }});
globalThis.enhance = enhance;
"""

_SCENES = """
const scene = async ([name, page, options, prepare]) => {
  const frame = Object.assign(document.createElement('iframe'), { src: page, width: 600, height: 400 });
  document.body.append(frame);
  await new Promise((resolve) => frame.addEventListener('load', resolve));
  const shown = frame.contentWindow;
  const settings = { always: true, ...options };
  const images = [...shown.document.images];
  const calls = {
    once: () => shown.enhance(shown.document, settings),
    twice: () => Promise.all([shown.enhance(shown.document, settings), shown.enhance(shown.document, settings)]),
    change: () => {
      const before = shown.fetch;
      shown.fetch = (...args) => {
        images[0].src = 'other.jpg';
        return before(...args);
      };
      return shown.enhance(shown.document, settings);
    },
  };
  const late = new Promise((resolve) => setTimeout(resolve, 25000, 'never settled'));
  const done = (async () => calls[prepare]())().then(() => 'done', (error) => `rejected: ${error}`);
  const ended = await Promise.race([done, late]);
  const found = {
    ended,
    log: shown.log.sort(),
    changes: shown.changes,
    images: images.map((image) => ({
      src: image.getAttribute('src').split(':')[0], srcset: image.getAttribute('srcset'),
      visible: image.naturalWidth > 0,
    })),
  };
  frame.remove();
  return [name, found];
};
const results = [];
for (const one of SCENES) results.push(await scene(one));
return Object.fromEntries(results);
"""


class _Elsewhere(SimpleHTTPRequestHandler):
    """Another origin. What begins with "slow" is begun and never ended; "closed/" is for no other origin's scripts."""

    def __init__(self, *arguments: Any, ended: Event, **options: Any) -> None:
        self._ended = ended
        super().__init__(*arguments, **options)

    def end_headers(self) -> None:
        if not self.path.startswith("/closed/"):
            self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()

    def do_GET(self) -> None:
        if not self.path.startswith("/slow"):
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"begun")
        self.wfile.flush()
        self._ended.wait(60)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, pictures: Path) -> Path:
    """The package as a web site, with pictures, and copies that lack something."""
    site = tmp_path_factory.mktemp("failures") / "site"
    site.mkdir()
    modules = [*DECODERS.glob("*.js")]
    for part in (".", "missing", "silent"):
        (site / part).mkdir(exist_ok=True)
        for module in modules:
            shutil.copy(module, site / part)
    (site / "missing" / "enhance-worker.js").unlink()
    (site / "silent" / "enhance-worker.js").write_text("")
    reduce_file(pictures / "wide.tif", site / "photo.jpg", preset=QUICK, samples="plain")
    photo = (site / "photo.jpg").read_bytes()
    (site / "other.jpg").write_bytes(carriers.strip(photo))
    (site / "photo.gamut").write_bytes(carriers.extract(photo).container)
    (site / "closed").mkdir()
    (site / "closed" / "photo.jpg").write_bytes(photo)
    return site


@pytest.fixture(scope="module")
def elsewhere(folder: Path) -> Iterator[str]:
    """The same folder at another origin."""
    ended = Event()
    handler = partial(_Elsewhere, directory=str(folder), ended=ended)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        ended.set()
        server.shutdown()
        thread.join()


class Scenes:
    """Pages to open, and what is to come of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.pages: list[list[Any]] = []

    def add(
        self,
        name: str,
        *images: str,
        policy: str = "",
        module: str = "./enhance.js",
        prepare: str = "once",
        **options: Any,
    ) -> None:
        meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">' if policy else ""
        tags = "".join(f"<img {image} width=60 height=90 alt={k}>" for k, image in enumerate(images))
        (self._folder / f"{name}.js").write_text(_SCRIPT.format(module=module))
        (self._folder / f"{name}.html").write_text(_PAGE.format(policy=meta, script=f"{name}.js", images=tags))
        self.pages.append([name, f"{name}.html", options, prepare])


IMAGE = "src=photo.jpg data-gamutmeta"
SOURCES = 'src=photo.jpg srcset="photo.jpg 1x" data-gamutmeta'


@pytest.fixture(scope="module")
def scenes(folder: Path, elsewhere: str) -> list[list[Any]]:
    made = Scenes(folder)
    made.add("no-blob", SOURCES, policy="default-src 'self'")
    made.add("no-machine-code", SOURCES, policy="default-src 'self'; img-src 'self' blob:")
    machine_code = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' blob:"
    made.add("machine-code", SOURCES, policy=machine_code)
    made.add("no-worker", IMAGE, IMAGE, module="./missing/enhance.js")
    made.add("no-worker-allowed", IMAGE, policy="worker-src 'none'")
    made.add("silent-worker", IMAGE, IMAGE, module="./silent/enhance.js", timeout=1500)
    made.add("stalled", f"src=other.jpg data-gamutmeta={elsewhere}/slow.gamut", IMAGE, timeout=4000)
    made.add("twice", IMAGE, IMAGE, prepare="twice")
    made.add("script-elsewhere", IMAGE, module=f"{elsewhere}/enhance.js")
    forbidden = "worker-src 'self'"
    made.add("script-elsewhere-forbidden", IMAGE, module=f"{elsewhere}/enhance.js", policy=forbidden)
    made.add("picture-elsewhere", f"src={elsewhere}/photo.jpg data-gamutmeta")
    made.add("picture-elsewhere-closed", f"src={elsewhere}/closed/photo.jpg data-gamutmeta")
    made.add("changed", IMAGE, prepare="change")
    made.add("none", "src=other.jpg data-gamutmeta", IMAGE)
    return made.pages


EXPANDED, KEPT = "blob", "photo.jpg"


def check(found: dict[str, dict[str, Any]]) -> None:
    """Hold every scene to what is to come of it."""
    outcomes = {name: (one["ended"], one["log"]) for name, one in found.items()}
    assert outcomes == {
        name: ("done", log)
        for name, log in {
            "no-blob": [["0", "error", "page.show"]],
            "no-machine-code": [["0", "expanded"]],
            "machine-code": [["0", "expanded"]],
            "no-worker": [["0", "error", "page.worker"], ["1", "error", "page.worker"]],
            "no-worker-allowed": [["0", "error", "page.worker"]],
            "silent-worker": [["0", "error", "page.timeout"], ["1", "error", "page.timeout"]],
            "stalled": [["0", "error", "page.timeout"], ["1", "expanded"]],
            "twice": [["0", "expanded"], ["1", "expanded"]],
            "script-elsewhere": [["0", "expanded"]],
            "script-elsewhere-forbidden": [["0", "error", "page.worker"]],
            "picture-elsewhere": [["0", "expanded"]],
            "picture-elsewhere-closed": [["0", "error", "page.load"]],
            "changed": [["0", "error", "page.changed"]],
            "none": [["0", "error", "carrier.none"], ["1", "expanded"]],
        }.items()
    }
    assert all(image["visible"] for one in found.values() for image in one["images"])
    assert found["no-blob"]["images"] == [{"src": KEPT, "srcset": "photo.jpg 1x", "visible": True}]
    assert found["machine-code"]["images"] == [{"src": EXPANDED, "srcset": None, "visible": True}]
    assert found["changed"]["images"][0]["src"] == "other.jpg"
    untouched = {name for name, one in found.items() if all(entry[1] == "error" for entry in one["log"])}
    assert {name: found[name]["changes"] for name in untouched - {"changed"}} == dict.fromkeys(
        untouched - {"changed"}, 0
    )


def test_in_chromium(browser: Browser, folder: Path, scenes: list[list[Any]]) -> None:
    handler = partial(_Elsewhere, directory=str(folder), ended=Event())
    (folder / "index.html").write_text("<!doctype html><title>x</title><link rel=icon href=data:,><body>")
    found: dict[str, Any] = {}
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            for scene in scenes:
                browser.open(f"http://127.0.0.1:{server.server_port}/index.html")
                found |= browser.run(_SCENES.replace("SCENES", json.dumps([scene])))
        finally:
            server.shutdown()
            thread.join()
    check(found)


@pytest.mark.slow
def test_in_firefox(folder: Path, scenes: list[list[Any]]) -> None:
    if program() is None:
        go_without("Firefox is not installed (apt: firefox-esr)", required=False)
    check(in_firefox(folder, _SCENES.replace("SCENES", json.dumps(scenes))))
