from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from carrots import CARROTS

from benchmarks.paper import train_meta
from benchmarks.paper.checkpoint import save_arrays
from benchmarks.paper.meta.reptile import Recipe, Reptile, predict, random_start
from benchmarks.paper.meta.tasks import draw_task
from benchmarks.paper.meta.weights import load_start, to_package
from benchmarks.paper.training_set import Picture
from benchmarks.rivals.method import clipped_linear
from benchmarks.rivals.reference import OUTPUT_SCALE, coordinates, octaves
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.fit import starts
from gamutmeta.fit.config import PRESETS
from gamutmeta.fit.threads import single_threaded
from gamutmeta.model.expand import expand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CPU = torch.device("cpu")
RECIPE = Recipe(width=32, steps=12, inner_steps=2, batch=64, crop=60)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with single_threaded():
        yield


@pytest.fixture(scope="module")
def picture(wide: np.ndarray) -> Picture:
    return Picture.of("carrots", wide)


def test_a_task_prefers_out_of_gamut_pixels(picture: Picture) -> None:
    crop = picture.crop(100, np.random.default_rng(0))
    task = draw_task(crop, 2_000, np.random.default_rng(1), CPU)
    assert task.features.shape == (2_000, 120)
    assert task.targets.shape == (2_000, 3)
    share = crop.og.mean()
    # Where clipping took nothing, only rounding is left.
    lost = (task.targets.abs().amax(1) > 0.01).float().mean()
    assert lost > 1.5 * share * (1 - share) or share > 0.8


def test_the_layouts_of_reference_and_package_are_the_same_network(wide: np.ndarray, picture: Picture) -> None:
    weights = random_start(32, 3)
    descriptor = PRESETS["paper"].descriptor(wide.shape[1], wide.shape[0], None)
    tensors = to_package([weight.numpy() for weight in weights])
    assert {spec.name: spec.shape for spec in descriptor.tensor_specs()} == {k: w.shape for k, w in tensors.items()}
    found = expand(descriptor, tensors, picture.codes).astype(int)
    row, column = np.indices(wide.shape[:2])
    clipped = clipped_linear(picture.codes, Adaptation.CAT02)
    # The reference puts pixels 0 and n - 1 on the border, the package their outer edges: take the package's places.
    places = [
        (2 * (index + 0.5) / size - 1).astype(np.float32) for index, size in zip((row, column), row.shape, strict=True)
    ]
    inputs = torch.from_numpy(np.concatenate([np.stack(places, -1), clipped * 2 - 1], -1).reshape(-1, 5))
    wanted = clipped + predict(weights, octaves(inputs)).numpy().reshape(clipped.shape)
    from benchmarks.rivals.method import romm_codes  # noqa: PLC0415

    difference = np.abs(found - romm_codes(wanted))
    # The highest octaves of the reference are not exact in single precision.
    assert np.quantile(difference, 0.99) <= 80
    assert coordinates(np.arange(2), 2).tolist() == [-1, 1]


def test_a_learned_start_comes_back_in_the_layout_of_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = [weight.numpy() for weight in random_start(32, 4)]
    monkeypatch.setattr("benchmarks.paper.meta.weights.learned_start", lambda _: to_package(weights))
    found = load_start(32)
    assert found is not None
    for mine, theirs in zip(found, weights, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-6)
    assert OUTPUT_SCALE == 0.5


def test_there_is_none_for_other_widths() -> None:
    assert load_start(16) is None


def test_outer_steps_lower_the_loss(picture: Picture) -> None:
    training = Reptile(replace(RECIPE, steps=60), [picture], CPU)
    losses = [training.step() for _ in range(60)]
    assert np.mean(losses[-10:]) < 0.8 * np.mean(losses[:10])


