"""The protocol: what is done with one method and one photograph, and what is measured.

As in the paper, the ground truth is 16-bit ProPhoto; it is reduced to 8-bit sRGB with CAT02, the codes rounded, or
truncated as the paper's code does; errors are those of linear ProPhoto on [0, 1], over the whole image and over its
out-of-gamut (OG) pixels. Beside these: CIEDE2000; bytes of metadata; seconds of the optimisation and of the expansion,
by the wall clock, the device being idle before and after; the row says how many cores other work took meanwhile. In our
JPEG protocol the codes are what a reader decodes from a JPEG (quality 95, 4:4:4) of the clipped picture, or of the
method's own where it shows another one; methods that can do with neither have no part in it. Of a picture that is
another than the clipped one, the CIEDE2000 from that is measured, too.

References:
    Le, Price, Cohen, Brown: "GamutMLP", CVPR 2023, section 4.
"""

import hashlib
import warnings
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.arrays import Codes, Floats, Wide
from benchmarks.figures import Original, coding_named
from benchmarks.harness import Row
from benchmarks.machine import describe
from benchmarks.paper.alone import Others
from benchmarks.paper.coordinate import clock
from benchmarks.paper.method import FittedMethod, Metadata, Method, Setting, clip_codes
from benchmarks.paper.methods.clip import Clip
from benchmarks.rivals.method import linear_of, out_of_gamut_mask
from gamutmeta import __version__
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.spaces import PROPHOTO
from gamutmeta.errors import GamutMetaWarning
from gamutmeta.measure.ciede2000 import delta_e_2000, prophoto_to_lab
from gamutmeta.photo.read import read_photo

_SUFFIXES = {".tif", ".tiff", ".png"}
_TEST = "test"
"""Folder of the pictures to measure, where there are others to learn from beside it."""

