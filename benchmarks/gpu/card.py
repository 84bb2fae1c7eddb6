"""The card: what it is, what it can do, and how its time is taken."""

from __future__ import annotations

import importlib.util
import time
from importlib.metadata import version
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.gpu.figures import Row

__all__ = ["abilities", "clocked", "describe_card", "refusal", "timed"]

_COPIED = 1 << 30
"""Bytes; many times any cache."""

_SIDE = 8192
"""Of the matrices; large enough to fill any card."""


def refusal() -> str | None:
    """Why nothing can be measured here, or None."""
    for library in ("torch", "triton"):
        if importlib.util.find_spec(library) is None:
            return f"{library} is not installed; pip install 'gamutmeta[gpu]'"
    import torch  # noqa: PLC0415 - may be missing

    if not torch.cuda.is_available():
        return f"torch {torch.__version__} finds no CUDA device; nothing is measured without one"
    return None


def describe_card() -> dict[str, Any]:
    """Name, memory, compute capability and versions."""
    import torch  # noqa: PLC0415

    card = torch.cuda.get_device_properties(0)
    return {
        "name": card.name,
        "gib": round(card.total_memory / 2**30, 1),
        "capability": f"{card.major}.{card.minor}",
        "multiprocessors": card.multi_processor_count,
        "cuda": torch.version.cuda,
        "torch": torch.__version__,
        "triton": version("triton"),
    }


def timed(work: Callable[[], object], repeat: int) -> dict[str, Any]:
    """Seconds of `work` on the GPU by its own events; once before that does not count."""
    import torch  # noqa: PLC0415

    work()
    seconds = []
    for _ in range(repeat):
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        torch.cuda.synchronize()
        start.record()
        work()
        end.record()
        torch.cuda.synchronize()
        seconds.append(start.elapsed_time(end) / 1000)
    return {"best": min(seconds), "median": median(seconds), "rounds": repeat}


def clocked(work: Callable[[], object], repeat: int) -> dict[str, Any]:
    """Seconds of `work` by the clock, until the GPU is done; once before that does not count."""
    import torch  # noqa: PLC0415

    work()
    seconds = []
    for _ in range(repeat):
        torch.cuda.synchronize()
        start = time.perf_counter()
        work()
        torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return {"best": min(seconds), "median": median(seconds), "rounds": repeat}


def abilities(repeat: int) -> Iterator[Row]:
    """Rows of copying and of products of matrices."""
    import torch  # noqa: PLC0415

    yield {"part": "card", "task": "copy", "bytes": 2 * _COPIED} | _copying(repeat)
    before = torch.backends.cuda.matmul.allow_tf32
    for task, dtype, tf32 in (("float32", torch.float32, False), ("tf32", torch.float32, True),
                              ("bfloat16", torch.bfloat16, False)):  # fmt: skip
        torch.backends.cuda.matmul.allow_tf32 = tf32
        a = torch.randn(_SIDE, _SIDE, device="cuda", dtype=dtype)
        out = torch.empty_like(a)
        yield {"part": "card", "task": task, "flop": 2 * _SIDE**3} | timed(
            lambda a=a, out=out: torch.mm(a, a, out=out), repeat
        )
    torch.backends.cuda.matmul.allow_tf32 = before


def _copying(repeat: int) -> dict[str, Any]:
    import torch  # noqa: PLC0415

    source = torch.zeros(_COPIED, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    return timed(lambda: target.copy_(source), repeat)
