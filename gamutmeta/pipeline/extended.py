"""How much of a JPEG lies outside sRGB in its own samples, and how much of that its coding could have made."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.sycc import outside
from gamutmeta.photo.decoding import decoding
from gamutmeta.photo.pixels import decode_sycc, open_srgb
from gamutmeta.runtime.strips import row_strips

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.JpegImagePlugin import JpegImageFile

__all__ = ["OutsideShare", "are_clipped", "outside_share"]

_CB_TO_B = 1.772
"""Blue takes more of the chroma's error than red and green, ITU-T T.871."""

_DEVIATIONS = 3
"""Standard deviations of the coding error that are put down to it: of a thousand errors, three are larger."""

_HARDLY_ANY = 0.1
"""Percent of the pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideShare:
    """How much of a JPEG lies outside the RGB cube before it is clamped.

    Attributes:
        file: the JPEG.
        width, height: pixels.
        outside_percent: share of the pixels of which a channel lies outside by more than one 8-bit code.
        beyond_noise_percent: share of those that lie outside by more than `noise_codes`.
        noise_codes: how far, in 8-bit codes, coding may move a channel: three standard deviations, if errors were
            spread evenly over the steps of the quantisation tables. Most are smaller.
    """

    file: str
    width: int
    height: int
    outside_percent: float
    beyond_noise_percent: float
    noise_codes: float

    @property
    def is_nothing(self) -> bool:
        """Whether hardly any pixel lies outside."""
        return self.outside_percent < _HARDLY_ANY

    @property
    def is_within_noise(self) -> bool:
        """Whether hardly any pixel lies outside by more than coding noise can make, so that nothing can be told."""
        return self.beyond_noise_percent < _HARDLY_ANY

    def to_json(self) -> dict[str, object]:
        """All of it, as JSON values."""
        return {name: round(value, 4) if isinstance(value, float) else value for name, value in asdict(self).items()}

    def __str__(self) -> str:
        return (
            f"{self.file}: {self.outside_percent:.2f} % of the pixels lie outside sRGB,"
            f" {self.beyond_noise_percent:.2f} % by more than coding noise (at most about {self.noise_codes:.1f} codes)"
        )


def outside_share(data: bytes, file: str = "", codes: NDArray[np.uint8] | None = None) -> OutsideShare:
    """Look at the YCbCr samples of a JPEG.

    Files written with extended samples lie far outside, most JPEGs of cameras a little, by coding noise, and those of
    cameras that write sYCC clearly. Nothing but the writer knows for sure, so nothing is concluded from it.

    Args:
        data: the file.
        file: its name, for the result.
        codes: its YCbCr samples, uint8 (H, W, 3), where they were decoded already.

    Raises:
        PhotoError: it is no JPEG with YCbCr samples, or damaged.
    """
    codes = decode_sycc(data) if codes is None else codes
    with decoding("the picture cannot be opened"), open_srgb(data) as image:
        noise = _noise(image)  # type: ignore[arg-type]  # decode_sycc takes no other files
    height, width, _ = codes.shape
    counts = np.zeros(2)
    for rows in row_strips(height, width):
        counts += [np.count_nonzero(outside(codes[rows], margin)) for margin in (1.0, max(noise, 1.0))]
    some, beyond = 100 * counts / (height * width)
    return OutsideShare(
        file=file,
        width=width,
        height=height,
        outside_percent=float(some),
        beyond_noise_percent=float(beyond),
        noise_codes=float(noise),
    )


def are_clipped(data: bytes, codes: NDArray[np.uint8] | None = None) -> bool:
    """Whether hardly any sample of a JPEG lies outside sRGB by more than coding noise can make.

    At low qualities that is true of nearly all JPEGs, also of those that hold colours: see :func:`outside_share`.
    """
    return outside_share(data, codes=codes).is_within_noise


def _noise(jpeg: JpegImageFile) -> float:
    """See :class:`OutsideShare`; a step q makes errors of variance q^2 / 12, and the DCT of JPEG keeps their sum."""
    tables = [np.square(np.array(table, np.float64)).mean() / 12 for table in jpeg.quantization.values()]
    luma, chroma = tables[0], tables[min(1, len(tables) - 1)]
    return _DEVIATIONS * float(np.sqrt(luma + _CB_TO_B**2 * chroma))
