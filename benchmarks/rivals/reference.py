"""The paper's model in plain torch: the reference of every target.

Coordinates and the clipped colour go through 12 octaves of sines and cosines into a 120 -> 32 -> 32 -> 3 ReLU network
without bias, which predicts what to add to the clipped colour. It is trained with Adam on every fifth out-of-gamut and
every fiftieth other pixel, and its weights are the metadata: float32, as published, or rounded after training.

References:
    Le, Price, Cohen, Brown: "GamutMLP: A Lightweight MLP for Color Loss Recovery", CVPR 2023, section 3 and Eq. 7.
"""

import math
import time
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
import zstandard
from numpy.typing import NDArray
from torch import nn

from benchmarks.arrays import Codes, Floats, Wide
from benchmarks.rivals.method import Metadata, clipped_linear, linear_of, og_mask, romm_codes
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.runtime.strips import row_strips

CPU = torch.device("cpu")
Dtype = Literal["float32", "float16", "int8"]
STEPS = 1_200
"""Of the paper's fast fit."""
_BATCH = 16_384
_LEARNING_RATE = 5e-3
_OCTAVES = 12
SHAPES = ((32, 10 * _OCTAVES), (32, 32), (3, 32))
_MAX_SAMPLES = 1 << 20
_LOSS_SCALE = 1e3
"""Keeps the gradients of tiny errors far above Adam's epsilon."""
OUTPUT_SCALE = 0.5
"""The prediction is in units of the range -1..1 that the inputs have."""
_STRIP_PIXELS = 1 << 16


def octaves(values: torch.Tensor) -> torch.Tensor:
    """``sin`` and ``cos`` of pi 2^k times every value on [-1, 1], k = 0..11: (N, C) becomes (N, 24 C)."""
    angles = (values[..., None] * (2.0 ** torch.arange(_OCTAVES, device=values.device) * torch.pi)).flatten(-2)
    return torch.cat([angles.sin(), angles.cos()], -1)


def coordinates(index: NDArray[np.intp], size: int) -> Floats:
    """Rows or columns 0..size-1 as numbers from -1 to 1."""
    return (index / max(size - 1, 1) * 2 - 1).astype(np.float32)


def inputs_at(
    codes: Codes, row: NDArray[np.intp], column: NDArray[np.intp], adaptation: Adaptation
) -> tuple[Floats, Floats]:
    """What the network sees of some pixels, and their clipped colours.

    Returns:
        Row, column and clipped colour on [-1, 1], float32 (N, 5); the clipped colour in linear ProPhoto, (N, 3).
    """
    height, width, _ = codes.shape
    clipped = clipped_linear(codes[row, column], adaptation)
    places = np.stack([coordinates(row, height), coordinates(column, width)], -1)
    return np.concatenate([places, clipped * 2 - 1], -1), clipped


def samples_of(
    wide: Wide, codes: Codes, adaptation: Adaptation, *, most: int | None = None, seed: int = 0
) -> tuple[torch.Tensor, torch.Tensor]:
    """Every fifth out-of-gamut and every fiftieth other pixel, as in the paper; `most` of them, drawn by `seed`.

    Returns:
        Inputs as of :func:`inputs_at`, (N, 5), and what is to be added to the clipped linear colour, (N, 3).

    Raises:
        ValueError: if the two pictures differ in size.
    """
    if wide.shape != codes.shape:
        raise ValueError(f"the photograph's shape {wide.shape} is not the codes' {codes.shape}")
    mask = og_mask(wide, adaptation)
    index = np.concatenate([np.flatnonzero(mask)[::5], np.flatnonzero(~mask)[::50]])
    if most is not None and index.size > most:
        index = np.random.default_rng(seed).choice(index, most)
    row, column = np.divmod(index, wide.shape[1])
    inputs, clipped = inputs_at(codes, row, column, adaptation)
    return torch.from_numpy(inputs), torch.from_numpy(linear_of(wide[row, column]) - clipped)


