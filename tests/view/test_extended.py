"""Payloads that start from a JPEG's YCbCr samples: expanded as in Python, or the plain picture and why it is that."""

from __future__ import annotations

import json
import shutil
from base64 import b64decode, b64encode
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from carrots import CARROTS, QUICK
from interop.demand import go_without
from photo_files import exif_block
from PIL import Image
from view.firefox import in_firefox, program
from view.pages import DECODERS, drop, open_page, pixels, restored, settled, shown_image, stored, upright

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
    """A folder with JPEGs of odd sides, turned by their orientation, whose samples hold colours outside sRGB."""
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
def test_with_the_decoder_in_javascript(kind: str, browser: Browser, package: str, pdfjs: str, extended: Path) -> None:
    """A sample in twenty is one code off, and one of chroma moves a channel by 1.8 codes: measured 58 dB."""
    file = extended / f"{kind}.jpg"
    browser.open(package)
    browser.run(WITHOUT)
    difference = wide(browser, file, jpegDecoder=pdfjs) - gamutmeta.expand(file).array.ravel().astype(float)
    assert 55 < decibel(difference) < 65


def decibel(difference: NDArray[np.float64]) -> float:
    """PSNR of 16-bit samples."""
    return float(10 * np.log10(65535**2 / np.mean(difference**2)))


