"""Folders on Ray: a local cluster with several workers, some of which are killed."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from carrots import write_piece
from click.testing import CliRunner

from gamutmeta.batch import Resumable, Task
from gamutmeta.batch import ray as cluster
from gamutmeta.cli import app
from gamutmeta.errors import MissingExtraError
from gamutmeta.report import MapFigures, Report

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed; pip install 'gamutmeta[ray]'")

KILLED = """
import json, os, signal, sys, time
from pathlib import Path
import ray
from gamutmeta.batch import ray as cluster
from gamutmeta.batch import Resumable, plan, remove_leftovers
from gamutmeta.errors import FitError
from gamutmeta.runtime.files import atomic_write
from gamutmeta.report import Report

def work(task, *, overwrite):
    name = task.source.name
    task.target.parent.mkdir(parents=True, exist_ok=True)
    tried = Path("tried") / name
    is_first = not tried.exists()
    tried.touch()

    def write(file):
        file.write(b"half")
        file.flush()
        if name == "always.tif" or (name == "once.tif" and is_first):
            os.kill(os.getpid(), signal.SIGKILL)
        file.write(task.source.read_bytes())

    if name == "bad.tif":
        raise FitError("cannot be done")
    if name == "defect.tif":
        raise KeyError("x")
    atomic_write(task.target, write, overwrite=overwrite)
    time.sleep(0.5)
    gpu = os.environ.get("CUDA_VISIBLE_DEVICES")
    return Report(file=str(task.source), output=str(task.target), device=gpu, psnr=41.5, notes=(str(os.getpid()),))

if __name__ == "__main__":
    here = Path.cwd()
    ray.init(num_cpus=3, num_gpus=1, object_store_memory=100 << 20, include_dashboard=False, log_to_driver=False)
    tasks = plan(["in"], "out", readable={".tif"}, suffix=".jpg")
    results = []
    for _ in range(2):
        outcomes = list(cluster.run(tasks, Resumable(work=work), gpus=0.25, jobs=3))
        results.append({
            outcome.item.source.name: outcome.failure.code if outcome.failure else outcome.result.to_json()
            for outcome in outcomes
        })
    remove_leftovers(tasks)
    some = cluster.paths(task for task in tasks if task.source.name in ("a.tif", "b.tif"))
    results.append(cluster.reports(some, Resumable(work=work)).take_all())
    Path("results.json").write_text(json.dumps(results))
