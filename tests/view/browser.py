"""A browser for tests: Chromium through its driver, by the few commands of W3C WebDriver that are needed here."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from base64 import b64decode
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["FLAGS", "SCREEN", "STRANGER", "Browser", "missing"]

FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader", "--disable-quic",
    "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--hide-scrollbars", "--lang=en",
)  # fmt: skip
"""What Chromium is started with: without window, user and network services of its own."""

SCREEN = ("--use-angle=swiftshader", "--ignore-gpu-blocklist", "--enable-gpu-rasterization")
"""With these, and without --disable-gpu, pages are painted in the colours of the screen, and not in sRGB."""

STRANGER = "pictures.test"
"""A name of this machine that browsers do not know for their own, and so do not trust without https."""

_SECONDS = 60
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The key of WebDriver's references to elements."""


def missing() -> str | None:
    """What is not installed; None if all is there."""
    wanted = {"chromium": ("chromium", "chromium-browser", "google-chrome"), "chromium-driver": ("chromedriver",)}
    for package, programs in wanted.items():
        if not any(map(shutil.which, programs)):
            return package
    return None


class Browser:
    """One window of Chromium.

    Args:
        folder: for its profile; empty.
        flags: more of Chromium's.
        without: flags of `FLAGS` to leave out.
    """

    def __init__(self, folder: Path, *flags: str, without: Collection[str] = ()) -> None:
        program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
        self._driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, text=True)
        self._root = f"http://127.0.0.1:{self._port()}"
        common = [flag for flag in FLAGS if flag not in without]
        options = {"binary": program, "args": [*common, f"--user-data-dir={folder}", *flags]}
        log = {"browser": "ALL"}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": log}
        try:
            session = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        except BaseException:
            self.close()
            raise
        self._root += f"/session/{session['sessionId']}"
        self._call("POST", "/timeouts", {"script": _SECONDS * 1000})

    def _port(self) -> int:
        assert self._driver.stdout is not None
        for line in self._driver.stdout:
            if found := re.search(r"started successfully on port (\d+)", line):
                return int(found[1])
        raise RuntimeError("chromedriver did not start")

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(self._root + path, data, {"Content-Type": "application/json"}, method=method)  # noqa: S310
        try:
            with urlopen(request, timeout=2 * _SECONDS) as answer:  # noqa: S310 - the driver's own address
                return json.load(answer)["value"]
        except HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"]) from None

    def close(self) -> None:
        """End the browser and its driver."""
        try:
            if "/session/" in self._root:
                self._call("DELETE", "")
        finally:
            self._driver.terminate()
            self._driver.wait(_SECONDS)
            assert self._driver.stdout is not None
            self._driver.stdout.close()

    def open(self, address: str) -> None:
        """Load a page."""
        self._call("POST", "/url", {"url": address})

    def run(self, code: str, *arguments: Any) -> Any:
        """The value of a function's body in the page; promises are waited for."""
        script = f"""
            const done = arguments[arguments.length - 1];
            (async (...args) => {{ {code} }})(...arguments).then(
              (value) => done({{ value }}),
              (error) => done({{ error: String(error.stack ?? error) }}),
            );"""
        result = self._call("POST", "/execute/async", {"script": script, "args": list(arguments)})
        assert "error" not in result, result["error"]
        return result.get("value")

    def wait(self, condition: str, *arguments: Any) -> Any:
        """Wait until an expression is true in the page; its value."""
        end = time.monotonic() + _SECONDS
        while not (value := self.run(f"return {condition};", *arguments)):
            assert time.monotonic() < end, f"still not true: {condition}"
            time.sleep(0.05)
        return value

    def bytes_of(self, code: str, *arguments: Any) -> bytes:
        """Bytes that a function's body returns as a typed array."""
        packed = f"""const bytes = await (async () => {{ {code} }})();
            const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
            let text = '';
            for (let k = 0; k < view.length; k += 32768) text += String.fromCharCode(...view.subarray(k, k + 32768));
            return btoa(text);"""
        return b64decode(self.run(packed, *arguments))

    def element(self, selector: str) -> str:
        """A reference to the first element of a CSS selector."""
        found = self._call("POST", "/element", {"using": "css selector", "value": selector})
        return str(found[_ELEMENT])

    def upload(self, selector: str, *files: Path) -> None:
        """Choose files in a file input, as a user does in the dialogue."""
        text = "\n".join(map(str, files))
        self._call("POST", f"/element/{self.element(selector)}/value", {"text": text})

    def click(self, selector: str) -> None:
        """Click on an element."""
        self._call("POST", f"/element/{self.element(selector)}/click", {})

    def keys(self, *keys: str) -> None:
        """Press and release keys one after the other; special ones are WebDriver's code points."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def drag(self, path: Sequence[tuple[float, float]], pointer: str = "mouse") -> None:
        """Move a mouse or finger along points of the window while it presses."""
        moves = [{"type": "pointerMove", "duration": 20, "x": round(x), "y": round(y)} for x, y in path]
        actions = [moves[0], {"type": "pointerDown", "button": 0}, *moves[1:], {"type": "pointerUp", "button": 0}]
        source = {"type": "pointer", "id": pointer, "parameters": {"pointerType": pointer}, "actions": actions}
        self._call("POST", "/actions", {"actions": [source]})

    def device(self, command: str, **parameters: Any) -> Any:
        """A command of the Chrome DevTools Protocol."""
        return self._call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    @contextmanager
    def prepared(self, code: str) -> Iterator[None]:
        """Meanwhile, run this code in every page before its own."""
        script = self.device("Page.addScriptToEvaluateOnNewDocument", source=code)
        try:
            yield
        finally:
            self.device("Page.removeScriptToEvaluateOnNewDocument", identifier=script["identifier"])

    def resize(self, width: int, height: int, density: float = 1, *, mobile: bool = False) -> None:
        """Make the page as large as that, in CSS pixels."""
        metrics = {"width": width, "height": height, "deviceScaleFactor": density, "mobile": mobile}
        self.device("Emulation.setDeviceMetricsOverride", **metrics)

    def emulate(self, **features: str) -> None:
        """Set media features, for example ``prefers_color_scheme="dark"``."""
        values = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.device("Emulation.setEmulatedMedia", features=values)

    def screenshot(self, *, whole: bool = False) -> bytes:
        """A PNG of what is visible, or of the whole page."""
        return b64decode(self.device("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"])

    def complaints(self) -> list[str]:
        """What the console said since it was asked last: errors of scripts, of the page's policy, of loading."""
        entries = self._call("POST", "/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] in {"SEVERE", "WARNING"}]
