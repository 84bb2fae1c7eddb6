"""What the page's canvases hold is what Python decodes and restores."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
import pytest
from carrots import QUICK
from photo_files import png_chunks
from pictures import colourful
from PIL import Image
from view.pages import drop, open_page, pixels, restored, settled, stored, upright

import gamutmeta
from gamutmeta import carriers
from gamutmeta.container import Binding, Payload
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.photo.wide import WideImage
from gamutmeta.view import write_page

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from view.browser import Browser

EXAMPLE = Path(__file__).parents[2] / "spec" / "decoders" / "example" / "carrots.jpg"


def differences(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> NDArray[np.int16]:
    assert a.shape == b.shape
    return np.abs(a.astype(np.int16) - b)


def check_both_sides(browser: Browser, file: Path, page: Path) -> None:
    """The left canvas has the file's codes, the right one the package's expansion in 8-bit Display P3.

    Browsers may decode a JPEG with another inverse DCT, hence a code more there; a PNG's codes are exact.
    """
    data = file.read_bytes()
    write_page(file, page)
    assert open_page(browser, page) == "done"
    assert browser.run("return document.getElementById('notice').hidden;")
    codes = differences(pixels(browser, "file", "srgb")[..., :3], stored(data))
    wide = differences(pixels(browser, "restored")[..., :3], restored(data))
    lossy = carriers.host_format(data) == "jpeg"
    assert codes.max() <= (1 if lossy else 0)
    assert wide.max() <= (2 if lossy else 1)
    assert (wide > 0).mean() < 0.01
    assert differences(restored(data), stored(data)).mean() > 3, "a test that nothing could fail"


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "photo.tif"])
def test_both_sides(name: str, browser: Browser, pictures: Path, tmp_path: Path) -> None:
    check_both_sides(browser, pictures / name, tmp_path / "page.html")
    assert pixels(browser, "restored").shape[:2] == (96, 64)  # turned


@pytest.mark.parametrize("side", ["file", "restored", "original"])
def test_what_the_screen_shows(side: str, browser: Browser, pictures: Path) -> None:
    """Also without a graphics processor, as here, where Chromium has sRGB alone, and takes any canvas for it."""
    original, restored_wide = gamutmeta.read_photo(pictures / "wide.tif"), gamutmeta.expand(pictures / "photo.jpg")
    wide = {"file": gamutmeta.read_photo(pictures / "photo.jpg"), "restored": restored_wide, "original": original}[side]
    assert open_page(browser, pictures / "photo.html") == "done"
    browser.click("[name=zoom][value=pixels]")
    change = """const [choice, split] = ['right-choice', 'split'].map((id) => document.getElementById(id));
        choice.value = args[0];
        choice.dispatchEvent(new Event('change', { bubbles: true }));
        split.value = 0;
        split.dispatchEvent(new Event('input'));"""
    browser.run(change, side)
    if side != "file":
        browser.wait("document.querySelector('#right img') !== null")
    place = "const { left, top } = document.getElementById('frame').getBoundingClientRect(); return [left, top];"
    left, top = map(round, browser.run(place))
    part = np.s_[:40, 30:64]  # neither the handle of the line nor the labels
    with Image.open(BytesIO(browser.screenshot())) as screen:
        shown = np.asarray(screen.convert("RGB"))[top:, left:][part]
    possible = [upright(photo.to_pillow("display-p3"), 6)[part] for photo in (wide, wide.convert("srgb"))]
    nearest = np.minimum(*(differences(shown, expected) for expected in possible))
    assert np.percentile(nearest, 99) <= (8 if side == "original" else 3)  # the original's copy is a JPEG


def test_a_browser_without_wide_canvases(browser: Browser, pictures: Path) -> None:
    """What sRGB does not hold is clipped as Python clips it, and the page says so."""
    without = """const made = HTMLCanvasElement.prototype.getContext;
        HTMLCanvasElement.prototype.getContext = function (kind, { colorSpace, ...others } = {}) {
          return made.call(this, kind, others);
        };"""
    with browser.prepared(without):
        assert open_page(browser, pictures / "photo.html") == "done"
    wide = gamutmeta.expand(pictures / "photo.jpg")
    expected = upright(wide.to_pillow("srgb"), wide.orientation)
    assert differences(pixels(browser, "restored", "srgb")[..., :3], expected).max() <= 2
    assert "hold sRGB alone" in browser.run("return document.getElementById('screen').textContent;")
    assert browser.run("return document.getElementById('muted-label').hidden;")


def test_several_bands(browser: Browser, tmp_path: Path) -> None:
    check_both_sides(browser, EXAMPLE, tmp_path / "page.html")
    assert pixels(browser, "restored").shape[:2] == (400, 600)


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png"])
def test_orientations(name: str, browser: Browser, pictures: Path) -> None:
    entry = b"\x12\x01\x03\x00\x01\x00\x00\x00"
    before, after = (pictures / name).read_bytes().split(entry)
    assert after[0] == 6
    open_page(browser, pictures / "photo.html")
    for orientation in range(1, 9):
        data = with_right_crcs(before + entry + bytes([orientation]) + after[1:])
        drop(browser, ("turned", data))
        assert settled(browser) == "done"
        expected = restored(data)
        assert expected.shape[0] == (64 if orientation < 5 else 96)
        assert differences(pixels(browser, "restored")[..., :3], expected).max() <= 2


def with_right_crcs(data: bytes) -> bytes:
    """A PNG as Pillow will read it after a change; other files as they are."""
    if not data.startswith(b"\x89PNG"):
        return data
    chunks = [(len(body).to_bytes(4), kind + body, crc32(kind + body).to_bytes(4)) for kind, body in png_chunks(data)]
    return data[:8] + b"".join(part for chunk in chunks for part in chunk)


def test_colours_of_transparent_pixels(browser: Browser, pictures: Path, tmp_path: Path) -> None:
    """The digest is over colours that are not multiplied by transparency, and nothing of them is lost."""
    rng = np.random.default_rng(0)
    wide = WideImage(colourful(), alpha=rng.integers(0, 3, (72, 96)).astype(np.uint16) * 32767)
    gamutmeta.reduce(wide, preset=QUICK).save(tmp_path / "x.png")
    data = (tmp_path / "x.png").read_bytes()
    open_page(browser, pictures / "photo.html")
    drop(browser, tmp_path / "x.png")
    assert settled(browser) == "done"
    assert browser.run("return document.getElementById('notice').hidden;")
    expected = restored(data)
    found = pixels(browser, "restored")
    assert np.array_equal(found[..., 3], expected[..., 3])
    opaque = expected[..., 3] == 255
    assert differences(found[opaque][:, :3], expected[opaque][:, :3]).max() <= 1


def test_profile_gamma_and_palette_do_not_change_codes(browser: Browser, pictures: Path) -> None:
    """Colours are those of the samples, whatever the file says about itself (section 7.1)."""
    codes = np.random.default_rng(1).integers(0, 256, (20, 30), np.uint8)
    image = Image.fromarray(codes).convert("P")
    image.putpalette(np.random.default_rng(2).integers(0, 256, 768, np.uint8).tobytes())
    file = BytesIO()
    image.save(file, "PNG", icc_profile=WideImage(colourful()).icc_profile)
    rgb = np.asarray(image.convert("RGB"))
    payload = Payload(30, 20, Binding("rgb8", carriers.samples_digest(rgb)), Descriptor(), ())
    data = carriers.embed(file.getvalue(), payload.to_bytes())
    open_page(browser, pictures / "photo.html")
    drop(browser, ("palette.png", data))
    assert settled(browser) == "done"
    assert browser.run("return document.getElementById('notice').hidden;")
    assert np.array_equal(pixels(browser, "file", "srgb")[..., :3], rgb)
    assert differences(pixels(browser, "restored")[..., :3], restored(data)).max() <= 1


@pytest.mark.slow
def test_large_pictures_are_shown_smaller(browser: Browser, pictures: Path) -> None:
    """Each pixel shown is the mean of the linear colours of four; the page stays alive meanwhile."""
    height, width = 2501, 3401
    y, x = np.mgrid[0:height, 0:width]
    codes = np.stack([x * 255 // width, y * 255 // height, (x + y) % 256], -1).astype(np.uint8)
    payload = Payload(width, height, Binding("rgb8", carriers.samples_digest(codes)), Descriptor(), ())
    file = BytesIO()
    Image.fromarray(codes).save(file, "PNG", compress_level=1)
    data = carriers.embed(file.getvalue(), payload.to_bytes())
    open_page(browser, pictures / "photo.html")
    browser.run("""
        globalThis.longest = 0;
        let last = performance.now();
        const beat = (now) => { longest = Math.max(longest, now - last); last = now; requestAnimationFrame(beat); };
        requestAnimationFrame(beat);
    """)
    drop(browser, ("large.png", data))
    assert settled(browser) == "done"
    assert "3,401 × 2,501 pixels" in browser.run("return document.getElementById('facts').textContent;")
    assert "each the average of 2 × 2" in browser.run("return document.getElementById('facts').textContent;")
    assert browser.run("return longest;") < 1500
    found = pixels(browser, "file", "srgb")
    assert found.shape == (1251, 1701, 4)
    blocks = codes[:2500, :3400].reshape(1250, 2, 1700, 2, 3)
    linear = np.where(blocks <= 10, blocks / 255 / 12.92, ((blocks / 255 + 0.055) / 1.055) ** 2.4).mean((1, 3))
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    assert differences(found[:1250, :1700, :3], np.rint(255 * encoded).astype(np.uint8)).max() <= 1
