"""The RGB codes that viewers show for YCbCr samples of a JPEG: JFIF's equations in the whole numbers of libjpeg.

So a JPEG whose samples are wanted as they are, and as they are shown, is decoded once.

References:
    ITU-T T.871 (JFIF), section 7: the equations. libjpeg (Independent JPEG Group): factors of 16 bits, halves rounded
    up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.pixels_machine import machine_code, show_samples
from gamutmeta.runtime.strips import for_each_strip

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["shown_codes"]

_BITS = 16
_FACTORS = np.array([91881, -22554, -46802, 116130], np.int32)
"""1.402, -0.34414, -0.71414 and 1.772 in parts of 2^16: Cr to red, Cb and Cr to green, Cb to blue."""

_CENTRE = 128


def shown_codes(samples: NDArray[np.uint8], *, compiled: bool | None = None) -> NDArray[np.uint8]:
    """Convert YCbCr samples and clamp them, as libjpeg, libjpeg-turbo and MozJPEG do.

    Args:
        samples: Y, Cb and Cr, uint8 (H, W, 3).
        compiled: True for machine code, False for numpy, None for machine code where it is there. The codes are the
            same.

    Returns:
        sRGB, uint8 (H, W, 3).

    Raises:
        OSError: if machine code is requested and not there.
    """
    codes = np.empty(samples.shape, np.uint8)
    machine = machine_code(compiled=compiled)

    def work(rows: slice) -> None:
        if machine is None:
            codes[rows] = _by_numpy(samples[rows])
        else:
            show_samples(machine, samples[rows], _FACTORS, _BITS, codes[rows])

    for_each_strip(work, *samples.shape[:2])
    return codes


def _by_numpy(samples: NDArray[np.uint8]) -> NDArray[np.int32]:
    luma = samples[..., 0].astype(np.int32)
    blue, red = samples[..., 1].astype(np.int32) - _CENTRE, samples[..., 2].astype(np.int32) - _CENTRE
    to_red, blue_to_green, red_to_green, to_blue = _FACTORS
    half = np.int32(1 << (_BITS - 1))
    shares = (red * to_red, blue * blue_to_green + red * red_to_green, blue * to_blue)
    return np.stack([np.clip(luma + ((share + half) >> _BITS), 0, 255) for share in shares], axis=-1)
