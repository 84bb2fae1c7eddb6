"""The part of the files that one of several machines processes."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gamutmeta.errors import PlanError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gamutmeta.batch.plan import Task

__all__ = ["Shard"]


@dataclass(frozen=True, slots=True)
class Shard:
    """One of `count` parts, none of which overlap and which together are everything.

    A file's part follows from the name of its output below the output folder, and from nothing else. Hence machines
    need not talk to each other, and files that come or go move no others from one machine to another.

    Attributes:
        index: 1..count.
        count: how many parts there are.
    """

    index: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read "2/8", the second of eight.

        Raises:
            PlanError: if it is of another form.
        """
        match = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text)
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise PlanError(f"{text!r} must have the form i/n with i from 1 to n, for example 2/8")
        return cls(int(match[1]), int(match[2]))

    def of(self, tasks: Iterable[Task]) -> list[Task]:
        """Those tasks that belong to this part, in their order; there may be none."""
        return [task for task in tasks if _number(task.name) % self.count == self.index - 1]


def _number(name: str) -> int:
    """A number that is as good as random, and always the same for one name. Python's own hash is not."""
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()[:8], "big")
