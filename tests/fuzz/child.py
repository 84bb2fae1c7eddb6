"""One target under atheris, in a process of its own. Started by `tests.fuzz.run`; libFuzzer ends the process.

python -m tests.fuzz.child TARGET FOLDER EXECUTIONS [arguments of libFuzzer]
"""

from __future__ import annotations

import json
import random
import sys
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["gamutmeta"], enable_loader_override=False):
    from tests.fuzz.catalogue import TARGETS

from tests.fuzz.harness import Guard

_REPORT_EACH = 10_000


def main(name: str, folder: Path, executions: int, arguments: list[str]) -> None:
    """Fuzz, and write ``measured.json`` into the folder now and then and at the end."""
    target = TARGETS[name]
    guard = Guard(target.run, folder)
    # Pillow warns of damaged files; that is not what is looked for.
    warnings.simplefilter("ignore")
    for data in target.seeds().values():
        guard(data)

    def run(data: bytes) -> None:
        guard(data)
        done = guard.measured.executions
        if done >= executions or done % _REPORT_EACH == 0:
            (folder / "measured.json").write_text(json.dumps(guard.close().to_json()))

    def mutated(data: bytes, max_size: int, seed: int) -> bytes:
        rng = random.Random(seed)  # noqa: S311 - libFuzzer's own seed, so that a run can be repeated
        # libFuzzer's own mutations know which comparisons failed; the others know the formats.
        try:
            changed = atheris.Mutate(data, max_size) if rng.randrange(8) == 0 else target.mutated(data, rng)
        except Exception as error:  # noqa: BLE001 - it would end the process without a word
            guard.failed(data, error)
            return data
        return changed if len(changed) <= max_size else data

    atheris.Setup(
        [sys.argv[0], f"-runs={max(1, executions - guard.measured.executions)}", *arguments],
        run,
        custom_mutator=mutated,
    )
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
