"""Words of messages."""

from __future__ import annotations

import pytest

from gamutmeta.runtime.words import counted


@pytest.mark.parametrize(("number", "said"), [(0, "0 bytes"), (1, "1 byte"), (2, "2 bytes"), (12_345, "12,345 bytes")])
def test_things_are_counted(number: int, said: str) -> None:
    assert counted(number, "byte") == said
