from __future__ import annotations

from color.conftest import colour

__all__ = ["colour"]
