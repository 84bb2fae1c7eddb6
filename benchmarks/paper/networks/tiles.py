"""A network on a photograph of any size, tile by tile: tiles are as large as the crops it was trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from torch import nn

__all__ = ["restore_tiles"]


def margin_of(tile: int) -> int:
    """Pixels along a tile's inner sides that are seen, but taken from the neighbour."""
    return tile // 16


def tile_starts(length: int, tile: int) -> list[int]:
    """Where tiles begin along a side of `length` >= `tile` pixels: evenly, the last one at the end."""
    return [*range(0, length - tile, tile - 2 * margin_of(tile)), length - tile]


@torch.inference_mode()
def restore_tiles(generator: nn.Module, picture: torch.Tensor, tile: int) -> torch.Tensor:
    """Apply a generator.

    Args:
        generator: takes (1, 3, tile, tile) to the same; in evaluation mode.
        picture: (3, H, W); the border is repeated where a side is shorter than a tile.
        tile: side of the tiles, pixels.

    Returns:
        The restored picture, (3, H, W), on the device of `picture`.
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
            result[:, top + skip_rows : top + tile, left + skip_columns : left + tile] = made[
                :, skip_rows:, skip_columns:
            ]
    return result[:, :height, :width]
