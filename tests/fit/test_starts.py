from __future__ import annotations

import json
from importlib import resources

import numpy as np
import pytest

from gamutmeta.fit.config import PRESETS
from gamutmeta.fit.starts import learned_start

WIDTHS = (32, 64)


@pytest.mark.parametrize("width", WIDTHS)
def test_the_start_fits_the_model_of_the_preset(width: int) -> None:
    start = learned_start((120, width, width, 3))
    assert start is not None
    assert [start[f"weight{k}"].shape for k in range(3)] == [(width, 120), (width, width), (3, width)]
    for tensor in start.values():
        assert tensor.dtype == np.float32
        assert np.isfinite(tensor).all()
        with pytest.raises(ValueError, match="read-only"):
            tensor[0, 0] = 1


def test_the_preset_finds_its_start() -> None:
    descriptor = PRESETS["paper"].descriptor(80, 60, None)
    start = learned_start(descriptor.layer_widths)
    assert start is not None
    assert {spec.name: spec.shape for spec in descriptor.tensor_specs()} == {k: w.shape for k, w in start.items()}


@pytest.mark.parametrize(
    "widths", [(120, 16, 16, 3), (120, 32, 3), (120, 32, 64, 3), (11, 32, 32, 3), (120, 32, 32, 1)]
)
def test_there_is_none_for_other_models(widths: tuple[int, ...]) -> None:
    assert learned_start(widths) is None


@pytest.mark.parametrize("width", WIDTHS)
def test_the_recipe_lies_beside_the_weights(width: int) -> None:
    folder = resources.files("gamutmeta.fit.starts")
    recipe = json.loads((folder / f"paper-{width}.json").read_text())
    assert recipe["recipe"]["width"] == width
    assert recipe["recipe"]["inner_rate"] == 1e-2
    assert recipe["recipe"]["steps"] == 10_000
    assert len(recipe["photographs"]) == 5
    with (folder / f"paper-{width}.npz").open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
        assert all(stored[name].dtype == np.float16 for name in stored.files)
