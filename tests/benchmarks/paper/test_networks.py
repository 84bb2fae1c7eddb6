from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from benchmarks.paper import train_networks
from benchmarks.paper.checkpoint import save_arrays
from benchmarks.paper.method import Setting
from benchmarks.paper.methods import networks as rows
from benchmarks.paper.networks.asapnet import AsapNet
from benchmarks.paper.networks.catalogue import ARCHITECTURES, FULL_STEPS, Architecture, architecture_named
from benchmarks.paper.networks.encoding import codes_of, picture_of, picture_of_srgb
from benchmarks.paper.networks.gamutnet import GamutNet
from benchmarks.paper.networks.losses import Losses
from benchmarks.paper.networks.pix2pix import PatchDiscriminator, Pix2Pix
from benchmarks.paper.networks.pix2pixhd import MultiScaleDiscriminator, Pix2PixHD
from benchmarks.paper.networks.store import Record, load_generator, load_record, save_generator
from benchmarks.paper.networks.tiles import restore_tiles, tile_starts
from benchmarks.paper.networks.training import Plan, Training
from benchmarks.paper.training_set import Picture
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.fit.threads import single_threaded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CPU = torch.device("cpu")
SETTING = Setting(device="cpu", seed=0, quick=1.0, truncate=False, adaptation=Adaptation.CAT02)
KEYS = [architecture.key for architecture in ARCHITECTURES]
FACTS = {
    "key": "gamutnet",
    "width": 1,
    "steps": 3,
    "crop": 64,
    "photographs": ["carrots"],
    "seconds": 1.5,
    "device": "cpu",
}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with single_threaded():
        yield


@pytest.fixture(scope="module")
def picture(wide: np.ndarray) -> Picture:
    # Four times: pix2pix needs more than 256 pixels.
    return Picture.of("carrots", np.tile(wide, (5, 4, 1))[:512, :512])


def side_of(architecture: Architecture) -> int:
    """The smallest crop the network and its discriminator take."""
    return 512 if architecture.key == "pix2pix" else 128


@pytest.mark.parametrize("key", KEYS)
def test_the_generator_keeps_the_shape(key: str) -> None:
    architecture = architecture_named(key)
    side = side_of(architecture)
    made = architecture.generator(2)(torch.rand(1, 3, side, side + 256) * 2 - 1)
    assert made.shape == (1, 3, side, side + 256)
    assert torch.isfinite(made).all()
    if key != "gamutnet":
        assert made.abs().max() <= 1


@pytest.mark.parametrize(
    ("network", "parameters"),
    [
        # Known from the papers' networks: 54.4 and 182.5 million at full width.
        (Pix2Pix(64), 54.4e6),
        (Pix2PixHD(64), 182.5e6),
        (PatchDiscriminator(64), 2.77e6),
    ],
)
def test_full_width_is_the_papers_size(network: torch.nn.Module, parameters: float) -> None:
    assert sum(weight.numel() for weight in network.parameters()) == pytest.approx(parameters, rel=0.005)


def test_gamutnet_starts_as_the_identity_and_learns_from_there() -> None:
    torch.manual_seed(0)
    network, picture = GamutNet(4), torch.rand(1, 3, 32, 48)
    assert torch.equal(network(picture), picture)
    network(picture).square().mean().backward()
    assert network.last.weight.grad is not None
    assert network.last.weight.grad.abs().max() > 0


def test_a_patch_is_seventy_pixels() -> None:
    """A verdict changes with the pixels of its 70x70 patch, and with those alone."""
    network = PatchDiscriminator(2)
    network.blocks = torch.nn.ModuleList(
        torch.nn.Sequential(*[layer for layer in block if not isinstance(layer, torch.nn.InstanceNorm2d)])
        if isinstance(block, torch.nn.Sequential)
        else block
        for block in network.blocks
    )  # normalisation sees the whole picture
    pair = torch.rand(1, 6, 256, 256, requires_grad=True)
    verdicts = network(pair)[0][-1]
    verdicts[0, 0, 15, 15].backward()
    assert pair.grad is not None
    seen = pair.grad.abs().sum((0, 1)) > 0
    assert int(seen.any(1).sum()) == int(seen.any(0).sum()) == 70


