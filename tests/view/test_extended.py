"""Payloads that start from a JPEG's YCbCr samples: in page and npm module as in Python, or the plain picture and why."""

from __future__ import annotations

import shutil
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from carrots import CARROTS, QUICK
from photo_files import exif_block
from view.pages import DECODERS, open_page, pixels, restored, stored

import gamutmeta
from gamutmeta import carriers
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline.reduce import reduce_file
from gamutmeta.view import write_page

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray
    from view.browser import Browser

KINDS: Mapping[str, dict[str, Any]] = {
    "444": {"subsampling": "4:4:4"},
    "422": {"subsampling": "4:2:2"},
    "420": {"subsampling": "4:2:0"},
    "progressive": {"subsampling": "4:2:0", "progressive": True},
}

WITHOUT = "delete globalThis.ImageDecoder;"
"""What makes of Chromium, in a worker, a browser without samples."""

_WIDE = """
    const bytes = Uint8Array.from(atob(args[0]), (character) => character.charCodeAt(0));
    const { expander } = await import('./gamutmeta.js');
    const { readPicture } = await import('./picture.js');
    const { payloadAndCodes } = await import('./samples.js');
    const picture = await readPicture(bytes);
    const { payload, codes } = await payloadAndCodes(bytes, picture, args[1]);
    const wide = new Uint16Array(3 * picture.width * picture.height);
    expander(payload, picture.width, picture.height)(codes.data, wide);
    return wide;
"""


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with JPEGs of odd sides, turned by their orientation, that hold colours outside sRGB in their samples."""
    folder = tmp_path_factory.mktemp("extended")
    piece = np.ascontiguousarray(read_photo(CARROTS).array[290:353, 500:595])
    WideImage(piece, exif=exif_block(orientation=6)).save(folder / "wide.tif")
    for kind, options in KINDS.items():
        reduce_file(folder / "wide.tif", folder / f"{kind}.jpg", preset=QUICK, samples="extended", **options)
    return folder


@pytest.fixture
def package(site: tuple[Path, int]) -> str:
    """The address of the npm package's modules, beside an empty page."""
    folder, port = site
    for module in DECODERS.glob("*.js"):
        shutil.copy(module, folder)
    (folder / "index.html").write_text('<!doctype html><title>x</title><link rel="icon" href="data:,">')
    return f"http://127.0.0.1:{port}/"


def wide(browser: Browser, file: Path, **options: str) -> NDArray[np.int32]:
    """What the modules make of a file in the open page, 16-bit ROMM RGB."""
    samples = browser.bytes_of(_WIDE, b64encode(file.read_bytes()).decode(), options)
    return np.frombuffer(samples, np.uint16).astype(np.int32)


@pytest.mark.parametrize("kind", KINDS)
def test_the_modules_expand_as_python_does(kind: str, browser: Browser, package: str, extended: Path) -> None:
    """Within the tolerance of the specification (7.11), since the samples are the same."""
    file = extended / f"{kind}.jpg"
    browser.open(package)
    expected = gamutmeta.expand(file).array.ravel().astype(np.int32)
    difference = np.abs(wide(browser, file) - expected)
    assert difference.max() <= 2
    assert (difference > 1).mean() <= 1e-3
    plain = gamutmeta.read_photo(file).convert("prophoto").array.ravel().astype(np.int32)
    assert np.abs(plain - expected).mean() > 500, "a test that nothing could fail"


@pytest.mark.parametrize("kind", KINDS)
def test_with_the_decoder_in_javascript(
    kind: str, browser: Browser, package: str, pdfjs: str, extended: Path
) -> None:
    """One code of chroma moves a channel by 1.8 codes, and the model adds to that."""
    file = extended / f"{kind}.jpg"
    browser.open(package)
    browser.run(WITHOUT)
    expected = gamutmeta.expand(file).array.ravel().astype(np.int32)
    difference = wide(browser, file, jpegDecoder=pdfjs) - expected
    assert 0 < np.abs(difference).max()
    print(kind, "pdfjs: max", np.abs(difference).max(), "psnr", 10*np.log10(65535**2/np.mean(difference.astype(float)**2)))
    assert 10 * np.log10(65535**2 / np.mean(difference.astype(float) ** 2)) > 50


@pytest.mark.parametrize("kind", KINDS)
def test_the_page(kind: str, browser: Browser, extended: Path, tmp_path: Path) -> None:
    """The file's picture is the clipped one, of RGB; the restored one is that of the samples."""
    data = (extended / f"{kind}.jpg").read_bytes()
    write_page(extended / f"{kind}.jpg", tmp_path / "page.html")
    assert open_page(browser, tmp_path / "page.html") == "done"
    assert browser.complaints() == []
    assert browser.run("return document.getElementById('notice').hidden;")
    shown, found = pixels(browser, "file", "srgb")[..., :3], pixels(browser, "restored")[..., :3]
    d = np.abs(shown.astype(int)-stored(data)); print(kind, "file", d.max(), d.mean())
    d = np.abs(found.astype(int)-restored(data)); print(kind, "restored", d.max(), (d>0).mean())
    assert found.shape == (95, 63, 3)
    assert np.abs(found.astype(int) - restored(data)).max() <= 1
    assert "YCbCr samples" in browser.run("return document.getElementById('facts').textContent;")
