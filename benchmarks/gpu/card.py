"""The card: what it is, what it can do, and how its time is taken."""

import importlib.util
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from statistics import median
from typing import Any

from benchmarks.harness import Row

_COPIED = 1 << 30
"""Bytes; many times any cache."""

_DEVICE = "cuda"

_SIDE = 8192
"""Of the matrices; large enough to fill any card."""


def refusal() -> str | None:
    """Why nothing can be measured here, or None."""
    for library in ("torch", "triton"):
        if importlib.util.find_spec(library) is None:
            return f"{library} is not installed; pip install 'gamutmeta[gpu]'"
    import torch

    if not torch.cuda.is_available():
        return f"torch {torch.__version__} finds no CUDA device; nothing is measured without one"
    return None


def describe_card() -> dict[str, Any]:
    """Name, memory, compute capability and versions."""
    import torch

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


def timed(work: Callable[[], object], repeat: int) -> Row:
    """Seconds of `work` on the GPU by its own events; once before that does not count."""
    import torch

    def once() -> float:
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
        start.record()
        work()
        end.record()
        torch.cuda.synchronize()
        return float(start.elapsed_time(end)) / 1000

    return _rounds(work, once, repeat)


def clocked(work: Callable[[], object], repeat: int) -> Row:
    """Seconds of `work` by the clock, until the GPU is done; once before that does not count."""
    import torch

    def once() -> float:
        start = time.perf_counter()
        work()
        torch.cuda.synchronize()
        return time.perf_counter() - start

    return _rounds(work, once, repeat)


def _rounds(work: Callable[[], object], once: Callable[[], float], repeat: int) -> Row:
    import torch

    work()
    seconds = []
    for _ in range(repeat):
        torch.cuda.synchronize()
        seconds.append(once())
    return {"best": min(seconds), "median": median(seconds), "rounds": repeat}


def abilities(repeat: int) -> Iterator[Row]:
    import torch

    source = torch.zeros(_COPIED, dtype=torch.uint8, device=_DEVICE)
    target = torch.empty_like(source)
    yield {"part": "card", "task": "copy", "bytes": 2 * _COPIED} | timed(lambda: target.copy_(source), repeat)
    before = torch.backends.cuda.matmul.allow_tf32
    for task, dtype in (("float32", torch.float32), ("tf32", torch.float32), ("bfloat16", torch.bfloat16)):
        torch.backends.cuda.matmul.allow_tf32 = task == "tf32"
        a = torch.randn(_SIDE, _SIDE, device=_DEVICE, dtype=dtype)
        product = partial(torch.mm, a, a, out=torch.empty_like(a))
        yield {"part": "card", "task": task, "flop": 2 * _SIDE**3} | timed(product, repeat)
    torch.backends.cuda.matmul.allow_tf32 = before
