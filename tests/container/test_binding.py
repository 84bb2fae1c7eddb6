from __future__ import annotations

import pytest

from gamutmeta.container import Binding
from gamutmeta.errors import PayloadError


def test_equality_is_by_value() -> None:
    assert Binding("jpeg", bytes(16)) == Binding("jpeg", bytes(16))
    assert Binding("jpeg", bytes(16)) != Binding("rgb8", bytes(16))


@pytest.mark.parametrize("kind", ["", "JPEG", "png", None, b"jpeg", 0])
def test_unknown_kinds(kind: object) -> None:
    with pytest.raises(PayloadError) as caught:
        Binding(kind, bytes(16))
    assert caught.value.field == "binding.kind"


@pytest.mark.parametrize("digest", [b"", bytes(15), bytes(17), bytearray(16), "0" * 16, None])
def test_wrong_digests(digest: object) -> None:
    with pytest.raises(PayloadError) as caught:
        Binding("jpeg", digest)
    assert caught.value.field == "binding.digest"
