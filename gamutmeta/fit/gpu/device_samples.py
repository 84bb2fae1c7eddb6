"""The candidates for the fit's samples, on a GPU: the twin of :class:`~gamutmeta.fit.samples.HostCandidates`.

For every pixel, the GPU computes linear light, whether it is out of gamut and the error of clipping, and draws. The
drawn pixels are then gathered from main memory, where the photograph is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from gamutmeta.color.spaces import PROPHOTO, decode_table, expansion_matrix, reduction_matrix
from gamutmeta.fit.samples import DENSEST, LEVELS, OG_DENSITY
from gamutmeta.model.features import linear_samples
from gamutmeta.runtime.strips import row_strips

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from gamutmeta.fit.samples import Survey

__all__ = ["DeviceCandidates"]

_STRIP_PIXELS = 1 << 22
"""Pixels processed together: their values take a few hundred megabytes."""


class DeviceCandidates:
    """See :class:`~gamutmeta.fit.samples.Candidates`.

    The densities are the same as on the CPU, apart from rounding. Which pixels are drawn depends on the device.

    Args:
        survey: of the picture.
        codes: uint8 (H, W, 3), in main memory.
        wide: the photograph, ROMM RGB, uint16 (H, W, 3), in main memory.
        device: the GPU.
    """

    def __init__(
        self, survey: Survey, codes: NDArray[np.uint8], wide: NDArray[np.uint16], device: torch.device
    ) -> None:
        self._survey, self._device = survey, device
        self._wide_table = self._constant(decode_table(PROPHOTO, 65536))
        self._active = self._constant(survey.active.astype(np.float32)) > 0
        height, width = codes.shape[:2]
        strips = row_strips(height, width, _STRIP_PIXELS)
        self._density = torch.cat([self._density_of(codes[rows], wide[rows]) for rows in strips])

    def levels(self) -> NDArray[np.intp]:
        """See :class:`~gamutmeta.fit.samples.Candidates`."""
        counts = [torch.bincount(part, minlength=256) for part in torch.split(self._density, _STRIP_PIXELS)]
        return torch.stack(counts).sum(0).cpu().numpy().astype(np.intp)

    def pick(
        self, chance: NDArray[np.float32], count: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
        """See :class:`~gamutmeta.fit.samples.Candidates`."""
        generator = torch.Generator(self._device).manual_seed(int(rng.integers(1 << 62)))
        table, picks = self._constant(chance), []
        for start, part in enumerate(torch.split(self._density, _STRIP_PIXELS)):
            drawn = torch.rand(len(part), generator=generator, device=self._device) < table[part.long()]
            picks.append(drawn.nonzero()[:, 0] + start * _STRIP_PIXELS)
        at = torch.cat(picks)
        if len(at) == 0:  # there are few candidates, and the draw took none
            at = self._density.nonzero()[:count, 0]
        return at.cpu().numpy().astype(np.intp), self._density[at].cpu().numpy()

    def _constant(self, array: NDArray[np.floating]) -> Tensor:
        return torch.from_numpy(np.array(array, np.float32)).to(self._device)

    def _density_of(self, codes: NDArray[np.uint8], wide: NDArray[np.uint16]) -> Tensor:
        """The density with which to draw each pixel of a strip, uint8 (rows * W,)."""
        # Few operations support unsigned 16-bit numbers.
        signed = torch.from_numpy(np.array(wide.reshape(-1, 3)).view(np.int16)).to(self._device)
        linear = self._wide_table[signed.int() & 0xFFFF]
        if not self._survey.is_weighted:
            is_og = self._is_og(linear)
            return torch.where(is_og, OG_DENSITY, 1).to(torch.uint8)
        flat = codes.reshape(-1, 3)
        known = torch.from_numpy(np.array(flat)).to(self._device).int()
        acts = self._active[torch.arange(3, device=self._device), known].any(1)
        if not self._survey.clipped_error:
            return acts.to(torch.uint8)
        adaptation = self._survey.descriptor.adaptation
        held = self._constant(linear_samples(self._survey.descriptor, flat))
        difference = _mixed(expansion_matrix(adaptation), held) - linear
        errors = difference.square().sum(1).sqrt_()
        density = (errors * (LEVELS / self._survey.clipped_error)).round_().clamp_(1, DENSEST)
        return torch.where(acts, density, 0).to(torch.uint8)

    def _is_og(self, linear: Tensor) -> Tensor:
        """The out-of-gamut mask of linear ProPhoto values, (n, 3) to (n,)."""
        srgb = _mixed(reduction_matrix(self._survey.descriptor.adaptation), linear)
        below, above = srgb < 0, srgb > 1
        return (below | above).any(1) & ~below.all(1) & ~above.all(1)


def _mixed(matrix: NDArray[np.float64], linear: Tensor) -> Tensor:
    """See :func:`gamutmeta.color.spaces.apply_matrix`; (n, 3)."""
    m = matrix.astype(np.float32).tolist()
    red, green, blue = linear.unbind(1)
    return torch.stack([(red * row[0] + green * row[1]) + blue * row[2] for row in m], 1)
