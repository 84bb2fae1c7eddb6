"""The four networks: what each is built from, how its paper trains it, and what a CPU can do of that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.paper.networks.asapnet import AsapNet
from benchmarks.paper.networks.gamutnet import GamutNet
from benchmarks.paper.networks.losses import Losses
from benchmarks.paper.networks.pix2pix import PatchDiscriminator, Pix2Pix
from benchmarks.paper.networks.pix2pixhd import MultiScaleDiscriminator, Pix2PixHD

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

__all__ = ["ARCHITECTURES", "FULL_STEPS", "Architecture", "architecture_named"]

FULL_STEPS = 400_000
"""200 epochs, as pix2pix and pix2pixHD are trained, of 2,000 photographs, one at a step; the paper's data set has 2,200
for training and testing. Fewer steps are called under-trained."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """One network.

    Attributes:
        key: for the command line and ``--rows``.
        title: in the tables.
        generator: makes it, of a width.
        discriminator: makes the one it is trained against, of a width; None if there is none.
        losses: of both.
        rate: Adam's learning rate, constant for half of the steps, then falling to zero.
        momentum: Adam's first decay rate.
        full_width: the paper's width.
        quick_width, quick_steps: what `--quick` does: about a minute and a half on one CPU core.
        remark: what differs from the paper, for people.
    """

    key: str
    title: str
    generator: Callable[[int], nn.Module]
    discriminator: Callable[[int], nn.Module] | None
    losses: Losses
    rate: float
    momentum: float
    full_width: int
    quick_width: int
    quick_steps: int
    remark: str = ""


ARCHITECTURES = (
    Architecture(
        "gamutnet", "GamutNet", GamutNet, None, Losses(1.0), 1e-3, 0.9, full_width=32, quick_width=4, quick_steps=190
    ),
    Architecture(
        "pix2pix",
        "pix2pix",
        Pix2Pix,
        PatchDiscriminator,
        Losses(100.0, "cross-entropy"),
        2e-4,
        0.5,
        full_width=64,
        quick_width=3,
        quick_steps=400,
        remark="no dropout when restoring",
    ),
    Architecture(
        "pix2pixhd",
        "pix2pixHD",
        Pix2PixHD,
        MultiScaleDiscriminator,
        Losses(10.0, "least-squares", 10.0),
        2e-4,
        0.5,
        full_width=64,
        quick_width=2,
        quick_steps=125,
        remark="global generator; mean absolute difference in place of the VGG term",
    ),
    Architecture(
        "asapnet",
        "ASAPNet",
        AsapNet,
        MultiScaleDiscriminator,
        Losses(10.0, "hinge", 10.0),
        2e-4,
        0.5,
        full_width=64,
        quick_width=8,
        quick_steps=70,
        remark="mean absolute difference in place of the VGG term",
    ),
)
"""In the order of the paper's table."""


def architecture_named(key: str) -> Architecture:
    """The network of that key.

    Raises:
        ValueError: if there is none.
    """
    for architecture in ARCHITECTURES:
        if architecture.key == key:
            return architecture
    raise ValueError(f"unknown network {key!r}; known are {', '.join(each.key for each in ARCHITECTURES)}")
