from __future__ import annotations

import pytest
from hypothesis import given
from strategies import carriers_containers

from gamutmeta.carriers import MAGIC, MAX_CONTAINER
from gamutmeta.carriers.container_bytes import MAX_TEXT, checked, from_text, to_text
from gamutmeta.errors import CarrierError, PayloadTooLargeError


@given(carriers_containers())
def test_text_round_trip(container: bytes) -> None:
    text = to_text(container)
    assert text.isascii()
    assert b"\0" not in text
    assert from_text(text, "com") == container


def test_text_survives_line_wrapping_and_padding() -> None:
    container = MAGIC + bytes(range(256))
    text = to_text(container)
    wrapped = b"\r\n".join(text[i : i + 64] for i in range(0, len(text), 64)) + b"\r\n\0\0"
    assert from_text(wrapped, "com") == container


@pytest.mark.parametrize("text", [b"", b"====", b"AAA", b"aGVsbG8=", b"\xff\xfe", b"iUdNVA0K\0GgpA", b"iUdNVA0KGgo*"])
def test_bad_text_is_refused(text: bytes) -> None:
    with pytest.raises(CarrierError, match="carrier itxt"):
        from_text(text, "itxt")


@pytest.mark.parametrize("tail", [b"=", b"==", b"====", b"A", b"AA", b"AA=", b"A===", b"AA==AAAA", b"AAA=="])
def test_groups_and_padding_are_exact(tail: bytes) -> None:
    text = to_text(MAGIC + b"x")
    assert len(text) % 4 == 0
    assert b"=" not in text
    assert from_text(text + b"AB==", "com") == MAGIC + b"x\0"  # bits that the last group does not use are ignored
    with pytest.raises(CarrierError, match="base64"):
        from_text(text + tail, "com")


@pytest.mark.parametrize("text", [b"iUdN VA0K\tGgo\x0b=\x0c\r\n\0 \0\r", b"\n\niUdNVA0KGgo="])
def test_white_space_is_ignored(text: bytes) -> None:
    assert from_text(text, "com") == MAGIC


def test_limits() -> None:
    largest = MAGIC.ljust(MAX_CONTAINER, b"x")
    assert checked(bytearray(largest), "app11") == largest
    with pytest.raises(PayloadTooLargeError, match="61441"):
        checked(largest + b"x", "app11")
    with pytest.raises(PayloadTooLargeError):
        from_text(to_text(largest + b"x"), "itxt")
    with pytest.raises(PayloadTooLargeError):
        from_text(b"A" * (MAX_TEXT + 1), "itxt")
    with pytest.raises(CarrierError, match="magic"):
        checked(b"no container", "app11")
