"""The descriptor: which model a payload holds. Composable: inputs -> ReLU MLP -> head.

The descriptor fixes the names, order and shapes of all tensors, so that a payload states no shape twice.
"""

from __future__ import annotations

import math
import struct
from dataclasses import astuple, dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.errors import PayloadError

if TYPE_CHECKING:
    from gamutmeta.color.shoulder import Shoulder

__all__ = ["Affine", "Descriptor", "FourierXY", "Grid", "Head", "Rgb", "RgbSource", "SampleCoding", "TensorSpec"]

MAX_OCTAVES = 16
"""Finer than one period per pixel of a 65,536-pixel side; an octave beyond that carries nothing."""

MAX_AFFINE = 16.0
"""Largest magnitude of an affine's coefficients; edits that stay on the fitted picture need no more than 1."""

Affine = tuple[float, float, float, float, float, float]
"""(a, b, c, d, e, f): u' = a u + b v + c and v' = d u + e v + f."""

IDENTITY: Affine = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


class Head(StrEnum):
    """What the model's three outputs mean."""

    CLIP = "clip"
    """There is no model: expansion is the plain conversion of the clipped picture."""
    WIDE_RESIDUAL = "wide-residual"
    """Added to the clipped linear ProPhoto value (the paper, its Eq. 5)."""
    SRGB_EXCESS = "srgb-excess"
    """How far each clipped channel of linear sRGB lay outside [0, 1]; gated, added, then converted."""


class SampleCoding(StrEnum):
    """Which 8-bit samples of the picture a model takes, and what they stand for without it."""

    SRGB = "srgb"
    """R'G'B' as every viewer shows it, clipped to sRGB."""
    SYCC = "sycc"
    """YCbCr of a JPEG before it is converted and clamped, which holds colours outside sRGB (IEC 61966-2-1 Amd 1)."""


class RgbSource(StrEnum):
    """Which colour of a pixel the MLP sees."""

    CODE = "code"
    """t = code / 127.5 - 1 of each 8-bit code."""
    WIDE = "wide"
    """t = 2 v - 1 of each channel v of clipped linear ProPhoto (the paper)."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Learned features on a grid over the picture, interpolated bilinearly; the outer nodes sit on its corners.

    Attributes:
        channels: features per node.
        height, width: nodes down and across, at least 2 each.
    """

    channels: int
    height: int
    width: int


@dataclass(frozen=True, slots=True)
class FourierXY:
    """sin and cos of `octaves` octaves of the position, x and y on [-1, 1]."""

    octaves: int


@dataclass(frozen=True, slots=True)
class Rgb:
    """The pixel's colour t on [-1, 1] and sin and cos of `octaves` octaves of it, for each channel.

    Attributes:
        octaves: how many, 0 for none.
        source: which colour.
        identity: whether t itself is a feature.
    """

    octaves: int
    source: RgbSource = RgbSource.CODE
    identity: bool = True

    @property
    def features_per_channel(self) -> int:
        """How many features one channel makes."""
        return int(self.identity) + 2 * self.octaves


