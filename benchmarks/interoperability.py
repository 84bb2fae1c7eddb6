"""What other software does to files with payloads.

    python -m benchmarks.interoperability [--tool NAME...]

Lets every tool that is installed (see ``python -m benchmarks.interop.tools``; sharp is found through ``NODE_PATH``)
loose on a file of each carrier, and looks at what is left. Writes ``results/interoperability.json`` and
``spec/interoperability.md``, unless only some of the tools were asked for, or some are missing that the last results
have.
"""

from __future__ import annotations

import argparse
import json
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.interop.commands import COMMANDS
from benchmarks.interop.libraries import LIBRARIES
from benchmarks.interop.orders import orders
from benchmarks.interop.outcome import examine
from benchmarks.interop.report import document
from benchmarks.interop.samples import CARRIERS
from benchmarks.interop.tools import TOOLS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = ["DOCUMENT", "OPERATIONS", "RESULTS", "main", "measure"]

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "interoperability.json"
DOCUMENT = ROOT / "spec" / "interoperability.md"

OPERATIONS = (*COMMANDS, *LIBRARIES)


def measure(tools: Collection[str]) -> dict[str, Any]:
    """Examine the tools of these names."""
    rows = []
    for carrier, host in CARRIERS.items():
        for operation in OPERATIONS:
            if host not in operation.hosts or operation.tool not in tools:
                continue
            outcome = examine(operation, carrier)
            if outcome is not None:
                rows.append(outcome.to_json() | {"verdict": outcome.verdict})
                print(f"{carrier:6} {operation.label:70} {outcome.verdict}", flush=True)
    signed = [order.to_json() for order in orders()] if "c2pa-python" in tools else []
    versions = {name: tool.version() for name, tool in TOOLS.items() if name in tools and tool.version()}
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return {"system": system, "versions": versions, "rows": rows, "orders": signed}


def main(arguments: Sequence[str] | None = None) -> None:
    """See the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", nargs="+", choices=list(TOOLS), help="examine these alone, and write nothing")
    options = parser.parse_args(arguments)
    results = measure(options.tool or list(TOOLS))
    before = json.loads(RESULTS.read_text(encoding="utf-8"))["versions"] if RESULTS.exists() else {}
    lost = sorted(before.keys() - results["versions"].keys())
    if options.tool:
        return
    if lost:
        parser.error(f"not installed, but among the last results: {', '.join(lost)}; nothing was written")
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    DOCUMENT.write_text(document(results), encoding="utf-8")


if __name__ == "__main__":
    main()