def differences(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> NDArray[np.int16]:
    assert a.shape == b.shape
    return np.abs(a.astype(np.int16) - b)


@pytest.mark.parametrize("kind", KINDS)
def test_the_page(kind: str, browser: Browser, extended: Path, tmp_path: Path) -> None:
    """The file's picture is the clipped one, of RGB; the restored one is that of the samples."""
    data = (extended / f"{kind}.jpg").read_bytes()
    write_page(extended / f"{kind}.jpg", tmp_path / "page.html", reference=extended / "wide.tif")
    assert open_page(browser, tmp_path / "page.html") == "done"
    assert browser.complaints() == []
    assert browser.run("return document.getElementById('notice').hidden;")
    assert differences(pixels(browser, "file", "srgb")[..., :3], stored(data)).max() <= 1
    assert differences(pixels(browser, "restored")[..., :3], restored(data)).max() <= 1
    assert "from YCbCr samples" in browser.run("return document.getElementById('facts').textContent;")
    assert restored(data).shape == (95, 63, 3)


@pytest.mark.parametrize("with_payload", [False, True], ids=["stripped", "with its payload"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_page_of_the_samples_alone(
    kind: str, browser: Browser, extended: Path, tmp_path: Path, *, with_payload: bool
) -> None:
    data = (extended / f"{kind}.jpg").read_bytes()
    if not with_payload:
        data = carriers.strip(data)
    (tmp_path / "a.jpg").write_bytes(data)
    options: dict[str, Any] = {"samples": "extended", "reference": extended / "wide.tif"}
    write_page(tmp_path / "a.jpg", tmp_path / "page.html", **options)
    assert open_page(browser, tmp_path / "page.html") == "done"
    assert browser.complaints() == []
    assert browser.run("return document.getElementById('notice').hidden;")
    expected = restored(data, samples="extended")
    assert differences(pixels(browser, "file", "srgb")[..., :3], stored(data)).max() <= 1
    assert differences(pixels(browser, "restored")[..., :3], expected).max() <= 1
    clipped = upright(gamutmeta.read_photo(tmp_path / "a.jpg").to_pillow("display-p3"), 6)
    assert differences(clipped, expected).max() > 10, "a test that nothing could fail"
    assert "Against wide.tif" in browser.run("return document.getElementById('figures').textContent;")
    facts = browser.run("return document.getElementById('facts').textContent;")
    assert "Payloadnot used: the picture\u2019s own samples are shown" in facts
    assert "Model" not in facts
    assert "Belongs to" not in facts
    drop(browser, ("next.jpg", (extended / "444.jpg").read_bytes()))  # what is opened next has a payload again
    assert settled(browser) == "done"
    assert "from YCbCr samples" in browser.run("return document.getElementById('facts').textContent;")


_WORKERS_WITHOUT = f"""
    const Original = Blob;
    globalThis.Blob = class extends Original {{
        constructor(parts, options) {{
            super(options?.type === 'text/javascript' ? ["{WITHOUT}", ...parts] : parts, options);
        }}
    }};
"""


def test_the_page_without_samples_shows_the_plain_picture_and_says_why(
    browser: Browser, extended: Path, tmp_path: Path
) -> None:
    write_page(extended / "420.jpg", tmp_path / "page.html", reference=extended / "wide.tif")
    with browser.prepared(_WORKERS_WITHOUT):
        assert open_page(browser, tmp_path / "page.html") == "done"
    notice = browser.run("return document.getElementById('notice').innerText;")
    assert notice.startswith("This browser does not give what the payload starts from")
    assert "picture.samples" in notice
    layers = "return [...document.querySelectorAll('#right canvas')].map((canvas) => canvas.dataset.layer);"
    assert browser.run(layers) == ["file"]
    data = (extended / "420.jpg").read_bytes()
    assert differences(pixels(browser, "file", "srgb")[..., :3], stored(data)).max() <= 1
    assert browser.complaints() == []  # nothing was tried that the page's policy forbids


def test_a_picture_without_samples_or_of_another_kind(browser: Browser, extended: Path, tmp_path: Path) -> None:
    """Bindings are checked first; samples are never made of RGB."""
    data = (extended / "444.jpg").read_bytes()
    adobe = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"
    length = 2 + int.from_bytes(data[4:6])
    rgb = data[:2] + adobe + data[2 + length :]  # the same coded data, said to be RGB
    assert data[2:4] == b"\xff\xe0"
    write_page(extended / "444.jpg", tmp_path / "page.html")
    open_page(browser, tmp_path / "page.html")
    for name, changed, title in (
        ("rgb.jpg", rgb, "The payload was made for another picture"),
        ("coded anew.jpg", recoded(data), "The payload was made for another picture"),
    ):
        drop(browser, (name, changed))
        assert settled(browser) == "done"
        assert browser.run("return document.getElementById('notice').innerText;").startswith(title)
    browser.click("#notice button")  # expands the last one all the same
    browser.wait("document.body.dataset.state === 'done' && document.getElementById('notice').hidden")
    assert "not checked" in browser.run("return document.getElementById('facts').textContent;")
    expected = restored(recoded(data), check=False)
    assert differences(pixels(browser, "restored")[..., :3], expected).max() <= 1


def recoded(data: bytes) -> bytes:
    """The clipped picture coded anew, with the payload of the first coding."""
    file = BytesIO()
    with Image.open(BytesIO(data)) as image:
        image.save(file, "JPEG", quality=90, exif=image.info["exif"])
    return carriers.embed(file.getvalue(), carriers.extract(data).container)


_ENHANCED = """<!doctype html><title>x</title><link rel=icon href=data:,>
<img src=420.jpg data-gamutmeta alt=a>
<script type=module>
  import { enhance } from './enhance.js';
  addEventListener('gamutmeta', ({ detail: { state, error } }) => (globalThis.done = error?.code ?? state));
  enhance(document, %s);
</script>"""


@pytest.mark.parametrize(
    ("has_samples", "options", "result", "most"),
    [
        (True, {}, "expanded", 2),
        (False, {"jpegDecoder": "pdfjs.mjs"}, "expanded", 12),
        (False, {}, "picture.samples", 0),
    ],
)
def test_pictures_of_web_pages(
    *, has_samples: bool, options: dict[str, str], result: str, most: int, browser: Browser, site: tuple[Path, int],
    package: str, pdfjs: str, extended: Path,
) -> None:  # fmt: skip
    folder, _ = site
    assert pdfjs == f"{package}pdfjs.mjs"
    shutil.copy(extended / "420.jpg", folder)
    if not has_samples:
        with (folder / "enhance-worker.js").open("a") as worker:
            worker.write(WITHOUT)
    (folder / "page.html").write_text(_ENHANCED % json.dumps(options))
    browser.open(f"{package}page.html")
    browser.wait("globalThis.done !== undefined")
    assert browser.run("return globalThis.done;") == result
    data = (extended / "420.jpg").read_bytes()
    if result == "expanded":
        found = shown_image(browser, 0, 95, 63)
        assert differences(found, restored(data)).max() <= most
    else:
        assert browser.run("return document.images[0].src;").endswith("/420.jpg")


@pytest.fixture
def firefox() -> None:
    """Firefox has an ImageDecoder as well, but it gives RGB."""
    if program() is None:
        go_without("Firefox is not installed (apt: firefox-esr)", required=False)


def packed(array: str) -> str:
    """JavaScript for a typed array in base64."""
    return f"btoa(Array.from(new Uint8Array({array}.buffer), (byte) => String.fromCharCode(byte)).join(''))"


@pytest.mark.usefixtures("firefox", "package", "pdfjs")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.slow
def test_firefox_with_the_decoder_in_javascript(kind: str, site: tuple[Path, int], extended: Path) -> None:
    file = extended / f"{kind}.jpg"
    encoded = b64encode(file.read_bytes()).decode()
    code = f"""const args = ['{encoded}', {{ jpegDecoder: './pdfjs.mjs' }}];
        const wide = await (async () => {{ {_WIDE} }})();
        return {packed("wide")};"""
    found = np.frombuffer(b64decode(in_firefox(site[0], code)), np.uint16)
    assert 55 < decibel(found - gamutmeta.expand(file).array.ravel().astype(float)) < 65


_IN_FRAME = """
    const frame = Object.assign(document.createElement('iframe'), { src: 'page.html', width: 1200, height: 900 });
    document.body.append(frame);
    await new Promise((resolve) => frame.addEventListener('load', resolve));
    const page = frame.contentDocument;
    while (page.body.dataset.state === 'busy') await new Promise((resolve) => setTimeout(resolve, 50));
    const canvas = page.querySelector('#right canvas');
    const notice = page.getElementById('notice').innerText;
    const { width, height } = canvas ?? {};
    const data = canvas?.getContext('2d').getImageData(0, 0, width, height, { colorSpace: 'srgb' }).data;
"""


@pytest.mark.usefixtures("firefox")
def test_firefox_shows_the_plain_picture_and_says_why(site: tuple[Path, int], extended: Path) -> None:
    folder, _ = site
    write_page(extended / "420.jpg", folder / "page.html")
    answer = f"[page.body.dataset.state, canvas?.dataset.layer, notice, {packed('data')}]"
    state, layer, notice, shown = in_firefox(folder, f"{_IN_FRAME} return {answer};")
    assert (state, layer) == ("done", "file"), notice
    assert notice.startswith("This browser does not give what the payload starts from")
    expected = stored((extended / "420.jpg").read_bytes())
    found = np.frombuffer(b64decode(shown), np.uint8).reshape(95, 63, 4)[..., :3]
    assert differences(found, expected).max() <= 3


@pytest.mark.usefixtures("firefox")
@pytest.mark.slow
def test_firefox_expands_other_payloads(site: tuple[Path, int], pictures: Path) -> None:
    folder, _ = site
    reduce_file(pictures / "wide.tif", folder / "plain.jpg", preset=QUICK, samples="plain")
    shutil.copy(pictures / "photo.png", folder)
    for name in ("plain.jpg", "photo.png"):
        write_page(folder / name, folder / "page.html", overwrite=True)
        answer = f"[page.body.dataset.state, canvas?.dataset.layer, notice, {packed('data')}]"
        state, layer, notice, shown = in_firefox(folder, f"{_IN_FRAME} return {answer};")
        assert (state, layer, notice) == ("done", "restored", "")
        found = np.frombuffer(b64decode(shown), np.uint8).reshape(96, 64, 4)[..., :3]
        wide = gamutmeta.expand(folder / name)
        assert differences(found, upright(wide.to_pillow("srgb"), 6)).max() <= 2
