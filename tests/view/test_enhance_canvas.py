"""Canvases of other people's pages: 8 bits, or half-precision floats where the browser has them."""

from __future__ import annotations

import io
import re
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from carrots import QUICK
from interop.demand import go_without
from photo_files import exif_block
from pictures import colourful
from PIL import Image
from view.browser import SCREEN, Browser, missing
from view.firefox import in_firefox, program
from view.pages import DECODERS, encoded

import gamutmeta
from gamutmeta import carriers
from gamutmeta.container import Binding, Payload
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.photo.upright import turned_upright
from gamutmeta.photo.wide import WideImage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

FLOATS = 0.001
"""How far a number may be from Python's: half floats near 1 are 0.0005 apart, and the samples may differ by some."""

_DRAW = """
    const { enhanceCanvas } = await import(`${location.origin}/enhance-canvas.js`);
    const bytes = async (name) => new Uint8Array(await (await fetch(`${location.origin}/${name}`)).arrayBuffer());
    globalThis.canvas = document.createElement('canvas');
    document.body.replaceChildren(canvas);
    const [name, { sidecar, style = '', ...options }] = args;
    canvas.style = `display: block; ${style}`;
    if (sidecar) options.sidecar = await bytes(sidecar);
    return await enhanceCanvas(canvas, await bytes(name), options);
"""
_FLOATS = """
    const [colorSpace] = args;
    const settings = { colorSpace, pixelFormat: 'rgba-float16' };
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height, settings);
    return Float32Array.from(data);
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Colours of which half are outside Display P3: a PNG that is turned, one that is large, and a JPEG."""
    folder = tmp_path_factory.mktemp("files")
    turned = WideImage(colourful(150, 230), exif=exif_block(orientation=6))
    gamutmeta.reduce(turned, preset=QUICK).save(folder / "wide.png")
    gamutmeta.reduce(WideImage(colourful(640, 900)), preset=QUICK).save(folder / "large.png")
    gamutmeta.reduce(WideImage(colourful(150, 230)), preset=QUICK, format="jpeg").save(folder / "wide.jpg")
    (folder / "ramp.png").write_bytes(ramp())
    data = (folder / "wide.png").read_bytes()
    (folder / "plain.png").write_bytes(carriers.strip(data))
    (folder / "sidecar.gamut").write_bytes(carriers.extract(data).container)
    for module in DECODERS.glob("*.js"):
        shutil.copy(module, folder)
    return folder


def ramp() -> bytes:
    """A PNG of greens that differ by less than a code, once a payload without a model has made ROMM RGB of them."""
    codes = np.full((20, 256, 3), 128, np.uint8)
    codes[..., 0] = np.arange(256)
    payload = Payload(256, 20, Binding("rgb8", carriers.samples_digest(codes)), Descriptor(), ())
    file = io.BytesIO()
    Image.fromarray(codes).save(file, "PNG")
    return carriers.embed(file.getvalue(), payload.to_bytes())


@pytest.fixture
def page(browser: Browser, site: tuple[Path, int], files: Path) -> Browser:
    """The browser in an empty page beside the modules."""
    open_beside(browser, site, files)
    return browser


def open_beside(browser: Browser, site: tuple[Path, int], files: Path) -> None:
    folder, port = site
    shutil.copytree(files, folder, dirs_exist_ok=True)
    (folder / "page.html").write_text("<!doctype html><title>x</title><link rel=icon href=data:,><body style=margin:0>")
    browser.open(f"http://127.0.0.1:{port}/page.html")


def numbers(browser: Browser, height: int, width: int, space: str = "display-p3") -> NDArray[np.float32]:
    """The canvas's R, G, B, as floats."""
    return np.frombuffer(browser.bytes_of(_FLOATS, space), np.float32).reshape(height, width, 4)[..., :3]


def restored(path: Path, space: str = "display-p3") -> NDArray[np.float64]:
    """Python's restored picture in a space's encoded values, upright; nothing is clipped."""
    wide = gamutmeta.expand(path)
    return encoded(turned_upright(wide.linear(space), wide.orientation))


@pytest.mark.parametrize("space", ["display-p3", "srgb"])
def test_float16_holds_all_colours_and_levels(page: Browser, files: Path, space: str) -> None:
    found = page.run(_DRAW, "wide.png", {"colorType": "float16", "colorSpace": space})
    assert found == {"width": 150, "height": 230, "colorSpace": space, "colorType": "float16", "notes": []}
    expected = restored(files / "wide.png", space)
    drawn = numbers(page, 230, 150, space)
    assert np.abs(drawn - expected).max() <= FLOATS
    assert expected.min() < -0.3, "a colour that the space does not hold"
    assert expected.max() > 1.05
    assert all(len(np.unique(drawn[..., k])) > 600 for k in range(3)), "more levels than 8 bits have"
    assert page.complaints() == []


