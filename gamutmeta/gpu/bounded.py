"""Work on a GPU that ends: in a bounded time, with a result or with the reason why there is none.

A kernel that hangs cannot be stopped, and whoever waits for it waits for ever. So all that waits does so in a thread of
its own, which is left alone when its time is up. From then on this process uses the GPU no more.
"""

from __future__ import annotations

import threading
import time
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, TypeVar

from gamutmeta.errors import GamutMetaError
from gamutmeta.runtime.exit import end_soon_at_exit

if TYPE_CHECKING:
    from collections.abc import Callable

    Result = TypeVar("Result")

__all__ = ["CardError", "on_card", "reason_of", "seconds_for"]

_START, _PER_STEP, _PER_MEGAPIXEL = 60.0, 0.02, 0.5
"""Seconds: for CUDA to start and kernels to be compiled; for each step of a fit; and for each megapixel."""

_hung: list[str] = []
"""Why the GPU is no longer used by this process; empty while it is."""


class CardError(Exception):
    """The GPU did not do its work; the message says why, for people."""


def seconds_for(pixels: int, steps: int = 0) -> float:
    """The most seconds that work on a GPU may take: 60, half of one for each megapixel, 0.02 for each step of a fit.

    That is many times what the CPU needs, so that only what hangs is given up.
    """
    return _START + _PER_MEGAPIXEL * pixels / 1e6 + _PER_STEP * steps


def on_card(work: Callable[[float], Result], seconds: float) -> Result:
    """The result of `work`, which gets the time, by `time.monotonic`, when it has to be done.

    Raises:
        CardError: if it is not done in time or fails, for want of memory for instance; and at once, if earlier work in
            this process was not done in time.
        GamutMetaError: if `work` raises one: it is not the GPU's fault.
    """
    if _hung:
        raise CardError(_hung[0])
    deadline = time.monotonic() + seconds
    found: list[tuple[Any, BaseException | None]] = []

    def run() -> None:
        try:
            found.append((work(deadline), None))
        except BaseException as error:  # noqa: BLE001 - it is looked at below
            found.append((None, error))

    # Warnings are collected where the caller collects them.
    thread = threading.Thread(target=copy_context().run, args=(run,), name="gamutmeta-gpu", daemon=True)
    thread.start()
    try:
        # A little longer: work that watches the time says better what it waited for.
        thread.join(seconds + 1)
    finally:
        # Also where the user has interrupted it.
        if thread.is_alive():
            end_soon_at_exit()
    outcome: tuple[Any, BaseException | None] = found[0] if found else (None, TimeoutError())
    result, error = outcome
    if isinstance(error, TimeoutError):
        _hung.append(f"it did not finish within {seconds:.0f} s, and this process uses it no more")
        end_soon_at_exit()
        raise CardError(_hung[0]) from error
    if error is None:
        value: Result = result
        return value
    if isinstance(error, CardError | GamutMetaError | KeyboardInterrupt | SystemExit):
        raise error
    raise CardError(reason_of(error)) from error


def reason_of(error: BaseException) -> str:
    """What went wrong, in one line that every terminal and every record can show."""
    if type(error).__name__ == "OutOfMemoryError":  # torch's, which is not imported here
        return "its memory is too small or in use"
    text = " ".join("".join(c if c.isprintable() else " " for c in str(error)).split())
    return f"{type(error).__name__}: {text[:_LONGEST]}" if text else type(error).__name__


_LONGEST = 200
"""Letters of a message; compilers tell much."""
