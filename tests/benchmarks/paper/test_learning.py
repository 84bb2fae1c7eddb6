"""The trainer, learned starts and the four networks: they learn, resume exactly, and come back from their files."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from carrots import CARROTS

from benchmarks.arrays import Wide
from benchmarks.harness import load
from benchmarks.paper import compare_starts, learning, reptile, train_meta, train_networks
from benchmarks.paper.dataset.photographs import Style
from benchmarks.paper.learning import learn
from benchmarks.paper.method import Setting
from benchmarks.paper.methods import networks as rows
from benchmarks.paper.networks.architectures import (
    AsapNet,
    GamutNet,
    MultiScaleDiscriminator,
    PatchDiscriminator,
)
from benchmarks.paper.networks.store import (
    codes_of,
    load_generator,
    picture_of,
    picture_of_srgb,
    restore_tiles,
    save_generator,
    tile_starts,
)
from benchmarks.paper.networks.training import ARCHITECTURES, FULL_STEPS, Losses, Plan, Training, architecture_named
from benchmarks.paper.reptile import Recipe, Reptile, draw_task, payload_start
from benchmarks.paper.training_set import Picture, Split, load_training, read_split
from gamutmeta.color.adaptation import Adaptation

CPU = torch.device("cpu")
KEYS = [architecture.key for architecture in ARCHITECTURES]
RECIPE = Recipe(width=32, steps=12, inner_steps=2, batch=64, crop=60)
FACTS = {
    "key": "gamutnet", "width": 1, "steps": 3, "crop": 64, "photographs": ["carrots"], "seconds": 1.5, "device": "cpu",
}  # fmt: skip


@pytest.fixture(scope="module")
def picture(wide: Wide) -> Picture:
    # Several times: pix2pix needs more than 256 pixels.
    return Picture.of("carrots", np.tile(wide, (5, 4, 1))[:512, :512])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with the photograph and a split that learns from it."""
    (tmp_path / "carrots.tif").symlink_to(CARROTS)
    (tmp_path / "split.json").write_text(json.dumps({"training": ["carrots"], "unseen": []}))
    return tmp_path


def learner(key: str, picture: Picture) -> tuple[Any, int]:
    """One that learns a start, or a network; and its steps."""
    if key == "start":
        return Reptile(RECIPE, [picture], CPU), RECIPE.steps
    plan = Plan(key, 1, steps=4, crop=512 if key == "pix2pix" else 128)
    return Training(plan, [picture], CPU), plan.steps


def weights_of(learner: Any) -> list[torch.Tensor]:
    found = learner.start if isinstance(learner, Reptile) else learner.generator.parameters()
    return [weight.detach().clone() for weight in found]