def test_three_scales_judge() -> None:
    made = MultiScaleDiscriminator(2)(torch.rand(1, 6, 128, 128))
    assert [scale[0].shape[-1] for scale in made] == [64, 32, 16]


def test_asapnet_applies_one_mlp_to_all_pixels_of_a_cell() -> None:
    network = AsapNet(4)
    network.place.zero_()  # without the place, equal colours of a cell are restored equally
    picture = torch.rand(1, 3, 128, 128) * 2 - 1
    picture[:, :, 0:64, 64:128] = 0.25
    made = network(picture)[0, :, 0:64, 64:128]
    torch.testing.assert_close(made, made[:, :1, :1].expand_as(made))
    assert (made[:, 0, 0] - network(picture)[0, :, 100, 10]).abs().max() > 0


def test_losses_by_hand() -> None:
    restored, original = torch.zeros(1, 3, 2, 2), torch.full((1, 3, 2, 2), 0.5)
    assert Losses(10.0).of_generator(restored, original, None, None) == 5
    fooled, judged = [[torch.ones(1), torch.tensor([2.0])]], [[torch.zeros(1), torch.tensor([-0.5])]]
    squares = Losses(0.0, "least-squares", matching=3.0)
    assert squares.of_generator(restored, original, fooled, judged) == pytest.approx(1 + 3)
    assert squares.of_discriminator(fooled, judged) == pytest.approx((4 + 2.25) / 2)
    hinge = Losses(0.0, "hinge")
    assert hinge.of_generator(restored, original, fooled, judged) == -2
    assert hinge.of_discriminator(fooled, judged) == pytest.approx((3 + 1.5) / 2)
    entropy = Losses(0.0, "cross-entropy")
    assert entropy.of_generator(restored, original, fooled, judged) == pytest.approx(np.log1p(np.exp(-2)), rel=1e-5)


@pytest.mark.parametrize("key", KEYS)
def test_a_few_steps_lower_the_difference(key: str, picture: Picture) -> None:
    architecture = architecture_named(key)
    plan = Plan(key, 2, steps=30 if key == "gamutnet" else 5, crop=side_of(architecture))
    training = Training(plan, [picture], CPU)
    training._architecture = replace(architecture, rate=2e-3)
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


@pytest.mark.parametrize("key", ["gamutnet", "asapnet"])
def test_a_resumed_training_is_the_uninterrupted_one(key: str, picture: Picture, tmp_path: Path) -> None:
    plan = Plan(key, 2, steps=4, crop=128)
    whole, _ = train_networks.train(plan, [picture], CPU, tmp_path / "none", resume=False)
    half = Training(plan, [picture], CPU)
    half.step()
    path = tmp_path / "x.checkpoint.npz"
    save_arrays(path, half.arrays(), {"plan": plan.facts(), "photographs": ["carrots"], "seconds": 5.0})
    resumed, figures = train_networks.train(plan, [picture], CPU, path, resume=True)
    assert figures["seconds"] >= 5
    assert not path.exists()
    kept = whole.arrays()
    assert kept["done"] == 4
    for name, array in resumed.arrays().items():
        np.testing.assert_array_equal(array, kept[name], err_msg=name)


def test_dropout_depends_on_the_step_alone(picture: Picture) -> None:
    ends = []
    for disturb in (False, True):
        training = Training(Plan("pix2pix", 1, steps=2), [picture], CPU)
        for _ in range(2):
            if disturb:
                torch.rand(3)
            training.step()
        ends.append(training.arrays())
    for name, array in ends[0].items():
        np.testing.assert_array_equal(array, ends[1][name], err_msg=name)


def test_the_checkpoint_of_another_plan_is_refused(picture: Picture, tmp_path: Path) -> None:
    path = tmp_path / "x.checkpoint.npz"
    plan = Plan("gamutnet", 1, steps=1, crop=64)
    save_arrays(path, {}, {"plan": replace(plan, seed=1).facts(), "photographs": ["carrots"], "seconds": 0})
    with pytest.raises(ValueError, match="another plan"):
        train_networks.train(plan, [picture], CPU, path, resume=True)


