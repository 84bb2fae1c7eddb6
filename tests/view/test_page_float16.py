"""The page's canvas of half-precision floats: what it holds and shows, and what the page says of it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from carrots import QUICK
from interop.demand import go_without
from photo_files import exif_block
from pictures import colourful
from PIL import Image
from view.browser import SCREEN, Browser, missing
from view.pages import encoded, open_page, pixels, restored, settled

import gamutmeta
from gamutmeta.photo.upright import turned_upright
from gamutmeta.photo.wide import WideImage
from gamutmeta.view import write_page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_FLOATS = """
    const canvas = document.querySelector('[data-layer="restored"]');
    const settings = { colorSpace: 'display-p3', pixelFormat: 'rgba-float16' };
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height, settings);
    return Float32Array.from(data);
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of a PNG, turned, of whose colours half are outside Display P3, and the PNG beside it."""
    path = tmp_path_factory.mktemp("page") / "wide.html"
    wide = WideImage(colourful(150, 230), exif=exif_block(orientation=6))
    gamutmeta.reduce(wide, preset=QUICK).save(path.with_suffix(".png"))
    write_page(path.with_suffix(".png"), path)
    return path


def exact(page: Path, space: str = "display-p3") -> NDArray[np.float64]:
    """Python's result for the page's picture, upright; nothing is clipped."""
    wide = gamutmeta.expand(page.with_suffix(".png"))
    return encoded(turned_upright(wide.linear(space), wide.orientation))


def said(browser: Browser) -> str:
    return str(browser.run("return document.getElementById('screen').textContent;"))


def test_floats_on_request(browser: Browser, page: Path) -> None:
    assert open_page(browser, page) == "done"
    assert "clipped to it on every screen" in said(browser)
    browser.click("#float16")
    assert settled(browser) == "done"
    drawn = np.frombuffer(browser.bytes_of(_FLOATS), np.float32).reshape(230, 150, 4)[..., :3]
    expected = exact(page)
    assert expected.min() < -0.3
    assert np.abs(drawn - expected).max() <= 0.001
    assert "half-precision floats" in said(browser)
    assert "clipped" not in said(browser)
    assert browser.run("return document.querySelector('#right img');") is None
    # And back again.
    browser.click("#float16")
    assert settled(browser) == "done"
    difference = pixels(browser, "restored")[..., :3].astype(int) - restored(page.with_suffix(".png").read_bytes())
    assert np.abs(difference).max() <= 1
    assert "clipped to it on every screen" in said(browser)
    browser.wait("document.querySelector('#right img') !== null")
    assert browser.complaints() == []


def test_muted_floats_are_clipped(browser: Browser, page: Path) -> None:
    """The numbers of Display P3 are taken for sRGB, in 8 bits."""
    assert open_page(browser, page) == "done"
    browser.click("#float16")
    assert settled(browser) == "done"
    browser.click("#muted")
    expected = np.rint(255 * np.clip(exact(page), 0, 1))
    assert np.abs(pixels(browser, "restored", "srgb")[..., :3] - expected).max() <= 1


@pytest.mark.parametrize(
    "without",
    [
        "CanvasRenderingContext2D.prototype.getContextAttributes = () => ({ colorSpace: 'display-p3' });",
        "globalThis.ImageData = class extends ImageData { get pixelFormat() { return undefined; } };",
    ],
)
def test_browsers_without_them_are_not_asked(without: str, browser: Browser, page: Path) -> None:
    hidden = "return document.getElementById('float16-label').hidden;"
    assert open_page(browser, page) == "done"
    assert not browser.run(hidden)
    with browser.prepared(without):
        assert open_page(browser, page) == "done"
    assert browser.run(hidden)


@pytest.fixture
def rec2020_screen(tmp_path: Path) -> Iterator[Browser]:
    """Chromium on a screen with Rec. 2020."""
    if (package := missing()) is not None:
        go_without(f"Chromium cannot be driven (apt: {package})")
    browser = Browser(tmp_path, *SCREEN, "--force-color-profile=rec2020", without=("--disable-gpu",))
    yield browser
    browser.close()


def test_what_a_wider_screen_shows(rec2020_screen: Browser, page: Path) -> None:
    browser = rec2020_screen
    browser.resize(1200, 900)
    assert open_page(browser, page) == "done"
    browser.click("[name=zoom][value=pixels]")
    browser.wait("document.querySelector('#right img') !== null")
    eight = shown(browser)
    browser.click("#float16")
    assert settled(browser) == "done"
    browser.click("[name=zoom][value=pixels]")  # for another picture, the controls are reset
    expected = np.clip(exact(page, "rec2020"), 0, 1)[60:190, 80:145]  # neither the handle of the line nor the labels
    assert np.abs(shown(browser) - expected).max() <= 2 / 255
    assert np.abs(eight - expected).max() > 20 / 255


def shown(browser: Browser) -> NDArray[np.float64]:
    """What the screen shows of a part of the right side, with the line at the left end."""
    place = """scrollTo(0, 0);
        const split = document.getElementById('split');
        split.value = 0;
        split.dispatchEvent(new Event('input'));
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        const { left, top } = document.getElementById('frame').getBoundingClientRect();
        return [left, top];"""
    left, top = map(round, browser.run(place))
    with Image.open(io.BytesIO(browser.screenshot())) as screen:
        return np.asarray(screen.convert("RGB"))[top:, left:][60:190, 80:145] / 255