def test_one_outer_step_goes_where_the_inner_steps_lead(picture: Picture) -> None:
    training = Reptile(replace(RECIPE, position_decay=0.0), [picture], CPU)
    before = [weight.clone() for weight in training.start]
    rng = np.random.default_rng((RECIPE.seed, 0))
    task = draw_task(picture.crop(RECIPE.crop, rng), 128, rng, CPU)
    adapted, _ = training._adapt(task)
    training.step()
    for old, new, aim in zip(before, training.start, adapted, strict=True):
        # Adam's first step has the length of the learning rate in every weight, and the sign of the difference.
        clear = (aim - old).abs() > 1e-5
        assert clear.any()
        torch.testing.assert_close((new - old)[clear], RECIPE.outer_rate * (aim - old)[clear].sign(), rtol=0.02, atol=0)


def test_weights_of_the_position_decay(picture: Picture) -> None:
    with_decay, without = (Reptile(replace(RECIPE, position_decay=decay), [picture], CPU) for decay in (10.0, 0.0))
    with_decay.step()
    without.step()
    first, plain = (training.start[0].view(32, 2, 5, 12) for training in (with_decay, without))
    torch.testing.assert_close(first[:, :, :2], plain[:, :, :2] * (1 - RECIPE.outer_rate * 10))
    torch.testing.assert_close(first[:, :, 2:], plain[:, :, 2:])


def test_a_resumed_training_is_the_uninterrupted_one(picture: Picture, tmp_path: Path) -> None:
    whole = Reptile(RECIPE, [picture], CPU)
    for _ in range(RECIPE.steps):
        whole.step()
    half = Reptile(RECIPE, [picture], CPU)
    for _ in range(5):
        half.step()
    path = tmp_path / "x.checkpoint.npz"
    facts = {"recipe": RECIPE.facts(), "photographs": ["carrots"], "seconds": 3.0}
    save_arrays(path, half.arrays(), facts)
    resumed, losses, seconds = train_meta.learn(RECIPE, [picture], CPU, path, resume=True)
    assert len(losses) == RECIPE.steps - 5
    assert seconds > 3
    assert not path.exists()
    for mine, theirs in zip(resumed.start, whole.start, strict=True):
        assert torch.equal(mine, theirs)


def test_the_checkpoint_of_another_recipe_is_refused(picture: Picture, tmp_path: Path) -> None:
    path = tmp_path / "x.checkpoint.npz"
    training = Reptile(RECIPE, [picture], CPU)
    save_arrays(path, training.arrays(), {"recipe": RECIPE.facts(), "photographs": ["other"], "seconds": 0})
    with pytest.raises(ValueError, match=r"is of another recipe or other photographs"):
        train_meta.learn(RECIPE, [picture], CPU, path, resume=True)


def test_the_command_writes_weights_and_recipe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "carrots.tif").symlink_to(CARROTS)
    split = tmp_path / "split.json"
    split.write_text(json.dumps({"training": ["carrots"], "unseen": []}))
    small: Callable[..., Recipe] = lambda width, seed, steps=80: replace(RECIPE, width=width, seed=seed, steps=steps)  # noqa: E731
    monkeypatch.setattr(train_meta, "Recipe", small)
    out = tmp_path / "out"
    train_meta.main(
        [str(tmp_path), "--split", str(split), "--width", "8", "--quick", "--device", "cpu", "--out", str(out)]
    )
    assert sorted(path.name for path in out.iterdir()) == ["paper-8.json", "paper-8.npz"]
    facts = json.loads((out / "paper-8.json").read_text())
    assert facts["photographs"] == ["carrots"]
    assert facts["recipe"]["steps"] == 4
    assert "width 8: 4 steps" in capsys.readouterr().out
    monkeypatch.setattr(starts.resources, "files", lambda _: out)
    starts.learned_start.cache_clear()
    try:
        start = starts.learned_start((120, 8, 8, 3))
    finally:
        starts.learned_start.cache_clear()
    assert start is not None
    assert [start[f"weight{k}"].shape for k in range(3)] == [(8, 120), (8, 8), (3, 8)]


def test_quick_weights_do_not_go_into_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        train_meta.main(["nowhere", "--quick"])
    assert "name a folder with --out" in capsys.readouterr().err
