"""What a measurement ran on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["describe"]

_LIBRARIES = ("numpy", "torch", "pillow", "tifffile", "imagecodecs", "zstandard", "msgpack")


def describe() -> dict[str, object]:
    """Processor, cores, system, Python and library versions."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "gamutmeta": version("gamutmeta"),
        "libraries": {name: found for name in _LIBRARIES if (found := _version(name))},
        "cuda": _cuda(),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    names = (
        [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
        if info.exists()
        else []
    )
    return names[0] if names else platform.processor()


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _cuda() -> str | None:
    try:
        import torch  # noqa: PLC0415 - an extra
    except ImportError:
        return None
    return torch.cuda.get_device_name() if torch.cuda.is_available() else None
