"""Any bytes as a container: decoded and, if it decodes, expanded on a tiny picture and written again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.container import Payload, decode
from gamutmeta.model.expand import expand
from tests.fuzz import samples
from tests.fuzz.expect import PAYLOAD_CODES, result_or_refusal
from tests.fuzz.mutations import container

if TYPE_CHECKING:
    import random

__all__ = ["mutated", "run", "seeds", "survives"]

_CODES = samples.picture()
_LARGE = 4096
"""Parameters beyond which compressing takes longer than everything else together."""


def run(data: bytes) -> None:
    """The target."""
    payload = result_or_refusal(decode, PAYLOAD_CODES, data)
    if payload is None:
        return
    assert str(payload.descriptor)
    wide = expand(payload.descriptor, payload.weights(), _CODES, threads=1)
    assert (wide.shape, wide.dtype) == (_CODES.shape, np.uint16)
    survives(payload)


def survives(payload: Payload) -> None:
    """What was accepted can be written, and is read as the same."""
    if payload.descriptor.parameter_count <= _LARGE:
        assert decode(payload.to_bytes()) == payload


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Another container."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        data = container.mutated(data, rng)
    return data


def seeds() -> dict[str, bytes]:
    """One container of each kind."""
    return samples.containers()