"""


@needs_ray
@pytest.mark.slow
class TestRay:
    def test_killed_workers(self, tmp_path: Path) -> None:
        (tmp_path / "in" / "trip").mkdir(parents=True)
        (tmp_path / "tried").mkdir()
        for name in ("a", "b", "trip/c", "once", "always", "bad", "defect"):
            (tmp_path / "in" / f"{name}.tif").write_bytes(name.encode())
        script = tmp_path / "killed.py"
        script.write_text(KILLED)
        done = subprocess.run(
            [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, done.stderr
        first, second, rows = json.loads((tmp_path / "results.json").read_text())

        failures = {"always.tif": "killed", "bad.tif": "fit", "defect.tif": "defect"}
        good = {"a.tif", "b.tif", "c.tif", "once.tif"}
        assert {name: result for name, result in first.items() if isinstance(result, str)} == failures
        assert first.keys() == good | failures.keys()
        assert first["c.tif"]["output"] == "out/trip/c.jpg"
        assert first["a.tif"]["psnr"] == 41.5
        assert len({first[name]["notes"][0] for name in good}) > 1, "several processes took part"
        assert {first[name]["device"] for name in good} == {"0"}, "all were given the same GPU"
        outputs = {path.name: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
        for name in good:
            assert outputs[Path(name).with_suffix(".jpg").name].startswith(b"half")
        assert "always.jpg" not in outputs
        assert not [name for name in outputs if name.endswith(".tmp")], "the next run removes those of the killed"

        assert {name: result for name, result in second.items() if isinstance(result, str)} == failures
        assert second == first | {name: first[name] | {"skipped": True} for name in good}

        assert {row["error_code"] for row in rows} == {None}, "rows of a dataset have the columns of a report"
        assert rows[0]["psnr"] == 41.5
        assert Path(rows[0]["file"]).is_absolute()

    def test_the_command(self, tmp_path: Path) -> None:
        (tmp_path / "photos").mkdir()
        write_piece(tmp_path / "photos" / "a.tif")
        write_piece(tmp_path / "photos" / "b.tif")
        (tmp_path / "photos" / "bad.tif").write_bytes(b"")
        command = [sys.executable, "-m", "gamutmeta", "reduce", "photos", "-o", "web", "--engine", "ray", "--json"]
        done = subprocess.run(
            [*command, "--max-bytes", "400"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 1, done.stderr
        reports = {line["file"]: line for line in map(json.loads, done.stdout.splitlines())}
        assert reports.keys() == {"photos/a.tif", "photos/b.tif", "photos/bad.tif"}
        assert reports["photos/bad.tif"]["error"]["code"] == "photo"
        assert reports["photos/a.tif"]["psnr_og"] > reports["photos/a.tif"]["psnr_clip_og"]
        assert (tmp_path / "web" / "b.jpg").is_file()

    def test_more_than_the_machine_has(self, tmp_path: Path) -> None:
        (tmp_path / "a.tif").touch()
        command = [sys.executable, "-m", "gamutmeta", "reduce", "a.tif", "-o", "a.jpg", "--engine", "ray"]
        done = subprocess.run(
            [*command, "--cpus-per-file", "1000"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 2, done.stderr
        assert "each file needs 1000 CPU, but this machine has " in done.stderr


@pytest.mark.skipif(find_spec("pyarrow") is None, reason="pyarrow is not installed; pip install 'gamutmeta[ray]'")
def test_every_figure_has_a_column_of_its_type() -> None:
    arrow = pytest.importorskip("pyarrow")
    row = cluster._report_row({"file": "a.tif", "output": "a.jpg"}, figures)
    table = arrow.Table.from_pylist([row], schema=cluster._schema(arrow))
    assert table.to_pylist() == [row | {"notes": ["n"], "warnings": []}]
    task = Task(Path("a.tif"), Path("a.jpg"))
    assert cluster._outcome(task, table.to_pylist()[0]).result == figures(task)
    types = dict(zip(table.schema.names, map(str, table.schema.types), strict=True))
    assert (types["psnr"], types["payload_bytes"], types["skipped"]) == ("double", "int64", "bool")
    assert types["notes"].startswith("list<")


def figures(task: Task) -> Report:
    shown = MapFigures(
        map_bytes=3_900,
        p3_psnr_og=41.5,
        p3_psnr_og_plain=33.25,
        p3_psnr_ig=44.0,
        p3_psnr_ig_plain=44.5,
        srgb_psnr=50.0,
        srgb_codes=24,
    )
    return Report(
        file=str(task.source), output=str(task.target), psnr=math.inf, payload_bytes=5, notes=("n",), gain_map=shown
    )


class TestWithoutRay:
    @pytest.fixture(autouse=True)
    def _no_ray(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "ray", None)
        monkeypatch.setitem(sys.modules, "ray.data", None)

    def test_it_is_asked_for(self, tmp_path: Path) -> None:
        task = Task(tmp_path / "a.tif", tmp_path / "a.jpg")
        with pytest.raises(MissingExtraError, match=r"pip install 'gamutmeta\[ray\]'"):
            list(cluster.run([task], Resumable(work=lambda *_, **__: None)))  # type: ignore[arg-type, return-value]

    def test_the_command_says_so_before_anything_is_done(self, tmp_path: Path) -> None:
        (tmp_path / "a.tif").touch()
        result = CliRunner().invoke(app, ["reduce", str(tmp_path), "-o", str(tmp_path / "web"), "--engine", "ray"])
        assert result.exit_code == 2
        assert "pip install 'gamutmeta[ray]'" in result.stderr
        assert not (tmp_path / "web").exists()
