"""The page's HTML: template, style and scripts put together, with a policy that lets it load nothing."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from html import escape
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gamutmeta import __version__
from gamutmeta.view.bundle import bundle

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

__all__ = ["decoder_folder", "page_html"]

_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")


def page_html(title: str, picture: bytes, data: Mapping[str, Any]) -> str:
    """The whole page.

    Args:
        title: of the page; the picture's name.
        picture: a JPEG or PNG file, which is embedded as it is (in base64).
        data: JSON values for the page's ``main.js``.
    """
    style = _text("style.css")
    scripts = {name: _script(f"{name}.js") for name in ("main", "worker")}
    values = {
        "title": escape(title),
        "generator": f"gamutmeta {__version__}",
        "policy": _policy(scripts["main"], style),
        "style": style,
        "data": json.dumps(data, ensure_ascii=True, allow_nan=False).replace("<", r"\u003c"),
        "picture": b64encode(picture).decode("ascii"),
        **scripts,
    }
    return _PLACEHOLDER.sub(lambda found: values[found[1]], _text("index.html"))


def decoder_folder() -> Traversable:
    """The JavaScript decoder: in a wheel a part of the package, in a clone its source in ``spec/``."""
    packaged = resources.files("gamutmeta.view") / "decoder"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "spec" / "decoders"


def _policy(script: str, style: str) -> str:
    """The Content Security Policy: this script, this style, what they make of the page's data, and nothing else.

    ``wasm-unsafe-eval`` lets the script compile the WebAssembly that it contains; text it still cannot run.
    """
    return (
        f"default-src 'none'; script-src '{_digest(script)}' 'wasm-unsafe-eval'; style-src '{_digest(style)}'; "
        "worker-src blob:; img-src blob: data:; base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode('ascii')}"


@cache
def _script(entry: str) -> str:
    """A script of the page with all modules it needs, its own or the decoder's."""
    script = bundle(entry, _text)
    if re.search("</script|<!--", script, re.IGNORECASE):
        raise ValueError(f"{entry}: within a page, a script cannot hold '</script' or '<!--'")
    return script


def _text(name: str) -> str:
    own = resources.files("gamutmeta.view") / "page" / name
    found = own if own.is_file() else decoder_folder() / name
    return found.read_text(encoding="utf-8")
