"""How large a gain map may be: read with the options, before anything is computed."""

from __future__ import annotations

from typing import Any

from gamutmeta.errors import PhotoError

__all__ = ["MAP_BYTES", "MAX_MAP_BYTES", "MIN_MAP_BYTES", "check_map_bytes"]

MAP_BYTES = 4_000
"""Default limit for all that a gain map adds to its file."""

MIN_MAP_BYTES, MAX_MAP_BYTES = 1_000, 60_000


def check_map_bytes(map_bytes: Any) -> None:
    """Check a limit.

    Raises:
        PhotoError: it is not a whole number in the range.
    """
    whole = hasattr(map_bytes, "__index__") and not isinstance(map_bytes, bool)
    if not whole or not MIN_MAP_BYTES <= map_bytes <= MAX_MAP_BYTES:
        raise PhotoError(
            f"a gain map can be limited to {MIN_MAP_BYTES:,}..{MAX_MAP_BYTES:,} bytes, not to {map_bytes!r}"
        )
