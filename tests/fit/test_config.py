from __future__ import annotations

from dataclasses import replace

import pytest

from gamutmeta.errors import FitError
from gamutmeta.fit.config import PRESETS, preset_named


def test_presets_know_their_names() -> None:
    assert next(iter(PRESETS)) == "balanced"
    for name, preset in PRESETS.items():
        assert preset_named(name) is preset
        assert preset.name == name


def test_an_unknown_preset_names_the_known_ones() -> None:
    with pytest.raises(FitError, match=rf"'huge'.*{', '.join(PRESETS)}"):
        preset_named("huge")


@pytest.mark.parametrize("name", ["balanced", "small", "best"])
@pytest.mark.parametrize("max_bytes", [400, 601, 1500, 6000, 20_000, 61_440])
def test_another_cap_changes_the_model_but_not_the_time(name: str, max_bytes: int) -> None:
    preset = PRESETS[name]
    capped = preset.within(max_bytes)
    assert 0.45 * max_bytes < capped.max_bytes <= max_bytes
    assert (capped.steps, capped.batch) == (preset.steps, preset.batch)
    # The MLP alone (about a byte per weight) leaves room for a grid.
    descriptor = replace(capped, grid_cells=2).descriptor(4000, 3000, 0)
    assert descriptor.parameter_count + 140 < capped.max_bytes


@pytest.mark.parametrize("name", ["balanced", "small", "best"])
def test_a_presets_own_cap_is_a_rung(name: str) -> None:
    assert PRESETS[name].within(PRESETS[name].max_bytes) == PRESETS[name]


def test_more_bytes_never_mean_a_smaller_model() -> None:
    sizes = [PRESETS["balanced"].within(n).descriptor(4000, 3000, 0).parameter_count for n in range(400, 61_440, 200)]
    assert sizes == sorted(sizes)


def test_the_papers_model_keeps_its_size() -> None:
    assert PRESETS["paper"].within(20_000).descriptor(8, 8, None) == PRESETS["paper"].descriptor(8, 8, None)


@pytest.mark.parametrize("max_bytes", [0, 399, 61_441])
def test_an_impossible_cap_is_refused(max_bytes: int) -> None:
    with pytest.raises(FitError, match=r"400\.\.61,440"):
        PRESETS["balanced"].within(max_bytes)
