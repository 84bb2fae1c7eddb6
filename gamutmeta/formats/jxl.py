"""The header of a JPEG XL codestream, as far as decoders do not hand on what it says.

References:
    ISO/IEC 18181-1:2024 (core coding system), annex D (headers) and section B.2 (fields of bits);
    ISO/IEC 18181-2 (file format), sections 9.5 and 9.6 (boxes that hold the codestream).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gamutmeta.errors import PhotoError
from gamutmeta.formats.boxes import iter_boxes, make_box

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ALPHA", "BLACK", "BOXED", "CODESTREAM", "JxlHeader", "lengthened", "read_jxl_header"]

CODESTREAM, BOXED = b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"
"""Signatures: of a bare codestream, and of a file of boxes."""

ALPHA, _SPOT, BLACK, _FILTER = 0, 2, 4, 5
"""Types of further channels."""
_MOST_CHANNELS = 256
_SIZES = ((1, 9), (1, 13), (1, 18), (1, 30))


@dataclass(frozen=True, slots=True)
class JxlHeader:
    """What a codestream says about the picture.

    Attributes:
        is_animated: its frames follow each other in time.
        is_xyb: coded in XYB, as lossy files are; else the samples are stored as they were given.
        extra: types of the channels behind those of colour, in order.
        premultiplied: for each of these, whether the colours are multiplied by it.
    """

    is_animated: bool = False
    is_xyb: bool = True
    extra: tuple[int, ...] = ()
    premultiplied: tuple[bool, ...] = ()


class _Bits:
    """Numbers out of a stream of bits, each byte's lowest bit first."""

    def __init__(self, data: bytes) -> None:
        self._bits = int.from_bytes(data, "little")
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise PhotoError("JPEG XL: the file ends inside its header")
        value = self._bits & ((1 << count) - 1)
        self._bits >>= count
        return value

    def choice(self, choices: Sequence[tuple[int, int]]) -> int:
        """U32: which of four offsets, and how many bits are added to it."""
        offset, count = choices[self.take(2)]
        return offset + self.take(count)

    def enum(self) -> int:
        return self.choice(((0, 0), (1, 0), (2, 4), (18, 6)))


def read_jxl_header(data: bytes) -> JxlHeader:
    """Read the header of a JPEG XL file, bare or boxed.

    Raises:
        PhotoError: it is damaged, or there is none.
    """
    bits = _Bits(_codestream(data)[2 : 1 << 16])
    _skip_size(bits)
    if bits.take(1):
        return JxlHeader()
    is_animated = bool(bits.take(1)) and _read_animation(bits)
    _skip_depth(bits)
    bits.take(1)  # width of modular buffers
    extra, premultiplied = [], []
    for _ in range(min(bits.choice(((0, 0), (1, 0), (2, 4), (1, 12))), _MOST_CHANNELS)):
        kind, is_premultiplied = _read_channel(bits)
        extra.append(kind)
        premultiplied.append(is_premultiplied)
    return JxlHeader(is_animated, bool(bits.take(1)), tuple(extra), tuple(premultiplied))


def lengthened(data: bytes, least: int) -> bytes:
    """The same picture in a file of `least` bytes or more; what follows a codestream is ignored, and so is a free box.

    Raises:
        PhotoError: the boxes are damaged.
    """
    if len(data) >= least:
        return data
    if data.startswith(CODESTREAM):
        return data.ljust(least, b"\0")
    boxes = b"".join(make_box(box.type, data[box.start : box.end]) for box in iter_boxes(data))
    return boxes + make_box(b"free", bytes(least))


def _codestream(data: bytes) -> bytes:
    """The codestream, or its beginning."""
    if data.startswith(CODESTREAM):
        return data
    for box in iter_boxes(data):
        if box.type in {b"jxlc", b"jxlp"}:
            start = box.start + (4 if box.type == b"jxlp" else 0)
            if data[start : start + 2] == CODESTREAM:
                return data[start : box.end]
            break
    raise PhotoError("JPEG XL: the file has no codestream")


def _skip_size(bits: _Bits) -> None:
    small = bits.take(1)
    for side in range(2):
        if side == 1 and bits.take(3):  # a ratio of the sides
            return
        if small:
            bits.take(5)
        else:
            bits.choice(_SIZES)


def _read_animation(bits: _Bits) -> bool:
    """Orientation, size and preview, which are skipped; and whether there is an animation."""
    bits.take(3)
    if bits.take(1):
        _skip_size(bits)
    if bits.take(1):
        _skip_preview(bits)
    if not bits.take(1):
        return False
    bits.choice(((100, 0), (1000, 0), (1, 10), (1, 30)))
    bits.choice(((1, 0), (1001, 0), (1, 8), (1, 10)))
    bits.choice(((0, 0), (0, 3), (0, 16), (0, 32)))
    bits.take(1)
    return True


def _skip_preview(bits: _Bits) -> None:
    sizes = ((16, 0), (32, 0), (1, 5), (33, 9)) if bits.take(1) else ((1, 6), (65, 8), (321, 10), (1345, 12))
    bits.choice(sizes)
    if not bits.take(3):
        bits.choice(sizes)


def _skip_depth(bits: _Bits) -> None:
    if bits.take(1):  # floating-point
        bits.choice(((32, 0), (16, 0), (24, 0), (1, 6)))
        bits.take(4)
    else:
        bits.choice(((8, 0), (10, 0), (12, 0), (1, 6)))


def _read_channel(bits: _Bits) -> tuple[int, bool]:
    """Type of a further channel, and whether the colours are multiplied by it."""
    if bits.take(1):
        return ALPHA, False
    kind = bits.enum()
    _skip_depth(bits)
    bits.choice(((0, 0), (3, 0), (4, 0), (1, 3)))  # how much smaller it is
    bits.take(8 * bits.choice(((0, 0), (0, 4), (16, 5), (48, 10))))  # name
    if kind == ALPHA:
        return kind, bool(bits.take(1))
    if kind == _SPOT:
        bits.take(64)
    elif kind == _FILTER:
        bits.choice(((1, 0), (0, 2), (3, 4), (19, 8)))
    return kind, False
