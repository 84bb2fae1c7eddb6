"""Browsers show what is predicted of a JPEG with a gain map: Chromium on two screens, and Firefox, which knows none."""

from __future__ import annotations

import io
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from carrots import CARROTS, QUICK
from interop.demand import go_without
from photo_files import exif_block
from PIL import Image
from view.browser import SCREEN, Browser, missing
from view.firefox import in_firefox, program

from gamutmeta import carriers
from gamutmeta.color.spaces import DISPLAY_P3, SPACES, SRGB
from gamutmeta.formats.gain_map import SIGNATURE, GainMapMetadata, metadata_of
from gamutmeta.formats.second_picture import find_colour_map, with_colour_map, without_colour_map
from gamutmeta.photo.pixels import decode_srgb
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.upright import turned_upright
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline.reduce import reduce
from gamutmeta.pipeline.shown import shown_picture

pytest.importorskip("torch")

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

PROFILES = {"display-p3": "display-p3-d65", "srgb": "srgb"}
"""Screens, and what Chromium calls them."""

KINDS: Mapping[str, dict[str, Any]] = {
    "444": {},
    "420": {"subsampling": "4:2:0"},
    "progressive": {"progressive": True},
    "plain samples": {"samples": "plain"},
    "small map": {"map_bytes": 1_200},
    "comment": {"carrier": "com"},
}

CODES = 2
"""How far a pixel may be from its prediction, in 8-bit codes."""

OF_CHROMA = {"420": 1}
"""How much further where Chromium enlarges chroma by itself, on the GPU: plain pictures are as far from libjpeg's."""

_PIXELS = """
    const bytes = Uint8Array.from(atob(args[0]), (character) => character.charCodeAt(0));
    const image = new Image();
    image.src = URL.createObjectURL(new Blob([bytes], { type: 'image/jpeg' }));
    await image.decode();
    const { naturalWidth: width, naturalHeight: height } = image;
    const context = new OffscreenCanvas(width, height).getContext('2d', {
        colorSpace: args[1], colorType: 'float16',
    });
    context.drawImage(image, 0, 0);
    const options = { colorSpace: args[1], pixelFormat: 'rgba-float16' };
    return new Float32Array(context.getImageData(0, 0, width, height, options).data);
"""


def made(kind: str, *, orientation: int = 1) -> bytes:
    """A JPEG with a payload and a gain map."""
    options = dict(KINDS[kind])
    carrier = options.pop("carrier", None)
    wide = WideImage(read_photo(CARROTS).array[250:383, 400:601], exif=exif_block(orientation=orientation))
    return reduce(wide, preset=QUICK, format="jpeg", show_wide=True, device="cpu", **options).to_bytes(carrier)


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return {kind: made(kind) for kind in KINDS}


@pytest.fixture(scope="module", params=PROFILES)
def screen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Browser]]:
    """A screen's colour space, and Chromium on it."""
    if (package := missing()) is not None:
        go_without(f"Chromium cannot be driven (apt: {package})")
    profile = f"--force-color-profile={PROFILES[request.param]}"
    folder = tmp_path_factory.mktemp("profile")
    browser = Browser(folder, *SCREEN, profile, without=("--disable-gpu",))
    browser.open("about:blank")
    yield request.param, browser
    browser.close()


def drawn(browser: Browser, data: bytes, space: str, size: tuple[int, int]) -> NDArray[np.float32]:
    """The picture as the browser draws it into a canvas of a colour space, clamped as a screen is; encoded values."""
    packed = browser.bytes_of(_PIXELS, b64encode(data).decode(), space)
    return np.clip(np.frombuffer(packed, np.float32).reshape(size[1], size[0], 4)[..., :3], 0, 1)


def furthest(a: NDArray[Any], b: NDArray[Any]) -> float:
    """The largest difference of encoded values, in 8-bit codes."""
    return float(255 * np.abs(a - b).max())


