"""Keeps wide-gamut colour inside ordinary sRGB files.

::

    import gamutmeta
    from PIL import Image

    gamutmeta.reduce_file("photo.tif", "photo.jpg")          # an ordinary sRGB JPEG with at most 6 KB of payload
    gamutmeta.expand_file("photo.jpg", "restored.tif")       # the wide-gamut photograph, restored

    gamutmeta.register()                                     # for Pillow
    wide = Image.open("photo.jpg").gamut_expand()            # WideImage: uint16 ProPhoto

The names below are imported when they are first used: importing gamutmeta itself loads neither numpy nor torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gamutmeta import choices, edit, plot
    from gamutmeta.carriers import extract, host_format, strip
    from gamutmeta.container import Limits, Payload, transform_payload
    from gamutmeta.errors import GamutMetaError, GamutMetaWarning
    from gamutmeta.fit.config import PRESETS, FitConfig
    from gamutmeta.photo.read import read_photo
    from gamutmeta.photo.wide import WideImage
    from gamutmeta.pillow import register, unregister
    from gamutmeta.pipeline.arrays import expand_array
    from gamutmeta.pipeline.expand import expand, expand_file
    from gamutmeta.pipeline.reduce import Reduction, reduce, reduce_file
    from gamutmeta.pipeline.show_wide import show_wide_file
    from gamutmeta.pipeline.verify import verify_file
    from gamutmeta.report import Report

__version__ = "0.1.0.dev0"

__all__ = [
    "PRESETS",
    "FitConfig",
    "GamutMetaError",
    "GamutMetaWarning",
    "Limits",
    "Payload",
    "Reduction",
    "Report",
    "WideImage",
    "choices",
    "edit",
    "expand",
    "expand_array",
    "expand_file",
    "extract",
    "host_format",
    "plot",
    "read_photo",
    "reduce",
    "reduce_file",
    "register",
    "show_wide_file",
    "strip",
    "transform_payload",
    "unregister",
    "verify_file",
]

_HOME = {
    "GamutMetaError": "errors",
    "GamutMetaWarning": "errors",
    "FitConfig": "fit.config",
    "Limits": "container",
    "PRESETS": "fit.config",
    "Payload": "container",
    "Reduction": "pipeline.reduce",
    "Report": "report",
    "WideImage": "photo.wide",
    "expand": "pipeline.expand",
    "expand_array": "pipeline.arrays",
    "expand_file": "pipeline.expand",
    "extract": "carriers",
    "host_format": "carriers",
    "read_photo": "photo.read",
    "reduce": "pipeline.reduce",
    "reduce_file": "pipeline.reduce",
    "register": "pillow",
    "show_wide_file": "pipeline.show_wide",
    "strip": "carriers",
    "transform_payload": "container",
    "unregister": "pillow",
    "verify_file": "pipeline.verify",
}

_MODULES = {"choices", "edit", "plot"}
"""Public modules."""


def __getattr__(name: str) -> object:
    """Import a public name at its first use (PEP 562)."""
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
