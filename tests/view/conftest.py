"""A browser, and pages to open in it."""

from __future__ import annotations

import shutil
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from carrots import QUICK, write_piece
from interop.demand import go_without
from photo_files import exif_block
from view.browser import STRANGER, Browser, missing
from view.pages import PDFJS

from gamutmeta.pipeline.reduce import reduce_file
from gamutmeta.view import write_page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browsers take minutes, and few machines have them: `make test` leaves them to `make test-all`."""
    for item in items:
        if {"chromium", "screen", "rec2020_screen", "firefox"} & {*getattr(item, "fixturenames", ())}:
            item.add_marker(pytest.mark.slow)


class Quiet(SimpleHTTPRequestHandler):
    """Serves files, and says nothing about it."""

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A folder that is served over http, and the port."""
    folder = tmp_path / "site"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield folder, server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def pdfjs(site: tuple[Path, int]) -> str:
    """The address of pdf.js's decoder on the site."""
    if not PDFJS.exists():
        go_without("pdfjs-dist is not installed (npm ci, in spec/decoders)")
    shutil.copy(PDFJS, site[0] / "pdfjs.mjs")
    return f"http://127.0.0.1:{site[1]}/pdfjs.mjs"


@pytest.fixture(scope="package")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, as on a screen with Display P3."""
    if (package := missing()) is not None:
        go_without(f"Chromium cannot be driven (apt: {package})")
    browser = Browser(
        tmp_path_factory.mktemp("profile"),
        "--force-color-profile=display-p3-d65",
        f"--host-resolver-rules=MAP {STRANGER} 127.0.0.1",
    )
    yield browser
    browser.close()


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    """Chromium with nothing open, as large as a desktop's window."""
    chromium.open("about:blank")
    chromium.emulate()
    chromium.resize(1200, 900)
    chromium.complaints()
    return chromium


@pytest.fixture(scope="package")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a photograph, wide.tif, turned by its EXIF orientation, and photo.jpg, .png and .tif of it."""
    folder = tmp_path_factory.mktemp("pictures")
    write_piece(folder / "wide.tif", exif=exif_block(orientation=6))
    for name in ("photo.jpg", "photo.png", "photo.tif"):
        reduce_file(folder / "wide.tif", folder / name, preset=QUICK)
    write_page(folder / "photo.jpg", folder / "photo.html", reference=folder / "wide.tif")
    return folder
