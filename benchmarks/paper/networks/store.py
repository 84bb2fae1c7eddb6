"""Trained networks on disk, photographs as the networks see them, and a network on a photograph of any size.

Weights are float16 without pickle; beside them lies a JSON file that says what they were trained on: ``key``,
``width``, ``steps``, ``crop``, ``seed``, ``photographs`` (names), ``device``, ``seconds``, ``difference`` (mean
absolute, of the last 20 steps), ``machine``. The networks see encoded ROMM values on [-1, 1], channels first.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from benchmarks.arrays import Codes, Wide
from benchmarks.paper.training_set import save_weights
from benchmarks.rivals.method import clipped_linear, romm_codes
from gamutmeta.color.adaptation import Adaptation

_HALF = 65_535 / 2


def picture_of(wide: Wide) -> torch.Tensor:
    """ROMM RGB, uint16 (H, W, 3), as float32 (3, H, W) on [-1, 1]."""
    return torch.from_numpy(np.ascontiguousarray(wide.transpose(2, 0, 1) / np.float32(_HALF) - 1))


def picture_of_srgb(codes: Codes, adaptation: Adaptation) -> torch.Tensor:
    """What is left after clipping, sRGB codes of uint8 (H, W, 3), in the same encoding."""
    return picture_of(romm_codes(clipped_linear(codes, adaptation)))


def codes_of(picture: torch.Tensor) -> Wide:
    """ROMM RGB, uint16 (H, W, 3), of a picture as the networks make it, clipped to the range."""
    values = (picture.permute(1, 2, 0).cpu().numpy() + 1) * np.float32(_HALF)
    return np.rint(np.clip(values, 0, 65_535)).astype(np.uint16)


def margin_of(tile: int) -> int:
    """Pixels along a tile's inner sides that are seen, but taken from the neighbour."""
    return tile // 16


def tile_starts(length: int, tile: int) -> list[int]:
    """Where tiles begin along a side of `length` >= `tile` pixels: evenly, the last one at the end."""
    return [*range(0, length - tile, tile - 2 * margin_of(tile)), length - tile]


@torch.inference_mode()
def restore_tiles(generator: nn.Module, picture: torch.Tensor, tile: int) -> torch.Tensor:
    """Apply a generator, in evaluation mode, to a picture, (3, H, W), tile by tile; the same shape, on its device.

    The border is repeated where a side is shorter than a tile.
    """
    _, height, width = picture.shape
    device = next(generator.parameters()).device
    missing = max(0, tile - width), max(0, tile - height)
    padded = functional.pad(picture[None], (0, missing[0], 0, missing[1]), mode="replicate")[0]
    result = torch.empty_like(padded)
    tops, lefts = tile_starts(padded.shape[1], tile), tile_starts(padded.shape[2], tile)
    margin = margin_of(tile)
    for top in tops:
        for left in lefts:
            made = generator(padded[None, :, top : top + tile, left : left + tile].to(device))[0]
            # What lies before the margin is the neighbour's, which came first.
            skip_rows, skip_columns = margin if top else 0, margin if left else 0
            inside = slice(top + skip_rows, top + tile), slice(left + skip_columns, left + tile)
            result[:, *inside] = made[:, skip_rows:, skip_columns:]
    return result[:, :height, :width]


def weights_file(folder: Path, key: str) -> Path:
    return folder / f"{key}.npz"


def save_generator(folder: Path, generator: nn.Module, facts: dict[str, Any]) -> Path:
    """Write ``<key>.npz``, then ``<key>.json``; the path of the weights."""
    path = weights_file(folder, facts["key"])
    save_weights(path, {name: w.detach().cpu().numpy() for name, w in generator.named_parameters()}, facts)
    return path


def load_facts(folder: Path, key: str) -> dict[str, Any] | None:
    """How the network was trained, or None if there is none of that key in the folder."""
    path = weights_file(folder, key)
    return _arrays(path)[1] if path.exists() else None


def load_generator(path: Path, generator: nn.Module) -> nn.Module:
    """Fill a generator with trained weights; it is in evaluation mode then.

    Raises:
        ValueError: if a tensor is missing, superfluous or of another shape, naming it.
    """
    arrays, _ = _arrays(path)
    for name, weight in generator.named_parameters():
        values = arrays.pop(name, None)
        if values is None or values.shape != tuple(weight.shape):
            raise ValueError(f"{path}: tensor {name} is missing or of another shape; train the network again")
        with torch.no_grad():
            weight.copy_(torch.from_numpy(values.astype(np.float32)))
    if arrays:
        raise ValueError(f"{path}: there is no tensor {min(arrays)} in the network; train it again")
    return generator.eval()


def _arrays(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    facts: dict[str, Any] = json.loads(arrays.pop("facts.json").tobytes())
    return arrays, facts
