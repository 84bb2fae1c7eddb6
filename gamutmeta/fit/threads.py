"""How many CPU threads the fit uses: one."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["single_threaded"]


@contextmanager
def single_threaded() -> Iterator[None]:
    """Let torch use one CPU thread, and as many as before afterwards.

    A step of the fit is too small to share: on two cores a second thread saves 3 % of the time. It would cost far more
    wherever another process wants the core (torch's threads spin while they wait for each other: a minute instead of
    two seconds was seen), and would make the payload depend on the number of cores.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
