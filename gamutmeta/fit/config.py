"""What to fit and how long: the presets. Knows no torch, so that the command line can list them at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.errors import FitError
from gamutmeta.model.descriptor import Descriptor, FourierXY, Grid, Head, Rgb, RgbSource

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MAX_BYTES", "MIN_BYTES", "PRESETS", "FitConfig", "preset_named"]

MIN_BYTES, MAX_BYTES = 400, 61_440
"""What may be asked for as the cap: below, no model fits; above, no carrier takes it."""

_PIXELS_PER_CELL = 8
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
        rgb_octaves: octaves of the colour features of the grid model.
        rate_weight: Lagrange multiplier of ``sum(log2(1 + |z|))``, z being the grid in steps, against 1,000 x MSE;
            the least of it, if the cap asks for more.
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
    grid_cells: int = 96
    grid_channels: int = 4
    grid_step: float = 1 / 16
    rgb_octaves: int = 2
    rate_weight: float = 3e-7
    adaptation: Adaptation = Adaptation.BRADFORD

    def within(self, max_bytes: int) -> FitConfig:
        """The same preset, and the same time, with another cap on the whole container.

        The grid model's size is chosen for the cap; the paper's model is what it is.

        Raises:
            FitError: if the cap is not in 400..61,440.
        """
        if not MIN_BYTES <= max_bytes <= MAX_BYTES:
            raise FitError(f"a payload can be limited to {MIN_BYTES}..{MAX_BYTES:,} bytes, not to {max_bytes:,}")
        if self.model == "paper":
            return replace(self, max_bytes=max_bytes)
        size = next(size for size in _SIZES if max_bytes <= size.max_bytes)
        return replace(self, **(size._asdict() | {"max_bytes": max_bytes}))

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
            rgb=Rgb(self.rgb_octaves),
            hidden=self.hidden,
            gate=gate,
            adaptation=self.adaptation,
        )


class _Size(NamedTuple):
    """The grid model that spends up to so many bytes well."""

    max_bytes: int
    hidden: tuple[int, ...]
    rgb_octaves: int
    grid_channels: int
    grid_cells: int
    rate_weight: float


_SIZES = (
    _Size(600, (6,), 1, 2, 16, 3e-5),
    _Size(900, (8, 8), 1, 3, 24, 1e-5),
    _Size(1_700, (12, 12), 2, 3, 40, 3e-6),
    _Size(2_600, (16, 16), 2, 4, 56, 3e-6),
    _Size(4_500, (24, 24), 2, 4, 72, 1.5e-6),
    _Size(9_000, (24, 24), 2, 4, 96, 3e-7),
    _Size(24_000, (32, 32), 2, 8, 128, 5e-8),
    _Size(MAX_BYTES, (48, 48), 2, 8, 160, 1e-8),
)
"""Smallest first. The MLP takes about a byte per weight, a third of the payload or less."""


def _grid_preset(name: str, summary: str, max_bytes: int, steps: int) -> FitConfig:
    size = next(size for size in _SIZES if max_bytes <= size.max_bytes)
    return FitConfig(
        name=name,
        summary=summary,
        model="grid",
        steps=steps,
        batch=2_048,
        sample_pixels=1 << 19,
        network_rate=1e-2,
        weights="int8",
        **(size._asdict() | {"max_bytes": max_bytes}),
    )


PRESETS: Mapping[str, FitConfig] = MappingProxyType(
    {
        "balanced": _grid_preset("balanced", "about 3 KB, at most 6,000 bytes", 6_000, steps=3_000),
        "small": _grid_preset("small", "about 1 KB, at most 1,500 bytes", 1_500, steps=3_000),
        "best": _grid_preset("best", "about 10 KB, at most 16,000 bytes; four times the time", 16_000, steps=8_000),
        "paper": FitConfig(
            name="paper",
            summary="the model of the GamutMLP paper (width 32), about 10 KB",
            model="paper",
            hidden=(32, 32),
            steps=4_000,
            batch=4_096,
            network_rate=1e-2,
            max_bytes=MAX_BYTES,
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
