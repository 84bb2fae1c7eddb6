"""Every operation on every carrier: what must hold with any version of the software, and what was recorded."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest
from interop.demand import demand

pytest.importorskip("torch")
pytest.importorskip("click")

from benchmarks.interop.outcome import CARRIERS, examine
from benchmarks.interop.report import document
from benchmarks.interop.tools import TOOLS
from benchmarks.interoperability import DOCUMENT, OPERATIONS, RESULTS

if TYPE_CHECKING:
    from benchmarks.interop.operations import Operation

RECORDED: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
ROWS = {(row["carrier"], row["tool"], row["operation"]): row for row in RECORDED["rows"]}
CASES = [
    pytest.param(carrier, operation, id=f"{carrier}-{operation.tool}-{operation.label}")
    for carrier, host in CARRIERS.items()
    for operation in OPERATIONS
    if host in operation.hosts
]


@pytest.mark.slow
@pytest.mark.parametrize(("carrier", "operation"), CASES)
def test_operation(carrier: str, operation: Operation) -> None:
    demand(operation.tool)
    outcome = examine(operation, carrier)
    assert outcome is not None
    # No decoder is disturbed.
    assert outcome.equal is not False
    # A photograph that is restored is the right one.
    if outcome.expand == "ok":
        assert (outcome.payload, outcome.picture, outcome.exact) == ("kept", "same", True)
    # A payload that is still there is whole, and is refused with another picture.
    assert outcome.payload != "changed"
    assert (
        outcome.info == "ok"
        if outcome.payload == "kept"
        else outcome.info in {None, "carrier.none", "carrier.unsupported"}
    )
    if outcome.payload == "kept" and outcome.picture == "changed":
        assert outcome.expand == "binding"
    # Only a JPEG can be coded in another way; then the payload would still fit.
    if outcome.payload == "kept" and outcome.picture == "same" and outcome.expand == "binding":
        assert carrier in {"app11", "com"}
        assert outcome.forced
    if carrier in operation.keeps:
        assert outcome.verdict == "kept"
    recorded = ROWS[carrier, operation.tool, operation.label]
    if outcome.version == recorded["version"]:
        assert asdict(outcome) | {"verdict": outcome.verdict} == recorded


def test_what_was_recorded_is_what_there_is_to_do() -> None:
    assert list(ROWS) == [(carrier, operation.tool, operation.label) for carrier, operation in map(_values, CASES)]
    assert list(RECORDED["versions"]) == list(TOOLS)
    assert all(RECORDED["versions"][row["tool"]] == row["version"] for row in ROWS.values())


def test_the_document_shows_what_was_recorded() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(RECORDED)


def _values(case: Any) -> tuple[str, Operation]:
    carrier, operation = case.values
    return carrier, operation
