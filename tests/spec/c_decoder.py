"""The decoder in C, compiled once for all tests of a process: from spec/decoders/gamutmeta.c."""

from __future__ import annotations

import atexit
import importlib.util
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, Literal

from tests.interop.demand import go_without

__all__ = ["DECODERS", "builder", "built"]

DECODERS = Path(__file__).parents[2] / "spec" / "decoders"


@cache
def builder() -> Any:
    """The module that compiles it, which is in no package."""
    spec = importlib.util.spec_from_file_location("build_c", DECODERS / "build_c.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["build_c"] = module
    spec.loader.exec_module(module)
    return module


@cache
def _attempt(kind: Literal["program", "library"], flags: tuple[str, ...]) -> Path | str:
    """The file, or why there is none."""
    folder = tempfile.mkdtemp(prefix="gamutmeta-c-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        return builder().build(kind, Path(folder) / f"gamutmeta.{kind}", *flags)  # type: ignore[no-any-return]
    except builder().BuildError as error:
        return str(error)


def built(kind: Literal["program", "library"], *flags: str) -> Path:
    """The compiled decoder; without a compiler or libzstd the test is skipped, or fails where all has to be there."""
    result = _attempt(kind, flags)
    if isinstance(result, str):
        go_without(result)
    return Path(result)
