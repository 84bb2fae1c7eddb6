"""YCbCr samples of JPEGs in the browser are libjpeg's: bit for bit by its own decoder, nearly so by pdf.js."""

from __future__ import annotations

import shutil
from base64 import b64encode
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from photo_files import exif_block
from PIL import Image
from view.pages import DECODERS, PDFJS

from gamutmeta.color.icc import profile_bytes
from gamutmeta.photo.pixels import decode_sycc

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray
    from view.browser import Browser

SIZES = [
    (1, 1),
    (1, 2),
    (2, 1),
    (3, 2),
    (4, 5),
    (5, 3),
    (8, 8),
    (16, 17),
    (17, 16),
    (31, 33),
    (40, 3),
    (2, 40),
    (97, 61),
]
"""Width and height: chroma of one, two and three columns, whole and cut blocks, odd and even."""

_READ = """
    const bytes = Uint8Array.from(atob(args[0]), (character) => character.charCodeAt(0));
    const { readSamples } = await import('./samples.js');
    const { width, height, data, alpha, orientation } = await readSamples(bytes, args[1]);
    globalThis.found = { width, height, alpha, orientation };
    return data;
"""


def jpeg(width: int, height: int, subsampling: str = "4:4:4", **options: Any) -> bytes:
    """A picture with much chroma, so that every place of it shows in its neighbours."""
    codes = np.random.default_rng(width + 100 * height).integers(0, 256, (height, width, 3), np.uint8)
    file = BytesIO()
    Image.fromarray(codes).save(file, "JPEG", quality=92, subsampling=subsampling, **options)
    return file.getvalue()


def with_factors(data: bytes, *factors: int) -> bytes:
    """A JPEG that claims other sampling factors of its components."""
    at = data.index(b"\xff\xc0")
    changed = bytearray(data)
    changed[at + 11 : at + 20 : 3] = bytes(factors)
    return bytes(changed)


@pytest.fixture
def page(browser: Browser, site: tuple[Path, int]) -> Browser:
    """A page beside the package's modules, with a decoder at hand that nobody has to use."""
    folder, port = site
    for module in DECODERS.glob("*.js"):
        shutil.copy(module, folder)
    if PDFJS.exists():
        shutil.copy(PDFJS, folder / "pdfjs.mjs")
    (folder / "index.html").write_text('<!doctype html><title>x</title><link rel="icon" href="data:,">')
    browser.open(f"http://127.0.0.1:{port}/")
    return browser


def read(page: Browser, data: bytes, **options: str) -> NDArray[np.uint8]:
    """Samples, (H, W, 3)."""
    samples = page.bytes_of(_READ, b64encode(data).decode(), options)
    found = page.run("return found;")
    assert found["alpha"] is None
    return np.frombuffer(samples, np.uint8).reshape(found["height"], found["width"], 3)


def code(page: Browser, data: bytes, **options: str) -> str:
    """Of the error that is thrown."""
    caught = f"try {{ await (async () => {{ {_READ} }})(); return 'none'; }} catch (error) {{ return error.code; }}"
    return str(page.run(caught, b64encode(data).decode(), options))


def loaded(page: Browser) -> bool:
    """Whether the page has loaded a decoder."""
    return bool(page.run("return performance.getEntriesByType('resource').some(({ name }) => name.endsWith('.mjs'));"))


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_the_browsers_samples_are_libjpegs(page: Browser, subsampling: str) -> None:
    for width, height in SIZES:
        data = jpeg(width, height, subsampling, progressive=width % 2 == 0)
        np.testing.assert_array_equal(
            read(page, data, jpegDecoder="./pdfjs.mjs"), decode_sycc(data), str((width, height))
        )
    assert not loaded(page)


