"""How the networks are trained: which there are, their losses, and the steps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.paper.networks.architectures import (
    AsapNet,
    GamutNet,
    MultiScaleDiscriminator,
    PatchDiscriminator,
    Pix2Pix,
    Pix2PixHD,
)
from benchmarks.paper.networks.store import picture_of, picture_of_srgb
from benchmarks.paper.training_set import CROP, Picture
from gamutmeta.color.adaptation import Adaptation

Made = list[list[Tensor]]
"""What a discriminator's layers make of a pair, for each scale; the verdicts come last."""


@dataclass(frozen=True, slots=True)
class Losses:
    """Which losses, and their weights.

    `distance` weighs the mean absolute difference to the original; `matching` that between what the discriminator's
    layers make of the restored and of the original photograph.
    """

    distance: float
    adversarial: Literal["cross-entropy", "least-squares", "hinge"] | None = None
    matching: float = 0.0

    def of_generator(self, restored: Tensor, original: Tensor, made: Made | None, of_original: Made | None) -> Tensor:
        """What the generator minimises; `made` and `of_original` are what the discriminator, if any, makes of both."""
        loss = self.distance * functional.l1_loss(restored, original)
        if made is None or of_original is None:
            return loss
        scales = len(made)
        loss = loss + sum(self._convince(scale[-1]) for scale in made) / scales
        if self.matching:
            for scale, wanted in zip(made, of_original, strict=True):
                layers = list(zip(scale[:-1], wanted[:-1], strict=True))
                differences = sum(functional.l1_loss(mine, theirs.detach()) for mine, theirs in layers)
                loss = loss + self.matching * differences / (scales * len(layers))
        return loss

    def of_discriminator(self, made: Made, of_original: Made) -> Tensor:
        """What the discriminator minimises: half for restored photographs, half for originals."""
        pairs = zip(made, of_original, strict=True)
        losses = [(self._judge(mine[-1], -1) + self._judge(theirs[-1], 1)) / 2 for mine, theirs in pairs]
        return torch.stack(losses).mean()

    def _convince(self, verdict: Tensor) -> Tensor:
        return -verdict.mean() if self.adversarial == "hinge" else self._judge(verdict, 1)

    def _judge(self, verdict: Tensor, wanted: Literal[-1, 1]) -> Tensor:
        """How wrong the verdicts are; `wanted` is 1 for an original."""
        if self.adversarial == "hinge":
            return functional.relu(1 - wanted * verdict).mean()
        target = torch.full_like(verdict, float(wanted > 0))
        if self.adversarial == "least-squares":
            return functional.mse_loss(verdict, target)
        return functional.binary_cross_entropy_with_logits(verdict, target)


FULL_STEPS = 400_000
"""200 epochs, as pix2pix and pix2pixHD are trained, of 2,000 photographs, one at a step; the paper's data set has 2,200
for training and testing. Fewer steps are called under-trained."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """One network: what makes it and what it is trained against, of a width, and how.

    The learning rate is constant for half of the steps, then falls to zero; `momentum` is Adam's first decay rate.
    `quick_width` and `quick_steps` are what `--quick` does: about a minute and a half on one CPU core.
    """

    key: str
    title: str
    generator: Callable[[int], nn.Module]
    discriminator: Callable[[int], nn.Module] | None
    losses: Losses
    full_width: int
    quick_width: int
    quick_steps: int
    rate: float = 2e-4
    momentum: float = 0.5
    remark: str = ""


_NO_VGG = "mean absolute difference in place of the VGG term"
ARCHITECTURES = (
    Architecture("gamutnet", "GamutNet", GamutNet, None, Losses(1.0), 32, 4, 190, rate=1e-3, momentum=0.9),
    Architecture("pix2pix", "pix2pix", Pix2Pix, PatchDiscriminator, Losses(100.0, "cross-entropy"), 64, 3, 400,
                 remark="no dropout when restoring"),
    Architecture("pix2pixhd", "pix2pixHD", Pix2PixHD, MultiScaleDiscriminator, Losses(10.0, "least-squares", 10.0),
                 64, 2, 125, remark=f"global generator; {_NO_VGG}"),
    Architecture("asapnet", "ASAPNet", AsapNet, MultiScaleDiscriminator, Losses(10.0, "hinge", 10.0), 64, 8, 70,
                 remark=_NO_VGG),
)  # fmt: skip
"""In the order of the paper's table."""


