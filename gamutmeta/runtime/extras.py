"""Optional libraries, imported when they are needed."""

from __future__ import annotations

import importlib
from typing import Any

from gamutmeta.errors import MissingExtraError

__all__ = ["imagecodecs_for", "openimageio_for", "optional"]


def optional(module: str, library: str, extra: str, purpose: str) -> Any:
    """Import an optional library.

    Args:
        module: its import name.
        library: its name on the package index.
        extra: the extra of gamutmeta that brings it.
        purpose: what it is needed for, as the start of a sentence ("reading 16-bit PNG").

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise MissingExtraError(purpose, library, extra) from error


def imagecodecs_for(purpose: str) -> Any:
    """Import imagecodecs, which several readers need.

    Raises:
        MissingExtraError: it is not installed.
    """
    return optional("imagecodecs", "imagecodecs", "io", purpose)


def openimageio_for(purpose: str) -> Any:
    """Import OpenImageIO, which reads and writes JPEG XL.

    Raises:
        MissingExtraError: it is not installed.
    """
    return optional("OpenImageIO", "OpenImageIO", "jxl", purpose)
