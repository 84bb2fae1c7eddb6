"""How many CPU threads a fit may use, for those who run several at once."""

from __future__ import annotations

from importlib.util import find_spec

__all__ = ["limit_threads"]


def limit_threads(count: int) -> None:
    """Let torch use at most `count` CPU threads in this process; without torch there is nothing to limit.

    Args:
        count: at least 1.
    """
    if find_spec("torch") is None:
        return
    import torch  # noqa: PLC0415 - torch takes more than a second to import

    torch.set_num_threads(count)
