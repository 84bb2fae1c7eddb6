"""JPEGs that jpegli and libultrahdr write, with a payload in them, and what is done to them then."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import pytest
from interop.demand import demand

pytest.importorskip("torch")
pytest.importorskip("click")

from benchmarks.interop.tools import TOOLS
from benchmarks.interop.written import CARRIERS, SAMPLES, THEN, WRITERS, examine_written
from benchmarks.interoperability import RESULTS

if TYPE_CHECKING:
    from benchmarks.interop.written import Writer

RECORDED: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
CASES = [(writer, form, carrier) for writer in WRITERS for form in SAMPLES for carrier in CARRIERS]


def key(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("writer", "wrote", "format", "carrier", "tool", "operation"))


ROWS = {key(row): row for row in RECORDED["written"]}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("writer", "form", "carrier"), [pytest.param(*case, id=f"{case[0].tool}-{case[1]}-{case[2]}") for case in CASES]
)
def test_payloads_in_files_of_other_encoders(writer: Writer, form: int, carrier: str) -> None:
    demand(*writer.needs)
    found = examine_written(writer, form, carrier)
    refused = found[0].verdict == "refused: not sRGB"
    assert refused == (writer.tool == "imagecodecs")
    if not refused:
        shown, restored = found[0].psnr_og or (0, 0)
        assert found[0].verdict == "valid"
        assert restored > shown + 10
    for row in found[1:]:
        recorded = ROWS[key(asdict(row))]
        if row.version == recorded["version"]:
            assert row.verdict == recorded["verdict"]
        # No reader is disturbed, and no edit of metadata loses payload or gain map.
        assert not row.verdict.startswith("fails")
        assert row.verdict != "different"
        if row.tool in {"ExifTool", "Exiv2"}:
            assert row.verdict == ("kept" if writer.tool == "jpegli" else "kept, with gain map")


def test_what_was_recorded_is_what_there_is_to_do() -> None:
    done = [(writer, form, carrier, operation) for writer, form, carrier in CASES for operation in THEN[writer.tool]]
    expected = {(w.tool, w.label, form, carrier, o.tool, o.label) for w, form, carrier, o in done}
    expected |= {(writer.tool, writer.label, form, carrier, "", "") for writer, form, carrier in CASES}
    assert set(ROWS) == expected
    assert all(RECORDED["versions"][row["tool"]] == row["version"] for row in ROWS.values() if row["tool"])
    assert all(set(writer.needs) <= TOOLS.keys() for writer in WRITERS)
