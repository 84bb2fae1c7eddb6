"""A process that does one task, once for itself and then whenever it is told to, and says how long it took.

    python -m benchmarks.speed.worker PART TASK FOLDER THREADS

Every line on standard input is answered with one on standard output, a JSON object. The first line of output comes by
itself, the last one when the input ends.
"""

import json
import sys
import time
from pathlib import Path

from benchmarks.machine import confine, peak_bytes
from benchmarks.speed.tasks import TASKS


def main() -> None:
    """See the module's docstring."""
    part, name, folder, threads = sys.argv[1:]
    confine(int(threads))
    task = TASKS[part][name](Path(folder), int(threads))

    def turn() -> None:
        start = time.perf_counter()
        task.run()
        print(json.dumps({"seconds": time.perf_counter() - start}), flush=True)

    turn()
    for _ in sys.stdin:
        turn()
    peak = peak_bytes()
    print(json.dumps({"peak_bytes": peak, "array_bytes": task.array_bytes} | task.figures()), flush=True)


if __name__ == "__main__":
    main()
