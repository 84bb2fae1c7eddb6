from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.rd.cache import Cache, key_of

if TYPE_CHECKING:
    from pathlib import Path


def row(**changes: Any) -> dict[str, Any]:
    whole = {"photograph": "a", "coding": "PNG", "family": "caps", "method": "gamutmeta", "budget": 900, "seed": 0}
    return whole | {"psnr": 40.5} | changes


def test_rows_outlive_the_run(tmp_path: Path) -> None:
    path = tmp_path / "new" / "rows.jsonl"
    cache = Cache(path)
    cache.add([row(), row(budget=None)])
    cache.add([row(photograph="b")])
    assert Cache(path).rows() == cache.rows() == [row(), row(budget=None), row(photograph="b")]


def test_the_later_of_two_counts(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "rows.jsonl")
    cache.add([row(), row(psnr=50)])
    assert cache.rows() == Cache(tmp_path / "rows.jsonl").rows() == [row(psnr=50)]


def test_what_is_dropped_is_gone(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "rows.jsonl")
    cache.add([row(), row(photograph="b")])
    cache.drop(lambda found: found["photograph"] == "a")
    cache.add([row(photograph="c")])
    assert Cache(tmp_path / "rows.jsonl").rows() == cache.rows() == [row(photograph="b"), row(photograph="c")]


def test_a_run_that_was_killed_while_writing(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    Cache(path).add([row(), row(budget=400)])
    path.write_text(path.read_text()[:-20])
    cache = Cache(path)
    assert cache.rows() == [row()]
    cache.add([row(budget=600)])
    assert Cache(path).rows() == [row(), row(budget=600)]


def test_figures_are_no_part_of_the_key() -> None:
    assert key_of(row()) == key_of(row(psnr=1, note="x"))
    for name in ("photograph", "coding", "family", "method", "budget", "seed"):
        assert key_of(row()) != key_of(row(**{name: "other"}))
