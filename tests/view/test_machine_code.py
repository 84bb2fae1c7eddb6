"""Browsers run the decoder's machine code where a page's policy allows it, with the samples of plain JavaScript."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from interop.demand import go_without
from view.firefox import in_firefox, program
from view.pages import DECODERS, open_page

if TYPE_CHECKING:
    from pathlib import Path

    from view.browser import Browser

_SCRIPT = """import { decode, extract } from './gamutmeta.js';
import { plainExpander } from './expansion.js';
import { expander, fastExpander } from './fast.js';

const payload = decode(extract(new Uint8Array(await (await fetch('example/carrots.jpg')).arrayBuffer())));
const [width, height] = [1500, 20];
const codes = Uint8Array.from({ length: 3 * width * height }, (_, k) => Math.imul(k, 2654435761) >>> 24);
const outs = [plainExpander, expander].map((made) => {
  const out = new Uint16Array(codes.length);
  made(payload, width, height)(codes, out);
  return out;
});
const differing = outs[0].reduce((count, sample, k) => count + (sample !== outs[1][k]), 0);
globalThis.found = { fast: fastExpander(payload, width, height) !== null, differing };
"""

POLICIES = {
    "none": "",
    "allowed": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
    "forbidden": "default-src 'self'; script-src 'self'",
}
EXPECTED = {name: {"fast": name != "forbidden", "differing": 0} for name in POLICIES}

_FRAMES = """
const found = {};
for (const name of %r) {
  const frame = Object.assign(document.createElement('iframe'), { src: `${name}.html` });
  document.body.append(frame);
  while (frame.contentWindow.found === undefined) await new Promise((resolve) => setTimeout(resolve, 50));
  found[name] = { ...frame.contentWindow.found };
}
return found;
"""


@pytest.fixture
def policies(site: tuple[Path, int]) -> tuple[Path, int]:
    """A page for each policy."""
    folder, port = site
    ignored = shutil.ignore_patterns(".*", "node_modules", "*.py", "__pycache__")
    shutil.copytree(DECODERS, folder, ignore=ignored, dirs_exist_ok=True)
    (folder / "measured.js").write_text(_SCRIPT)
    for name, policy in POLICIES.items():
        meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">' if policy else ""
        page = (
            '<!doctype html>{}<title>x</title><link rel="icon" href="data:,"><script type="module" src="measured.js">'
        )
        (folder / f"{name}.html").write_text(page.format(meta) + "</script>")
    return folder, port


def test_in_chromium(browser: Browser, policies: tuple[Path, int]) -> None:
    found: dict[str, Any] = {}
    for name in POLICIES:
        browser.open(f"http://127.0.0.1:{policies[1]}/{name}.html")
        found[name] = browser.wait("globalThis.found")
    assert found == EXPECTED


@pytest.mark.slow
def test_in_firefox(policies: tuple[Path, int]) -> None:
    if program() is None:
        go_without("Firefox is not installed (apt: firefox-esr)", required=False)
    assert in_firefox(policies[0], _FRAMES % list(POLICIES)) == EXPECTED


def test_workers_of_the_page_may_compile(browser: Browser, pictures: Path) -> None:
    assert open_page(browser, pictures / "photo.html") == "done"
    compiles = """
        const code = 'try { new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)); postMessage("yes"); }' +
          'catch (error) { postMessage(String(error)); }';
        const worker = new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
        return new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)));"""
    assert browser.run(compiles) == "yes"
