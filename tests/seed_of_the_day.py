"""Which examples Hypothesis tries in CI and by ``make test-all``: others every day, and on one day the same ones."""

from __future__ import annotations

import os
from datetime import UTC, datetime

__all__ = ["PROFILE", "SEED", "seed_for"]

PROFILE = "daily"
"""Name of the profile."""

SEED = "GAMUTMETA_SEED"
"""The environment variable with which a day's examples are tried again."""


def seed_for(profile: str | None, asked: str | int | None) -> str | int | None:
    """The seed of a run; None if the profile takes none. Processes that are started from here get the same one.

    Args:
        profile: Hypothesis's option; None if it is not given.
        asked: its option for the seed, which counts before all else.
    """
    if asked is not None:
        return asked
    if profile != PROFILE and (profile is not None or "CI" not in os.environ):
        return None
    return os.environ.setdefault(SEED, f"{datetime.now(UTC):%Y%m%d}")
