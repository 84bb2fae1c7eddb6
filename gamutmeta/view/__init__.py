"""A page that shows what a payload restores: one HTML file that decodes the picture itself and loads nothing."""

from __future__ import annotations

from gamutmeta.view.write import write_page

__all__ = ["write_page"]
