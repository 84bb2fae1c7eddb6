from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamutmeta.errors import PhotoError
from gamutmeta.formats.hevc import with_code_points

SRGB = (1, 13)


def record(*arrays: tuple[int, bytes]) -> bytes:
    """A decoder configuration: types of units, each with one unit."""
    parts = (struct.pack(">BHH", 0x80 | kind, 1, len(unit)) + unit for kind, unit in arrays)
    return bytes(22) + bytes([len(arrays)]) + b"".join(parts)


def parameters(primaries: int, transfer: int, matrix: int, *, shift: int = 0, before: str = "") -> bytes:
    """Bits that hold one description; `shift` more of them come first. Not escaped."""
    text = "01000010" + before + "0" * shift + f"110111{primaries:08b}{transfer:08b}{matrix:08b}" + "1"
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


def escaped(plain: bytes) -> bytes:
    """The rule as the standard words it: no two zeros are followed by a byte up to 3."""
    result = b""
    for byte in plain:
        if byte <= 3 and result.endswith(b"\0\0"):
            result += b"\x03"
        result += bytes([byte])
    return result


@given(st.integers(0, 40), st.sampled_from([0, 6]), st.sampled_from([(2, 2), (9, 14), (0, 0), (255, 255)]))
def test_only_the_description_changes(shift: int, matrix: int, new: tuple[int, int]) -> None:
    others = ((32, b"\x40\x01\x37"), (34, b"\x44\x01\x37"))
    data = record(others[0], (33, escaped(parameters(*SRGB, matrix, shift=shift))), others[1])
    wanted = record(others[0], (33, escaped(parameters(*new, matrix, shift=shift))), others[1])
    assert with_code_points(data, SRGB, *new) == wanted


def test_other_units_are_not_looked_into() -> None:
    unit = parameters(*SRGB, 6)
    data = record((39, unit), (33, unit))
    assert with_code_points(data, SRGB, 2, 2) == record((39, unit), (33, parameters(2, 2, 6)))


@pytest.mark.parametrize(
    "unit",
    [
        parameters(12, 13, 6),
        parameters(1, 13, 9),
        parameters(1, 13, 6, before="110111" + "00000001" + "00001101" + "00000110"),
    ],
    ids=["another space", "another matrix", "twice"],
)
def test_what_is_not_there_once_is_refused(unit: bytes) -> None:
    with pytest.raises(PhotoError, match="not where it is expected"):
        with_code_points(record((33, unit)), SRGB, 2, 2)


def test_a_record_that_is_cut_short() -> None:
    data = record((33, parameters(*SRGB, 6)))
    with pytest.raises((struct.error, IndexError)):
        with_code_points(data[:24], SRGB, 2, 2)
    with pytest.raises(IndexError):
        with_code_points(data[:10], SRGB, 2, 2)