def test_encoding_and_decoding_are_exact() -> None:
    wide = np.random.default_rng(0).integers(0, 65_536, (20, 30, 3), np.uint16)
    picture = picture_of(wide)
    assert picture.dtype == torch.float32
    assert picture.shape == (3, 20, 30)
    np.testing.assert_array_equal(codes_of(picture), wide)
    assert codes_of(torch.tensor([-1.5, 1.5, 0.0])[:, None, None]).ravel().tolist() == [0, 65_535, 32_768]


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
    assert made.shape == picture.shape


def test_tiles_overlap_by_both_margins() -> None:
    assert tile_starts(128, 128) == [0]
    assert tile_starts(300, 128) == [0, 112, 172]


@pytest.mark.parametrize("key", KEYS)
def test_stored_networks_come_back(key: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    generator = architecture_named(key).generator(1).eval()
    path = save_generator(tmp_path, generator, FACTS | {"key": key})
    assert json.loads(path.with_suffix(".json").read_text())["width"] == 1
    found = load_generator(tmp_path, key, CPU)
    for mine, theirs in zip(found.parameters(), generator.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-6)
    assert not found.training


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    save_generator(tmp_path, GamutNet(2), FACTS)  # says width 1
    with pytest.raises(ValueError, match=r"tensor down\.0\.0\.weight is missing or of another shape"):
        load_generator(tmp_path, "gamutnet", CPU)


def test_an_unknown_network_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="gamutnet, pix2pix, pix2pixhd, asapnet"):
        architecture_named("unet")


@pytest.mark.parametrize(("width", "steps", "under"), [(32, FULL_STEPS, False), (16, FULL_STEPS, True), (32, 9, True)])
def test_less_than_the_papers_is_called_under_trained(*, width: int, steps: int, under: bool) -> None:
    record = Record(FACTS | {"width": width, "steps": steps})
    assert record.is_under_trained is under
    assert str(record).startswith("under-trained: ") is under
    assert f"width {width} of 32, {steps:,} of 400,000 steps of one 64x64 crop" in str(record)


def test_rows_are_there_where_networks_are(tmp_path: Path, wide: np.ndarray) -> None:
    assert rows.methods(tmp_path) == []
    assert list(rows.absent(tmp_path)) == KEYS
    assert "train_networks DATA --network pix2pixhd" in rows.absent(tmp_path)["pix2pixhd"]
    save_generator(tmp_path, GamutNet(1), FACTS)
    (method,) = rows.methods(tmp_path)
    assert list(rows.absent(tmp_path)) == KEYS[1:]
    assert (method.key, method.title, method.group) == ("gamutnet", "GamutNet (under-trained)", "pre-trained")
    codes, metadata = method.reduce(wide, SETTING)
    assert metadata.data == b""
    assert "1.5" not in metadata.note
    assert "2 s on cpu" in metadata.note
    restored = method.expand(codes, b"", SETTING)
    # An untrained GamutNet leaves the clipped photograph as it is.
    np.testing.assert_array_equal(restored, codes_of(picture_of_srgb(codes, Adaptation.CAT02)))
    with pytest.raises(ValueError, match="stores nothing"):
        method.expand(codes, b"x", SETTING)


def test_the_weights_in_the_repository_are_small_and_say_what_they_are() -> None:
    keys = ("gamutnet", "pix2pix", "asapnet")
    assert set(keys) <= {method.key for method in rows.methods()}
    for key in keys:
        record = load_record(rows.WEIGHTS, key)
        assert record is not None
        path = rows.WEIGHTS / f"{key}.npz"
        # Whoever trains one at full width has a larger file.
        assert path.stat().st_size < 300_000 or record.facts["width"] > architecture_named(key).quick_width
        assert record.facts == json.loads(path.with_suffix(".json").read_text())
        load_generator(rows.WEIGHTS, key, CPU)
