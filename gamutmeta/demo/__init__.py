"""A demonstration with a photograph that comes with gamutmeta (see NOTICE), or with the user's own."""

from __future__ import annotations

import math
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import resources
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from gamutmeta.demo.comparison import draw_comparison
from gamutmeta.expansion import attached_payload, expand_decoded, expand_file
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.model.expand import expand as expand_pixels
from gamutmeta.photo.files import atomic_write, check_output
from gamutmeta.photo.pixels import decode_srgb
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage
from gamutmeta.reduction import reduce_file

if TYPE_CHECKING:
    import os

    from gamutmeta.fit.config import FitConfig
    from gamutmeta.report import Report

__all__ = ["Demonstration", "demonstrate"]


@dataclass(frozen=True, slots=True)
class Demonstration:
    """The figures and the files.

    Attributes:
        reduction: of the photograph to `srgb`.
        expansion: of `srgb` to `restored`.
        srgb: JPEG with a payload.
        restored: 16-bit TIFF.
        comparison: PNG, see :mod:`gamutmeta.demo.comparison`.
    """

    reduction: Report
    expansion: Report
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
    preset: str | FitConfig = "balanced",
    overwrite: bool = False,
) -> Demonstration:
    """Reduce a photograph to a JPEG, restore it from that, and draw the comparison.

    Args:
        photograph: any that can be reduced; None for the one that comes with gamutmeta.
        folder: of the three files; it is created if it does not exist.
        preset: as for :func:`gamutmeta.reduction.reduce`.
        overwrite: whether the files may exist.

    Raises:
        OutputExistsError: if one of them exists and `overwrite` is false; nothing was done then.
        GamutMetaError, OSError: as for :func:`gamutmeta.reduction.reduce_file`.
    """
    folder = Path(folder)
    with ExitStack() as stack:
        if photograph is None:
            photograph = stack.enter_context(resources.as_file(resources.files(__name__) / "carrots.tif"))
        source = Path(photograph)
        srgb = folder / f"{source.stem}.jpg"
        restored = folder / f"{source.stem}-restored.tif"
        comparison = folder / "comparison.png"
        for path in (srgb, restored, comparison):
            check_output(path, overwrite=overwrite)
        folder.mkdir(parents=True, exist_ok=True)
        reduction = reduce_file(source, srgb, preset=preset, overwrite=overwrite)
        expansion = expand_file(srgb, restored, overwrite=overwrite)
        png = _comparison(source, srgb, reduction)
        atomic_write(comparison, png, overwrite=overwrite)
    return Demonstration(reduction, expansion, srgb, restored, comparison)


def _comparison(source: Path, srgb: Path, report: Report) -> bytes:
    """The comparison as a PNG file."""
    data = srgb.read_bytes()
    codes = decode_srgb(data)
    attached = attached_payload(data, srgb)
    adaptation = attached.payload.descriptor.adaptation
    sheet = draw_comparison(
        read_photo(source),
        WideImage(expand_pixels(Descriptor(adaptation=adaptation), {}, codes)),
        expand_decoded(attached, data, codes),
        details=(
            f"sRGB JPEG, {len(data) - attached.size:,} bytes. {_psnr_text(report.psnr_clip_og)}",
            f"The same with {attached.size:,} bytes of payload. {_psnr_text(report.psnr_og)}",
            "16-bit ProPhoto",
        ),
        adaptation=adaptation,
    )
    png = BytesIO()
    sheet.save(png, "PNG", icc_profile=sheet.info["icc_profile"])
    return png.getvalue()


def _psnr_text(psnr_og: float | None) -> str:
    return "" if psnr_og is None or math.isnan(psnr_og) else f"Out of gamut: {psnr_og:.1f} dB"
