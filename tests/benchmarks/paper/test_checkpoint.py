from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.paper.checkpoint import load_arrays, save_arrays

if TYPE_CHECKING:
    from pathlib import Path


def test_arrays_and_facts_come_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "x.npz"
    arrays = {"a/b": np.arange(6, dtype=np.float16).reshape(2, 3), "n": np.array(7)}
    save_arrays(path, arrays, {"old": True})
    save_arrays(path, arrays, {"seed": 1, "name": "Ö"})
    found, facts = load_arrays(path)
    assert facts == {"seed": 1, "name": "Ö"}
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)
    assert [file.name for file in path.parent.iterdir()] == ["x.npz"]


def test_objects_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    with pytest.raises(ValueError, match=r"array a holds objects"):
        save_arrays(path, {"a": np.array([{}])}, {})
    assert not path.exists()


def test_a_pickle_is_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, a=np.array([{}]), allow_pickle=True)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        load_arrays(path)


def test_another_file_of_arrays_is_no_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, a=np.zeros(1))
    with pytest.raises(ValueError, match=r"is no checkpoint"):
        load_arrays(path)


def test_equal_content_makes_equal_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save_arrays(tmp_path / name, {"w": np.ones(3)}, {"k": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert zipfile.is_zipfile(tmp_path / "a")
