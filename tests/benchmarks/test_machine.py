"""Measured processes, the photographs to measure, and pictures made of one."""

import argparse
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.machine import ROOT, environment, peak_bytes
from benchmarks.pictures import photographs, tiled


def of_a_process(code: str, threads: int = 1) -> list[int]:
    """The numbers that code prints in a process of its own."""
    code = f"from benchmarks.machine import confine, peak_bytes\nimport gamutmeta.runtime.threads as t\n{code}"
    output = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT, env=environment(threads)
    ).stdout
    return [int(word) for word in output.split()]


def test_the_peak_is_that_of_the_process_alone() -> None:
    ballast = np.ones(200 << 20, np.uint8)
    before, after = of_a_process("print(peak_bytes()); block = b'x' * (50 << 20); del block; print(peak_bytes())")
    assert ballast.nbytes < peak_bytes()
    assert before < 100 << 20, "what starts it counts for nothing"
    assert 45 << 20 < after - before < 60 << 20


def test_threads_and_cores() -> None:
    found = of_a_process("confine(1); print(t.core_count(), t.thread_count())", threads=3)
    assert found == [1 if sys.platform == "linux" else found[0], 3]


def test_photographs_are_files_and_those_of_folders(tmp_path: Path) -> None:
    for name in ("b.tif", "a.TIFF", "notes.txt", "c.jpg"):
        (tmp_path / name).touch()

    def found(*places: Path, only: tuple[str, ...] = ("",)) -> list[str]:
        return [path.name for path in photographs(argparse.Namespace(photographs=places, only=only))]

    assert found(tmp_path) == ["a.TIFF", "b.tif"]
    assert found(tmp_path / "c.jpg", tmp_path, only=("c", "b")) == ["c.jpg", "b.tif"]
    for nothing in ({"only": ("x",)}, {}):
        with pytest.raises(SystemExit, match="no such TIFF photographs"):
            found(tmp_path if nothing else tmp_path / "absent", **nothing)


def test_tiles_are_mirrored_and_large_photographs_cut() -> None:
    wide = np.arange(2 * 3 * 3, dtype=np.uint16).reshape(2, 3, 3)
    result = tiled(wide, 54 / 1e6)
    assert result.shape == (6, 9, 3)
    for rows, columns, piece in (
        (0, 0, wide), (0, 3, wide[:, ::-1]), (0, 6, wide), (2, 0, wide[::-1]), (4, 3, wide[:, ::-1]),
    ):  # fmt: skip
        np.testing.assert_array_equal(result[rows : rows + 2, columns : columns + 3], piece)
    large = np.arange(40 * 50 * 3, dtype=np.uint16).reshape(40, 50, 3)
    np.testing.assert_array_equal(tiled(large, 54 / 1e6), large[:6, :9])
    assert tiled(wide, 1.5).shape == (1000, 1500, 3)
