"""JavaScript modules as one script, so that a page needs nothing beside it.

Browsers load modules by address only, and a page that was opened from a file may load none. The modules of the page and
of the decoder keep to few forms of import and export, which are rewritten here; whatever else there is, is an error.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["bundle"]

_IMPORT = re.compile(r"^import \{(\s*(?:\w+\s*,\s*)*(?:\w+\s*)?)\} from '\./([\w-]+\.js)';$", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|class|const) (\w+))", re.MULTILINE)
_EXPORT_LIST = re.compile(r"^export \{([\w, ]+)\};$", re.MULTILINE)
_LEFT_OVER = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)


def bundle(entry: str, source: Callable[[str], str]) -> str:
    """A module and all that it imports, as a classic script.

    Args:
        entry: file name of the module, for example ``main.js``.
        source: the text of a module by its file name.

    Returns:
        The script: one function for each module, called in the order of their dependencies.

    Raises:
        ValueError: a module imports or exports in a way that is not known here, or modules import each other.
    """
    order: list[str] = []
    texts: dict[str, str] = {}

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise ValueError(f"{' -> '.join((*above, name))}: the modules import each other")
        if name in order:
            return
        texts[name] = source(name)
        for _, imported in _IMPORT.findall(texts[name]):
            visit(imported, (*above, name))
        order.append(name)

    visit(entry, ())
    return "".join(["'use strict';\n", *(_as_function(name, texts[name]) for name in order)])


def _as_function(name: str, text: str) -> str:
    exported = [*_EXPORT.findall(text), *(word for words in _EXPORT_LIST.findall(text) for word in _names(words))]
    body = _IMPORT.sub(lambda found: f"const {{{found[1]}}} = {_variable(found[2])};", text)
    body = _EXPORT_LIST.sub("", _EXPORT.sub("", body))
    if left := _LEFT_OVER.search(body):
        raise ValueError(f"{name}: {left[0]!r} is not a form of import or export that can be bundled")
    return f"const {_variable(name)} = (() => {{\n{body}\nreturn {{ {', '.join(exported)} }};\n}})();\n"


def _names(words: str) -> list[str]:
    return [word for word in words.replace(" ", "").split(",") if word]


def _variable(name: str) -> str:
    return "module_" + name.removesuffix(".js").replace("-", "_")
