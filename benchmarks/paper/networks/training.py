"""Training one network on crops; resumable, and the same from any checkpoint on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from benchmarks.paper.networks.catalogue import architecture_named
from benchmarks.paper.networks.encoding import picture_of, picture_of_srgb
from benchmarks.paper.training_set import CROP
from gamutmeta.color.adaptation import Adaptation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor, nn

    from benchmarks.paper.training_set import Picture

__all__ = ["Plan", "Training"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is trained, and how long.

    Attributes:
        key: of the network.
        width: channels of its first layer, and of the discriminator's.
        steps: of the optimiser; each sees one crop.
        crop: its side, pixels.
        seed: of the initial weights and all draws.
    """

    key: str
    width: int
    steps: int
    crop: int = CROP
    seed: int = 0

    def facts(self) -> dict[str, Any]:
        """The plan as JSON values."""
        return asdict(self)


class Training:
    """Its randomness depends on the seed and the number of the step alone.

    Attributes:
        plan: what, and how long.
        done: steps taken.
        generator: the network.
    """

    def __init__(self, plan: Plan, pictures: Sequence[Picture], device: torch.device) -> None:
        self.plan, self.done = plan, 0
        self._pictures, self._device = pictures, device
        self._architecture = architecture_named(plan.key)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(plan.seed)
            self.generator = self._architecture.generator(plan.width).to(device)
            made = self._architecture.discriminator
            self._discriminator = None if made is None else made(plan.width).to(device)
        self._optimisers = {"generator": self._adam(self.generator)}
        if self._discriminator is not None:
            self._optimisers["discriminator"] = self._adam(self._discriminator)

    def _adam(self, network: nn.Module) -> torch.optim.Adam:
        adam = torch.optim.Adam(
            network.parameters(), lr=self._architecture.rate, betas=(self._architecture.momentum, 0.999)
        )
        # Made now instead of at the first step, so that a checkpoint can fill them.
        for weight in network.parameters():
            moments = {name: torch.zeros_like(weight) for name in ("exp_avg", "exp_avg_sq")}
            adam.state[weight] = {"step": torch.zeros(()), **moments}
        return adam

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

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that the training needs to go on, by name."""
        kept: dict[str, NDArray[Any]] = {"done": np.array(self.done)}
        for part, network in self._networks().items():
            for name, weight in network.named_parameters():
                kept[f"{part}/{name}"] = weight.detach().cpu().numpy().copy()
                for moment in ("exp_avg", "exp_avg_sq"):
                    state = self._optimisers[part].state[weight]
                    kept[f"{part}/{name}/{moment}"] = state[moment].cpu().numpy().copy()
        return kept

    @torch.no_grad()
    def resume(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Go on from :meth:`arrays`."""
        self.done = int(arrays["done"])
        for part, network in self._networks().items():
            for name, weight in network.named_parameters():
                state = self._optimisers[part].state[weight]
                state["step"].fill_(self.done)
                weight.copy_(torch.from_numpy(arrays[f"{part}/{name}"]))
                for moment in ("exp_avg", "exp_avg_sq"):
                    state[moment].copy_(torch.from_numpy(arrays[f"{part}/{name}/{moment}"]))
