"""What a test needs that is not there: skipped, or, where ``GAMUTMETA_REQUIRE_TOOLS=1`` says so, failed."""

from __future__ import annotations

import os

import pytest

from benchmarks.interop.tools import TOOLS

__all__ = ["demand", "go_without"]


def demand(*names: str) -> None:
    """Go on only if these tools are installed."""
    for name in names:
        tool = TOOLS[name]
        if tool.version() is None:
            go_without(f"{name} is not installed ({tool.installer}: {tool.package})", required=tool.required)


def go_without(reason: str, *, required: bool = True) -> None:
    """Skip the test; fail it if all that is required has to be there."""
    if required and os.environ.get("GAMUTMETA_REQUIRE_TOOLS") == "1":
        pytest.fail(f"{reason}, and GAMUTMETA_REQUIRE_TOOLS is set")
    pytest.skip(reason)
