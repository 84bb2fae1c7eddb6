"""Photographs as the networks see them: encoded ROMM values on [-1, 1], channels first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from benchmarks.rivals.method import clipped_linear, romm_codes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.color.adaptation import Adaptation

__all__ = ["codes_of", "picture_of", "picture_of_srgb"]

_HALF = 65_535 / 2


def picture_of(wide: NDArray[np.uint16]) -> torch.Tensor:
    """ROMM RGB, uint16 (H, W, 3), as float32 (3, H, W) on [-1, 1]."""
    return torch.from_numpy(np.ascontiguousarray(wide.transpose(2, 0, 1) / np.float32(_HALF) - 1))


def picture_of_srgb(codes: NDArray[np.uint8], adaptation: Adaptation) -> torch.Tensor:
    """What is left after clipping, sRGB codes of uint8 (H, W, 3), in the same encoding."""
    return picture_of(romm_codes(clipped_linear(codes, adaptation)))


def codes_of(picture: torch.Tensor) -> NDArray[np.uint16]:
    """ROMM RGB, uint16 (H, W, 3), of a picture as the networks make it, clipped to the range."""
    values = (picture.permute(1, 2, 0).cpu().numpy() + 1) * np.float32(_HALF)
    return np.rint(np.clip(values, 0, 65_535)).astype(np.uint16)
