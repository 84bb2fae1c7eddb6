from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.paper.protocol import Measured, identity_of
from benchmarks.paper.store import Store, default_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest


def test_measurements_are_found_again(tmp_path: Path, row: Callable[..., dict[str, Any]]) -> None:
    store = Store(tmp_path / "deep" / "cache")
    one, other = row("mlp", "a", 30.0), row("mlp-meta", "a", None)
    assert store.find(identity_of(one)) is None
    assert list(store.rows("mlp")) == []
    for each in (one, other):
        store.add(identity_of(each), Measured(each, {"error": np.arange(3, dtype=np.float16)}))
    found = store.find(identity_of(one))
    assert found is not None
    assert found.row == one
    np.testing.assert_array_equal(found.arrays["error"], [0, 1, 2])
    assert list(store.rows("mlp")) == [one]  # and not that of mlp-meta
    store.add(identity_of(one), Measured(one | {"psnr": 1.0}, {}))
    assert list(Store(tmp_path / "deep" / "cache").rows("mlp")) == [one | {"psnr": 1.0}]
    assert len(list((tmp_path / "deep" / "cache").iterdir())) == 2


def test_the_folder_is_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "gamutmeta-benchmarks" / "paper"
