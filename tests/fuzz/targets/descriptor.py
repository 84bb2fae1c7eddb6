"""Any bytes as the descriptor map, without a container around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamutmeta.container import DEFAULT_LIMITS, descriptor_map
from gamutmeta.container.header import VERSION
from tests.fuzz import samples
from tests.fuzz.expect import PAYLOAD_CODES, result_or_refusal
from tests.fuzz.mutations import container

if TYPE_CHECKING:
    import random

__all__ = ["mutated", "run", "seeds"]


def run(data: bytes) -> None:
    """The target."""
    for version in (1, VERSION):
        contents = result_or_refusal(descriptor_map.unpack, PAYLOAD_CODES, data, DEFAULT_LIMITS, version)
        if contents is not None:
            assert descriptor_map.version_of(contents) == version, "a map has one version"
            assert descriptor_map.pack(contents) == data, "a map has one encoding"
            specs = contents.descriptor.tensor_specs()
            assert len(specs) == len(contents.scales)
            assert sum(spec.size for spec in specs) <= DEFAULT_LIMITS.parameters


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Another map."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        data = container.map_mutated(data, rng)
    return data


def seeds() -> dict[str, bytes]:
    """The maps of the containers."""
    parts = {name: container.Parts.of(data) for name, data in samples.containers().items()}
    return {name: part.descriptor for name, part in parts.items() if part is not None}
