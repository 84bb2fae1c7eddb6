from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamutmeta.errors import PhotoError
from gamutmeta.formats.av1 import with_code_points

REDUCED, FULL = "1", "0"


def unit(kind: int, content: bytes, *, extended: bool = False) -> bytes:
    """An open bitstream unit with its size."""
    return bytes([kind << 3 | extended << 2 | 2]) + bytes(extended) + bytes([len(content)]) + content


def header(profile: int, before: str, deep: str, described: str, sampling: str) -> bytes:
    """A sequence header: its fields up to the colours, bits per sample, the description, range and subsampling."""
    # No separate quantisers for chroma, no film grain; a 1, and what fills the byte.
    text = f"{profile:03b}" + before + deep + described + sampling + "0" + "0" + "1"
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


STILL = "1" + REDUCED + "01000" + "0110" + "0101" + "1" * 7 + "0" * 6 + "010" + "110"
"""96 x 64 pixels."""
FILM = (
    ("0" + FULL)
    + ("0" + "1" + "00001" + "1" * 12 + "01001" + "0" + "1" + "0101" + "0" * 12 + "00010" + "0")
    + ("0110" + "0101" + "1" * 7 + "0" * 6)
    + ("1" + "1010" + "001")
    + ("011" + "1111" + "1" + "10" + "0" + "1" + "0" + "1" + "101")
    + "110"
)
"""With two operating points, a delay, numbers of frames, and the tools of films."""


def told(primaries: int, transfer: int, matrix: int) -> str:
    return f"1{primaries:08b}{transfer:08b}{matrix:08b}"


KINDS = {
    "4:2:0": (0, "0" + "0", "1" + "10"),
    "4:4:4": (1, "1", "1"),
    "4:2:2": (2, "0" + "0", "0"),
    "12 bits, 4:4:4": (2, "1" + "1" + "0", "1" + "0"),
    "12 bits, 4:2:2": (2, "1" + "1" + "0", "1" + "10"),
    "12 bits, 4:2:0": (2, "1" + "1" + "0", "1" + "11" + "01"),
}


@pytest.mark.parametrize("before", [STILL, FILM], ids=["still", "film"])
@pytest.mark.parametrize("kind", KINDS)
def test_only_the_description_changes(kind: str, before: str) -> None:
    profile, deep, sampling = KINDS[kind]
    parts = [unit(2, b""), unit(1, header(profile, before, deep, told(1, 13, 6), sampling), extended=True)]
    wanted = [unit(2, b""), unit(1, header(profile, before, deep, told(12, 13, 6), sampling), extended=True)]
    rest = unit(6, bytes(range(100)))
    assert with_code_points(b"".join(parts) + rest, 12, 13) == b"".join(wanted) + rest
    without = unit(1, header(profile, before, deep, "0", sampling))
    assert with_code_points(without, 9, 14) == unit(1, header(profile, before, deep, told(9, 14, 2), sampling))


@pytest.mark.parametrize(("profile", "deep", "sampling"), [(1, "0", "1"), (2, "110", "10")])
def test_srgb_without_a_matrix_tells_no_range(profile: int, deep: str, sampling: str) -> None:
    short = unit(1, header(profile, STILL, deep, told(1, 13, 0), ""))
    long = unit(1, header(profile, STILL, deep, told(2, 2, 0), sampling))
    assert with_code_points(short, 2, 2) == long
    assert with_code_points(long, 1, 13) == short
    assert with_code_points(short, 1, 13) == short
    narrow = unit(1, header(profile, STILL, deep, told(2, 2, 0), "0" + sampling[1:]))
    with pytest.raises(PhotoError, match="narrow range"):
        with_code_points(narrow, 1, 13)


def test_units_of_all_sizes_stay() -> None:
    long = bytes(300)
    data = unit(1, header(1, STILL, "1", told(1, 13, 6), "1")) + bytes([6 << 3 | 2]) + b"\xac\x02" + long
    assert with_code_points(data, 1, 13) == data


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (unit(1, header(0, STILL, "01", told(1, 13, 6), "1")), "grey"),
        (unit(1, header(1, "0" + FULL + "1", "0", told(1, 13, 6), "1")), "timing"),
        (unit(1, header(1, STILL, "0", told(1, 13, 6), "1"))[:-4], "cut short"),
        (unit(1, b"\x38"), "cut short"),
        (b"\x0a\xff", "cut short"),
        (b"\x08\x01\x00", "without its size"),
    ],
)
def test_what_is_refused(data: bytes, problem: str) -> None:
    with pytest.raises(PhotoError, match=problem):
        with_code_points(data, 2, 2)


@given(st.binary(max_size=60), st.integers(0, 255), st.integers(0, 255))
def test_any_bytes(data: bytes, primaries: int, transfer: int) -> None:
    try:
        once = with_code_points(data, primaries, transfer)
    except PhotoError:
        return
    assert with_code_points(once, primaries, transfer) == once