_VERSION = 1
"""Of the protocol: raised where a change of it makes rows measured earlier wrong."""
_MAP_SIDE = 480
"""Longer side of error maps; single pixels on a grid, since means would hide errors."""
_CLIP = Clip()
_CHROMATICITIES = 4_000
"""Out-of-gamut pixels in a chromaticity diagram."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A photograph: ROMM RGB, uint16 (H, W, 3), and what restored pictures are compared with.

    The digest is that of size and samples: the same photograph has the same one, whatever its file.
    """

    name: str
    wide: Wide
    digest: str = field(init=False)
    original: Original = field(init=False)

    def __post_init__(self) -> None:
        hashed = hashlib.sha256(repr(self.wide.shape).encode())
        hashed.update(self.wide.astype("<u2").tobytes())
        object.__setattr__(self, "digest", hashed.hexdigest()[:32])
        object.__setattr__(self, "original", Original(self.wide))

    @classmethod
    def read(cls, path: Path, crop: int | None = None) -> Self:
        """Read a file; one that names no colour space is taken for ProPhoto, as those of the paper's set are.

        With `crop`, only the central square of that side, in pixels, is kept; a shorter side is kept whole.
        """
        with warnings.catch_warnings():
            # That is what the benchmark says of itself.
            warnings.filterwarnings("ignore", ".* was assumed", GamutMetaWarning)
            wide = read_photo(path, assume_space="prophoto").array
        if crop is not None:
            top, left = (max(0, (size - crop) // 2) for size in wide.shape[:2])
            wide = wide[top : top + crop, left : left + crop].copy()
        wide.setflags(write=False)
        return cls(path.stem, wide)


def find(folder: Path, only: tuple[str, ...] = ()) -> list[Path]:
    """The pictures of a folder, or of its folder ``test`` where it has one, with one of `only` in their names."""
    place = folder / _TEST if (folder / _TEST).is_dir() else folder
    found = sorted(path for path in place.iterdir() if path.suffix.lower() in _SUFFIXES)
    return [path for path in found if not only or any(name in path.stem for name in only)]


class Coding(StrEnum):
    """How the sRGB codes come to the reader."""

    ROUNDED = "rounded"
    TRUNCATED = "truncated"
    JPEG = "jpeg"

    @property
    def words(self) -> str:
        return {
            Coding.ROUNDED: "lossless 8-bit sRGB, rounded",
            Coding.TRUNCATED: "lossless 8-bit sRGB, truncated",
            Coding.JPEG: "JPEG, quality 95, 4:4:4",
        }[self]


@dataclass(frozen=True, slots=True)
class Measured:
    """One method on one photograph: figures and what they belong to, as JSON has it; and arrays for the plots.

    ``error`` is the CIEDE2000 of pixels on a grid, float16 (h, w); ``xy`` and ``xy_original`` are chromaticities of
    some out-of-gamut pixels, restored and true, float32 (n, 2).
    """

    row: Row
    arrays: dict[str, NDArray[np.floating[Any]]]


def identity(method: Method, picture: Picture, setting: Setting, coding: Coding) -> Row:
    """What makes two measurements the same one; a method whose arithmetic changes raises its ``version``."""
    return {
        "method": method.key,
        "picture": picture.digest,
        "coding": coding.value,
        "setting": asdict(setting) | {"truncate": coding is Coding.TRUNCATED},
        "version": version_of(method),
    }


def identity_of(row: Row) -> Row:
    return {name: row[name] for name in ("method", "picture", "coding", "setting", "version")}


def version_of(method: Method) -> list[int | str]:
    """Of the protocol, of the method and of gamutmeta."""
    return [_VERSION, getattr(method, "version", 1), __version__]


def measure(method: Method, picture: Picture, setting: Setting, coding: Coding) -> Measured | None:
    """Reduce and expand a photograph, and measure what became of it; `coding` decides about truncation.

    None for a method that has no part in this coding, or cannot be fitted to the codes of a JPEG.
    """
    _warm_up(setting.device)
    others = Others()
    reduced = _reduced(method, picture, setting, coding)
    if reduced is None:
        return None
    codes, metadata = reduced
    if setting.device == "cuda":
        method.expand(codes, metadata.data, setting)  # what is compiled or allocated once is not counted
    start = clock(setting.device)
    restored = method.expand(codes, metadata.data, setting)
    seconds = clock(setting.device) - start
    busy, whole = others.cores(), describe()
    row: Row = {
        "photograph": picture.name,
        "size": [picture.wide.shape[1], picture.wide.shape[0]],
        "title": method.title,
        "group": method.group,
        "machine": {
            "processor": whole["processor"], "cuda": whole["cuda"] if setting.device == "cuda" else None,
            "torch": whole["libraries"].get("torch"), "threads": torch.get_num_threads(), "others": busy,
        },
        "note": metadata.note,
        "metadata_bytes": len(metadata.data),
        "optimisation_seconds": round(metadata.seconds, 4),
        "inference_seconds": round(seconds, 4),
    }  # fmt: skip
    row |= picture.original.figures(restored, setting.adaptation)
    if getattr(method, "shows_own_codes", False) and coding is not Coding.JPEG:
        row["shown_de"] = round(_shown_difference(codes, picture.wide, setting), 4)
    return Measured(identity(method, picture, setting, coding) | row, _arrays(picture, restored, setting.adaptation))


@cache
def _warm_up(device: str) -> None:
    """Do what torch does once in a process, such as importing its compiler with the first optimiser: seconds."""
    weight = torch.zeros(1, device=device, requires_grad=True)
    optimiser = torch.optim.Adam([weight])
    weight.square().sum().backward()  # type: ignore[no-untyped-call]
    optimiser.step()


def takes_part(method: Method, coding: Coding) -> bool:
    """Whether a method has rows of a coding."""
    own = getattr(method, "codings", None)
    if own is not None:
        return coding.value in own
    return coding is not Coding.JPEG or getattr(method, "shows_own_codes", False) or isinstance(method, FittedMethod)


def _reduced(method: Method, picture: Picture, setting: Setting, coding: Coding) -> tuple[Codes, Metadata] | None:
    """The codes that the reader gets, and the metadata; None for a method that has no part in this."""
    if not takes_part(method, coding):
        return None
    if coding is not Coding.JPEG or getattr(method, "codings", None) is not None:
        return method.reduce(picture.wide, setting)
    jpeg = coding_named("JPEG q95 4:4:4")
    if getattr(method, "shows_own_codes", False):
        codes, metadata = method.reduce(picture.wide, setting)
        return jpeg.through(codes), metadata
    assert isinstance(method, FittedMethod)  # noqa: S101 - so it takes part
    codes = jpeg.decoded(picture.wide, setting.adaptation)
    return codes, method.fit(picture.wide, codes, setting)


def _shown_difference(codes: Codes, wide: Wide, setting: Setting) -> float:
    """Mean CIEDE2000 by which a picture, sRGB uint8 (H, W, 3), differs from the clipped one, on a grid of pixels."""
    step = _step(wide)
    shown, clipped = (
        linear_of(_CLIP.expand(c[::step, ::step], b"", setting)) for c in (codes, clip_codes(wide, setting))
    )
    return float(delta_e_2000(prophoto_to_lab(shown), prophoto_to_lab(clipped)).mean())


def _step(wide: Wide) -> int:
    return int(-(-max(wide.shape[:2]) // _MAP_SIDE))


def _arrays(picture: Picture, restored: Wide, adaptation: Adaptation) -> dict[str, NDArray[np.floating[Any]]]:
    step = _step(picture.wide)
    true, found = (linear_of(wide[::step, ::step]) for wide in (picture.wide, restored))
    error = delta_e_2000(prophoto_to_lab(true), prophoto_to_lab(found))
    # Enough pixels for the diagram come from the error map's grid.
    outside = np.flatnonzero(out_of_gamut_mask(true, adaptation))
    chosen = np.random.default_rng(0).permutation(outside)[:_CHROMATICITIES]
    return {
        "error": error.astype(np.float16),
        "xy": chromaticities(found.reshape(-1, 3)[chosen]),
        "xy_original": chromaticities(true.reshape(-1, 3)[chosen]),
    }


def chromaticities(linear: Floats) -> Floats:
    """CIE 1931 xy (under D50), float32 (N, 2), of linear ProPhoto, float32 (N, 3); nan for black."""
    xyz = linear.astype(np.float64) @ PROPHOTO.to_xyz().T
    total = xyz.sum(-1, keepdims=True)
    xy: NDArray[np.float64] = np.divide(xyz[:, :2], total, out=np.full((len(xyz), 2), np.nan), where=total > 0)
    return xy.astype(np.float32)
