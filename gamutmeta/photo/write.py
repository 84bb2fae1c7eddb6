"""Writes a photograph to a file. The suffix of its name selects the kind."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from gamutmeta.color.convert import requantise, to_bits
from gamutmeta.errors import CarrierError, MissingExtraError, PhotoError
from gamutmeta.photo.alpha import is_opaque
from gamutmeta.photo.avif_out import write_avif
from gamutmeta.photo.carried import Target, fitted, warn_of
from gamutmeta.photo.heif_out import write_heif
from gamutmeta.photo.jpeg_out import NO_TRANSPARENCY, write_jpeg
from gamutmeta.photo.jxl_out import write_jxl
from gamutmeta.photo.kinds import KINDS, check_side, depth_and_quality, kind_of
from gamutmeta.photo.png_out import write_png
from gamutmeta.photo.streamed import STREAMING_KINDS
from gamutmeta.photo.tiff_out import write_tiff
from gamutmeta.photo.upright import turned_upright
from gamutmeta.runtime.files import atomic_write, check_output

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from gamutmeta.photo.streamed import Rows, StreamedPhotograph
    from gamutmeta.photo.wide import WideImage

__all__ = ["is_streamed", "photo_bytes", "write_noting", "write_photo"]

_WRITERS: Mapping[str, tuple[Callable[..., None], frozenset[str]]] = {
    "tiff": (write_tiff, frozenset()),
    "png": (write_png, frozenset()),
    "jpeg": (write_jpeg, frozenset({"quality"})),
    "avif": (write_avif, frozenset({"quality", "bits", "space"})),
    "heic": (write_heif, frozenset({"quality", "bits", "space"})),
    "jxl": (write_jxl, frozenset({"quality"})),
}
"""By kind; each with what it has to be told beside samples, transparency and metadata."""


def write_photo(
    image: WideImage,
    path: str | os.PathLike[str],
    *,
    depth: int | None = None,
    quality: int | None = None,
    overwrite: bool = False,
) -> None:
    """Write a photograph in its own space, with transparency, ICC profile, EXIF and XMP; the complete file or nothing.

    The suffix selects the kind:

    ========================= =============================== =====================================================
    suffix                    bits per channel, default first quality (default)
    ========================= =============================== =====================================================
    .tif, .tiff, .png         16, 8                           lossless
    .jpg (or .jpeg, .jfif ..) 8                               1 to 100 (95)
    .avif                     10, 12, 8                       1 to 100 (90), 100 is lossless
    .heic, .heif, .hif        10, 12, 8                       1 to 100 (90), 100 is lossless
    .jxl                      16, 8                           1 to 100 (100), 100 is lossless; lossy not in ProPhoto
    ========================= =============================== =====================================================

    The EXIF orientation is applied to AVIF, HEIC and JPEG XL, since their readers ignore it.

    Args:
        image: the photograph.
        path: of the file.
        depth: bits per channel.
        quality: for the kinds that can be lossy.
        overwrite: replace an existing file.

    Raises:
        PhotoError: no such kind, depth or quality, a side is too long for the kind, the EXIF block is damaged, or a
            library cannot write the picture.
        MissingExtraError: an optional library is needed.
        OutputExistsError: the file exists and `overwrite` is false, or it is a folder.
        OSError: the file cannot be written.

    Warns:
        GamutMetaWarning: the photograph is transparent, which a JPEG cannot store; or metadata were left out.
    """
    warn_of(write_noting(image, path, depth=depth, quality=quality, overwrite=overwrite), f"{path}: ")


def write_noting(
    image: WideImage | StreamedPhotograph,
    path: str | os.PathLike[str],
    *,
    depth: int | None = None,
    quality: int | None = None,
    overwrite: bool = False,
) -> tuple[str, ...]:
    """As :func:`write_photo`; what was left out is returned and not warned of.

    A photograph that is made while it is written must be for a file that :func:`is_streamed` names.
    """
    depth, quality = depth_and_quality(path, space=image.space, depth=depth, quality=quality)
    kind = kind_of(path)
    check_side(path, *image.size)
    check_output(path, overwrite=overwrite)
    notes: tuple[str, ...] = ()

    def write_into(file: BinaryIO) -> None:
        nonlocal notes
        notes = _write(image, file, kind, depth, quality)

    try:
        atomic_write(path, write_into, overwrite=overwrite)
    except MissingExtraError:
        raise
    except (CarrierError, PhotoError) as error:
        raise PhotoError(f"{path}: {error}") from error
    return notes


def is_streamed(path: str | os.PathLike[str], *, depth: int | None = None) -> bool:
    """Whether the writer of such a file asks for some rows at a time, as :class:`StreamedPhotograph` gives them.

    Raises:
        PhotoError: there is no such kind.
    """
    kind = kind_of(path)
    return kind in STREAMING_KINDS and (depth or KINDS[kind].depths[0]) == 16


def photo_bytes(
    image: WideImage, kind: str, *, depth: int | None = None, quality: int | None = None
) -> tuple[bytes, tuple[str, ...]]:
    """The photograph as a file in memory, and notes on what was left out.

    Args:
        image: the photograph.
        kind: name of the kind of file, a key of :data:`gamutmeta.photo.kinds.KINDS`.
        depth: as for :func:`write_photo`.
        quality: likewise.

    Raises:
        PhotoError, MissingExtraError: as for :func:`write_photo`.
    """
    if kind not in KINDS:
        raise PhotoError(f"a photograph can be written as {', '.join(KINDS)}, not {kind}")
    name = f"photograph{KINDS[kind].suffixes[0]}"
    depth, quality = depth_and_quality(name, space=image.space, depth=depth, quality=quality)
    file = io.BytesIO()
    try:
        notes = _write(image, file, kind, depth, quality)
    except CarrierError as error:
        raise PhotoError(str(error)) from error
    return file.getvalue(), notes


def _write(
    image: WideImage | StreamedPhotograph, file: BinaryIO, kind: str, depth: int, quality: int | None
) -> tuple[str, ...]:
    """Write into an open file; returns notes on what was left out."""
    write, wanted = _WRITERS[kind]
    options, notes = _content(image, kind, depth)
    known = {"quality": quality, "bits": depth, "space": image.space}
    options |= {option: known[option] for option in wanted}
    if not KINDS[kind].has_alpha:
        del options["alpha"]
        if not is_opaque(image.alpha):
            notes = (NO_TRANSPARENCY, *notes)
    write(file, **options)
    return notes


def _content(image: WideImage | StreamedPhotograph, kind: str, depth: int) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Samples, transparency and metadata as the writer of a kind takes them, and notes on what it cannot store."""
    given = image.array
    samples: NDArray[np.uint8 | np.uint16] | Rows = _at_depth(given, depth) if isinstance(given, np.ndarray) else given
    alpha = None
    if image.alpha is not None:
        alpha = _at_depth(image.alpha, depth)
    is_turned = KINDS[kind].is_upright
    if is_turned and isinstance(samples, np.ndarray):
        samples = turned_upright(samples, image.orientation)
        alpha = None if alpha is None else turned_upright(alpha, image.orientation)
    size, icc = (samples.shape[1], samples.shape[0]), image.icc_profile
    target = Target(
        kind,
        size,
        image.space,
        icc,
        bits=depth,
        has_alpha=alpha is not None,
        is_turned=image.orientation > 1 and is_turned,
    )
    metadata = fitted(image.metadata, target)
    return {"samples": samples, "alpha": alpha, "icc": icc, **metadata.options(kind)}, metadata.notes


def _at_depth(samples: NDArray[np.uint16], depth: int) -> NDArray[np.uint8 | np.uint16]:
    if depth == 16:
        return samples
    return requantise(samples, np.uint8) if depth == 8 else to_bits(samples, depth)