@pytest.mark.parametrize("kind", KINDS)
def test_chromium_computes_what_is_predicted(screen: tuple[str, Browser], files: dict[str, bytes], kind: str) -> None:
    _, browser = screen
    for space in ("display-p3", "srgb"):
        predicted = shown_picture(files[kind], SPACES[space])
        size = predicted.shape[1], predicted.shape[0]
        assert furthest(drawn(browser, files[kind], space, size), predicted) <= CODES + OF_CHROMA.get(kind, 0)
        # The map is what makes the difference.
        plain = without_colour_map(files[kind])
        assert furthest(drawn(browser, plain, space, size), shown_picture(plain, SPACES[space])) <= 1 + OF_CHROMA.get(
            kind, 0
        )
        assert furthest(drawn(browser, plain, space, size), predicted) > 5


@pytest.mark.parametrize("kind", ["444", "420"])
def test_the_screen_shows_it(screen: tuple[str, Browser], files: dict[str, bytes], kind: str, tmp_path: Path) -> None:
    space, browser = screen
    (tmp_path / "x.jpg").write_bytes(files[kind])
    page = tmp_path / "x.html"
    page.write_text("<!doctype html><style>*{margin:0}img{display:block}</style><img src=x.jpg>", encoding="utf-8")
    browser.open(page.as_uri())
    browser.wait("document.images[0].complete")
    browser.resize(400, 300)
    with Image.open(io.BytesIO(browser.screenshot())) as image:
        shot = np.asarray(image.convert("RGB"), np.float32) / 255
    predicted = shown_picture(files[kind], SPACES[space])
    height, width, _ = predicted.shape
    assert furthest(shot[:height, :width], predicted) <= CODES + OF_CHROMA.get(kind, 0)
    plain = shown_picture(without_colour_map(files[kind]), SPACES[space])
    assert furthest(shot[:height, :width], plain) > 5


@pytest.mark.parametrize("orientation", [3, 6, 7])
def test_orientation_turns_picture_and_map(screen: tuple[str, Browser], orientation: int) -> None:
    _, browser = screen
    data = made("444", orientation=orientation)
    predicted = turned_upright(shown_picture(data), orientation)
    size = predicted.shape[1], predicted.shape[0]
    assert furthest(drawn(browser, data, "display-p3", size), predicted) <= CODES


def test_ordinary_gain_maps_show_nothing_here(screen: tuple[str, Browser], files: dict[str, bytes]) -> None:
    _, browser = screen
    plain, found = without_colour_map(files["444"]), find_colour_map(files["444"])
    assert found is not None
    ordinary = GainMapMetadata(found.metadata.channels, 0, 3).pack()
    assert metadata_of(found.jpeg) == found.metadata
    at = found.jpeg.index(SIGNATURE)
    hdr = with_colour_map(plain, found.jpeg[:at] + ordinary + found.jpeg[at + len(ordinary) :])
    height, width, _ = decode_srgb(plain).shape
    pixels = (drawn(browser, data, "display-p3", (width, height)) for data in (hdr, plain))
    assert furthest(*pixels) == 0


def test_a_payload_attached_later_changes_nothing(screen: tuple[str, Browser], files: dict[str, bytes]) -> None:
    _, browser = screen
    payload = carriers.extract(files["444"]).container
    again = carriers.embed(carriers.strip(files["444"]), payload, carrier="com")
    predicted = shown_picture(files["444"])
    size = predicted.shape[1], predicted.shape[0]
    assert furthest(drawn(browser, again, "display-p3", size), predicted) <= CODES


@pytest.mark.slow
def test_firefox_shows_the_base(files: dict[str, bytes], tmp_path: Path) -> None:
    if program() is None:
        go_without("Firefox is not installed (apt: firefox-esr)", required=False)
    (tmp_path / "x.jpg").write_bytes(files["444"])
    pixels = in_firefox(
        tmp_path,
        """
        const image = new Image();
        image.src = 'x.jpg';
        await image.decode();
        const context = new OffscreenCanvas(image.naturalWidth, image.naturalHeight).getContext('2d');
        context.drawImage(image, 0, 0);
        const found = context.getImageData(0, 0, image.naturalWidth, image.naturalHeight);
        return [found.width, found.height, [...found.data]];
        """,
    )
    width, height, data = pixels
    found = np.array(data, np.uint8).reshape(height, width, 4)[..., :3]
    base = decode_srgb(files["444"])
    assert furthest(found / 255, base / 255) <= 1
    assert furthest(found / 255, shown_picture(files["444"], SRGB)) > 2
    assert furthest(shown_picture(files["444"], DISPLAY_P3), base / 255) > 2
