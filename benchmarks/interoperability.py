"""What other software does to files with payloads.

    python -m benchmarks.interoperability [--tool NAME...] [--extended-only] [--spec]

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
    parser.add_argument("--extended-only", action="store_true", help="keep the committed rows of plain samples")
    parser.add_argument("--spec", action="store_true", help="write spec/interoperability.md as well")


def measure(options: argparse.Namespace, result: Result) -> Iterator[str]:
    versions = {name: tool.version() for name, tool in TOOLS.items() if name in options.tool and tool.version()}
    lost = sorted(load(RESULTS)["versions"].keys() - versions.keys())
    if options.spec and lost:
        sys.exit(f"not installed, but among the committed results: {', '.join(lost)}; nothing was measured")
    result["system"] = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    result |= {"versions": versions, "orders": [], "extended": [], "written": []}
    if options.extended_only:
        result |= {name: load(RESULTS)[name] for name in ("rows", "orders")}
    else:
        yield from _plain(options, result)
    yield from _extended(options, result)
    yield from _written(result)
    if options.spec:
        DOCUMENT.write_text(document(result), encoding="utf-8")


def _plain(options: argparse.Namespace, result: Result) -> Iterator[str]:
    from benchmarks.interop.orders import orders
    from benchmarks.interop.outcome import CARRIERS, examine

    for carrier, host in CARRIERS.items():
        for operation in OPERATIONS:
            if host not in operation.hosts or operation.tool not in options.tool:
                continue
            outcome = examine(operation, carrier)
            if outcome is not None:
                result["rows"].append(asdict(outcome) | {"verdict": outcome.verdict})
                yield f"{carrier:6} {operation.label:70} {outcome.verdict}"
    if "c2pa-python" in options.tool and "c2pa-python" in result["versions"]:
        result["orders"] = [order.to_json() for order in orders()]
        yield f"{len(result['orders'])} orders of payload and signature"


def _extended(options: argparse.Namespace, result: Result) -> Iterator[str]:
    from benchmarks.interop.extended import CARRIERS, examine_extended, extended_sample, is_asked

    result["extended_figures"] = extended_sample().figures
    asked = [operation for operation in OPERATIONS if is_asked(operation) and operation.tool in options.tool]
    for carrier in CARRIERS:
        for operation in asked:
            survival = examine_extended(operation, carrier)
            if survival is not None:
                result["extended"].append(asdict(survival))
                yield f"{carrier:6} {operation.label:70} {survival.samples}, {survival.use}"


def _written(result: Result) -> Iterator[str]:
    from benchmarks.interop.written import CARRIERS, SAMPLES, WRITERS, examine_written

    for writer in WRITERS:
        for form in SAMPLES:
            for carrier in CARRIERS:
                for row in examine_written(writer, form, carrier):
                    result["written"].append(asdict(row))
                    yield f"{carrier:6} {form} {writer.tool:11} {row.operation:58} {row.verdict}"


BENCHMARK = Benchmark("interoperability", __doc__, arguments, measure, document)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
