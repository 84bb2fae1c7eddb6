"""Whether an answer is right: the judge of the conformance runner. Standard library only."""

from __future__ import annotations

import base64
import binascii
import sys
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["NO_DIFFERENCE", "Difference", "Verdict", "judge"]

_CLOSE, _CLOSE_SHARE, _LARGEST = 1, 0.999, 2
"""Tolerance: at most 1 in at least 99.9 % of the samples of a picture, and at most 2 in all."""

_DIFFERING, _DIFFERING_SHARE = 3, 0.02
"""And at all in no more than 2 % of the samples and 3 more: whoever rounds down or up differs in half of them."""


class Difference(NamedTuple):
    """How far samples are from those expected, in 16-bit codes.

    Attributes:
        largest: the largest difference.
        differing: how many samples differ at all.
        samples: how many there are.
    """

    largest: int
    differing: int
    samples: int


NO_DIFFERENCE = Difference(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said about one answer.

    Attributes:
        problem: what is wrong with it; None if it is right.
        difference: of the samples, if there are any to compare.
    """

    problem: str | None
    difference: Difference | None = None


class _WrongError(Exception):
    """The answer is wrong; the message says how."""


def judge(vector: Mapping[str, Any], answer: object, folder: Path) -> Verdict:
    """Hold an answer against a vector.

    Args:
        vector: an entry of the index.
        answer: as decoded from JSON, whatever it is.
        folder: of the index.
    """
    if not isinstance(answer, dict):
        return Verdict("the answer is no JSON object")
    try:
        _check_outcome(vector, answer)
        if vector["result"] == "error":
            return Verdict(None)
        expected = (folder / vector["expected"]).read_bytes()
        if vector["operation"] == "extract":
            _check_container(answer, expected)
            return Verdict(None)
        return _judge_samples(answer, expected)
    except _WrongError as error:
        return Verdict(str(error))


def _check_outcome(vector: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    """Raise unless the answer is an error where one is expected, the right one, and a result where that is."""
    wanted = vector.get("error")
    if "error" in answer:
        message = answer.get("message")
        said = f" ({message})" if isinstance(message, str) and message else ""
        if wanted is None:
            raise _WrongError(f"error {answer['error']!r} instead of a result{said}")
        if answer["error"] != wanted:
            raise _WrongError(f"error {answer['error']!r} instead of {wanted!r}{said}")
        more = {"container", "samples", "width", "height"} & answer.keys()
        if more:
            raise _WrongError(f"an error together with {', '.join(sorted(more))}")
    elif wanted is not None:
        raise _WrongError(f"a result instead of error {wanted!r}")


def _check_container(answer: Mapping[str, Any], expected: bytes) -> None:
    container = _decoded(answer, "container")
    if len(container) != len(expected):
        raise _WrongError(f"the container has {len(container):,} bytes instead of {len(expected):,}")
    if container != expected:
        place = next(i for i, (one, other) in enumerate(zip(container, expected, strict=True)) if one != other)
        raise _WrongError(f"the container differs from byte {place:,} on")


def _judge_samples(answer: Mapping[str, Any], expected: bytes) -> Verdict:
    _, size, _, wanted = expected.split(b"\n", 3)
    width, height = map(int, size.split())
    for name, right in (("width", width), ("height", height)):
        if type(answer.get(name)) is not int or answer[name] != right:
            raise _WrongError(f"{name} is {answer.get(name)!r} instead of {right}")
    samples = _decoded(answer, "samples")
    if len(samples) != len(wanted):
        raise _WrongError(f"{len(samples):,} bytes of samples instead of {len(wanted):,}")
    distances = [abs(one - other) for one, other in zip(_numbers(samples), _numbers(wanted), strict=True)]
    difference = Difference(max(distances), sum(map(bool, distances)), len(distances))
    far = sum(distance > _CLOSE for distance in distances)
    if difference.largest > _LARGEST or far > (1 - _CLOSE_SHARE) * len(distances):
        first = next(i for i, distance in enumerate(distances) if distance > _CLOSE)
        x, y, channel = first // 3 % width, first // 3 // width, "RGB"[first % 3]
        got, right = _numbers(samples)[first], _numbers(wanted)[first]
        problem = (
            f"{far:,} of {len(distances):,} samples differ by more than 1, at most by {difference.largest:,}; "
            f"first {channel} at ({x}, {y}): {got:,} instead of {right:,}"
        )
        return Verdict(problem, difference)
    if difference.differing > _DIFFERING + _DIFFERING_SHARE * difference.samples:
        problem = (
            f"{difference.differing:,} of {difference.samples:,} samples differ, by {difference.largest} at most; "
            f"so many are off if they are not rounded to the nearest"
        )
        return Verdict(problem, difference)
    return Verdict(None, difference)


def _decoded(answer: Mapping[str, Any], name: str) -> bytes:
    text = answer.get(name)
    if not isinstance(text, str):
        raise _WrongError(f"{name!r} is missing or no string")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _WrongError(f"{name!r} is not base64 ({error})") from error


def _numbers(data: bytes) -> array[int]:
    """Big-endian 16-bit samples."""
    numbers = array("H", data)
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers
