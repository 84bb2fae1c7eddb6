"""A process that does one task, once for itself and then whenever it is told to, and says how long it took.

    python -m benchmarks.speed.worker PART TASK FOLDER THREADS

Every line on standard input is answered with one on standard output, a JSON object. The first line of output comes by
itself, the last one when the input ends.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.process import confine, peak_bytes
from benchmarks.speed.tasks import TASKS


def main() -> None:
    """See the module's docstring."""
    part, name, folder, threads = sys.argv[1:]
    confine(int(threads))
    task = TASKS[part][name](Path(folder), int(threads))

    def timed() -> dict[str, Any]:
        start = time.perf_counter()
        task.run()
        return {"seconds": time.perf_counter() - start}

    answer(timed())
    for _ in sys.stdin:
        answer(timed())
    peak = peak_bytes()
    answer({"peak_bytes": peak, "array_bytes": task.array_bytes} | task.figures())


def answer(what: dict[str, Any]) -> None:
    """Say it to whoever started this process."""
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main()
