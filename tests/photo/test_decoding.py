from __future__ import annotations

import struct

import pytest

from gamutmeta.errors import CarrierError, GamutMetaWarning, MissingExtraError, PhotoError
from gamutmeta.photo.decoding import decoding


@pytest.mark.parametrize(
    ("raised", "message"),
    [
        (OSError("truncated"), "it cannot be read: truncated"),
        (struct.error("unpack"), "it cannot be read: unpack"),
        (KeyError(), "it cannot be read: KeyError"),
        (MemoryError(), "it cannot be read: MemoryError"),
    ],
)
def test_whatever_decoders_raise_is_ours(raised: Exception, message: str) -> None:
    with pytest.raises(PhotoError) as caught, decoding("it cannot be read"):
        raise raised
    assert str(caught.value) == message
    assert caught.value.__cause__ is raised


@pytest.mark.parametrize(
    "raised", [CarrierError("x"), PhotoError("x"), MissingExtraError("x", "y", "z"), GamutMetaWarning("x")]
)
def test_what_is_ours_already_passes(raised: Exception) -> None:
    with pytest.raises(type(raised)) as caught, decoding("it cannot be read"):
        raise raised
    assert caught.value is raised


def test_an_interruption_passes() -> None:
    with pytest.raises(KeyboardInterrupt), decoding("it cannot be read"):
        raise KeyboardInterrupt
