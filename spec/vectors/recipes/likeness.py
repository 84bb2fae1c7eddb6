"""The likeness of a picture, by Annex B of version 2."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec.vectors.recipes.pictures import Picture

__all__ = ["likeness", "shown"]

_Pixels = list[tuple[int, int, int]]


def likeness(picture: Picture) -> bytes:
    """71 bytes, of R, G and B."""
    pixels = _pixels(picture.samples)
    number, length = 0, 0
    for cells, planes, half, width in (
        (1, (_Y,), 128, 8),
        (1, (_CB, _CR), 128, 4),
        (10, (_Y,), 64, 4),
        (5, (_CB, _CR), 64, 3),
    ):
        sums = _sums(pixels, picture.width, picture.height, cells)
        total = picture.width * picture.height
        for factors in planes:
            for rgb in sums:
                value = sum(factor * channel for factor, channel in zip(factors, rgb, strict=True))
                value = (value + half * total) // (2 * half * total)
                number, length = number << width | value % (1 << width), length + width
    return (number << 568 - length).to_bytes(71, "big")


def shown(samples: bytes) -> bytes:
    """R, G and B of Y, Cb and Cr, rounded and clamped, as viewers show them."""
    found = bytearray()
    for y, blue, red in _pixels(samples):
        b, r = blue - 128, red - 128
        # In millionths of a code, so that nothing depends on the machine.
        values = 1_402_000 * r, -344_136 * b - 714_136 * r, 1_772_000 * b
        found += bytes(min(max(y + (value + 500_000) // 1_000_000, 0), 255) for value in values)
    return bytes(found)


_Y, _CB, _CR = (77, 150, 29), (-43, -85, 128), (128, -107, -21)


def _pixels(samples: bytes) -> _Pixels:
    return [(samples[k], samples[k + 1], samples[k + 2]) for k in range(0, len(samples), 3)]


def _overlap(pixel: int, cell: int, side: int, cells: int) -> int:
    return max(0, min((cell + 1) * side, (pixel + 1) * cells) - max(cell * side, pixel * cells))


def _sums(pixels: _Pixels, width: int, height: int, cells: int) -> list[Sequence[int]]:
    """Of each cell, row by row: the weighed sums of R, G and B."""
    across = [[_overlap(x, i, width, cells) for x in range(width)] for i in range(cells)]
    down = [[_overlap(y, j, height, cells) for y in range(height)] for j in range(cells)]
    found: list[Sequence[int]] = []
    for rows in down:
        for columns in across:
            weights = [(b * a, y * width + x) for y, b in enumerate(rows) if b for x, a in enumerate(columns) if a]
            found.append([sum(weight * pixels[at][channel] for weight, at in weights) for channel in range(3)])
    return found
