import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from carrots import QUICK, write_piece

from benchmarks.folder.headers import METHODS, forget
from benchmarks.folder.runs import HEADERS, Variant, _run, headers, throughput
from gamutmeta.errors import NoPayloadError
from gamutmeta.pipeline.reduce import reduce_file


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    place = tmp_path_factory.mktemp("folder")
    source = write_piece(place / "photo.tif")
    found = [place / f"sample.{suffix}" for suffix in ("jpg", "png", "tif")]
    for sample in found:
        reduce_file(source, sample, preset=QUICK)
    return found


@pytest.mark.parametrize("method", METHODS)
def test_every_way_finds_the_payloads(samples: list[Path], tmp_path: Path, method: str) -> None:
    for sample in samples:
        METHODS[method](sample)
    shutil.copyfile(samples[0].with_name("photo.tif"), tmp_path / "photo.tif")
    forget(tmp_path)
    with pytest.raises(NoPayloadError):
        METHODS[method](tmp_path / "photo.tif")


def test_headers(samples: list[Path], tmp_path: Path) -> None:
    rows = {(row["method"], row["cached"]): row for row in headers(samples, 7, 1, tmp_path)}
    assert list(rows) == [(method, cached) for method in HEADERS for cached in (False, True)]
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert {row["bytes"] for row in rows.values()} == {size}
    if sys.platform == "linux":
        assert rows["whole file", True]["read"] >= size > rows["mapped", True]["read"]
        assert rows["headers", True]["read"] > 0 == rows["whole file", True]["from_disk"]


@pytest.mark.slow
def test_throughput(tmp_path: Path) -> None:
    source = write_piece(tmp_path / "photo.tif")
    rows = list(throughput(source, 2, [Variant(1, None), Variant(2, 1)], 1, tmp_path))
    assert [(row["task"], row["jobs"], row["threads"]) for row in rows] == [
        ("reduce", 1, None), ("reduce", 2, 1), ("expand", 1, None), ("expand", 2, 1),
    ]  # fmt: skip
    for row in rows:
        assert row["images_per_minute"] == pytest.approx(120 / row["best"], rel=0.05)
        assert row["peak_mib"] is None or row["peak_mib"] > 20
        assert row["processor"] > 0.1
    assert len(list((tmp_path / "restored").glob("*.tif"))) == 2


def test_what_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        _run([sys.executable, "-c", "raise SystemExit(3)"], None)
    write_piece(tmp_path / "photo.tif")
    command = [sys.executable, "-m", "benchmarks.folder.headers", "info", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "info did not find every payload\n")
