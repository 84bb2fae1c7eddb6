"""Compares a photograph with its sRGB file, clipped and restored. Used by verify, view, plot and demo.

Every file is read once, the sRGB file is decoded once, and expanded once without and once with its payload.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from gamutmeta.errors import PhotoError
from gamutmeta.formats.exif import orientation_of
from gamutmeta.formats.source import sources_remembered
from gamutmeta.measure.difference import Differences, color_differences
from gamutmeta.measure.quality import measure, quality_figures
from gamutmeta.photo.host_metadata import read_metadata
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline.limited import pictures_limited
from gamutmeta.pipeline.placing import best_placing
from gamutmeta.pipeline.srgb_file import SrgbFile
from gamutmeta.report import Report
from gamutmeta.runtime.inputs import is_path, name_of

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from gamutmeta.choices import AssumedSpace, ExpandedSamples, RawStyle
    from gamutmeta.color.adaptation import Adaptation
    from gamutmeta.container import Limits
    from gamutmeta.runtime.inputs import Readable

__all__ = ["Comparison", "compare", "compare_files", "differences_of", "read_reference"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Comparison:
    """A photograph and its sRGB file, expanded without the payload and with it.

    Attributes:
        original: the photograph in ROMM RGB.
        clipped: the sRGB file expanded without the payload, in the same size and space.
        restored: the sRGB file expanded with the payload, in the same size and space.
        adaptation: of the matrix that decides which pixels are out of gamut.
        about: names and sizes of the sRGB file and its payload.
    """

    original: WideImage
    clipped: WideImage
    restored: WideImage
    adaptation: Adaptation
    about: Report = field(default_factory=Report)

    def __repr__(self) -> str:
        width, height = self.original.size
        return f"<Comparison {width}x{height} of {self.about.file or 'a file in memory'}>"

    @cached_property
    def report(self) -> Report:
        """The figures over all pixels, with `about` and the notes of `original` and `restored`."""
        original = self.original.array
        restored, clipped = (measure(original, wide.array, self.adaptation) for wide in (self.restored, self.clipped))
        notes = (*self.original.notes, *self.restored.notes)
        return replace(self.about, **quality_figures(restored, clipped), notes=notes)

    @cached_property
    def differences(self) -> Differences:
        """CIEDE2000 of each pixel against the original: first of `clipped`, then of `restored`."""
        return differences_of(self.original, (self.clipped, self.restored), self.adaptation)


def compare(file: SrgbFile, original: WideImage) -> Comparison:
    """Expand an sRGB file without and with its payload, beside its photograph.

    This does not check the binding; see :meth:`~gamutmeta.pipeline.srgb_file.SrgbFile.check`.

    Args:
        file: with its payload.
        original: the photograph in ROMM RGB, of the same size.
    """
    return Comparison(
        original=original,
        clipped=WideImage(file.clipped()),
        restored=file.expand(check=False),
        adaptation=file.adaptation,
        about=file.report(),
    )


def compare_files(
    path: Readable,
    reference: Readable,
    *,
    samples: ExpandedSamples = "payload",
    sidecar: str | os.PathLike[str] | None = None,
    assume_space: AssumedSpace | None = None,
    raw_style: RawStyle = "neutral",
    check: bool = True,
    limits: Limits | None = None,
) -> Comparison:
    """Compare an sRGB file `path` with the photograph `reference`; arguments and errors as for `verify_file`."""
    with sources_remembered(), pictures_limited(limits):
        file = SrgbFile.read(path, sidecar=sidecar, limits=limits, check=check, samples=samples)
        original = read_reference(file, reference, assume_space=assume_space, raw_style=raw_style)
    return compare(file, original)


def read_reference(
    file: SrgbFile,
    reference: Readable,
    *,
    assume_space: AssumedSpace | None = None,
    raw_style: RawStyle = "neutral",
) -> WideImage:
    """Read the photograph that an sRGB file was made from; arguments and errors as for :func:`compare_files`.

    If both store the picture turned differently, the photograph is turned as the file is.
    """
    original = read_photo(reference, assume_space=assume_space, raw_style=raw_style)
    exif = read_metadata(file.data).exif
    array = best_placing(original, orientation_of(exif), file.srgb, file.adaptation)
    if array is not None and array is not original.array:
        original = WideImage(array, original.space, exif=exif, xmp=original.xmp, notes=original.notes)
    if original.size != file.size:
        here, there = ("x".join(map(str, size)) for size in (original.size, file.size))
        photograph = Path(name_of(reference)).name if is_path(reference) else "the photograph"
        raise PhotoError(
            f"{photograph} has {here} pixels, {Path(file.path or 'the sRGB file').name} {there}: "
            "they cannot be compared"
        )
    return original


def differences_of(original: WideImage, others: Sequence[WideImage], adaptation: Adaptation) -> Differences:
    """Visible differences of photographs from the original, see :mod:`gamutmeta.measure.difference`.

    Args:
        original: in any known space.
        others: in any known space, of the same size.
        adaptation: of the matrix that decides which pixels are out of gamut.

    Raises:
        PhotoError: if they differ in size.
    """
    for other in others:
        if original.size != other.size:
            sizes = " and ".join(f"{photo.width}x{photo.height}" for photo in (original, other))
            raise PhotoError(f"photographs of {sizes} pixels cannot be compared; resize or crop one of them")
    first, *rest = (photo.convert("prophoto").array for photo in (original, *others))
    return color_differences(first, rest, adaptation)
