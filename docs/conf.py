"""How Sphinx makes a site of the manual: `make docs`. The pages are Markdown, and can be read without it as well."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import gamutmeta

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "gamutmeta"
author = "The gamutmeta authors"
project_copyright = author
release = gamutmeta.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"gamutmeta {release}"
myst_heading_anchors = 3
autodoc_member_order = "bysource"
napoleon_attr_annotations = False
autodoc_default_options = {"members": True}
python_use_unqualified_type_names = True

_OUTSIDE = re.compile(r"\[([^\]]+)\]\((\.\./[^)#]+)(?:#[^)]*)?\)")


def _take_along(_app: Sphinx, document: str, source: list[str]) -> None:
    """Links to files of the repository that are not part of the manual become downloads; to folders, plain text."""
    here = Path(__file__).parent / Path(document).parent

    def replaced(link: re.Match[str]) -> str:
        text = link[1].replace("`", "")
        return f"{{download}}`{text} <{link[2]}>`" if (here / link[2]).is_file() else text

    source[0] = _OUTSIDE.sub(replaced, source[0])


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("source-read", _take_along)
