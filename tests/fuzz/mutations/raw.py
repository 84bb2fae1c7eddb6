"""Mutations that know nothing of formats; the others fall back on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    Change = Callable[[bytes, random.Random], bytes]
    """From some bytes to others, by chance; the same chance makes the same change."""

__all__ = ["INTERESTING", "altered", "integer", "moved", "place", "spliced"]

INTERESTING = (0, 1, 2, 7, 8, 127, 128, 255, 256, 1 << 15, (1 << 16) - 1, 1 << 20, 1 << 30, (1 << 31) - 1, 1 << 31,
               (1 << 32) - 1, 1 << 62, (1 << 64) - 1)  # fmt: skip
"""Integers at which lengths and counts go wrong."""

_MOST = 64
"""Bytes that are inserted, deleted or repeated at once."""


def integer(rng: random.Random, size: int, *, near: int = 0) -> int:
    """An integer of `size` bytes: an interesting one, one close to `near`, or any."""
    top = (1 << 8 * size) - 1
    kind = rng.randrange(3)
    if kind == 0:
        return rng.choice(INTERESTING) & top
    if kind == 1:
        return (near + rng.randrange(-9, 10)) & top
    return rng.randrange(top + 1)


def place(rng: random.Random, data: bytes) -> int:
    """An offset within the data or at its end."""
    return rng.randrange(len(data) + 1)


def altered(data: bytes, rng: random.Random, tokens: Sequence[bytes] = ()) -> bytes:
    """One change somewhere: bits, bytes, integers, pieces cut out, repeated, put in or moved."""
    changes: list[Change] = [_flip, _overwrite, _number, _cut, _repeat, _insert, _truncate]
    if tokens and rng.randrange(4) == 0:
        at = place(rng, data)
        return data[:at] + rng.choice(tokens) + data[at + rng.choice((0, 4, 8)) :]
    return rng.choice(changes)(data, rng)


def spliced(first: bytes, second: bytes, rng: random.Random) -> bytes:
    """The beginning of one and the end of the other."""
    return first[: place(rng, first)] + second[place(rng, second) :]


def moved(items: list[bytes], rng: random.Random) -> list[bytes]:
    """A list with one item left out, doubled, or put elsewhere."""
    if not items:
        return items
    changed = list(items)
    at = rng.randrange(len(changed))
    kind = rng.randrange(3)
    item = changed[at] if kind == 1 else changed.pop(at)
    if kind:
        changed.insert(rng.randrange(len(changed) + 1), item)
    return changed


def _flip(data: bytes, rng: random.Random) -> bytes:
    if not data:
        return data
    changed = bytearray(data)
    changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _overwrite(data: bytes, rng: random.Random) -> bytes:
    at = place(rng, data)
    patch = rng.randbytes(rng.randrange(1, 9))
    return data[:at] + patch + data[at + len(patch) :]


def _number(data: bytes, rng: random.Random) -> bytes:
    size = rng.choice((1, 2, 4, 8))
    at = place(rng, data)
    order = rng.choice(("big", "little"))
    near = int.from_bytes(data[at : at + size], order)
    return data[:at] + integer(rng, size, near=near).to_bytes(size, order) + data[at + size :]


def _cut(data: bytes, rng: random.Random) -> bytes:
    at = place(rng, data)
    return data[:at] + data[at + rng.randrange(1, _MOST) :]


def _repeat(data: bytes, rng: random.Random) -> bytes:
    at, to = place(rng, data), place(rng, data)
    return data[:to] + data[at : at + rng.randrange(1, _MOST)] * rng.choice((1, 1, 2, 40)) + data[to:]


def _insert(data: bytes, rng: random.Random) -> bytes:
    at = place(rng, data)
    return data[:at] + rng.randbytes(rng.randrange(1, 9)) + data[at:]


def _truncate(data: bytes, rng: random.Random) -> bytes:
    return data[: place(rng, data)]
