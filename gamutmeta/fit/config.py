"""The presets: what to fit and how long. Does not import torch, so that the command line can list them at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from operator import index
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.envelope import MAX_CONTAINER
from gamutmeta.errors import FitError
from gamutmeta.model.descriptor import Descriptor, FourierXY, Grid, Head, Rgb, RgbSource, SampleCoding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gamutmeta.color.shoulder import Shoulder

__all__ = ["MAX_BYTES", "MIN_BYTES", "PRESETS", "RUNGS", "FitConfig", "preset_named"]

MIN_BYTES, MAX_BYTES = 400, MAX_CONTAINER
"""Limits of `max_bytes`: no model fits into less, and no carrier accepts more."""

_PIXELS_PER_CELL = 4
"""A grid cell is never smaller than this many pixels: on a thumbnail the grid would cost more than it restores."""


@dataclass(frozen=True, slots=True)
class FitConfig:
    """The settings of a fit.

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
        rate_weight: Lagrange multiplier of ``sum(log2(1 + |z|))``, where z is the grid in steps, relative to the
            squared error divided by its current mean. It is a lower bound: rate control raises it where `max_bytes`
            requires that. With 5e-6, 1,000 bytes must gain a tenth of a decibel.
        redraws: when the samples are drawn again by their errors, as shares of the training.
        closed_form: whether the last layer is solved for in closed form, after everything else is rounded, and stored
            as float16. Requires biases.
        max_bytes: upper limit for the size of the whole container.
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
    rate_weight: float = 5e-6
    redraws: tuple[float, ...] = (0.1, 0.4)
    closed_form: bool = True
    adaptation: Adaptation = Adaptation.BRADFORD

    def __repr__(self) -> str:
        return f"<FitConfig {self.name}: {self.model} model, at most {self.max_bytes:,} bytes, {self.steps:,} steps>"

    def within(self, max_bytes: int) -> FitConfig:
        """The same preset, with the same number of steps, but another upper limit for the whole container.

        The limit is rounded down to a rung of a ladder (400, 620, 960, 1,500, 2,400, 3,800, 6,000, 9,600, 16,000,
        28,000, 61,440), and decides the size of the grid model; the paper's model keeps its size. The rungs lie so far
        apart that more bytes are hardly ever worse (3 of 130 steps on thirteen photographs, by at most 0.06 dB).

        Args:
            max_bytes: the limit, a whole number.

        Raises:
            FitError: if the limit is not a whole number in 400..61,440.
        """
        try:
            max_bytes = index(max_bytes)
        except TypeError:
            raise FitError(f"a payload can be limited to a whole number of bytes, not to {max_bytes!r}") from None
        if not MIN_BYTES <= max_bytes <= MAX_BYTES:
            raise FitError(f"a payload can be limited to {MIN_BYTES}..{MAX_BYTES:,} bytes, not to {max_bytes:,}")
        if self.model == "paper":
            return replace(self, max_bytes=max_bytes)
        max_bytes = max(rung for rung in RUNGS if rung <= max_bytes)
        size = next(size for size in _SIZES if max_bytes <= size.max_bytes)
        return replace(self, **(size._asdict() | {"max_bytes": max_bytes}))

    def descriptor(
        self,
        width: int,
        height: int,
        gate: int | None,
        samples: SampleCoding = SampleCoding.SRGB,
        shoulder: Shoulder | None = None,
    ) -> Descriptor:
        """The architecture for a picture of that size.

        Args:
            width: of the coded raster, pixels.
            height: of the coded raster, pixels.
            gate: see :class:`~gamutmeta.model.descriptor.Descriptor`; the paper's model has none.
            samples: see there; the paper's model takes sRGB.
            shoulder: see there; the paper's model knows none.
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
            samples=samples,
            shoulder=shoulder,
        )


RUNGS = (400, 620, 960, 1_500, 2_400, 3_800, 6_000, 9_600, 16_000, 28_000, MAX_BYTES)
"""Rungs a quarter apart were tried. Where more bytes did not help a photograph, chance in the fit then changed the
result by up to 0.2 dB in either direction."""


class _Size(NamedTuple):
    """The size of grid model that suits payloads of up to `max_bytes` bytes."""

    max_bytes: int
    hidden: tuple[int, ...]
    rgb_octaves: int
    grid_channels: int
    grid_cells: int
    rate_weight: float


_SIZES = (
    _Size(400, (6,), 1, 2, 16, 5e-6),
    _Size(620, (6, 6), 1, 2, 20, 5e-6),
    _Size(960, (10, 8), 1, 3, 28, 5e-6),
    _Size(1_500, (14, 12), 2, 3, 40, 5e-6),
    _Size(2_400, (16, 16), 2, 3, 64, 4e-6),
    _Size(3_800, (24, 16), 3, 3, 96, 3e-6),
    _Size(9_600, (24, 24), 3, 3, 128, 2e-6),
    _Size(16_000, (32, 32), 3, 4, 192, 1.5e-6),
    _Size(MAX_BYTES, (48, 48), 3, 6, 240, 5e-7),
)
"""Smallest first. The MLP takes about a byte per weight, a third of the payload or less."""


def _grid_preset(name: str, summary: str, max_bytes: int, steps: int, batch: int) -> FitConfig:
    size = next(size for size in _SIZES if max_bytes <= size.max_bytes)
    return FitConfig(
        name=name,
        summary=summary,
        model="grid",
        steps=steps,
        batch=batch,
        sample_pixels=1 << 19,
        network_rate=5e-3,
        weights="int8",
        **(size._asdict() | {"max_bytes": max_bytes}),
    )


PRESETS: Mapping[str, FitConfig] = MappingProxyType(
    {
        "balanced": _grid_preset("balanced", "at most 6,000 bytes, often fewer", 6_000, steps=2_000, batch=1_280),
        "small": _grid_preset("small", "at most 1,500 bytes", 1_500, steps=2_000, batch=1_280),
        "best": _grid_preset("best", "at most 16,000 bytes, six times the time", 16_000, steps=8_000, batch=2_048),
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
            redraws=(),
            closed_form=False,
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