def test_profile_and_orientation_have_no_effect_on_samples(page: Browser) -> None:
    exif = exif_block(orientation=6)
    data = jpeg(33, 18, "4:2:0", exif=exif, icc_profile=profile_bytes("display-p3"), restart_marker_blocks=2)
    np.testing.assert_array_equal(read(page, data), decode_sycc(data))
    assert page.run("return found.orientation;") == 6


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_the_decoder_in_javascript_is_one_code_off_at_most(page: Browser, pdfjs: str, subsampling: str) -> None:
    page.run("delete globalThis.ImageDecoder;")
    for width, height in SIZES:
        data = jpeg(width, height, subsampling, progressive=width % 2 == 0)
        difference = np.abs(read(page, data, jpegDecoder=pdfjs) - decode_sycc(data).astype(int))
        assert difference.max() <= 1
        if width * height > 1000:
            assert (difference > 0).mean() < 0.15
    assert loaded(page)


def test_adobes_marker_does_not_make_the_decoder_convert(page: Browser, pdfjs: str) -> None:
    page.run("delete globalThis.ImageDecoder;")
    adobe = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x01"
    data = jpeg(24, 16)
    data = data[:2] + adobe + data[2:]
    assert np.abs(read(page, data, jpegDecoder=pdfjs) - decode_sycc(data).astype(int)).max() <= 1


_FRAME = """
    const planes = [0, 256, 512].map((offset) => ({ offset, stride: 16 }));
    globalThis.ImageDecoder = class {
        async decode() {
            const visibleRect = { width: 16, height: 16 };
            const methods = { close() {}, allocationSize: () => 768, copyTo: async () => planes };
            return { image: { ...methods, visibleRect, format: args[0], colorSpace: args[1] } };
        }
        close() {}
    };
"""


_JFIF = {"fullRange": True, "matrix": "smpte170m"}


@pytest.mark.parametrize(
    ("kind", "space", "result"),
    [
        ("I444", _JFIF, "none"),
        ("RGBX", {"fullRange": True, "matrix": "rgb"}, "picture.samples"),
        (None, _JFIF, "picture.samples"),
        ("I444", _JFIF | {"fullRange": False}, "picture.samples"),
        ("I444", _JFIF | {"matrix": "bt709"}, "picture.samples"),
        ("I444", {"fullRange": None, "matrix": None}, "picture.samples"),
    ],
)
def test_frames_of_another_kind_are_not_taken_for_samples(
    page: Browser, kind: str | None, space: dict[str, Any], result: str
) -> None:
    """Nor is anything else, if there is no other decoder."""
    page.run(_FRAME, kind, space)
    assert code(page, jpeg(16, 16)) == result
    assert code(page, jpeg(16, 16), jpegDecoder="./nowhere.mjs") == result


def test_a_decoder_of_another_size_is_not_believed(page: Browser) -> None:
    other = """const Theirs = ImageDecoder;
        const data = Uint8Array.from(atob(args[0]), (character) => character.charCodeAt(0));
        globalThis.ImageDecoder = function (options) { return new Theirs({ ...options, data }); };"""
    page.run(other, b64encode(jpeg(16, 17)).decode())
    assert code(page, jpeg(16, 16)) == "picture.damaged"


def test_what_has_no_samples(page: Browser) -> None:
    png, grey, rgb, cmyk = BytesIO(), BytesIO(), BytesIO(), BytesIO()
    picture = Image.new("RGB", (16, 16))
    picture.save(png, "PNG")
    picture.convert("L").save(grey, "JPEG")
    picture.save(rgb, "JPEG", keep_rgb=True)
    picture.convert("CMYK").save(cmyk, "JPEG")
    for file in (png, grey, rgb, cmyk):
        assert code(page, file.getvalue()) == "picture.ycc"
    assert code(page, jpeg(16, 16)[:100]) == "picture.damaged"


@pytest.mark.parametrize(
    "factors", [(0x12, 0x11, 0x11), (0x41, 0x11, 0x11), (0x22, 0x12, 0x11), (0x22, 0x21, 0x21), (0x11, 0x21, 0x21),
                (0x20, 0x10, 0x10)]
)  # fmt: skip
def test_rare_subsampling_is_refused(page: Browser, factors: tuple[int, int, int]) -> None:
    assert code(page, with_factors(jpeg(16, 16), *factors), jpegDecoder="./pdfjs.mjs") == "picture.subsampling"
    assert not loaded(page)