@pytest.mark.parametrize("key", ["start", "gamutnet", "pix2pix", "asapnet"])
def test_a_resumed_training_is_the_uninterrupted_one(
    key: str, picture: Picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, steps = learner(key, picture)
    learn(whole, steps, tmp_path / "none.pt", {}, resume=False)
    path = tmp_path / "new" / "x.pt"
    monkeypatch.setattr(learning, "_SAVE_SECONDS", -1)  # at once
    half, _ = learner(key, picture)
    step = half.step

    def interrupted() -> float:
        if half.done == 2:
            raise KeyboardInterrupt
        return float(step())

    half.step = interrupted
    with pytest.raises(KeyboardInterrupt):
        learn(half, steps, path, {"seed": 0}, resume=False)
    resumed, _ = learner(key, picture)
    torch.rand(3)  # randomness depends on the step alone
    with pytest.raises(ValueError, match=r"x\.pt is of other settings or photographs"):
        learn(resumed, steps, path, {"seed": 1}, resume=True)
    figures, _ = learn(resumed, steps, path, {"seed": 0}, resume=True)
    assert (len(figures), path.exists()) == (steps - 2, False)
    for mine, theirs in zip(weights_of(resumed), weights_of(whole), strict=True):
        assert torch.equal(mine, theirs)


def test_the_commands_write_weights_that_are_found(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out, common = data / "out", [str(data), "--split", str(data / "split.json"), "--device", "cpu"]
    small: Callable[..., Recipe] = lambda width, seed: replace(RECIPE, width=width, seed=seed, steps=80)  # noqa: E731
    monkeypatch.setattr(reptile, "Recipe", small)
    train_meta.main([*common, "--width", "8", "--quick", "--out", str(out)])
    facts = json.loads((out / "paper-8.json").read_text())
    assert (facts["photographs"], facts["recipe"]["steps"]) == (["carrots"], 4)
    start = payload_start(8, out)
    assert start is not None
    assert [start[f"weight{k}"].shape for k in range(3)] == [(8, 120), (8, 8), (3, 8)]
    train_networks.main([*common, "--network", "gamutnet", "--width", "1", "--steps", "2", "--out", str(out)])
    assert "mean difference" in capsys.readouterr().out
    assert sorted(path.name for path in out.iterdir()) == [
        "gamutnet.json", "gamutnet.npz", "paper-8.json", "paper-8.npz",
    ]  # fmt: skip
    assert rows.methods(out)[0].title == "GamutNet (under-trained)"


def test_outer_steps_go_where_the_inner_ones_lead_and_lower_the_loss(picture: Picture) -> None:
    training = Reptile(replace(RECIPE, position_decay=0.0), [picture], CPU)
    before, rng = weights_of(training), np.random.default_rng((RECIPE.seed, 0))
    adapted, _ = training._adapt(*draw_task(picture.crop(RECIPE.crop, rng), 128, rng, CPU))
    training.step()
    for old, new, aim in zip(before, training.start, adapted, strict=True):
        # Adam's first step has the length of the learning rate in every weight, and the sign of the difference.
        clear = (aim - old).abs() > 1e-5
        torch.testing.assert_close((new - old)[clear], RECIPE.outer_rate * (aim - old)[clear].sign(), rtol=0.02, atol=0)
    decayed = Reptile(replace(RECIPE, position_decay=10.0), [picture], CPU)
    decayed.step()
    first, plain = (each.start[0].view(32, 2, 5, 12) for each in (decayed, training))
    torch.testing.assert_close(first[:, :, :2], plain[:, :, :2] * (1 - RECIPE.outer_rate * 10))
    torch.testing.assert_close(first[:, :, 2:], plain[:, :, 2:])
    training = Reptile(replace(RECIPE, steps=60), [picture], CPU)
    losses = [training.step() for _ in range(60)]
    assert np.mean(losses[-10:]) < 0.8 * np.mean(losses[:10])


def test_starts_are_compared_and_not_measured_twice(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (data / "split.json").write_text(json.dumps({"training": ["x"], "unseen": ["carrots"]}))
    arguments = [str(data), "--split", str(data / "split.json"), "--steps", "20", "--out", str(data / "out")]
    compare_starts.BENCHMARK.main(arguments)
    found = load(data / "out" / "paper_starts.json")["rows"]
    assert [(row["start"], row["steps"], row["seed"]) for row in found] == [("random", 20, 0), ("learned", 20, 0)]
    assert found[1]["og"] > found[0]["og"] + 1
    monkeypatch.setattr(reptile, "start_photographs", lambda _: {"carrots", "y"})
    with pytest.raises(SystemExit, match=r"the start was learned from carrots, which .*split\.json lists as unseen"):
        compare_starts.BENCHMARK.main(arguments)
    monkeypatch.undo()
    monkeypatch.setattr(compare_starts, "measured", lambda *_: 1 / 0)
    compare_starts.BENCHMARK.main(arguments)
    assert load(data / "out" / "paper_starts.json")["rows"] == found


@pytest.mark.parametrize("key", KEYS)
def test_a_generator_keeps_the_shape_and_comes_back_from_its_file(key: str, tmp_path: Path) -> None:
    architecture, side = architecture_named(key), 512 if key == "pix2pix" else 128
    torch.manual_seed(0)
    made = architecture.generator(2)(torch.rand(1, 3, side, side + 256) * 2 - 1)
    assert made.shape == (1, 3, side, side + 256)
    assert torch.isfinite(made).all()
    assert key == "gamutnet" or made.abs().max() <= 1
    generator = architecture.generator(1).eval()
    path = save_generator(tmp_path, generator, FACTS | {"key": key})
    found = load_generator(path, architecture.generator(1))
    for mine, theirs in zip(found.parameters(), generator.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-6)
    assert not found.training
    with pytest.raises(ValueError, match=r"tensor \S+ is missing or of another shape"):
        load_generator(path, architecture.generator(2))


@pytest.mark.parametrize("key", KEYS)
def test_a_few_steps_lower_the_difference(key: str, picture: Picture) -> None:
    plan = Plan(key, 2, steps={"gamutnet": 30, "asapnet": 10}.get(key, 5), crop=512 if key == "pix2pix" else 128)
    training = Training(plan, [picture], CPU)
    training._architecture = replace(architecture_named(key), rate=2e-3)
    clipped = picture_of_srgb(picture.codes, Adaptation.CAT02)[None, :, : plan.crop, : plan.crop]
    original = picture_of(picture.wide)[None, :, : plan.crop, : plan.crop]

    def difference() -> float:
        with torch.no_grad():
            return float((training.generator.eval()(clipped) - original).abs().mean())

    before = difference()
    training.generator.train()
    for _ in range(plan.steps):
        training.step()
    assert difference() < before


def test_what_the_architectures_are_known_for() -> None:
    torch.manual_seed(0)
    gamutnet, picture = GamutNet(4), torch.rand(1, 3, 128, 128) * 2 - 1
    assert torch.equal(gamutnet(picture), picture), "it starts as the identity"
    asapnet = AsapNet(4)
    asapnet.place.zero_()  # without the place, equal colours of a cell are restored equally
    picture[:, :, 0:64, 64:128] = 0.25
    made = asapnet(picture)[0, :, 0:64, 64:128]
    torch.testing.assert_close(made, made[:, :1, :1].expand_as(made))
    scales = MultiScaleDiscriminator(2)(torch.rand(1, 6, 128, 128))
    assert [scale[0].shape[-1] for scale in scales] == [64, 32, 16]
    patches = PatchDiscriminator(2)
    for block in patches.blocks[1:-1]:
        block[1] = torch.nn.Identity()  # normalisation sees the whole picture
    pair = torch.rand(1, 6, 256, 256, requires_grad=True)
    patches(pair)[0][-1][0, 0, 15, 15].backward()
    seen = pair.grad.abs().sum((0, 1)) > 0 if pair.grad is not None else torch.zeros(1, 1)
    assert int(seen.any(1).sum()) == int(seen.any(0).sum()) == 70, "a verdict is of 70x70 pixels"


def test_losses_by_hand() -> None:
    restored, original = torch.zeros(1, 3, 2, 2), torch.full((1, 3, 2, 2), 0.5)
    assert Losses(10.0).of_generator(restored, original, None, None) == 5
    fooled, judged = [[torch.ones(1), torch.tensor([2.0])]], [[torch.zeros(1), torch.tensor([-0.5])]]
    squares, hinge = Losses(0.0, "least-squares", matching=3.0), Losses(0.0, "hinge")
    assert squares.of_generator(restored, original, fooled, judged) == pytest.approx(1 + 3)
    assert squares.of_discriminator(fooled, judged) == pytest.approx((4 + 2.25) / 2)
    assert hinge.of_generator(restored, original, fooled, judged) == -2
    assert hinge.of_discriminator(fooled, judged) == pytest.approx((3 + 1.5) / 2)
    entropy = Losses(0.0, "cross-entropy")
    assert entropy.of_generator(restored, original, fooled, judged) == pytest.approx(np.log1p(np.exp(-2)), rel=1e-5)


class Marked(torch.nn.Module):
    """Doubles, and spoils the outermost pixels of each tile."""

    def __init__(self) -> None:
        super().__init__()
        self.one = torch.nn.Parameter(torch.ones(()))

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        made = picture * 2 * self.one
        made[..., 0], made[..., 0, :] = torch.nan, torch.nan
        return made


@pytest.mark.parametrize(("height", "width"), [(128, 128), (129, 300), (50, 400), (500, 131)])
def test_tiles_cover_the_picture_without_their_margins(height: int, width: int) -> None:
    picture = torch.rand(3, height, width)
    made = restore_tiles(Marked(), picture, 128)
    torch.testing.assert_close(made[:, 1:, 1:], 2 * picture[:, 1:, 1:])
    assert tile_starts(300, 128) == [0, 112, 172]


def test_rows_can_be_measured_where_networks_are(tmp_path: Path, wide: Wide, setting: Setting) -> None:
    save_generator(tmp_path, GamutNet(1), FACTS)
    method, *others = rows.methods(tmp_path)
    assert [each.key for each in others if getattr(each, "absent", "").startswith("not trained; python -m")] == KEYS[1:]
    assert (method.key, method.title, method.group) == ("gamutnet", "GamutNet (under-trained)", "pre-trained")
    codes, metadata = method.reduce(wide, setting)
    assert metadata.data == b""
    assert "width 1 of 32, 3 of 400,000 steps of one 64x64 crop, 1 photographs, 2 s on cpu" in metadata.note
    # An untrained GamutNet leaves the clipped photograph as it is.
    restored = method.expand(codes, b"", setting)
    np.testing.assert_array_equal(restored, codes_of(picture_of_srgb(codes, Adaptation.CAT02)))
    with pytest.raises(ValueError, match="stores nothing"):
        method.expand(codes, b"x", setting)
    full = FACTS | {"width": 32, "steps": FULL_STEPS}
    assert [rows.is_under_trained(full | less) for less in ({}, {"width": 16}, {"steps": 9})] == [False, True, True]


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ({"training": ["a"]}, "needs the lists"),
        (["a"], "needs the lists"),
        ({"training": [], "unseen": ["a"]}, "the training list is empty"),
        ({"training": ["a", "b"], "unseen": ["b"]}, "b stands in both lists"),
    ],
)
def test_a_split_that_is_none_names_the_file(tmp_path: Path, lists: object, message: str) -> None:
    (tmp_path / "split.json").write_text(json.dumps(lists))
    with pytest.raises(ValueError, match=rf"split\.json: {message}"):
        read_split(tmp_path / "split.json")


def test_photographs_are_found_by_name(data: Path) -> None:
    split = read_split()
    assert (len(split.training), len(split.unseen)) == (7, 6)
    styles = [Style.named(name) for name in ("neutral", "vivid-1.4")]
    plain, vivid = load_training(data, Split(("carrots",), ()), styles)
    np.testing.assert_array_equal(vivid.wide, styles[1].render(plain.wide))
    assert vivid.og.mean() > plain.og.mean()
    assert load_training(data, Split(("carrots",), ()))[0].wide.shape == (400, 600, 3)
    with pytest.raises(FileNotFoundError, match="has no photograph c, which the split names"):
        load_training(data, Split(("carrots", "c"), ()))
    grey = Picture.of("grey", np.full((30, 40, 3), 20_000, np.uint16))
    with pytest.raises(ValueError, match=r"grey: no 16x16 crop has 10%"):
        grey.crop(16, np.random.default_rng(0))
