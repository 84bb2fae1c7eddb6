"""What the browser tests do with pages: open them, drop files onto them, read canvases."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import ExifTags, Image, ImageOps

import gamutmeta

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from view.browser import Browser

__all__ = [
    "DECODERS",
    "PDFJS",
    "drop",
    "encoded",
    "open_page",
    "pixels",
    "restored",
    "settled",
    "shown_image",
    "stored",
    "upright",
]

DECODERS = Path(__file__).parents[2] / "spec" / "decoders"
PDFJS = DECODERS / "node_modules" / "pdfjs-dist" / "image_decoders" / "pdf.image_decoders.min.mjs"
"""A decoder in JavaScript that the package can make use of; see install_browser.sh."""

_DROP = """
    const transfer = new DataTransfer();
    for (const [name, text] of args[0]) {
        const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
        transfer.items.add(new File([bytes], name));
    }
    document.body.dataset.state = 'busy';
    const seen = [];
    for (const type of ['dragenter', 'dragover', 'drop']) {
        const event = new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true });
        document.getElementById('stage').dispatchEvent(event);
        seen.push(event.defaultPrevented, document.getElementById('drop').hidden);
    }
    return seen;
"""
_PIXELS = """
    const canvas = document.querySelector(`[data-layer="${args[0]}"]`);
    const { width, height } = canvas;
    return canvas.getContext('2d').getImageData(0, 0, width, height, { colorSpace: args[1] }).data;
"""

_IMAGE = """
    const image = document.querySelectorAll('img')[args[0]];
    const { naturalWidth: width, naturalHeight: height } = image;
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d', { colorSpace: 'display-p3' });
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, canvas.width, canvas.height, { colorSpace: 'display-p3' }).data;
"""


def settled(browser: Browser) -> str:
    """Wait until a page has decoded its picture; "done" or "failed"."""
    browser.wait("document.body.dataset.state !== 'busy'")
    return str(browser.run("return document.body.dataset.state;"))


def open_page(browser: Browser, page: Path) -> str:
    """Open a page from its file; its state."""
    browser.open(page.as_uri())
    return settled(browser)


def drop(browser: Browser, *files: Path | tuple[str, bytes]) -> list[bool]:
    """Drop files onto the page; whether each event was taken, and the frame that says "drop" hidden after it."""
    named = [(file.name, file.read_bytes()) if not isinstance(file, tuple) else file for file in files]
    seen: list[bool] = browser.run(_DROP, [(name, b64encode(data).decode()) for name, data in named])
    return seen


def pixels(browser: Browser, layer: str, space: str = "display-p3") -> NDArray[np.uint8]:
    """A canvas of the stage, (H, W, 4), which is shown at the moment."""
    code = 'const canvas = document.querySelector(`[data-layer="${args[0]}"]`); return [canvas.height, canvas.width];'
    size = browser.run(code, layer)
    return np.frombuffer(browser.bytes_of(_PIXELS, layer, space), np.uint8).reshape(*size, 4)


def upright(picture: Image.Image, orientation: int) -> NDArray[np.uint8]:
    """The picture as EXIF orientation asks to show it."""
    bare = Image.fromarray(np.asarray(picture))
    bare.getexif()[ExifTags.Base.Orientation] = orientation
    return np.asarray(ImageOps.exif_transpose(bare))


def restored(data: bytes, **options: Any) -> NDArray[np.uint8]:
    """What Python restores of a file, in 8-bit Display P3, upright."""
    wide = gamutmeta.expand(data, **options)
    return upright(wide.to_pillow("display-p3"), wide.orientation)


def encoded(linear: NDArray[Any]) -> NDArray[np.float64]:
    """Linear values by the curve that sRGB and Display P3 share, which is mirrored below 0 and goes on above 1."""
    v = np.abs(linear, dtype=np.float64)
    return np.copysign(np.where(v <= 0.0031308, 12.92 * v, 1.055 * v ** (1 / 2.4) - 0.055), linear)


def stored(data: bytes) -> NDArray[np.uint8]:
    """The codes that a file stores, upright."""
    with Image.open(BytesIO(data)) as image:
        return upright(image.copy(), image.getexif().get(ExifTags.Base.Orientation, 1))


def shown_image(browser: Browser, index: int, height: int, width: int) -> NDArray[np.uint8]:
    """What an image of the page shows, in Display P3."""
    return np.frombuffer(browser.bytes_of(_IMAGE, index), np.uint8).reshape(height, width, 4)[..., :3]
