"""Any bytes as a Zstandard frame of a declared length: three bytes for the length, then the frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamutmeta.container import DEFAULT_LIMITS, frame
from tests.fuzz import samples
from tests.fuzz.expect import PAYLOAD_CODES, result_or_refusal
from tests.fuzz.mutations import container, raw, zstd

if TYPE_CHECKING:
    import random

__all__ = ["mutated", "run", "seeds"]


def run(data: bytes) -> None:
    """The target."""
    length = min(int.from_bytes(data[:3], "big"), DEFAULT_LIMITS.tensor_bytes)
    stored = data[3:]
    content = result_or_refusal(frame.decompress, PAYLOAD_CODES, stored, length)
    if content is not None:
        assert len(content) == length
        assert len(stored) == 0 or stored[4] & 0x27 == 0x20, "a single segment without dictionary and checksum"


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Another frame, another length, or both as they belong together."""
    length, stored = data[:3], data[3:]
    if rng.randrange(6) == 0:
        near = int.from_bytes(length, "big")
        return raw.integer(rng, 3, near=near).to_bytes(3, "big") + stored
    stored = zstd.mutated(stored, rng)
    parsed = zstd.Frame.parse(stored)
    if parsed is not None and parsed.size is not None and rng.randrange(4):
        length = (parsed.size & 0xFFFFFF).to_bytes(3, "big")
    return length + stored


def seeds() -> dict[str, bytes]:
    """The frames of the containers, and some put together by hand."""
    found = {}
    for name, data in samples.containers().items():
        parts = container.Parts.of(data)
        if parts is not None and parts.frame:
            found[name] = parts.tensor_length.to_bytes(3, "big") + parts.frame
    most = 1 << 20
    runs = tuple(zstd.Block(zstd.RLE, b"\7", 1 << 17) for _ in range(8))
    windowed = zstd.Frame(1024, (zstd.Block(zstd.RLE, b"\1", 1024),), flags=0)
    return found | {
        "raw": (5).to_bytes(3, "big") + zstd.Frame(5, (zstd.Block(zstd.RAW, b"12345"),)).to_bytes(),
        "largest": most.to_bytes(3, "big") + zstd.Frame(most, runs).to_bytes(),
        "windowed": (1024).to_bytes(3, "big") + windowed.to_bytes(),
    }
