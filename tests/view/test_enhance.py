"""The module for other people's pages: `<img data-gamutmeta>` shows Display P3 where the screen has it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest
from view.pages import DECODERS, restored, shown_image

from gamutmeta import carriers

if TYPE_CHECKING:
    from pathlib import Path

    from view.browser import Browser


@pytest.fixture
def package(site: tuple[Path, int]) -> tuple[Path, str]:
    """A copy of the npm package as a web site: its folder and its address."""
    folder, port = site
    ignored = shutil.ignore_patterns(".*", "node_modules", "*.py", "__pycache__")
    shutil.copytree(DECODERS, folder, ignore=ignored, dirs_exist_ok=True)
    return folder, f"http://127.0.0.1:{port}"


def test_the_readme(browser: Browser, site: tuple[Path, int], pictures: Path) -> None:
    """What it says to write into a page, beside the package's files, works as it stands."""
    folder, port = site
    (folder / "gamutmeta").mkdir()
    for module in DECODERS.glob("*.js"):
        shutil.copy(module, folder / "gamutmeta")
    shutil.copy(pictures / "photo.jpg", folder)
    payload = carriers.extract((folder / "photo.jpg").read_bytes()).container
    (folder / "photo.jpg.gamut").write_bytes(payload)
    (html,) = re.findall(r"^```html\n(.*?)^```$", (DECODERS / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    (folder / "index.html").write_text(f'<!doctype html><link rel="icon" href="data:,">{html}')
    browser.open(f"http://127.0.0.1:{port}/")
    browser.wait("document.querySelectorAll('[data-gamutmeta-state=expanded]').length === 2")
    assert browser.complaints() == []


def test_the_example(browser: Browser, package: tuple[Path, str]) -> None:
    folder, address = package
    browser.open(f"{address}/example/")
    browser.wait("document.querySelector('[data-gamutmeta-state=expanded]') !== null")
    data = (folder / "example" / "carrots.jpg").read_bytes()
    expected = restored(data).astype(int)
    difference = np.abs(shown_image(browser, 0, 400, 600) - expected)
    assert difference.max() <= 2
    assert (difference > 0).mean() < 0.01
    untouched = np.abs(shown_image(browser, 1, 400, 600) - expected)
    assert untouched.max() > 20
    assert browser.run("return document.querySelector('img').alt;") == "Vegetables, fruit and a colour chart"
    assert browser.run("return document.getElementById('state').textContent;") == "State: expanded."
    assert browser.complaints() == []


def test_an_srgb_screen_keeps_its_pictures(browser: Browser, package: tuple[Path, str]) -> None:
    browser.emulate(color_gamut="srgb")
    browser.open(f"{package[1]}/example/")
    browser.wait("document.querySelector('[data-gamutmeta-state=srgb]') !== null")
    assert browser.run("return document.querySelector('img').src;").endswith("/example/carrots.jpg")


def test_sidecars_and_errors(browser: Browser, package: tuple[Path, str], pictures: Path) -> None:
    folder, address = package
    photo = (pictures / "photo.jpg").read_bytes()
    (folder / "plain.jpg").write_bytes(carriers.strip(photo))
    (folder / "plain.jpg.gamut").write_bytes(carriers.extract(photo).container)
    (folder / "page.html").write_text(
        "<!doctype html><title>x</title><link rel=icon href=data:,>"
        "<img src=plain.jpg data-gamutmeta=plain.jpg.gamut alt=a><img src=plain.jpg data-gamutmeta alt=b>"
        "<picture><source srcset=plain.jpg><img src=plain.jpg data-gamutmeta alt=c></picture>"
        "<script type=module>import { enhance } from './enhance.js';"
        "globalThis.errors = [];"
        "addEventListener('gamutmeta', ({ detail: { error } }) => error && errors.push(error.code ?? error.message));"
        "await enhance(); globalThis.done = true;</script>"
    )
    browser.open(f"{address}/page.html")
    browser.wait("globalThis.done === true")
    states = browser.run("return [...document.images].map((image) => image.dataset.gamutmetaState);")
    assert states == ["expanded", "error", "error"]
    found = browser.run("return errors;")  # in the order in which they came into view
    assert sorted(found) == ["carrier.none", "page.picture"]
    expected = restored(photo)
    assert np.abs(shown_image(browser, 0, *expected.shape[:2]) - expected.astype(int)).max() <= 2
    assert browser.run("return document.images[1].src;").endswith("/plain.jpg")


def test_the_package_lists_what_it_needs() -> None:
    listed = json.loads((DECODERS / "package.json").read_text(encoding="utf-8"))
    assert "*.js" in listed["files"]
    assert {path.removeprefix("./") for path in listed["exports"].values()} <= {p.name for p in DECODERS.glob("*.js")}
    for name in listed["exports"].values():
        assert (DECODERS / name).is_file()


@pytest.mark.skipif(shutil.which("npm") is None, reason="needs npm")
def test_what_npm_packs() -> None:
    packing = ["npm", "pack", "--dry-run", "--json", "--ignore-scripts", "--offline"]
    ran = subprocess.run(packing, cwd=DECODERS, capture_output=True, text=True, check=True)
    packed = {file["path"] for file in json.loads(ran.stdout)[0]["files"]}
    assert {"LICENSE", "README.md", "package.json", "pipe.mjs", "wasm/expansion.c", "wasm/build.py"} <= packed
    assert packed >= {path.name for path in DECODERS.glob("*.js")}
    assert not {name for name in packed if "node_modules" in name or "__pycache__" in name}
    assert (DECODERS / "LICENSE").read_bytes() == (DECODERS.parents[1] / "LICENSE").read_bytes()


def test_the_package_imports_what_it_has() -> None:
    for module in [*DECODERS.glob("*.js"), DECODERS / "pipe.mjs"]:
        text = module.read_text(encoding="utf-8")
        for name in re.findall(r"(?:from|URL\() ?'\./([\w.-]+)'", text):
            assert (DECODERS / name).is_file(), (module.name, name)
