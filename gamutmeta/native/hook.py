"""Builds the machine code when a wheel is built, or a clone installed in place: a hook of hatchling, the build backend.

Where there is no compiler, zig is one: the package ``ziglang`` then becomes a requirement of the build. Where that does
not help either, the wheel is built without machine code, and numpy does its work.
"""

from __future__ import annotations

import importlib.util
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import sys_tags

__all__ = ["NativeHook"]


def _build_module() -> Any:
    """The module beside this one: nothing is installed yet from which to import it."""
    spec = importlib.util.spec_from_file_location("build_native", Path(__file__).with_name("build.py"))
    assert spec is not None  # noqa: S101 - it is a Python file
    assert spec.loader is not None  # noqa: S101 - the same
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class NativeHook(BuildHookInterface[Any]):  # type: ignore[misc] # without hatchling its class is unknown
    """See the module."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What the build needs beyond the backend."""
        return [] if _build_module().compiler() else ["ziglang"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build into the source's folder for an installation in place, else into the wheel."""
        build = _build_module()
        self._folder = tempfile.TemporaryDirectory()
        folder = build.FOLDER if version == "editable" else Path(self._folder.name)
        command = build.compiler()
        try:
            built = build.build(command, folder) if command else []
        except (OSError, subprocess.CalledProcessError) as error:
            built = []
            self.app.display_warning(f"the machine code cannot be built: {getattr(error, 'stderr', None) or error}")
        if built and version != "editable":
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{next(sys_tags()).platform}"
            build_data["force_include"] |= {str(path): f"gamutmeta/native/{path.name}" for path in built}

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was built for the wheel."""
        del version, build_data, artifact_path
        self._folder.cleanup()