def test_eight_bits_unless_asked(page: Browser, files: Path) -> None:
    found = page.run(_DRAW, "wide.png", {})
    assert found["colorType"] == "unorm8"
    assert found["notes"] == []
    assert page.run("return canvas.getContext('2d').getContextAttributes().colorType;") == "unorm8"
    expected = np.clip(restored(files / "wide.png"), 0, 1)
    drawn = numbers(page, 230, 150)
    assert np.abs(drawn - expected).max() <= 0.5 / 255 + FLOATS
    assert all(len(np.unique(drawn[..., k])) <= 256 for k in range(3))


def test_workers_share_large_pictures(page: Browser, files: Path) -> None:
    page.run("globalThis.Counted = Worker; globalThis.count = 0; globalThis.Worker = class extends Counted {"
             "constructor(...args) { super(...args); count++; } };")  # fmt: skip
    page.run(_DRAW, "large.png", {"colorType": "float16"})
    assert page.run("return count;") > 1
    assert np.abs(numbers(page, 640, 900) - restored(files / "large.png")).max() <= FLOATS


def test_what_is_ready_is_shown_from_time_to_time(page: Browser, files: Path) -> None:
    """The rest comes at the end, since pages paint a canvas as a whole."""
    calls = []
    for clock in ("() => 0", "() => (globalThis.now = (globalThis.now ?? 0) + 1000)"):
        page.run(f"""performance.now = {clock};
            globalThis.calls = [];
            CanvasRenderingContext2D.prototype.put ??= CanvasRenderingContext2D.prototype.putImageData;
            CanvasRenderingContext2D.prototype.putImageData = function (image, x, y) {{
                calls.push(ended);
                this.put(image, x, y);
            }};
            globalThis.ended = false;
            globalThis.Heard ??= Worker;
            globalThis.Worker = class extends Heard {{
                set onmessage(hear) {{
                    super.onmessage = (event) => {{ ended ||= event.data.done !== undefined; hear(event); }};
                }}
            }};""")
        page.run(_DRAW, "large.png", {})
        assert (
            np.abs(numbers(page, 640, 900) - np.clip(restored(files / "large.png"), 0, 1)).max() <= 0.5 / 255 + FLOATS
        )
        calls.append(page.run("return calls;"))
    at_the_end, meanwhile = calls
    assert len(at_the_end) == len(meanwhile) > 4
    assert all(at_the_end)
    assert not any(meanwhile)


def test_the_readme(browser: Browser, site: tuple[Path, int], files: Path) -> None:
    """What it says to write works as it stands."""
    folder, port = site
    shutil.copytree(files, folder / "gamutmeta")
    shutil.copy(files / "wide.jpg", folder / "photo.jpg")
    readme = (DECODERS / "README.md").read_text("utf-8")
    (script,) = [
        code for code in re.findall(r"^```js\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL) if "enhanceCanvas" in code
    ]
    page = f'<!doctype html><link rel="icon" href="data:,"><canvas></canvas><script type="module">{script}'
    (folder / "index.html").write_text(f"{page}globalThis.found = [colorType, notes];</script>")
    browser.open(f"http://127.0.0.1:{port}/")
    assert browser.wait("globalThis.found") == ["float16", []]
    assert browser.run("return document.querySelector('canvas').width;") == 230
    assert browser.complaints() == []


def test_sidecars_and_smaller_pictures(page: Browser, files: Path) -> None:
    options = {"colorType": "float16", "sidecar": "sidecar.gamut", "pixels": 9000}
    found = page.run(_DRAW, "plain.png", options)
    assert (found["width"], found["height"]) == (75, 115)
    linear = turned_upright(gamutmeta.expand(files / "wide.png").linear("display-p3"), 6)
    means = encoded(linear.reshape(115, 2, 75, 2, 3).mean((1, 3)))
    assert np.abs(numbers(page, 115, 75) - means).max() <= FLOATS


def test_a_jpeg(page: Browser, files: Path) -> None:
    """Its samples may come from another inverse DCT, and so be a code apart."""
    page.run(_DRAW, "wide.jpg", {"colorType": "float16"})
    difference = np.abs(numbers(page, 150, 230) - restored(files / "wide.jpg"))
    assert difference.max() <= 0.02
    assert (difference > FLOATS).mean() < 0.02


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"colorType": "float32"}, "TypeError: colorType has to be 'unorm8' or 'float16', and is 'float32'"),
        ({"colorType": None}, "TypeError: colorType has to be 'unorm8' or 'float16', and is 'null'"),
        ({"colorSpace": "rec2020"}, "TypeError: colorSpace has to be 'display-p3' or 'srgb', and is 'rec2020'"),
    ],
)
def test_wrong_values(page: Browser, options: dict[str, Any], said: str) -> None:
    with pytest.raises(AssertionError, match="TypeError") as raised:
        page.run(_DRAW, "wide.png", options)
    assert said in str(raised.value)


