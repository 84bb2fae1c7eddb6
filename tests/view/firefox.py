"""Firefox for tests, without a driver: it opens one page, whose script sends back what it found."""

from __future__ import annotations

import json
import shutil
import subprocess
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from tempfile import mkdtemp
from threading import Thread
from typing import Any

__all__ = ["in_firefox", "program"]

_SECONDS = 120
_PREFERENCES = {
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.policy.dataSubmissionPolicyBypassNotification": True,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.enabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "services.settings.server": "data:,",
}
"""No first steps, and nothing asked or told over the network."""

_PAGE = """<!doctype html><title>x</title><link rel="icon" href="data:,"><script type="module">
const run = async () => { %s };
const found = await run().then((value) => ({ value }), (error) => ({ error: `${error}, ${error?.stack}` }));
await fetch('/', { method: 'POST', body: JSON.stringify(found) });
</script>"""


def program() -> str | None:
    """Firefox, or its version with extended support; None if there is none."""
    return shutil.which("firefox") or shutil.which("firefox-esr")


class _Handler(SimpleHTTPRequestHandler):
    """Serves files, and puts what is sent back into a queue."""

    def __init__(self, *arguments: Any, results: Queue[Any], **options: Any) -> None:
        self._results = results
        super().__init__(*arguments, **options)

    def do_POST(self) -> None:
        self._results.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def in_firefox(folder: Path, code: str) -> Any:
    """The value of a function's body in a page beside the files of a folder, which are served to it."""
    (folder / "firefox.html").write_text(_PAGE % code, encoding="utf-8")
    profile = Path(mkdtemp(dir=folder))
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in _PREFERENCES.items()]
    (profile / "user.js").write_text("".join(lines), encoding="utf-8")
    results: Queue[Any] = Queue()
    handler = partial(_Handler, directory=str(folder), results=results)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/firefox.html"
        command = [program() or "firefox", "--headless", "--new-instance", "--profile", str(profile), address]
        firefox = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            found = results.get(timeout=_SECONDS)
        except Empty:
            raise AssertionError(f"Firefox sent nothing back (exit code {firefox.poll()})") from None
        finally:
            firefox.terminate()
            firefox.wait(_SECONDS)
            server.shutdown()
            thread.join()
    assert "error" not in found, found["error"]
    return found["value"]
