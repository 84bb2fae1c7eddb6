from __future__ import annotations

import pytest

from gamutmeta.errors import FitError
from gamutmeta.fit.config import PRESETS, preset_named


def test_presets_know_their_names() -> None:
    assert next(iter(PRESETS)) == "balanced"
    for name, preset in PRESETS.items():
        assert preset_named(name) is preset
        assert preset.name == name


def test_an_unknown_preset_names_the_known_ones() -> None:
    with pytest.raises(FitError, match=r"'huge'.*balanced, paper"):
        preset_named("huge")
