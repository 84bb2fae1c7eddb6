"""The GPU's benchmark where there is no GPU: every part on the CPU and in Triton's interpreter, with tiny numbers.

    python -m benchmarks.gpu.rehearsal PHOTOGRAPH [options of benchmarks.gpu]

It shows that the parts run and give rows. Its times say nothing.
"""

import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

_MEGAPIXELS = 0.002


def _timed(task: Callable[[], object], _: int) -> dict[str, Any]:
    start = time.perf_counter()
    task()
    seconds = time.perf_counter() - start
    return {"best": seconds, "median": seconds, "rounds": 1}


def _on_cpu(fit: Callable[..., Any], *given: Any, **more: Any) -> Any:
    return fit(*given, **more | {"device": "cpu"})


def _two_steps(training: Callable[..., Any], **settings: Any) -> Any:
    return training(**settings | {"steps": 2})


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark's command; 0 if all went well."""
    os.environ["TRITON_INTERPRET"] = "1"  # before anything imports Triton
    import torch

    from benchmarks.gpu import __main__ as command
    from benchmarks.gpu import card, work
    from gamutmeta.fit.config import preset_named

    about = {"gib": 0, "capability": "0.0", "cuda": "none", "torch": torch.__version__, "triton": "interpreter"}
    config = replace(preset_named("balanced"), steps=30, batch=64)
    patches: dict[Any, dict[str, Any]] = {
        command: {
            "refusal": lambda: None,
            "describe_card": lambda: {"name": "rehearsal on the CPU"} | about,
            "_ONE_SIZE": _MEGAPIXELS,
        },
        card: {"timed": _timed, "_COPIED": 1 << 10, "_SIDE": 16, "_DEVICE": "cpu"},
        work: {
            "timed": _timed,
            "clocked": _timed,
            "fit": partial(_on_cpu, vars(work)["fit"]),
            "preset_named": lambda _: config,
            "Training": partial(_two_steps, vars(work)["Training"]),
            "_CUDA": torch.device("cpu"),
            "_DEVICE": "cpu",
            "_TIMED_STEPS": 1,
            "_BATCHES": (64,),
            "_PICTURES": (1, 2),
            "_FOLDER_DEVICES": ("cpu",),
        },
        torch: {"compile": lambda function, **_: function},
        torch.cuda: {"synchronize": lambda *_: None},
    }
    for module, names in patches.items():
        for name, value in names.items():
            getattr(module, name)  # it must be there
            setattr(module, name, value)
    return command.BENCHMARK.main([*arguments, "--megapixels", str(_MEGAPIXELS), "--repeat", "1"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
