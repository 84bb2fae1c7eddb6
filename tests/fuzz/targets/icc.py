"""Any bytes as an ICC profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.icc import GrayProfile, MatrixProfile, parse_profile, profile_bytes
from gamutmeta.color.spaces import SPACES, SRGB
from tests.fuzz.expect import result_or_refusal
from tests.fuzz.mutations import raw

if TYPE_CHECKING:
    import random

__all__ = ["mutated", "run", "seeds"]

_TOKENS = (b"curv", b"para", b"XYZ ", b"desc", b"mluc", b"rTRC", b"rXYZ", b"kTRC", b"A2B0", b"GRAY", b"RGB ", b"acsp")


def run(data: bytes) -> None:
    """The target."""
    profile = result_or_refusal(parse_profile, frozenset({"photo.profile"}), data)
    if profile is None:
        return
    assert profile.description.isprintable()
    if isinstance(profile, MatrixProfile):
        assert profile.matrix_to(SRGB).shape == (3, 3)
    if isinstance(profile, (MatrixProfile, GrayProfile)):
        tables = profile.decode_tables(256)
        assert (tables.shape, tables.dtype) == ((3, 256), np.float32)
        assert np.isfinite(tables).all()
        assert 0 <= tables.min() <= tables.max() <= 1


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Another profile."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        data = raw.altered(data, rng, _TOKENS)
    return data


def seeds() -> dict[str, bytes]:
    """The profiles that the package embeds, and one for grey pictures with a sampled curve."""
    curve = b"curv" + bytes(4) + (3).to_bytes(4, "big") + b"\0\0\x20\0\xff\xff"
    header = bytes(12) + b"mntrGRAYXYZ " + bytes(12) + b"acsp" + bytes(88)
    table = (1).to_bytes(4, "big") + b"kTRC" + (144).to_bytes(4, "big") + len(curve).to_bytes(4, "big")
    return {name: profile_bytes(name) for name in SPACES} | {"grey": header + table + curve}
