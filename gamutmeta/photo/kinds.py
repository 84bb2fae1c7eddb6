"""The kinds of files that photographs are written to, and what each of them can store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from gamutmeta.errors import PhotoError

if TYPE_CHECKING:
    import os

    from gamutmeta.choices import PhotoFormat

__all__ = ["KINDS", "LOSSLESS", "SUFFIXES", "Kind", "check_side", "depth_and_quality", "kind_of"]

LOSSLESS = 100
"""The quality at which codecs that have both lose nothing; not so JPEG."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file.

    Attributes:
        title: as people call it.
        mime: its media type.
        suffixes: endings of its names; the first one is used for new files.
        depths: bits per channel it can have; the first one is the default.
        quality: the default, 1 to 100; None where nothing is ever lost.
        has_alpha: it holds transparency.
        is_upright: its readers do not look at the EXIF orientation, so that the pixels must be turned.
        max_side: the most pixels on a side that the library behind it writes and reads again; None for no such limit.
    """

    title: str
    mime: str
    suffixes: tuple[str, ...]
    depths: tuple[int, ...]
    quality: int | None = None
    has_alpha: bool = True
    is_upright: bool = False
    max_side: int | None = None


KINDS = {
    "tiff": Kind("TIFF", "image/tiff", (".tif", ".tiff"), (16, 8)),
    "png": Kind("PNG", "image/png", (".png",), (16, 8)),
    "jpeg": Kind(
        "JPEG",
        "image/jpeg",
        (".jpg", ".jpeg", ".jfif", ".jpe", ".mpo"),
        (8,),
        quality=95,
        has_alpha=False,
        max_side=65_500,
    ),
    "avif": Kind("AVIF", "image/avif", (".avif",), (10, 12, 8), quality=90, is_upright=True, max_side=16_384),
    "heic": Kind(
        "HEIC", "image/heic", (".heic", ".heif", ".hif"), (10, 12, 8), quality=90, is_upright=True, max_side=65_528
    ),
    "jxl": Kind("JPEG XL", "image/jxl", (".jxl",), (16, 8), quality=LOSSLESS, is_upright=True),
}
"""By name."""

SUFFIXES = {suffix: name for name, kind in KINDS.items() for suffix in kind.suffixes}
"""Ending of a file's name, in lower case -> the kind that it asks for."""


def kind_of(path: str | os.PathLike[str]) -> PhotoFormat:
    """The name of the kind that a file name asks for.

    Raises:
        PhotoError: there is none.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        endings = ", ".join(SUFFIXES)
        raise PhotoError(f"{path}: a photograph can be written as {endings}, not {suffix or 'without a suffix'}")
    return cast("PhotoFormat", SUFFIXES[suffix])


def check_side(path: str | os.PathLike[str], width: int, height: int) -> None:
    """Check that a kind of file takes a picture of this size, before any work is done for it.

    Raises:
        PhotoError: there is no such kind, or it does not.
    """
    kind = KINDS[kind_of(path)]
    if kind.max_side is not None and max(width, height) > kind.max_side:
        raise PhotoError(
            f"{path}: {width} x {height} pixels do not fit {kind.title} (at most {kind.max_side:,} on a side); "
            "use TIFF or PNG"
        )


def depth_and_quality(
    path: str | os.PathLike[str], *, space: str, depth: int | None = None, quality: int | None = None
) -> tuple[int, int | None]:
    """Depth and quality of a file to be written, before any work is done for it.

    Args:
        path: its name.
        space: name of the known space its colours will be in.
        depth: bits per channel; None for the default of the kind.
        quality: 1 to 100; None for the default of the kind.

    Returns:
        Depth, and quality, which is None where nothing is lost.

    Raises:
        PhotoError: there is no such kind, or it cannot be written like that.
    """
    kind = KINDS[kind_of(path)]
    if depth is None:
        depth = kind.depths[0]
    if depth not in kind.depths:
        bits = " or ".join(str(possible) for possible in sorted(kind.depths))
        others = ", ".join(other.title for other in KINDS.values() if depth in other.depths)
        remedy = f"; {depth} bits are for {others}" if others else ""
        raise PhotoError(f"{path}: {kind.title} has {bits} bits per channel here, not {depth}{remedy}")
    if quality is None:
        return depth, kind.quality
    if kind.quality is None:
        raise PhotoError(f"{path}: {kind.title} is lossless and has no quality setting")
    if not 1 <= quality <= LOSSLESS:
        raise PhotoError(f"{path}: quality must be 1 to {LOSSLESS}, not {quality}")
    if kind is KINDS["jxl"] and quality < LOSSLESS and space == "prophoto":
        # Its curve has no number in JPEG XL, and decoders without colour management clip the colours to sRGB then.
        raise PhotoError(
            f"{path}: lossy JPEG XL is not written in ProPhoto; use quality {LOSSLESS} or another space, "
            "for example rec2020"
        )
    return depth, quality
