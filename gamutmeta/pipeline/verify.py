"""Measures how well an sRGB file restores its photograph, which must still be available."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from gamutmeta.formats.source import sources_remembered
from gamutmeta.measure.quality import measure, quality_figures
from gamutmeta.pipeline.comparison import read_reference
from gamutmeta.pipeline.limited import pictures_limited
from gamutmeta.pipeline.srgb_file import SrgbFile
from gamutmeta.runtime.steps import step

if TYPE_CHECKING:
    import os

    from gamutmeta.choices import AssumedSpace, ExpandedSamples, RawStyle
    from gamutmeta.container import Limits
    from gamutmeta.report import Report
    from gamutmeta.runtime.inputs import Readable

__all__ = ["verify_file"]


def verify_file(
    path: Readable,
    reference: Readable,
    *,
    samples: ExpandedSamples = "payload",
    sidecar: str | os.PathLike[str] | None = None,
    assume_space: AssumedSpace | None = None,
    raw_style: RawStyle = "neutral",
    check: bool = True,
    limits: Limits | None = None,
) -> Report:
    """Expand `path` and measure the result, and plain clipping, against the photograph `reference`.

    Args:
        path: JPEG, PNG or TIFF with a payload (or with a sidecar beside it): its path or bytes, or an open file.
        reference: the photograph, of the same size; likewise.
        samples: as for :func:`gamutmeta.expand`; "extended" measures what the samples of a JPEG hold without a payload.
        sidecar: take the payload from this sidecar.
        assume_space: the colour space of a reference that names none.
        raw_style: how to develop a raw reference; use the style with which the file was reduced.
        check: refuse a payload that was made for another picture.
        limits: of the payload, and of the pictures that the files announce; see :func:`gamutmeta.expand`.

    Raises:
        PhotoError: if the two differ in size.
        GamutMetaError, OSError: as for :func:`gamutmeta.pipeline.expand.expand`.
    """
    start = time.perf_counter()
    step("reading both files")
    with sources_remembered(), pictures_limited(limits):
        file = SrgbFile.read(path, sidecar=sidecar, limits=limits, check=check, samples=samples)
        original = read_reference(file, reference, assume_space=assume_space, raw_style=raw_style)
        step("restoring the colours")
        restored = file.expand(check=False)
    step("measuring the result")
    quality = measure(original.array, restored.array, file.adaptation)
    # As in Comparison.report, but the clipped picture overwrites the restored one, which is already measured.
    clipped = measure(original.array, file.clipped(out=restored.array), file.adaptation)
    return replace(
        file.report(),
        **quality_figures(quality, clipped),
        seconds=time.perf_counter() - start,
        notes=(*original.notes, *restored.notes),
    )