class Training:
    """Trains the network, and remembers the last result for those who store the same weights differently.

    Samples are chosen by numpy on every device; on CUDA, Adam is torch's fused one, and the loss may be compiled.
    `parts` are the seconds of choosing samples and bringing them to the device, and of the steps, of the last training.
    """

    def __init__(
        self,
        adaptation: Adaptation = Adaptation.CAT02,
        steps: int = STEPS,
        device: torch.device = CPU,
        *,
        compiled: bool = False,
    ) -> None:
        self.adaptation, self.steps, self.parts = adaptation, steps, (0.0, 0.0)
        self._device, self._compiled = device, compiled
        self._last: tuple[Wide, Codes, int] | None = None
        self._weights: list[Floats] = []

    def __call__(self, wide: Wide, codes: Codes, seed: int) -> tuple[list[Floats], float]:
        """The trained weights, float32 of the network's shapes, and the seconds that the training took."""
        last = self._last
        # The arrays are held, so that no other array can be taken for them.
        if last is None or last[0] is not wide or last[1] is not codes or last[2] != seed:
            self._weights = self._train(wide, codes, seed)
            self._last = wide, codes, seed
        return self._weights, sum(self.parts)

    def _train(self, wide: Wide, codes: Codes, seed: int) -> list[Floats]:
        begin = time.perf_counter()
        samples = samples_of(wide, codes, self.adaptation, most=_MAX_SAMPLES, seed=seed)
        inputs, targets = (values.to(self._device) for values in samples)
        chosen = time.perf_counter()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            linear = [nn.Linear(inputs_, outputs, bias=False) for outputs, inputs_ in SHAPES]
            network = nn.Sequential(linear[0], nn.ReLU(), linear[1], nn.ReLU(), linear[2]).to(self._device)
            fused = self._device.type == "cuda" or None  # what "plain torch" offers there: one kernel for all weights
            optimiser = torch.optim.Adam(network.parameters(), lr=_LEARNING_RATE, fused=fused)

            def loss_of(batch: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
                error = network(octaves(batch)) * OUTPUT_SCALE - wanted
                loss: torch.Tensor = _LOSS_SCALE * (error**2).mean()
                return loss

            compiled: Any = torch.compile(loss_of) if self._compiled else loss_of
            for _ in range(self.steps):
                at = torch.randint(len(inputs), (_BATCH,), device=self._device)
                loss = compiled(inputs[at], targets[at])
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
        weights = [layer.weight.detach().cpu().numpy().copy() for layer in linear]
        self.parts = chosen - begin, time.perf_counter() - chosen
        return weights


class Reference:
    """The paper's model, stored in one number type; int8 has one scale per matrix. A training serves several."""

    budgets = (None,)

    def __init__(self, training: Training, dtype: Dtype) -> None:
        self._training = training
        self.dtype = dtype
        self.adaptation = training.adaptation
        bradford = ", Bradford" if training.adaptation is Adaptation.BRADFORD else ""
        self.name = f"reference {dtype}{bradford}"

    def fit(self, wide: Wide, codes: Codes, budget: int | None, seed: int) -> Metadata:
        del budget  # the size does not depend on it
        weights, seconds = self._training(wide, codes, seed)
        return Metadata(pack(weights, self.dtype), seconds, f"120-32-32-3, {self._training.steps} steps")

    def expand(self, codes: Codes, metadata: bytes) -> Wide:
        first, second, third = (torch.from_numpy(w).T for w in unpack(metadata, SHAPES))
        height, width, _ = codes.shape
        # A linear layer of features that depend on the row, the column or the colour alone is a sum of three products.
        # `octaves` puts the sines of all inputs first, then the cosines of all.
        half = 5 * _OCTAVES
        parts = [
            torch.cat([first[k * _OCTAVES : n * _OCTAVES], first[half + k * _OCTAVES : half + n * _OCTAVES]])
            for k, n in ((0, 1), (1, 2), (2, 5))
        ]
        with torch.inference_mode():
            of_row, of_column = (
                octaves(torch.from_numpy(coordinates(np.arange(size), size))[:, None]) @ weight
                for size, weight in zip((height, width), parts[:2], strict=True)
            )
            result = np.empty(codes.shape, np.uint16)
            for rows in row_strips(height, width, _STRIP_PIXELS):
                clipped = clipped_linear(codes[rows], self.adaptation)
                hidden = octaves(torch.from_numpy(clipped * 2 - 1)) @ parts[2]
                hidden += of_row[rows, None]
                hidden += of_column
                added = (hidden.relu_() @ second).relu_() @ third
                result[rows] = romm_codes(clipped + (added * OUTPUT_SCALE).numpy())
        return result


# --- weights as bytes -------------------------------------------------------------------------------------------------

_TYPES: tuple[Dtype, ...] = ("float32", "float16", "int8")
_COMPRESSED = 0x80


def pack(weights: Sequence[Floats], dtype: Dtype) -> bytes:
    """Matrices, float32, as bytes, compressed where that is smaller.

    One byte names the type and whether the rest is a zstd frame. int8 matrices share a scale each, a float32 in front.
    """
    if dtype == "int8":
        scales = [np.float32(np.abs(w).max() / 127 or 1) for w in weights]
        raw = np.array(scales, "<f4").tobytes()
        raw += b"".join(np.rint(w / s).astype(np.int8).tobytes() for w, s in zip(weights, scales, strict=True))
    else:
        little = np.dtype(dtype).newbyteorder("<")
        raw = b"".join(w.astype(little).tobytes() for w in weights)
    frame = zstandard.ZstdCompressor(level=22, write_content_size=True).compress(raw)
    kind = _TYPES.index(dtype)
    return bytes([kind | _COMPRESSED]) + frame if len(frame) < len(raw) else bytes([kind]) + raw


def unpack(data: bytes, shapes: Sequence[tuple[int, ...]]) -> list[Floats]:
    """The matrices of :func:`pack`, float32 of the given shapes."""
    raw = zstandard.ZstdDecompressor().decompress(data[1:]) if data[0] & _COMPRESSED else data[1:]
    dtype = _TYPES[data[0] & ~_COMPRESSED]
    scales = np.ones(len(shapes), np.float32)
    if dtype == "int8":
        scales = np.frombuffer(raw, "<f4", len(shapes))
        raw = raw[scales.nbytes :]
    values = np.frombuffer(raw, np.dtype(dtype).newbyteorder("<")).astype(np.float32)
    ends = np.cumsum([math.prod(shape) for shape in shapes])
    parts = np.split(values, ends[:-1])
    return [part.reshape(shape) * scale for part, shape, scale in zip(parts, shapes, scales, strict=True)]
