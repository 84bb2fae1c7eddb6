"""Models of every kind with random weights, and pictures for them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.shoulder import End, Shoulder
from gamutmeta.fit.config import PRESETS
from gamutmeta.model.descriptor import Descriptor, FourierXY, Grid, Head, Rgb, RgbSource, SampleCoding

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHOULDER = Shoulder((End(1, 200), End(), End(8, 11)), (End(8, 9), End(2, 60), End()))
"""Every channel has another one."""

DESCRIPTORS = {
    "empty": Descriptor(),
    "empty-cat02": Descriptor(adaptation=Adaptation.CAT02),
    "paper": PRESETS["paper"].descriptor(61, 47, None),
    "balanced": PRESETS["balanced"].descriptor(610, 470, 0),
    "soft": PRESETS["balanced"].descriptor(610, 470, 32),
    "ungated": PRESETS["balanced"].descriptor(610, 470, None),
    "linear": Descriptor(head=Head.SRGB_EXCESS, rgb=Rgb(0), gate=0),
    "everything": Descriptor(
        head=Head.SRGB_EXCESS,
        grid=Grid(3, 5, 2),
        xy=FourierXY(3),
        rgb=Rgb(2, RgbSource.WIDE),
        hidden=(7, 5, 6),
        gate=200,
        adaptation=Adaptation.CAT02,
    ),
    "grid-residual": Descriptor(head=Head.WIDE_RESIDUAL, grid=Grid(1, 2, 2), hidden=(4,), bias=False),
    "samples": PRESETS["balanced"].descriptor(610, 470, None, SampleCoding.SYCC),
    "samples-grid": Descriptor(
        Head.SRGB_EXCESS, Grid(2, 3, 4), hidden=(5,), adaptation=Adaptation.CAT02, samples=SampleCoding.SYCC
    ),
    "samples-alone": Descriptor(samples=SampleCoding.SYCC),
    "shoulder": replace(PRESETS["balanced"].descriptor(610, 470, 0), shoulder=SHOULDER),
    "shoulder-soft": replace(PRESETS["balanced"].descriptor(610, 470, 12), shoulder=SHOULDER),
    "shoulder-ungated": Descriptor(Head.SRGB_EXCESS, Grid(2, 3, 4), hidden=(5,), shoulder=SHOULDER),
    "shoulder-alone": Descriptor(shoulder=SHOULDER),
}


AFFINES = {
    "crop": (0.375, 0.0, 0.125, 0.0, 0.625, 0.25),
    "half-turn": (-1.0, 0.0, 1.0, 0.0, -1.0, 1.0),
    "quarter-turn": (0.0, -1.0, 1.0, 1.0, 0.0, 0.0),
    "transpose": (0.0, 1.0, 0.0, 1.0, 0.0, 0.0),
    "quarter-turn-of-crop": (0.0, 0.375, 0.5, -0.25, 0.0, 0.75),
    "beyond": (2.0, 0.0, -0.5, 0.0, 3.0, -1.0),
    "transverse": (0.0, -1.0, 1.0, -1.0, 0.0, 1.0),
    "mirror": (-1.0, 0.0, 1.0, 0.0, 1.0, 0.0),
    "rotation": (0.75, -0.5, 0.25, 0.5, 0.75, -0.125),
    "shear": (1.0, 0.25, 0.0, 0.0, 1.0, 0.0),
    "one-column": (0.0, 0.0, 0.5, 0.0, 1.0, 0.0),
    "one-point": (0.0, 0.0, 0.5, 0.0, 0.0, 0.25),
    "diagonal": (0.0, 0.0, 0.5, 0.5, 0.5, 0.0),
}


def weights_of(descriptor: Descriptor, seed: int = 0) -> dict[str, NDArray[np.float32]]:
    rng = np.random.default_rng(seed)
    return {
        spec.name: (rng.standard_normal(spec.shape) / np.sqrt(max(1, spec.shape[-1]))).astype(np.float32)
        for spec in descriptor.tensor_specs()
    }


def clipped_codes(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.clip(np.random.default_rng(seed).integers(-80, 336, (height, width, 3)), 0, 255).astype(np.uint8)


def assert_within_tolerance(a: NDArray[np.uint16], b: NDArray[np.uint16]) -> None:
    """The tolerance of the specification: at most 1 code on 99.9 % of samples, 2 anywhere."""
    difference = np.abs(a.astype(np.int64) - b)
    assert difference.max(initial=0) <= 2
    assert np.mean(difference > 1) <= 0.001
