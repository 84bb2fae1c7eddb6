"""A picture of one size, as files: what the tasks start from.

    python -m benchmarks.speed.sources PHOTOGRAPH MEGAPIXELS FOLDER PART...

A process of its own, so that its memory is gone when the measuring begins. ``source.tif`` is for the pipelines,
``wide.npy`` and ``png.npy`` (sRGB codes) for the fit, and for the expansion ``png.npy`` with the model ``png.gamut``,
and ``jpeg.npy`` (the codes as decoded from a JPEG, quality 90, 4:2:0) with ``jpeg.gamut``, which has no gate.
"""

import sys
from collections.abc import Collection
from pathlib import Path

import numpy as np

from benchmarks.arrays import Codes, Wide
from benchmarks.pictures import tiled
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage


def make(photograph: Path, megapixels: float, folder: Path, parts: Collection[str]) -> None:
    """Write the files that these parts need."""
    wide = tiled(read_photo(photograph).array, megapixels)
    if "pipeline" in parts:
        WideImage(wide).save(folder / "source.tif", overwrite=True)
    if {"expand", "fit"} & set(parts):
        codes, _ = reduce_to_codes(wide, Adaptation.BRADFORD)
        np.save(folder / "png.npy", codes)
        if "fit" in parts:
            np.save(folder / "wide.npy", wide)
        if "expand" in parts:
            _make_models(wide, codes, folder)


def _make_models(wide: Wide, codes: Codes, folder: Path) -> None:
    """Containers with a `balanced` model; what they need is not needed by every part."""
    from benchmarks.figures import payload_of
    from gamutmeta.fit.config import preset_named
    from gamutmeta.fit.engine import fit
    from gamutmeta.photo.pixels import decode_srgb, encode_srgb_file

    decoded = decode_srgb(encode_srgb_file(codes, "jpeg", quality=90, subsampling="4:2:0"))
    np.save(folder / "jpeg.npy", decoded)
    for name, of, gate in (("png", codes, 0), ("jpeg", decoded, None)):
        result = fit(of, wide, preset_named("balanced"), gate=gate, device="cpu")
        (folder / f"{name}.gamut").write_bytes(payload_of(of, result).to_bytes())


if __name__ == "__main__":
    make(Path(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:])
