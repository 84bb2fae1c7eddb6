"""A demonstration with a photograph that comes with gamutmeta (see NOTICE), or with the user's own."""

from __future__ import annotations

import math
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from gamutmeta.demo.comparison import draw_comparison
from gamutmeta.photo.write import write_photo
from gamutmeta.pipeline.comparison import compare
from gamutmeta.pipeline.options import ReduceOptions
from gamutmeta.pipeline.reduce import read_and_reduce, save_reduced
from gamutmeta.pipeline.srgb_file import SrgbFile
from gamutmeta.runtime.files import as_private_as, atomic_write, check_output

if TYPE_CHECKING:
    import os

    from gamutmeta.choices import Preset
    from gamutmeta.fit.config import FitConfig
    from gamutmeta.pipeline.comparison import Comparison
    from gamutmeta.report import Report

__all__ = ["Demonstration", "demonstrate"]


@dataclass(frozen=True, slots=True)
class Demonstration:
    """The figures and the files.

    Attributes:
        reduction: of the photograph to `srgb`.
        srgb: JPEG with a payload.
        restored: 16-bit TIFF.
        comparison: PNG, see :mod:`gamutmeta.demo.comparison`.
    """

    reduction: Report
    srgb: Path
    restored: Path
    comparison: Path

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reduction has to say."""
        return self.reduction.notes

    def to_json(self) -> dict[str, object]:
        """The figures of the reduction and the files, as JSON values."""
        files = {"restored": str(self.restored), "comparison": str(self.comparison)}
        return self.reduction.to_json() | files


def demonstrate(
    photograph: str | os.PathLike[str] | None,
    folder: str | os.PathLike[str],
    *,
    preset: Preset | FitConfig = "balanced",
    max_bytes: int | None = None,
    overwrite: bool = False,
) -> Demonstration:
    """Reduce a photograph to a JPEG, restore it from that, and draw the comparison.

    Args:
        photograph: any that can be reduced; None for the one that comes with gamutmeta.
        folder: of the three files; it is created if it does not exist.
        preset: as for :func:`gamutmeta.reduce`.
        max_bytes: as for :func:`gamutmeta.reduce`.
        overwrite: whether the files may exist.

    Raises:
        OutputExistsError: if one of them exists and `overwrite` is false; nothing was done then.
        GamutMetaError, OSError: as for :func:`gamutmeta.pipeline.reduce.reduce_file`.
    """
    folder, options = Path(folder), ReduceOptions(preset=preset, max_bytes=max_bytes)
    with ExitStack() as stack:
        if photograph is not None:
            stack.enter_context(as_private_as(photograph))
        else:
            photograph = stack.enter_context(resources.as_file(resources.files(__name__) / "carrots.tif"))
        source = Path(photograph)
        srgb = folder / f"{source.stem}.jpg"
        restored = folder / f"{source.stem}-restored.tif"
        comparison = folder / "comparison.png"
        for path in (srgb, restored, comparison):
            check_output(path, overwrite=overwrite)
        folder.mkdir(parents=True, exist_ok=True)
        start = time.perf_counter()
        original, reduction = read_and_reduce(source, srgb, options, overwrite=overwrite)
        report = save_reduced(reduction, srgb, options, overwrite=overwrite)
        report = replace(report, file=str(source), seconds=time.perf_counter() - start)
        # From the file that was written, and nothing else.
        compared = compare(SrgbFile.read(srgb, check=True), original)
        write_photo(compared.restored.convert("prophoto"), restored, overwrite=overwrite)
        atomic_write(comparison, _png_of(compared, report), overwrite=overwrite)
    return Demonstration(report, srgb, restored, comparison)


def _png_of(comparison: Comparison, report: Report) -> bytes:
    """The comparison as a PNG file, with figures of the reduction."""
    payload, whole = report.payload_bytes or 0, report.file_bytes or 0
    sheet = draw_comparison(
        comparison,
        (
            f"sRGB JPEG, {whole - payload:,} bytes. {_psnr_text(report.psnr_clip_og)}",
            f"The same with {payload:,} bytes of payload. {_psnr_text(report.psnr_og)}",
            "16-bit ProPhoto",
        ),
    )
    png = BytesIO()
    sheet.save(png, "PNG", icc_profile=sheet.info["icc_profile"])
    return png.getvalue()


def _psnr_text(psnr_og: float | None) -> str:
    return "" if psnr_og is None or math.isnan(psnr_og) else f"Out of gamut: {psnr_og:.1f} dB"
