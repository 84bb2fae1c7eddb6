"""The colour description in the parameter sets of an HEVC picture.

References:
    ITU-T H.265 (V10, 07/2024), sections 7.3.1.1 (emulation prevention), 7.4.2.2 (types of units), E.2.1 (video
    usability information); ISO/IEC 14496-15:2022, section 8.3.2.1.2 (decoder configuration record).
"""

from __future__ import annotations

import re
import struct

from gamutmeta.errors import PhotoError

__all__ = ["with_code_points"]

_UNITS = 22
"""Where the arrays of units begin in a configuration record, behind their number."""
_SEQUENCE_PARAMETERS = 33
_MATRIX = "(?:00000000|00000110)"
"""Of H.273: red, green and blue as they are, and BT.601."""
_PREVENTED = re.compile(rb"\0\0\x03")


def with_code_points(record: bytes, old: tuple[int, int], primaries: int, transfer: int) -> bytes:
    """A decoder configuration whose parameter sets name other primaries and transfer characteristics.

    The description is looked for as what it was written as, since the fields before it are many: 22 known bits and one
    of two matrices, which must be there once.

    Args:
        record: content of an hvcC box.
        old: primaries and transfer characteristics that stand in it now, for samples of full range.
        primaries: H.273 ColourPrimaries.
        transfer: H.273 TransferCharacteristics.

    Returns:
        The same configuration, which may be a few bytes longer or shorter.

    Raises:
        PhotoError: the record is damaged, or does not say `old`, or may say it in two places.
        struct.error, IndexError: it is cut short.
    """
    result, place = record[: _UNITS + 1], _UNITS + 1
    for _ in range(record[_UNITS]):
        kind, count = struct.unpack_from(">BH", record, place)
        result += record[place : place + 3]
        place += 3
        for _ in range(count):
            (size,) = struct.unpack_from(">H", record, place)
            unit = record[place + 2 : place + 2 + size]
            if kind & 63 == _SEQUENCE_PARAMETERS:
                unit = _recoloured(unit, _description(*old), _description(primaries, transfer))
            result += struct.pack(">H", len(unit)) + unit
            place += 2 + size
    return result


def _description(primaries: int, transfer: int) -> str:
    """Bits: a description follows, of an unspecified video format, full range; and these code points."""
    return "1" + "101" + "1" + "1" + f"{primaries:08b}{transfer:08b}"


def _recoloured(unit: bytes, old: str, new: str) -> bytes:
    plain = _PREVENTED.sub(b"\0\0", unit)
    bits = "".join(f"{byte:08b}" for byte in plain)
    # With a look ahead, places that overlap are found as well.
    places = [found.start() for found in re.finditer(f"(?={old}{_MATRIX})", bits)]
    if len(places) != 1:
        raise PhotoError("HEVC: the colour description is not where it is expected")
    bits = bits[: places[0]] + new + bits[places[0] + len(new) :]
    return _prevented(int(bits, 2).to_bytes(len(plain), "big"))


def _prevented(plain: bytes) -> bytes:
    result, zeros = bytearray(), 0
    for byte in plain:
        if zeros == 2 and byte <= 3:
            result.append(3)
            zeros = 0
        result.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(result)
