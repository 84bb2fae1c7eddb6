"""The colour description in the sequence header of an AV1 picture.

References:
    AV1 Bitstream & Decoding Process Specification (2019, with errata 1), sections 4.10.5 (leb128), 5.3 (open bitstream
    units), 5.5.1 (sequence header) and 5.5.2 (colour configuration).
"""

from __future__ import annotations

from gamutmeta.errors import PhotoError

__all__ = ["with_code_points"]

_SEQUENCE_HEADER = 1
"""Type of an open bitstream unit."""
_DESCRIBED = "1"
_UNSPECIFIED = 2
_SRGB_WITHOUT_MATRIX = (1, 13, 0)
"""Here range and subsampling are not written: full, and none."""
_HIGH, _PROFESSIONAL = 1, 2
"""Profiles: 4:4:4 with up to 10 bits; all with up to 12."""


def with_code_points(data: bytes, primaries: int, transfer: int) -> bytes:
    """A coded picture whose sequence headers name other primaries and transfer characteristics; the matrix stays.

    Args:
        data: open bitstream units with their sizes, as in an item of an AVIF file.
        primaries: H.273 ColourPrimaries.
        transfer: H.273 TransferCharacteristics.

    Returns:
        The same picture, which may be a byte longer or shorter.

    Raises:
        PhotoError: it is damaged, is a film with timing information, or is grey.
    """
    result, place = b"", 0
    try:
        while place < len(data):
            first = data[place]
            start = place + (2 if first & 4 else 1)
            if not first & 2:
                raise PhotoError("AV1: a unit without its size")
            size, content = _leb128(data, start)
            end = content + size
            if end > len(data):
                raise PhotoError("AV1: a unit is cut short")
            unit = data[content:end]
            if first >> 3 & 15 == _SEQUENCE_HEADER:
                unit = _recoloured(unit, primaries, transfer)
            result += data[place:start] + _to_leb128(len(unit)) + unit
            place = end
    except IndexError:
        raise PhotoError("AV1: the header is cut short") from None
    return result


def _leb128(data: bytes, place: int) -> tuple[int, int]:
    """A number, and the place behind it."""
    value = shift = 0
    while True:
        value |= (data[place] & 127) << shift
        shift += 7
        place += 1
        if data[place - 1] < 128:
            return value, place


def _to_leb128(value: int) -> bytes:
    result = bytearray()
    while value > 127:
        result.append(value & 127 | 128)
        value >>= 7
    return bytes(result) + bytes([value])


class _Bits:
    """Numbers out of a string of bits, each byte's highest first."""

    def __init__(self, data: bytes) -> None:
        self.all = "".join(f"{byte:08b}" for byte in data)
        self.place = 0

    def take(self, count: int) -> int:
        self.place += count
        if self.place > len(self.all):
            raise PhotoError("AV1: the sequence header is cut short")
        return int(self.all[self.place - count : self.place] or "0", 2)


def _recoloured(header: bytes, primaries: int, transfer: int) -> bytes:
    bits = _Bits(header)
    profile = bits.take(3)
    _skip_to_colour(bits)
    is_deep = bits.take(1)
    is_twelve = bool(profile == _PROFESSIONAL and is_deep and bits.take(1))
    if profile != _HIGH and bits.take(1):
        raise PhotoError("AV1: a grey picture")
    before = bits.all[: bits.place]
    told = tuple(bits.take(8) for _ in range(3)) if bits.take(1) else (_UNSPECIFIED,) * 3
    if told == _SRGB_WITHOUT_MATRIX:
        # Of these profiles only this one could have subsampled chroma here.
        sampling = "1" + ("0" if is_twelve and profile == _PROFESSIONAL else "")
    else:
        start = bits.place
        bits.take(1)
        subsampled = profile == 0
        if is_twelve:
            subsampled = bool(bits.take(1)) and bool(bits.take(1))
        if subsampled:
            bits.take(2)
        sampling = bits.all[start : bits.place]
    new = (primaries, transfer, told[2])
    if new == _SRGB_WITHOUT_MATRIX and sampling.strip("0") != "1":
        raise PhotoError("AV1: red, green and blue of narrow range")
    described = _DESCRIBED + "".join(f"{number:08b}" for number in new)
    # The rest ends with a 1 and what fills the byte.
    rest = bits.all[bits.place :].rstrip("0")
    text = before + described + ("" if new == _SRGB_WITHOUT_MATRIX else sampling) + rest
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


def _skip_to_colour(bits: _Bits) -> None:
    """Go on from the second field of a sequence header to its colour configuration."""
    bits.take(1)
    is_reduced = bits.take(1)
    if is_reduced:
        bits.take(5)
    else:
        _skip_operating_points(bits)
    widths = bits.take(4) + 1, bits.take(4) + 1
    bits.take(sum(widths))
    if not is_reduced and bits.take(1):
        bits.take(4 + 3)
    bits.take(3)
    if not is_reduced:
        _skip_tools(bits)
    bits.take(3)


def _skip_operating_points(bits: _Bits) -> None:
    if bits.take(1):
        raise PhotoError("AV1: a film with timing information")
    has_delay = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        # From level 4.0 on there are tiers.
        if bits.take(5) > 7:
            bits.take(1)
        if has_delay and bits.take(1):
            bits.take(4)


def _skip_tools(bits: _Bits) -> None:
    """What only pictures predicted from others use."""
    bits.take(4)
    has_order = bits.take(1)
    if has_order:
        bits.take(2)
    forced = 1 if bits.take(1) else bits.take(1)
    if forced and not bits.take(1):
        bits.take(1)
    if has_order:
        bits.take(3)
