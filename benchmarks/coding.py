"""The sRGB files that carry metadata: how they are coded, and how many bytes metadata adds to them."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np

from benchmarks.arrays import Codes, Wide
from gamutmeta import carriers
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.photo.pixels import decode_srgb, encode_srgb_file


@dataclass(frozen=True, slots=True)
class Coding:
    """One way to code the sRGB picture, by its name in tables; `rivals`: whether they are measured on it, too."""

    name: str
    format: Literal["png", "jpeg"]
    quality: int = 95
    subsampling: Literal["4:4:4", "4:2:2", "4:2:0"] = "4:4:4"
    rivals: bool = True

    @property
    def options(self) -> dict[str, Any]:
        """For :func:`gamutmeta.reduce`."""
        return {"format": self.format, "quality": self.quality, "subsampling": self.subsampling}

    def decoded(self, wide: Wide, adaptation: Adaptation) -> Codes:
        """The clipped picture as a reader of the file decodes it, uint8 (H, W, 3), of ROMM codes, uint16 (H, W, 3)."""
        return self.through(reduce_to_codes(wide, adaptation)[0])

    def encode(self, codes: Codes, *, progressive: bool = False) -> bytes:
        """The file of codes, uint8 (H, W, 3)."""
        how: dict[str, Any] = {"quality": self.quality, "subsampling": self.subsampling, "progressive": progressive}
        return encode_srgb_file(codes, self.format, **how)

    def through(self, codes: Codes) -> Codes:
        """Codes, uint8 (H, W, 3), as a reader of the file decodes them."""
        return codes if self.format == "png" else decode_srgb(self.encode(codes))


CODINGS = (
    Coding("PNG", "png"),
    Coding("JPEG q95 4:4:4", "jpeg"),
    Coding("JPEG q90 4:2:0", "jpeg", 90, "4:2:0", rivals=False),
)


def coding_named(name: str) -> Coding:
    """The coding of that name."""
    return next(coding for coding in CODINGS if coding.name == name)


@cache
def added_bytes(format_: Literal["png", "jpeg"], size: int) -> int:
    """Bytes by which a file grows when `size` bytes of metadata are spliced into it by gamutmeta's own carriers.

    That is the difference of two files, with the metadata and without; it does not depend on the picture. What is
    larger than a carrier takes is spread over several.
    """
    if size == 0:
        return 0
    if size > carriers.MAX_CONTAINER:
        return added_bytes(format_, carriers.MAX_CONTAINER) + added_bytes(format_, size - carriers.MAX_CONTAINER)
    host = encode_srgb_file(np.zeros((8, 8, 3), np.uint8), format_)
    # Carriers want the magic number; metadata shorter than it is charged as if it were as long.
    return len(carriers.embed(host, carriers.MAGIC.ljust(size, b"\0"))) - len(host)
