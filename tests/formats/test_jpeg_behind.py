from __future__ import annotations

import io

import pytest
from carriers.hosts import CONTAINER, jpeg, multi_picture, with_pictures
from hypothesis import given
from hypothesis import strategies as st

from gamutmeta.carriers import embed, strip
from gamutmeta.formats.jpeg_behind import note_on_rest, rest_of

FIRST = jpeg()
PREVIEW = jpeg(quality=30)
FILM = b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + bytes(range(256)) * 4
SAMSUNG = b"\0\0\x01\x0a\x0e\0\0\0Image_UTC_Data1700000000000SEFH\x6b\0\0\0\x01\0\0\0\0\0\x01\x0a\x24\0\0\0SEFT"

REST = {
    "a preview": (PREVIEW, "a JPEG picture (a preview, say)"),
    "padding and a preview": (bytes(512) + PREVIEW, "a JPEG picture (a preview, say)"),
    "a film": (FILM, "a film"),
    "a Samsung trailer": (SAMSUNG, "data of a Samsung phone"),
    "a Samsung trailer with a film": (FILM + SAMSUNG, "a film and data of a Samsung phone"),
    "something": (b"who knows", "data of an unknown kind"),
}


@pytest.mark.parametrize("name", REST)
def test_what_is_lost_is_named(name: str) -> None:
    behind, kind = REST[name]
    data = FIRST + behind
    said = f"{len(behind):,} bytes behind the picture were left out: {kind}"
    assert rest_of(data) == [behind]
    assert note_on_rest(data) == said
    file = io.BytesIO(data)
    file.seek(99)
    assert note_on_rest(file) == said
    assert note_on_rest(io.BufferedReader(io.BytesIO(data))) == said  # type: ignore[arg-type]


def test_one_byte_is_one() -> None:
    assert note_on_rest(FIRST + b"x") == "1 byte behind the picture was left out: data of an unknown kind"


@pytest.mark.parametrize("padding", [b"", bytes(1000), b"\r\n", b"\0 \n"])
def test_padding_is_nothing(padding: bytes) -> None:
    assert note_on_rest(FIRST + padding) is None


def test_pictures_of_the_index_are_told_elsewhere() -> None:
    assert note_on_rest(multi_picture()) is None
    pictures = with_pictures(FIRST, [PREVIEW, PREVIEW])
    assert note_on_rest(pictures) is None
    assert rest_of(pictures + FILM) == [FILM]
    assert rest_of(embed(pictures + FILM, CONTAINER)) == [FILM]


def test_files_that_end_early() -> None:
    assert rest_of(FIRST[:-2]) == []
    assert rest_of(FIRST[: len(FIRST) // 2]) == []
    assert rest_of(b"\xff\xd8") == []


@given(behind=st.binary(max_size=99))
def test_payloads_leave_it_alone(behind: bytes) -> None:
    data = FIRST + behind
    whole = embed(data, CONTAINER)
    assert whole.endswith(behind)
    assert rest_of(whole) == rest_of(data) == ([behind] if behind.strip(b"\0\r\n ") else [])
    assert strip(whole) == data
