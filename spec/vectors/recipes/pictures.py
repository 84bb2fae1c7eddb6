"""Computed 8-bit pictures. Saturated, with many codes at 0 and 255, since that is where payloads act."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

__all__ = ["Picture", "all_codes", "beyond", "corners", "ends", "flat", "primaries", "saturated", "with_samples"]


@dataclass(frozen=True, slots=True)
class Picture:
    """An 8-bit picture.

    Attributes:
        name: of its file in ``pixels/``, without the suffix.
        width, height: in pixels.
        samples: red, green and blue of every pixel, or Y, Cb and Cr, row by row.
    """

    name: str
    width: int
    height: int
    samples: bytes

    def ppm(self) -> bytes:
        """The picture as binary PPM with a maximum of 255."""
        return b"P6\n%d %d\n255\n" % (self.width, self.height) + self.samples

    def digest(self) -> bytes:
        """The digest of kind `rgb8`, 16 bytes."""
        head = b"gamutmeta-rgb8" + struct.pack(">II", self.width, self.height)
        return hashlib.sha256(head + self.samples).digest()[:16]


def saturated(width: int, height: int) -> Picture:
    """Ramps that run past both ends of the code range, a third one across them; about a third of all codes clipped."""
    samples = bytearray()
    for y in range(height):
        for x in range(width):
            red = 383 * x // max(width - 1, 1) - 64
            green = 383 * y // max(height - 1, 1) - 64
            blue = (67 * x + 131 * y + 17 * (x ^ y)) % 384 - 64
            samples += bytes(min(max(value, 0), 255) for value in (red, green, blue))
    return Picture(f"saturated-{width}x{height}", width, height, bytes(samples))


def all_codes() -> Picture:
    """Every code in every channel, alone and in grey: 64 x 16 pixels."""
    grey = b"".join(bytes((i, i, i)) for i in range(256))
    red = b"".join(bytes((i, 0, 255)) for i in range(256))
    green = b"".join(bytes((255, i, 0)) for i in range(256))
    blue = b"".join(bytes((0, 255, i)) for i in range(256))
    return Picture("all-codes", 64, 16, grey + red + green + blue)


def ends() -> Picture:
    """The 13 codes at each end: of one channel after the other, and of all three: 26 x 4 pixels."""
    samples = bytearray()
    codes = [*range(13), *range(243, 256)]
    for varied in ((0,), (1,), (2,), (0, 1, 2)):
        for code in codes:
            samples += bytes(code if channel in varied else 110 + 25 * channel for channel in range(3))
    return Picture("ends", 26, 4, bytes(samples))


def primaries() -> Picture:
    """Black, white, the primaries and secondaries of sRGB, and greys beside the ends: 4 x 3 pixels."""
    corners = [(255 * (i >> 2 & 1), 255 * (i >> 1 & 1), 255 * (i & 1)) for i in range(8)]
    return Picture(
        "primaries", 4, 3, b"".join(map(bytes, [*corners, (1, 1, 1), (254, 254, 254), (127,) * 3, (128,) * 3]))
    )


def flat(width: int, height: int, colour: tuple[int, int, int]) -> Picture:
    """One colour."""
    return Picture(f"flat-{width}x{height}-{bytes(colour).hex()}", width, height, bytes(colour) * (width * height))


def beyond(width: int, height: int) -> Picture:
    """YCbCr: luma across, chroma in circles, most of it outside the RGB cube by some dozens of codes."""
    samples = bytearray()
    for y in range(height):
        for x in range(width):
            blue = (41 * x + 23 * y) % 151
            red = (29 * x + 53 * y) % 151
            samples += bytes((56 + 144 * x // max(width - 1, 1), 53 + blue, 53 + red))
    return Picture(f"beyond-{width}x{height}", width, height, bytes(samples))


def corners() -> Picture:
    """YCbCr: squares of 8 x 8 pixels, of all corners of its range, and of some colours on the way: 32 x 24 pixels."""
    ends = [(255 * (i >> 2 & 1), 255 * (i >> 1 & 1), 255 * (i & 1)) for i in range(8)]
    colours = [*ends, (128, 128, 128), (90, 40, 255), (235, 16, 120), (64, 255, 0)]
    rows = [b"".join(bytes(colours[4 * y + x]) * 8 for x in range(4)) * 8 for y in range(3)]
    return Picture("corners", 32, 24, b"".join(rows))


def with_samples(name: str, ppm: bytes) -> Picture:
    """A picture that was kept as PPM, as :meth:`Picture.ppm` writes it."""
    _, size, _, samples = ppm.split(b"\n", 3)
    width, height = map(int, size.split())
    return Picture(name, width, height, samples)
