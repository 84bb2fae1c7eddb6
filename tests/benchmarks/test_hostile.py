from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import hostile
from gamutmeta.errors import GamutMetaError
from gamutmeta.model.descriptor import Descriptor, Head, Rgb
from tests.fuzz import samples, slow

RESULTS = Path(hostile.RESULTS)


def test_every_stage_is_measured_and_refusals_are_no_results() -> None:
    good, bad = samples.bound("png/rgb", "default"), samples.HOSTS["png/rgb"]
    found = hostile.examine([hostile.Input("good", good), hostile.Input("bad", bad)])
    assert found["files"] == 2
    assert tuple(found["stages"]) == hostile.STAGES
    counts = {stage: (cost["results"], cost["refusals"]) for stage, cost in found["stages"].items()}
    assert counts == {"extract": (1, 1), "decode": (1, 0), "validate": (1, 1), "expand": (1, 1)}
    for cost in found["stages"].values():
        assert 0 < cost["median_seconds"] <= cost["worst_seconds"]
        assert cost["most_bytes"] > 0
        assert {cost["worst_file"], cost["greediest_file"]} <= {"good", "bad"}


def test_time_and_memory_are_those_of_the_work() -> None:
    def work() -> bytes:
        return bytes(5 << 20)

    result, seconds, memory = hostile.measured(work)
    assert result == work()
    assert seconds < 1
    assert 5 << 20 <= memory < 6 << 20


def test_refusals_are_none_and_everything_else_passes_through() -> None:
    def refused() -> None:
        raise GamutMetaError("no")

    assert hostile.measured(refused)[0] is None
    with pytest.raises(ZeroDivisionError):
        hostile.measured(lambda: 1 / 0)


@pytest.mark.parametrize("name", hostile.SETS)
def test_every_set_has_files_and_mutations_come_out_the_same(name: str) -> None:
    found = {one.name: one.data for one in hostile.inputs_of(name, 5, 3)}
    assert found == {one.name: one.data for one in hostile.inputs_of(name, 5, 3)}
    assert len(found) == 5 if name == "mutations" else len(found) >= len(slow.FILES)
    if name == "mutations":
        assert found != {one.name: one.data for one in hostile.inputs_of(name, 5, 4)}


def test_models_are_as_large_as_they_say() -> None:
    cost = hostile.model_cost(Descriptor(Head.WIDE_RESIDUAL, rgb=Rgb(0)), (20, 30))
    assert (cost["pixels"], cost["parameters"]) == ("30x20", 12)
    assert cost["seconds_per_megapixel"] > 0
    largest = hostile.MODELS["largest"]
    assert largest.feature_count == 256
    assert len(largest.layer_widths) == 9


def test_result_files(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hostile, "RESULTS", tmp_path)
    monkeypatch.setattr(hostile, "SETS", ("seeds", "mutations"))
    monkeypatch.setattr(hostile, "MODELS", {"no model": Descriptor()})
    hostile.main(["--mutations", "3", "--name", "x"])
    result = json.loads((tmp_path / "x.json").read_text())
    assert set(result) == {"machine", "mutations", "seed", "sets", "models"}
    assert result["sets"]["mutations"]["files"] == 3
    text = (tmp_path / "x.md").read_text()
    assert hostile.table(result["sets"]) in text
    assert hostile.model_table(result["models"]) in text
    assert "no model" in capsys.readouterr().out


# --- what is committed -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def committed() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RESULTS / "hostile.json").read_text())
    return found


def test_the_committed_table_is_that_of_the_figures(committed: dict[str, Any]) -> None:
    text = (RESULTS / "hostile.md").read_text()
    assert hostile.table(committed["sets"]) in text
    assert hostile.model_table(committed["models"]) in text


def test_hostile_files_are_cheap(committed: dict[str, Any]) -> None:
    assert set(committed["sets"]) == set(hostile.SETS)
    for name, found in committed["sets"].items():
        for stage, cost in found["stages"].items():
            assert cost["worst_seconds"] < 2, (name, stage)
            # The most is that of a mutated header that declares 25 megapixels, in proportion to them.
            assert cost["most_bytes"] < 128 << 20, (name, stage)
        assert found["grown_bytes"] < 384 << 20, name
