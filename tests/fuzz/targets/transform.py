"""Edits of payloads: four bytes of directions, eight of a box, four of a size, then a container."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from gamutmeta.container import decode, transform_payload
from tests.fuzz import samples
from tests.fuzz.expect import PAYLOAD_CODES, result_or_refusal
from tests.fuzz.mutations import container, raw
from tests.fuzz.targets.container import survives

if TYPE_CHECKING:
    import random

__all__ = ["mutated", "run", "seeds"]

_HEAD = struct.Struct(">4B4H2H")
_ROTATIONS = (None, 90, 180, 270, 45)
_FLIPS = (None, "horizontal", "vertical", "transpose", "transverse", "sideways")


def run(data: bytes) -> None:
    """The target."""
    if len(data) < _HEAD.size:
        return
    payload = result_or_refusal(decode, PAYLOAD_CODES, data[_HEAD.size :])
    if payload is None:
        return
    for edit in _edits(data, payload.width, payload.height):
        changed = result_or_refusal(transform_payload, PAYLOAD_CODES | {"photo"}, payload, **edit)
        if changed is None:
            return
        survives(changed)
        payload = changed


def _edits(data: bytes, width: int, height: int) -> list[dict[str, Any]]:
    """Up to three edits; the box is one for pictures up to 65,535 pixels on a side."""
    which, rotation, flip, more, *rest = _HEAD.unpack_from(data)
    first: dict[str, Any] = {}
    if which & 1:
        first["crop"] = tuple(rest[:4]) if which & 8 else _within(rest, width, height)
    if which & 2:
        first["resize"] = tuple(rest[4:])
    first["rotate"] = _ROTATIONS[rotation % len(_ROTATIONS)]
    second = {"flip": _FLIPS[flip % len(_FLIPS)]}
    third = {"rotate": _ROTATIONS[more % len(_ROTATIONS)], "flip": _FLIPS[more // 8 % len(_FLIPS)]}
    return [first, second, third]


def _within(numbers: list[int], width: int, height: int) -> tuple[int, int, int, int]:
    left, upper = numbers[0] % width, numbers[1] % height
    return left, upper, left + 1 + numbers[2] % (width - left), upper + 1 + numbers[3] % (height - upper)


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Other edits, or another container."""
    head, rest = data[: _HEAD.size].ljust(_HEAD.size, b"\0"), data[_HEAD.size :]
    if rng.randrange(2):
        return raw.altered(head, rng)[: _HEAD.size].ljust(_HEAD.size, b"\0") + rest
    return head + container.mutated(rest, rng)


def seeds() -> dict[str, bytes]:
    """Models that see positions, under different edits."""
    heads = {
        "crop": (1, 0, 0, 0, 2, 1, 3, 2, 0, 0),
        "resize": (2, 1, 0, 9, 0, 0, 0, 0, 30, 20),
        "turn": (0, 1, 3, 34, 0, 0, 0, 0, 0, 0),
    }
    found = samples.containers()
    return {
        f"{edit}-{model}": _HEAD.pack(*head) + found[model]
        for edit, head in heads.items()
        for model in ("default", "cropped", "skewed")
    }