def architecture_named(key: str) -> Architecture:
    return next(architecture for architecture in ARCHITECTURES if architecture.key == key)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is trained, of which width, and how long: each step sees one crop; the seed is of weights and draws."""

    key: str
    width: int
    steps: int
    crop: int = CROP
    seed: int = 0


class Training:
    """Of one network on crops; its randomness depends on the seed and the number of the step alone."""

    def __init__(self, plan: Plan, pictures: Sequence[Picture], device: torch.device) -> None:
        self.plan, self.done = plan, 0
        self._pictures, self._device = pictures, device
        self._architecture = architecture_named(plan.key)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(plan.seed)
            self.generator = self._architecture.generator(plan.width).to(device)
            made = self._architecture.discriminator
            self._discriminator = None if made is None else made(plan.width).to(device)
        rate, betas = self._architecture.rate, (self._architecture.momentum, 0.999)
        self._optimisers = {
            part: torch.optim.Adam(network.parameters(), rate, betas) for part, network in self._networks().items()
        }

    def step(self) -> float:
        """One step; the mean absolute difference to the original that the crop had, of values on [-1, 1]."""
        rng = np.random.default_rng((self.plan.seed, self.done))
        crop = self._pictures[self.done % len(self._pictures)].crop(self.plan.crop, rng)
        flip = slice(None, None, -1 if rng.random() < 0.5 else 1)
        clipped = picture_of_srgb(crop.codes[:, flip], Adaptation.CAT02)[None].to(self._device)
        original = picture_of(crop.wide[:, flip])[None].to(self._device)
        left = 2 - 2 * self.done / self.plan.steps
        for optimiser in self._optimisers.values():
            optimiser.param_groups[0]["lr"] = self._architecture.rate * min(1.0, left)
        with torch.random.fork_rng(devices=[] if self._device.type == "cpu" else [self._device]):
            torch.manual_seed(int(rng.integers(1 << 62)))
            difference = self._update(clipped, original)
        self.done += 1
        return difference

    def _update(self, clipped: Tensor, original: Tensor) -> float:
        losses, discriminator = self._architecture.losses, self._discriminator
        restored = self.generator(clipped)
        made = of_original = None
        if discriminator is not None:
            of_original = discriminator(torch.cat([clipped, original], 1))
            verdict = losses.of_discriminator(discriminator(torch.cat([clipped, restored.detach()], 1)), of_original)
            self._descend("discriminator", verdict)
            discriminator.requires_grad_(requires_grad=False)
            made = discriminator(torch.cat([clipped, restored], 1))
            if losses.matching:
                with torch.no_grad():
                    of_original = discriminator(torch.cat([clipped, original], 1))
        self._descend("generator", losses.of_generator(restored, original, made, of_original))
        if discriminator is not None:
            discriminator.requires_grad_(requires_grad=True)
        return float((restored.detach() - original).abs().mean())

    def _descend(self, name: str, loss: Tensor) -> None:
        self._optimisers[name].zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimisers[name].step()

    def _networks(self) -> dict[str, nn.Module]:
        networks = {"generator": self.generator}
        return networks if self._discriminator is None else networks | {"discriminator": self._discriminator}

    def state_dict(self) -> dict[str, Any]:
        parts = {part: network.state_dict() for part, network in self._networks().items()}
        optimisers = {part: optimiser.state_dict() for part, optimiser in self._optimisers.items()}
        return {"done": self.done, "networks": parts, "optimisers": optimisers}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.done = state["done"]
        for part, network in self._networks().items():
            network.load_state_dict(state["networks"][part])
            self._optimisers[part].load_state_dict(state["optimisers"][part])
