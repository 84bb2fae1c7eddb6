"""What travels in the page of the original photograph: a small copy, maps of the errors, and figures.

The original itself stays where it is: a 16-bit photograph is far larger than a page should be. So the errors are
computed here, by the package, and the page shows them.
"""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from gamutmeta.color.icc import profile_bytes
from gamutmeta.color.spaces import DISPLAY_P3
from gamutmeta.measure.colormap import heat_colours
from gamutmeta.photo.upright import upright_image

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.photo.wide import WideImage
    from gamutmeta.pipeline.comparison import Comparison

__all__ = ["reference_data"]

_COPY_SIDE, _COPY_QUALITY = 1600, 90
"""Of the original's copy: the longer side in pixels, and the quality of the JPEG."""
_MAP_QUALITY = 90
"""Of the error maps, JPEGs."""


def reference_data(name: str, comparison: Comparison) -> dict[str, Any]:
    """The reference as the page takes it (JSON).

    Args:
        name: of the original's file.
        comparison: the orientation of the restored photograph counts.

    Returns:
        ``name``; ``original``, a Display P3 JPEG in base64; ``errors``, with grey JPEGs in base64 of CIEDE2000 from 0
        to ``top``, and the 256 ``colours`` to show them in; ``report``, the PSNRs of :class:`~gamutmeta.report.Report`
        (no paths or times, so that the same files give the same page); ``difference``, rows of a table.
    """
    differences, orientation = comparison.differences, comparison.restored.orientation
    errors, og, top = differences.errors, differences.og, differences.top
    maps = [_map(error / top, orientation) for error in errors]
    rows = {"CIEDE2000, mean": [differences.mean(picture) for picture in (0, 1)]}
    if og.any():
        rows["CIEDE2000 out of gamut, mean"] = [float(error[og].mean()) for error in errors]
        rows["CIEDE2000 out of gamut, 95 % are below"] = [float(np.percentile(error[og], 95)) for error in errors]
    return {
        "name": name,
        "original": _copy(comparison.original, orientation),
        "errors": {
            "top": top,
            "clipped": maps[0],
            "restored": maps[1],
            "colours": heat_colours(np.linspace(0, 1, 256)).tolist(),
        },
        "report": {name: value for name, value in comparison.report.to_json().items() if name.startswith("psnr")},
        "difference": rows,
    }


def _map(values: NDArray[np.float64], orientation: int) -> str:
    grey = Image.fromarray(np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8))
    return _jpeg(upright_image(grey, orientation), quality=_MAP_QUALITY)


def _copy(original: WideImage, orientation: int) -> str:
    picture = original.to_pillow("display-p3").convert("RGB")
    picture.thumbnail((_COPY_SIDE, _COPY_SIDE), Image.Resampling.LANCZOS)
    profile = profile_bytes(DISPLAY_P3.name)
    return _jpeg(upright_image(picture, orientation), quality=_COPY_QUALITY, subsampling=0, icc_profile=profile)


def _jpeg(picture: Image.Image, **options: Any) -> str:
    file = BytesIO()
    picture.save(file, "JPEG", **options)
    return b64encode(file.getvalue()).decode("ascii")
