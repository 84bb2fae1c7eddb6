"""What other software does to files with payloads.

    python -m benchmarks.interoperability [--tool NAME...] [--spec]

Lets every tool that is installed (see ``python -m benchmarks.interop.tools``; sharp is found through ``NODE_PATH``)
loose on a file of each carrier, and looks at what is left. With ``--spec`` the result is written as
``spec/interoperability.md``, too, unless tools are missing that the committed results have.
"""

import argparse
import platform
import sys
from collections.abc import Iterator
from dataclasses import asdict

from benchmarks.harness import RESULTS as FOLDER
from benchmarks.harness import Benchmark, Result, load
from benchmarks.interop.libraries import LIBRARIES
from benchmarks.interop.operations import COMMANDS
from benchmarks.interop.report import document
from benchmarks.interop.tools import TOOLS
from benchmarks.machine import ROOT

RESULTS = FOLDER / "interoperability.json"
DOCUMENT = ROOT / "spec" / "interoperability.md"
OPERATIONS = (*COMMANDS, *LIBRARIES)


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tool", nargs="+", choices=list(TOOLS), default=list(TOOLS), help="examine these alone")
    parser.add_argument("--spec", action="store_true", help="write spec/interoperability.md as well")


def measure(options: argparse.Namespace, result: Result) -> Iterator[str]:
    from benchmarks.interop.orders import orders
    from benchmarks.interop.outcome import CARRIERS, examine

    versions = {name: tool.version() for name, tool in TOOLS.items() if name in options.tool and tool.version()}
    lost = sorted(load(RESULTS)["versions"].keys() - versions.keys())
    if options.spec and lost:
        sys.exit(f"not installed, but among the committed results: {', '.join(lost)}; nothing was measured")
    result["system"] = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    result |= {"versions": versions, "orders": []}
    for carrier, host in CARRIERS.items():
        for operation in OPERATIONS:
            if host not in operation.hosts or operation.tool not in options.tool:
                continue
            outcome = examine(operation, carrier)
            if outcome is not None:
                result["rows"].append(asdict(outcome) | {"verdict": outcome.verdict})
                yield f"{carrier:6} {operation.label:70} {outcome.verdict}"
    if "c2pa-python" in options.tool and "c2pa-python" in versions:
        result["orders"] = [order.to_json() for order in orders()]
        yield f"{len(result['orders'])} orders of payload and signature"
    if options.spec:
        DOCUMENT.write_text(document(result), encoding="utf-8")


BENCHMARK = Benchmark("interoperability", __doc__, arguments, measure, document)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
