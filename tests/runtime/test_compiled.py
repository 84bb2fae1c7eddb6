from __future__ import annotations

import importlib
import os
import stat
import subprocess
import sys
import tempfile
import warnings
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.errors import GamutMetaWarning
from gamutmeta.measure.quality import measure
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.model.expand import expand
from gamutmeta.runtime import compiled

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WIDE = np.random.default_rng(0).integers(0, 65536, (20, 30, 3), np.uint16)
KERNELS = ("gamutmeta.color.pixel_loops", "gamutmeta.model.expand_loops")


@pytest.fixture
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(compiled, "_WORTH_LOADING", 1)
    monkeypatch.setattr(compiled, "is_numba_available", lambda: True)
    for cached in (compiled.load_kernel, compiled._without_numba):
        cached.cache_clear()
    yield
    for cached in (compiled.load_kernel, compiled._without_numba):
        cached.cache_clear()


@pytest.mark.usefixtures("everything_is_large")
@pytest.mark.parametrize(
    "error", [ImportError("Numba needs NumPy 2.9 or less"), RuntimeError("cannot cache function: no locator available")]
)
def test_a_numba_that_does_not_work_keeps_nobody_from_a_picture(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    real = importlib.import_module

    def broken(name: str) -> object:
        if name in KERNELS:
            raise error
        return real(name)

    monkeypatch.setattr(compiled.importlib, "import_module", broken)
    with pytest.warns(GamutMetaWarning, match="numpy is used instead"):
        codes, _ = reduce_to_codes(WIDE, Adaptation.BRADFORD)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it has been said, also for other loops
        restored = expand(Descriptor(), {}, codes)
    assert np.array_equal(restored, expand(Descriptor(), {}, codes, compiled=False))
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # it has been said
        measure(WIDE, restored)


@pytest.mark.usefixtures("everything_is_large")
def test_who_asks_for_it_is_told_that_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gamutmeta.model.expand_loops", None)
    with pytest.raises(ImportError):
        expand(Descriptor(), {}, WIDE.astype(np.uint8), compiled=True)


class TestTemporaryCache:
    @pytest.fixture(autouse=True)
    def temporary(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        return tmp_path

    def test_it_is_the_users_own_and_found_again(self, temporary: Path) -> None:
        folder = compiled.temporary_cache()
        assert folder.parent == temporary
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert compiled.temporary_cache() == folder

    @pytest.mark.skipif(not hasattr(os, "getuid"), reason="modes are those of POSIX")
    def test_what_others_can_write_to_is_not_used(self, temporary: Path) -> None:
        folder = compiled.temporary_cache()
        folder.chmod(0o777)
        assert compiled.temporary_cache() != folder
        folder.rmdir()
        (temporary / "elsewhere").mkdir()
        folder.symlink_to(temporary / "elsewhere")
        assert compiled.temporary_cache() != folder


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32" or not hasattr(os, "getuid"), reason="modes are those of POSIX")
@pytest.mark.skipif(find_spec("numba") is None, reason="numba is not installed")
def test_without_a_folder_beside_the_package_and_without_a_home(tmp_path: Path) -> None:
    """As in a container: numba finds a place among the temporary files, and nothing is warned of."""
    code = """
import sys, tempfile
import numba.core.caching as caching
# Who is root may write everywhere; so the places are taken away.
nothing = classmethod(lambda cls, *arguments: None)
for name in ("InTreeCacheLocator", "UserWideCacheLocator", "_InTreeCacheLocator", "_UserWideCacheLocator"):
    if hasattr(caching, name):
        getattr(caching, name).from_function = nothing
from gamutmeta.runtime.compiled import load_kernel, temporary_cache
import numba.core.config as config
assert load_kernel("gamutmeta.color.pixel_loops") is not None
assert not config.CACHE_DIR
print(sum(path.is_file() for path in temporary_cache().rglob("*")))
"""
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"} | {
        "TMPDIR": str(tmp_path)
    }
    command = [sys.executable, "-W", "error::UserWarning", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / f"gamutmeta-numba-{os.getuid()}").is_dir()