def test_what_is_wrong_leaves_the_canvas(page: Browser) -> None:
    code = """
        const { enhanceCanvas } = await import(`${location.origin}/enhance-canvas.js`);
        const bytes = new Uint8Array(await (await fetch('plain.png')).arrayBuffer());
        const [drawn, other] = [new OffscreenCanvas(5, 4), new OffscreenCanvas(5, 4)];
        drawn.getContext('2d').fillRect(0, 0, 5, 4);
        other.getContext('bitmaprenderer');
        const codes = [];
        for (const canvas of [drawn, other]) {
            await enhanceCanvas(canvas, bytes, { colorType: 'float16' }).catch(({ code }) => codes.push(code));
        }
        return [...codes, drawn.width, drawn.getContext('2d').getImageData(2, 2, 1, 1).data[3]];"""
    assert page.run(code) == ["carrier.none", "page.canvas", 5, 255]


def test_a_canvas_with_a_context_keeps_it(page: Browser, files: Path) -> None:
    used = _DRAW.replace("document.body.replaceChildren", "canvas.getContext('2d'); document.body.replaceChildren")
    found = page.run(used, "wide.png", {"colorType": "float16"})
    assert found["colorType"] == "unorm8"
    assert found["colorSpace"] == "srgb"
    assert [note.partition(",")[0] for note in found["notes"]] == ["drawn with 8 bits per channel", "drawn in sRGB"]
    expected = np.clip(restored(files / "wide.png", "srgb"), 0, 1)
    assert np.abs(numbers(page, 230, 150, "srgb") - expected).max() <= 0.5 / 255 + FLOATS


def test_a_browser_whose_image_data_are_codes(page: Browser, files: Path) -> None:
    """The canvas could hold floats, but nothing could be drawn into it."""
    without = "globalThis.ImageData = class extends ImageData { get pixelFormat() { return undefined; } };"
    page.run(without)
    found = page.run(_DRAW, "wide.png", {"colorType": "float16"})
    assert found["colorType"] == "unorm8"
    assert len(found["notes"]) == 1
    assert np.abs(numbers(page, 230, 150) - np.clip(restored(files / "wide.png"), 0, 1)).max() <= 0.5 / 255 + FLOATS


@pytest.mark.slow
def test_firefox_draws_eight_bits(files: Path, tmp_path: Path) -> None:
    if program() is None:
        go_without("Firefox is not installed (apt: firefox-esr)", required=False)
    shutil.copytree(files, tmp_path, dirs_exist_ok=True)
    found, pixels = in_firefox(
        tmp_path,
        """
        const { enhanceCanvas } = await import('./enhance-canvas.js');
        const bytes = new Uint8Array(await (await fetch('wide.png')).arrayBuffer());
        const canvas = document.createElement('canvas');
        const found = await enhanceCanvas(canvas, bytes, { colorType: 'float16' });
        const { width, height } = canvas;
        return [found, [...canvas.getContext('2d').getImageData(0, 0, width, height).data]];
        """,
    )
    assert found["colorType"] == "unorm8"
    assert found["colorSpace"] == "srgb"
    assert "8 bits" in found["notes"][0]
    expected = np.clip(restored(files / "wide.png", "srgb"), 0, 1)
    assert np.abs(np.reshape(pixels, (230, 150, 4))[..., :3] / 255 - expected).max() <= 0.5 / 255 + FLOATS


@pytest.fixture(scope="module")
def rec2020_screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium on a screen with Rec. 2020."""
    if (package := missing()) is not None:
        go_without(f"Chromium cannot be driven (apt: {package})")
    folder = tmp_path_factory.mktemp("profile")
    browser = Browser(folder, *SCREEN, "--force-color-profile=rec2020", without=("--disable-gpu",))
    yield browser
    browser.close()


def shot(browser: Browser, color_type: str, style: str = "", name: str = "wide.png") -> NDArray[np.uint8]:
    """What the screen shows of a picture in a canvas."""
    shown = browser.run(_DRAW, name, {"colorType": color_type, "style": style})
    browser.run("await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));")
    with Image.open(io.BytesIO(browser.screenshot())) as image:
        return np.asarray(image.convert("RGB"))[: shown["height"], : shown["width"]]


def test_what_a_wider_screen_shows(rec2020_screen: Browser, site: tuple[Path, int], files: Path) -> None:
    """Colours beyond Display P3 appear from floats alone."""
    open_beside(rec2020_screen, site, files)
    rec2020_screen.resize(400, 300)
    expected = np.clip(restored(files / "wide.png", "rec2020"), 0, 1)
    floats, codes = (shot(rec2020_screen, kind) / 255 for kind in ("float16", "unorm8"))
    assert np.abs(floats - expected).max() <= 2 / 255
    assert np.abs(codes - expected).max() > 20 / 255


def test_levels_between_codes_appear(rec2020_screen: Browser, site: tuple[Path, int], files: Path) -> None:
    """With so much contrast that a code of 8 bits is 16, only floats show a ramp without steps."""
    open_beside(rec2020_screen, site, files)
    rec2020_screen.resize(400, 300)
    steep = "filter: contrast(16)"
    floats, codes = (shot(rec2020_screen, kind, steep, "ramp.png")[10, :, 1] for kind in ("float16", "unorm8"))
    inside = (floats > 0) & (floats < 255)
    assert inside.sum() > 100
    steps = [np.abs(np.diff(row.astype(int)))[inside[1:]].max() for row in (floats, codes)]
    assert steps[0] <= 4
    assert steps[1] >= 10
