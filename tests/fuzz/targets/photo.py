"""Any bytes as a wide-gamut photograph to be read."""

from __future__ import annotations

import atexit
import io
import tempfile
import warnings
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.icc import profile_bytes
from gamutmeta.photo.png_out import write_png
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.tiff_out import write_tiff
from tests.fuzz import samples
from tests.fuzz.expect import result_or_refusal
from tests.fuzz.limits import PIXELS
from tests.fuzz.mutations import files

if TYPE_CHECKING:
    import random

__all__ = ["mutated", "run", "seeds"]

# What the readers load when they need it; in the midst of a run it would count as growth.
for _name in ("OpenImageIO", "imagecodecs", "pillow_heif", "rawpy", "tifffile"):
    with suppress(ImportError):
        import_module(_name)

_CODES = frozenset({"photo", "photo.profile", "missing-extra"})
_folder = tempfile.TemporaryDirectory(prefix="gamutmeta-fuzz-")
atexit.register(_folder.cleanup)


def run(data: bytes) -> None:
    """The target."""
    path = Path(_folder.name) / "photograph"
    path.write_bytes(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wide = result_or_refusal(read_photo, _CODES, path, max_pixels=PIXELS)
    if wide is not None:
        assert (wide.array.dtype, wide.array.ndim, wide.array.shape[2]) == (np.uint16, 3, 3)
        assert wide.width * wide.height <= PIXELS
        assert 1 <= wide.orientation <= 8


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Another file."""
    return files.mutated(data, rng, rng.choice(tuple(samples.HOSTS.values())))


def seeds() -> dict[str, bytes]:
    """16-bit PNG and TIFF with profiles and metadata, and some files with 8 bits."""
    codes = samples.picture().astype(np.uint16) * 257
    alpha = codes[..., 0]
    found = {}
    for name, write in (("png", write_png), ("tiff", write_tiff)):
        plain, whole = io.BytesIO(), io.BytesIO()
        write(plain, codes, icc=None)
        write(whole, codes, icc=profile_bytes("display-p3"), exif=samples.exif(), xmp=b"<x/>", alpha=alpha)
        found |= {f"{name}-16": plain.getvalue(), f"{name}-16-everything": whole.getvalue()}
    eight = ("jpeg/metadata", "png/palette", "tiff/lzw", "tiff/big-endian")
    return found | {host.replace("/", "-"): samples.HOSTS[host] for host in eight}
