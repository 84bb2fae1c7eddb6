"""What to fit and how long: the presets. Knows no torch, so that the command line can list them at once."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.errors import FitError
from gamutmeta.model.descriptor import Descriptor, FourierXY, Grid, Head, Rgb, RgbSource

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PRESETS", "FitConfig", "preset_named"]

_PIXELS_PER_CELL = 12
"""A grid cell is never smaller than this many pixels: on a thumbnail the grid would cost more than it restores."""


@dataclass(frozen=True, slots=True)
class FitConfig:
    """One way to fit a model.

    Attributes:
        name: of the preset.
        summary: one line for people.
        model: "grid" (learned grid and 8-bit code, gated sRGB excess) or "paper" (Fourier features, wide residual).
        hidden: widths of the hidden layers.
        steps: optimiser steps.
        batch: pixels per step.
        sample_pixels: pixels drawn from the picture before training.
        network_rate: Adam's learning rate of the MLP.
        grid_rate: Adam's learning rate of the grid.
        grid_cells: grid nodes along the longer side of the picture.
        grid_channels: features per node.
        grid_step: quantisation step of the grid.
        rate_weight: Lagrange multiplier of the grid's estimated size against 1,000 x MSE.
        max_bytes: the size of the whole container is kept at or below this.
        weights: how the MLP is stored, "int8" (one scale per tensor) or "float16".
        adaptation: chromatic adaptation of the reduction and of the payload.
    """

    name: str
    summary: str
    model: Literal["grid", "paper"]
    hidden: tuple[int, ...]
    steps: int
    batch: int
    network_rate: float
    max_bytes: int
    weights: Literal["int8", "float16"]
    sample_pixels: int = 1 << 20
    grid_rate: float = 4e-2
    grid_cells: int = 64
    grid_channels: int = 4
    grid_step: float = 1 / 16
    rate_weight: float = 0.0
    adaptation: Adaptation = Adaptation.BRADFORD

    def descriptor(self, width: int, height: int, gate: int | None) -> Descriptor:
        """The architecture for a picture of that size.

        Args:
            width: of the coded raster, pixels.
            height: of the coded raster, pixels.
            gate: see :class:`~gamutmeta.model.descriptor.Descriptor`; the paper's model has none.
        """
        if self.model == "paper":
            return Descriptor(
                head=Head.WIDE_RESIDUAL,
                xy=FourierXY(12),
                rgb=Rgb(12, RgbSource.WIDE, identity=False),
                hidden=self.hidden,
                bias=False,
                adaptation=self.adaptation,
            )
        longer = max(width, height)
        nodes = min(self.grid_cells, 2 + longer // _PIXELS_PER_CELL)
        return Descriptor(
            head=Head.SRGB_EXCESS,
            grid=Grid(
                channels=self.grid_channels,
                height=max(2, round(nodes * height / longer)),
                width=max(2, round(nodes * width / longer)),
            ),
            rgb=Rgb(2),
            hidden=self.hidden,
            gate=gate,
            adaptation=self.adaptation,
        )


PRESETS: Mapping[str, FitConfig] = MappingProxyType(
    {
        "balanced": FitConfig(
            name="balanced",
            summary="grid model, about 4 KB, at most 6 KB",
            model="grid",
            hidden=(24, 24),
            steps=2_400,
            batch=2_048,
            sample_pixels=1 << 19,
            network_rate=1e-2,
            rate_weight=0.004 / 60_000,
            max_bytes=6_144,
            weights="int8",
        ),
        "paper": FitConfig(
            name="paper",
            summary="the model of the GamutMLP paper (width 32), about 10 KB",
            model="paper",
            hidden=(32, 32),
            steps=4_000,
            batch=4_096,
            network_rate=1e-2,
            max_bytes=61_440,
            weights="float16",
            adaptation=Adaptation.CAT02,
        ),
    },
)
"""The presets by name; the first is the default."""


def preset_named(name: str) -> FitConfig:
    """The preset of that name.

    Raises:
        FitError: if there is none.
    """
    try:
        return PRESETS[name]
    except KeyError:
        raise FitError(f"unknown preset {name!r}; known are {', '.join(PRESETS)}") from None
