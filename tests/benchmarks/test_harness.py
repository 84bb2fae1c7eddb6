"""What holds for every benchmark: help runs nothing, results are safe, committed tables can be made again."""

import argparse
import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import pytest

from benchmarks.__main__ import BENCHMARKS
from benchmarks.harness import OUT, RESULTS, Benchmark, Result, load, save, table
from benchmarks.machine import ROOT
from gamutmeta.errors import GamutMetaError

COMMITTED = {str(path.relative_to(RESULTS).with_suffix("")): path for path in RESULTS.rglob("*.json")}
LONG = {"rate_distortion", "speed"}
"""Those with large plots."""


def benchmark_of(result: str) -> Benchmark:
    """The benchmark that makes a result file."""
    name = "paper.compare_starts" if result.startswith("paper_starts") else result.partition("/")[0]
    package = (ROOT / "benchmarks" / name).is_dir()
    benchmark: Benchmark = importlib.import_module(f"benchmarks.{name}{'.__main__' * package}").BENCHMARK
    return benchmark


def test_the_list_is_complete() -> None:
    modules = (path for path in (ROOT / "benchmarks").rglob("*.py") if "parser" in path.read_text(encoding="utf-8"))
    names = {path.relative_to(ROOT / "benchmarks").with_suffix("").as_posix().replace("/", ".") for path in modules}
    commands = {name.removesuffix(".__main__") for name in names} - {"harness", "paper.learning"}
    plain = {"agreement", "alternatives", "edits", "experiments", "installed"}  # no options of their own
    assert commands | plain == set(BENCHMARKS)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_help_runs_nothing(name: str, tmp_path: Path) -> None:
    before = sorted(path for folder in (OUT, RESULTS) for path in folder.rglob("*"))
    start = os.times()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", name, "--help"],
        check=False, capture_output=True, text=True, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    end = os.times()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: python -m benchmarks.{name} [-h]")
    assert f"python -m benchmarks.{name}" in done.stdout.partition("options:")[0].split("[-h]")[1]
    assert (end[2] + end[3]) - (start[2] + start[3]) < 2, "processor seconds"
    assert sorted(path for folder in (OUT, RESULTS) for path in folder.rglob("*")) == before
    assert not list(tmp_path.iterdir())


def test_the_front_lists_and_refuses(capsys: pytest.CaptureFixture[str]) -> None:
    front = importlib.import_module("benchmarks.__main__").main
    front([])
    assert "rate_distortion       quality against bytes" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="no benchmark 'nothing'; known are agreement, "):
        front(["nothing"])


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in LONG else ()) for name in COMMITTED]
)
def test_committed_tables_are_those_of_the_figures(name: str, tmp_path: Path) -> None:
    """Byte for byte; plots where they were made by this version of matplotlib, since others draw a little otherwise."""
    benchmark = benchmark_of(name)
    assert benchmark.main(["--tables", str(COMMITTED[name]), "--out", str(tmp_path)]) == 0
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    page = COMMITTED[name].with_suffix(".md")
    if name == "interoperability":
        page = ROOT / "spec" / "interoperability.md"
    assert made.pop(f"{COMMITTED[name].stem}.md") == page.read_bytes()
    plots = [
        COMMITTED[name].with_name(benchmark.plot or COMMITTED[name].stem).with_suffix(end) for end in (".png", ".svg")
    ]
    assert set(made) == {plot.name for plot in plots if plot.exists()}
    assert benchmark.draw is not None or not made
    for plot, content in made.items():
        committed = COMMITTED[name].with_name(plot).read_bytes()
        if plot.endswith(".svg") and f"Matplotlib v{mpl.__version__}".encode() in committed:
            assert content == committed, plot


def toy(*, resumes: bool = False) -> Benchmark:
    def arguments(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("count", type=int)

    def measure(options: argparse.Namespace, result: Result) -> Iterator[str]:
        for number in range(options.count):
            if number == 3:
                raise GamutMetaError("three is too many")
            result["rows"].append({"number": number})
            yield f"number {number}"

    def document(result: Result) -> str:
        return f"{[row['number'] for row in result['rows']]} {result['note']}\n"

    return Benchmark("toy", "Counts.", arguments, measure, document, resumes=resumes)


def test_results_go_where_they_are_wanted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert toy().options(["2"]).out == OUT
    assert OUT.relative_to(ROOT).as_posix().startswith("build/"), "git ignores it"
    assert toy().main(["2", "--out", str(tmp_path), "--name", "other", "--note", "remark"]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"other.json", "other.md"}
    assert (tmp_path / "other.md").read_text() == "[0, 1] remark\n"
    found = load(tmp_path / "other.json")
    assert list(found) == ["machine", "note", "rows"]
    assert found["machine"]["cores"] == os.cpu_count()
    assert capsys.readouterr().out.startswith("number 0\nnumber 1\n[0, 1] remark")
    # Where files lie is nobody's business.
    assert str(tmp_path) not in (tmp_path / "other.json").read_text()


def test_what_was_measured_before_a_failure_is_kept(tmp_path: Path) -> None:
    with pytest.raises(GamutMetaError, match="three"):
        toy().main(["9", "--out", str(tmp_path)])
    assert (tmp_path / "toy.md").read_text() == "[0, 1, 2] \n"
    assert len(load(tmp_path / "toy.json")["rows"]) == 3


def test_an_earlier_run_is_resumed_by_those_who_can(tmp_path: Path) -> None:
    for resumes, found in ((False, "[0] \n"), (True, "[0, 0] \n")):
        toy(resumes=resumes).main(["1", "--out", str(tmp_path)])
        assert (tmp_path / "toy.md").read_text() == found


def test_tables_of_a_file_ask_for_nothing_else(tmp_path: Path) -> None:
    save({"machine": {}, "note": "x", "rows": [{"number": 5}]}, tmp_path / "a.json")
    assert toy().main(["--tables", str(tmp_path / "a.json"), "--out", str(tmp_path / "new")]) == 0
    assert (tmp_path / "new" / "a.md").read_text() == "[5] x\n"
    with pytest.raises(SystemExit):
        toy().main(["--tables", str(tmp_path / "a.json"), "--strange"])


def test_a_row_stands_in_a_line(tmp_path: Path) -> None:
    result = {"machine": {"a": 1}, "rows": [{"b": "é"}, {"c": None}]}
    save(result, tmp_path / "a.json")
    assert load(tmp_path / "a.json") == result
    lines = (tmp_path / "a.json").read_text().splitlines()
    assert lines[-3:] == ['{"b": "é"},', '{"c": null}', "]}"]


def test_tables_in_markdown() -> None:
    assert table(["a", "b", "c"], [["1", "2", "3"]], "lr").splitlines() == [
        "| a | b | c |", "|---|---:|---:|", "| 1 | 2 | 3 |",
    ]  # fmt: skip
    assert table(["a"], [], spaced=True).splitlines()[1] == "| --- |"
