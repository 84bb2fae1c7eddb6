"""The outcome for one file: a result or a failure, and the warnings."""

from __future__ import annotations

import errno
import traceback
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from gamutmeta.errors import GamutMetaError
from gamutmeta.report import Report
from gamutmeta.runtime.printed import printed_by_libraries
from gamutmeta.runtime.warn import collected_warnings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Failure", "Outcome", "attempt", "words_of_decoder"]

Item = TypeVar("Item")
Result = TypeVar("Result")

_NO_ROOM = "make room there, or choose another place"
_REMEDIES = {
    errno.EACCES: "change its permissions, or choose another place",
    errno.EPERM: "change its permissions, or choose another place",
    errno.EROFS: "choose another place",
    errno.ENOSPC: _NO_ROOM,
    getattr(errno, "EDQUOT", errno.ENOSPC): _NO_ROOM,
    errno.EFBIG: "raise the limit for the size of files (ulimit -f), or choose another place",
}
"""What helps, by the number of the system's error."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a file could not be done.

    Attributes:
        code: stable and machine-readable, see :attr:`gamutmeta.errors.GamutMetaError.code`; "os" for an OSError,
            "memory" if there was not enough, "killed" if its process was, "defect" for what should not happen.
        message: for people.
    """

    code: str
    message: str

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """Describe an exception; unlike many of them it can be sent from one process to another."""
        if isinstance(error, GamutMetaError):
            return cls(error.code, str(error))
        if isinstance(error, MemoryError):
            return cls("memory", f"not enough memory; try fewer jobs at a time ({str(error) or 'MemoryError'})")
        if not isinstance(error, OSError):
            return cls(
                "defect",
                f"a defect, please report it: {''.join(traceback.format_exception(error))}".rstrip(),
            )
        if error.strerror is None:
            return cls("os", str(error) or type(error).__name__)
        message = error.strerror if error.filename is None else f"{error.strerror}: {error.filename}"
        remedy = _REMEDIES.get(error.errno or 0)
        return cls("os", message if remedy is None else f"{message} ({remedy})")

    @classmethod
    def killed(cls) -> Failure:
        """Its process ended in the midst of it, twice, the second time with nothing else at work."""
        return cls("killed", "the worker process was killed, possibly because memory ran out; try fewer jobs at a time")


@dataclass(frozen=True, slots=True)
class Outcome(Generic[Item, Result]):
    """What became of one file: either a result or a failure.

    Attributes:
        item: what was worked on.
        result: None if it failed.
        failure: None if it did not.
        warnings: every :class:`~gamutmeta.errors.GamutMetaWarning` on the way. What libraries printed is there as well
            (:mod:`gamutmeta.runtime.printed`), if it is neither in the notes of a report nor in a failure's message.
    """

    item: Item
    result: Result | None = None
    failure: Failure | None = None
    warnings: tuple[str, ...] = ()


def attempt(work: Callable[[Item], Result], item: Item, *, one_of_many: bool = False) -> Outcome[Item, Result]:
    """Do `work` for one item.

    Args:
        work: a GamutMetaError or OSError that it raises is the item's failure.
        item: what to work on.
        one_of_many: there are others which are to be done whatever happens: any other exception is a failure, too.
    """
    result = failure = None
    with printed_by_libraries() as printed, collected_warnings() as messages:
        try:
            result = work(item)
        except (GamutMetaError, OSError) as error:
            failure = Failure.of(error)
        except Exception as error:
            if not one_of_many:
                raise
            failure = Failure.of(error)
    said = words_of_decoder(printed)
    if failure is not None:
        failure = replace(failure, message="; ".join((failure.message, *said)))
    elif isinstance(result, Report):
        result = cast("Result", replace(result, notes=(*result.notes, *said)))
    else:
        messages += said
    return Outcome(item, result, failure, tuple(messages))


def words_of_decoder(printed: Iterable[str]) -> tuple[str, ...]:
    """Lines that a library printed (:mod:`gamutmeta.runtime.printed`), for people."""
    return tuple(f"the decoder says: {line}" for line in printed)
