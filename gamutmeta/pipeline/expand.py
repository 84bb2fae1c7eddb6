"""Gamut expansion: sRGB file -> carrier -> payload -> model(pixels) -> wide-gamut photograph."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gamutmeta.formats.source import sources_remembered
from gamutmeta.photo.kinds import check_side, depth_and_quality
from gamutmeta.photo.wide import WideImage
from gamutmeta.photo.write import write_noting
from gamutmeta.pipeline.limited import pictures_limited
from gamutmeta.pipeline.srgb_file import SrgbFile
from gamutmeta.runtime.files import as_private_as, check_output
from gamutmeta.runtime.inputs import Readable, require_paths
from gamutmeta.runtime.steps import log_written, step

if TYPE_CHECKING:
    import os

    from gamutmeta.choices import Device, ExpandedSamples, Space
    from gamutmeta.container import Limits
    from gamutmeta.report import Report

__all__ = ["expand", "expand_file"]


def expand(
    source: Readable,
    *,
    space: Space = "prophoto",
    samples: ExpandedSamples = "payload",
    sidecar: str | os.PathLike[str] | None = None,
    check: bool = True,
    threads: int | None = None,
    limits: Limits | None = None,
    device: Device = "cpu",
) -> WideImage:
    """Restore the wide-gamut photograph from an sRGB file, with its transparency if it has any.

    Args:
        source: a JPEG, PNG or TIFF with a payload (or with a sidecar beside it): its path or bytes, or a binary file
            that is open, from where it stands on.
        space: colour space of the result, see :data:`gamutmeta.color.spaces.SPACES`.
        samples: "payload" for those that the payload takes. "extended" uses no payload: the YCbCr samples of a JPEG are
            taken as they are before a viewer clips them. Use it for a file written with extended samples whose payload
            was lost, and for JPEGs of cameras that write sYCC; in any other JPEG it adds coding noise.
        sidecar: take the payload from this sidecar.
        check: refuse a payload that was made for another picture. False expands it anyway; positions are
            relative to the picture, so a resized picture gets roughly the right colours.
        threads: None for one per core.
        limits: of the payload and of the picture that the file announces, checked before anything is decoded; and of
            the multiply-adds of both together, checked before anything is computed.
        device: where to compute: "cpu", "cuda" (needs the extra ``gpu``), or "auto" for the CPU, but CUDA on a card
            that was measured (none yet). Samples may differ by one 16-bit code between devices. With "cuda", models
            that the GPU's kernel does not support (the paper's, one with an affine that is not axis-aligned) are
            computed on the CPU, as is what the GPU fails to compute or gets wrong; notes say so, and what was tried on
            the card.

    Raises:
        GamutMetaError: NoPayloadError, CarrierError, PayloadError, BindingError, PhotoError or DeviceError, as it
            applies; MissingExtraError if CUDA is requested and a library is missing.
        OSError: if the file cannot be read.
    """
    with sources_remembered(), pictures_limited(limits):
        file = SrgbFile.read(source, sidecar=sidecar, limits=limits, check=check, samples=samples)
        wide = file.expand(check=check, threads=threads, device=device)
    del file  # As large as the picture; what follows is, too.
    return wide.convert(space)


def expand_file(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    space: Space = "prophoto",
    depth: int | None = None,
    quality: int | None = None,
    samples: ExpandedSamples = "payload",
    sidecar: str | os.PathLike[str] | None = None,
    check: bool = True,
    overwrite: bool = False,
    threads: int | None = None,
    limits: Limits | None = None,
    device: Device = "cpu",
) -> Report:
    """Restore the wide-gamut photograph and write it, with transparency, EXIF, XMP and the ICC profile of `space`.

    Args:
        source: JPEG, PNG or TIFF with a payload (or with a sidecar beside it).
        target: its suffix selects the kind of file, see :func:`gamutmeta.photo.write.write_photo`.
        space: as for :func:`expand`.
        depth: bits per channel; None for the kind's own.
        quality: 1 to 100, of JPEG, AVIF, HEIC and JPEG XL; None for the kind's own.
        samples: as for :func:`expand`.
        sidecar: as for :func:`expand`.
        check: as for :func:`expand`.
        overwrite: whether `target` may exist.
        threads: None for one per core.
        limits: as for :func:`expand`.
        device: as for :func:`expand`.

    Raises:
        OutputExistsError: if `target` exists and `overwrite` is false.
        GamutMetaError, OSError: as for :func:`expand`.
        TypeError: if one of the two is no path; :func:`expand` takes open files and bytes.
    """
    start = time.perf_counter()
    instead = "for open files and bytes call gamutmeta.expand(source, ...), and save() or to_bytes() of its result"
    require_paths(instead, source=source, target=target)
    check_output(target, overwrite=overwrite)
    depth_and_quality(target, space=space, depth=depth, quality=quality)
    step("reading the file")
    with sources_remembered(), pictures_limited(limits):
        file = SrgbFile.read(source, sidecar=sidecar, limits=limits, check=check, samples=samples)
        check_side(target, *file.size)
        step("restoring the colours")
        options: dict[str, Any] = {"check": check, "threads": threads, "device": device}
        wide = file.expand_for(target, space=space, depth=depth, **options)
    report = replace(file.report(), output=str(target), notes=wide.metadata.notes)
    del file  # As large as the picture, and no longer needed unless the writer computes the rows.
    if isinstance(wide, WideImage):
        wide = wide.convert(space)
    step("writing the photograph")
    with as_private_as(source):
        lost = write_noting(wide, target, depth=depth, quality=quality, overwrite=overwrite)
    report = replace(report, notes=report.notes + lost, seconds=time.perf_counter() - start)
    log_written(target, source, report.seconds)
    return report
