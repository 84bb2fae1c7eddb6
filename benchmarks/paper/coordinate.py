"""Networks of single pixels, such as SIREN: batches to train them on, how long, and their parameters as bytes."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import nn

from benchmarks.arrays import Codes, Floats, Wide
from benchmarks.paper.method import Plan, Setting
from benchmarks.paper.resume import resumed
from benchmarks.rivals.method import clipped_linear, expanded, linear_of, out_of_gamut_mask
from benchmarks.rivals.reference import coordinates
from gamutmeta.runtime.strips import for_each_strip

_STRIP_PIXELS = 1 << 16


def clock(device: str) -> float:
    """Seconds of a monotonic clock, read when the device has done all it was given."""
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


@dataclass(frozen=True, slots=True)
class Pixels:
    """All pixels of a photograph, N = H x W, on the device that trains on them.

    Attributes:
        places: of the rows and of the columns, from -1 at the first to 1 at the last, float32 (H,) and (W,).
        clipped: the sRGB codes in linear ProPhoto, float32 (N, 3).
        wide: the photograph in linear ProPhoto, float32 (N, 3).
        outside: which pixels are out of gamut, their indices (M,).
    """

    places: tuple[torch.Tensor, torch.Tensor]
    clipped: torch.Tensor
    wide: torch.Tensor
    outside: torch.Tensor

    @classmethod
    def of(cls, wide: Wide, codes: Codes, setting: Setting) -> Self:
        """The pixels of ROMM codes, uint16 (H, W, 3), and sRGB codes, uint8 (H, W, 3)."""
        height, width, _ = wide.shape
        clipped, linear = np.empty(wide.shape, np.float32), np.empty(wide.shape, np.float32)
        mask = np.empty((height, width), np.bool_)

        def work(rows: slice) -> None:
            clipped[rows], linear[rows] = clipped_linear(codes[rows], setting.adaptation), linear_of(wide[rows])
            mask[rows] = out_of_gamut_mask(linear[rows], setting.adaptation)

        for_each_strip(work, height, width)
        return cls(
            places_of(height, width, setting.device),
            torch.from_numpy(clipped.reshape(-1, 3)).to(setting.device),
            torch.from_numpy(linear.reshape(-1, 3)).to(setting.device),
            torch.from_numpy(np.flatnonzero(mask)).to(setting.device),
        )

    def draw(self, count: int, generator: torch.Generator) -> torch.Tensor:
        """Indices of `count` pixels, uniformly with replacement."""
        return torch.randint(len(self.wide), (count,), generator=generator, device=self.wide.device)

    def draw_outside(self, count: int, generator: torch.Generator) -> torch.Tensor:
        """Indices of `count` out-of-gamut pixels; of any, where none is out of gamut."""
        if not len(self.outside):
            return self.draw(count, generator)
        chosen = torch.randint(len(self.outside), (count,), generator=generator, device=self.wide.device)
        return self.outside[chosen]

    def places_at(self, index: torch.Tensor) -> torch.Tensor:
        """Row and column of pixels by index (B,), from -1 to 1: float32 (B, 2)."""
        rows, columns = self.places
        return torch.stack([rows[index // len(columns)], columns[index % len(columns)]], -1)


def places_of(height: int, width: int, device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows and columns from -1 to 1, float32 (H,) and (W,)."""
    rows, columns = (torch.from_numpy(coordinates(np.arange(size), size)).to(device) for size in (height, width))
    return rows, columns


def train(network: nn.Module, loss_of: Callable[[torch.Generator], torch.Tensor], plan: Plan, setting: Setting) -> int:
    """Adam with a constant learning rate; how many steps were done.

    `loss_of` draws a batch with the generator it is given, and computes the loss. The steps go on from a checkpoint
    where there is one: :mod:`benchmarks.paper.resume`.
    """
    generator = torch.Generator(setting.device).manual_seed(setting.seed)
    optimiser = torch.optim.Adam(network.parameters(), lr=plan.rate)
    steps = plan.quickened(setting.quick)
    for _ in resumed(steps, list(network.parameters()), optimiser, generator):
        loss = loss_of(generator)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return steps


def painted(codes: Codes, setting: Setting, restore: Callable[[torch.Tensor, Floats], Floats]) -> Wide:
    """As :func:`~benchmarks.rivals.method.expanded`, by the places of pixels, (N, 2) on the device, instead of rows."""
    rows, columns = places_of(codes.shape[0], codes.shape[1], setting.device)
    with torch.inference_mode():
        return expanded(
            codes,
            setting.adaptation,
            lambda strip, clipped: restore(torch.cartesian_prod(rows[strip], columns), clipped),
            _STRIP_PIXELS,
        )


def parameters_of(network: nn.Module) -> bytes:
    """All parameters as little-endian float32, layer by layer, and nothing else."""
    flat = torch.nn.utils.parameters_to_vector(network.parameters())
    return bytes(flat.detach().cpu().numpy().astype("<f4").tobytes())


def parameters_from(network: nn.Module, data: bytes) -> None:
    """Set the parameters to those of :func:`parameters_of`.

    Raises:
        ValueError: if they are not as many as the network's.
    """
    values = np.frombuffer(data, "<f4").astype(np.float32)
    count = sum(parameter.numel() for parameter in network.parameters())
    if values.size != count:
        raise ValueError(f"the network has {count:,} parameters, but {values.size:,} are stored")
    torch.nn.utils.vector_to_parameters(torch.from_numpy(values), network.parameters())