class TensorSpec(NamedTuple):
    """Name and shape of one tensor of the model."""

    name: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Descriptor:
    """The architecture of one payload.

    Features stand in the order grid, xy (x before y), rgb (red, green, blue); within one coordinate or channel: t if
    `identity`, all sines from the lowest octave up, all cosines likewise.

    Attributes:
        head: meaning of the outputs; with ``Head.CLIP`` everything but `adaptation` is empty.
        grid, xy, rgb: the inputs; at least one unless the head is CLIP.
        hidden: widths of the hidden layers; each is followed by ReLU.
        bias: whether the layers have biases.
        gate: None for no gate. 0: the model acts on a channel only where its code is 0 or 255 (lossless carriers).
            T in 1..255: it acts with weight max(1 - code/T, 1 - (255-code)/T, 0) (lossy carriers). Only for the head
            SRGB_EXCESS, and only for sRGB samples.
        adaptation: chromatic adaptation of the matrix between linear sRGB and linear ProPhoto.
        affine: the place of a picture that was cropped, rotated or mirrored after the fit in the fitted one. It maps
            the position (u, v) of a pixel in the edited picture to (u', v') in the fitted one, both on [0, 1] with the
            origin in the upper left corner. Six single-precision numbers up to 16 in magnitude. None is the identity.
            The identity, or any affine of a model that does not use the position, becomes None, and -0 becomes 0.
        samples: which samples of the picture are the codes; with SYCC the outputs are added to what these hold, and
            the head is CLIP (the samples alone) or SRGB_EXCESS.
        shoulder: of sRGB samples, whose last codes reach beyond the ends; None for ordinary ones. The outputs are added
            to what the codes hold. A gate counts codes from the shoulder's, not from 0 and 255: it is open at all that
            are stretched. The head is CLIP (the codes alone) or SRGB_EXCESS.

    Raises:
        PayloadError: if the parts do not make a model, naming the field.
    """

    head: Head = Head.CLIP
    grid: Grid | None = None
    xy: FourierXY | None = None
    rgb: Rgb | None = None
    hidden: tuple[int, ...] = ()
    bias: bool = True
    gate: int | None = None
    adaptation: Adaptation = Adaptation.BRADFORD
    affine: Affine | None = None
    samples: SampleCoding = SampleCoding.SRGB
    shoulder: Shoulder | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "affine", self._canonical_affine())
        self._check_shoulder()
        inputs = (self.grid, self.xy, self.rgb)
        numbers = [value for part in inputs if part for value in astuple(part) if not isinstance(value, (bool, str))]
        if not all(type(value) is int for value in (*numbers, *self.hidden, self.gate or 0)):
            raise PayloadError("descriptor", "sizes are plain integers")
        if self.head is Head.CLIP:
            if any(inputs) or self.hidden or self.gate is not None or not self.bias:
                raise PayloadError("descriptor.head", "'clip' goes with no inputs, layers or gate")
            return
        if self.feature_count == 0:
            raise PayloadError("descriptor.inputs", "a model needs at least one input feature")
        if self.grid is not None:
            _require("descriptor.grid", self.grid.channels >= 1, "needs at least one channel")
            _require("descriptor.grid", min(self.grid.height, self.grid.width) >= 2, "needs at least 2x2 nodes")
        if self.xy is not None:
            _require("descriptor.xy", 1 <= self.xy.octaves <= MAX_OCTAVES, f"octaves must be 1..{MAX_OCTAVES}")
        if self.rgb is not None:
            _require("descriptor.rgb", 0 <= self.rgb.octaves <= MAX_OCTAVES, f"octaves must be 0..{MAX_OCTAVES}")
            _require("descriptor.rgb", self.rgb.features_per_channel >= 1, "needs octaves or the identity")
        _require("descriptor.hidden", all(width >= 1 for width in self.hidden), "a layer needs at least one unit")
        if self.gate is not None:
            _require("descriptor.gate", self.head is Head.SRGB_EXCESS, "goes with the head 'srgb-excess' only")
            _require("descriptor.gate", 0 <= self.gate <= 255, "must be 0..255")
            _require("descriptor.gate", self.samples is SampleCoding.SRGB, "goes with sRGB samples only")
        if self.samples is SampleCoding.SYCC:
            _require("descriptor.samples", self.head is Head.SRGB_EXCESS, "YCbCr goes with the head 'srgb-excess' only")
            from_code = self.rgb is None or self.rgb.source is RgbSource.CODE
            _require("descriptor.samples", from_code, "YCbCr goes with the colour of the code only")

    def _check_shoulder(self) -> None:
        if self.shoulder is None:
            return
        _require("descriptor.shoulder", self.samples is SampleCoding.SRGB, "goes with sRGB samples only")
        _require("descriptor.shoulder", self.head is not Head.WIDE_RESIDUAL, "does not go with 'wide-residual'")
        from_code = self.rgb is None or self.rgb.source is RgbSource.CODE
        _require("descriptor.shoulder", from_code, "goes with the colour of the code only")

    def _canonical_affine(self) -> Affine | None:
        """The one form of the affine, so that equal models are equal and have one encoding."""
        if self.affine is None:
            return None
        _require("descriptor.affine", len(self.affine) == 6, "must be six numbers")
        for value in self.affine:
            fits = type(value) is float and abs(value) <= MAX_AFFINE  # false for a not-a-number, too
            _require("descriptor.affine", fits, f"must be finite floats of magnitude up to {MAX_AFFINE:g}")
            _require("descriptor.affine", struct.unpack("f", struct.pack("f", value))[0] == value, "is not float 32")
        a, b, c, d, e, f = (value + 0.0 for value in self.affine)
        canonical = (a, b, c, d, e, f)
        return None if canonical == IDENTITY or not (self.grid or self.xy) else canonical

    @property
    def is_empty(self) -> bool:
        """Whether there is no model at all."""
        return self.head is Head.CLIP

    @property
    def feature_count(self) -> int:
        """Inputs of the first layer."""
        grid = self.grid.channels if self.grid else 0
        xy = 4 * self.xy.octaves if self.xy else 0
        rgb = 3 * self.rgb.features_per_channel if self.rgb else 0
        return grid + xy + rgb

    @property
    def layer_widths(self) -> tuple[int, ...]:
        """Widths from the features to the three outputs; empty for an empty model."""
        return () if self.is_empty else (self.feature_count, *self.hidden, 3)

    def tensor_specs(self) -> tuple[TensorSpec, ...]:
        """All tensors in the order in which a payload stores them.

        ``grid`` (height, width, channels); then per layer ``weight<k>`` (outputs, inputs) and, with `bias`,
        ``bias<k>`` (outputs).
        """
        specs = []
        if self.grid is not None:
            specs.append(TensorSpec("grid", (self.grid.height, self.grid.width, self.grid.channels)))
        widths = self.layer_widths
        for k in range(len(widths) - 1):
            specs.append(TensorSpec(f"weight{k}", (widths[k + 1], widths[k])))
            if self.bias:
                specs.append(TensorSpec(f"bias{k}", (widths[k + 1],)))
        return tuple(specs)

    @property
    def multiply_adds(self) -> int:
        """What the layers take for one pixel."""
        return sum(inputs * outputs for inputs, outputs in pairwise(self.layer_widths))

    @property
    def parameter_count(self) -> int:
        """Number of stored numbers."""
        return sum(spec.size for spec in self.tensor_specs())

    def __str__(self) -> str:
        """The architecture in one line, for people."""
        if self.is_empty:
            what = "clipping" if self.samples is SampleCoding.SRGB else "the YCbCr samples alone"
            what = what if self.shoulder is None else f"{self.shoulder} alone"
            return f"empty model ({what}), {self.adaptation}"
        parts = []
        if self.grid:
            parts.append(f"grid {self.grid.width}x{self.grid.height}x{self.grid.channels}")
        if self.xy:
            parts.append(f"fourier-xy K={self.xy.octaves}")
        if self.rgb:
            colour = "ycc" if self.samples is SampleCoding.SYCC else "rgb"
            parts.append(f"{colour}-{self.rgb.source} K={self.rgb.octaves}")
        gate = "no gate" if self.gate is None else f"gate {self.gate}"
        layers = "x".join(map(str, self.layer_widths))
        head = self.head if self.samples is SampleCoding.SRGB else f"{self.head} on YCbCr samples"
        if self.shoulder is not None:
            head = f"{head} on a {self.shoulder}"
        text = f"{' + '.join(parts)} -> MLP {layers} -> {head} ({gate}), {self.adaptation}"
        if self.affine is None:
            return text
        a, b, c, d, e, f = (f"{value:.4g}" for value in self.affine)
        return f"{text}, affine ({a} {b} {c}; {d} {e} {f})"


def _require(field: str, condition: bool, problem: str) -> None:  # noqa: FBT001 - an assertion reads best like this
    if not condition:
        raise PayloadError(field, problem)
