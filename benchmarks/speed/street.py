"""A process that takes one file to another, once, and says where the time went and how much memory it took.

    python -m benchmarks.speed.street TASK SOURCE TARGET CORES

Prints one JSON object. Tasks: ``reduce`` and ``expand``, and ``plain reduce`` and ``plain expand``, which do no more than
convert the file, with tifffile and Pillow: the colours are not those of sRGB or ProPhoto then, but the work of the
codecs is the same.
"""

from __future__ import annotations

import json
import sys
import time

_START = time.perf_counter()

from benchmarks.process import confine, peak_bytes  # noqa: E402 - the time of imports is measured, too


def reduce(source: str, target: str) -> dict[str, float]:
    """The street of gamut reduction; seconds by stage."""
    from benchmarks.speed.stages import REDUCE, Stages  # noqa: PLC0415
    from gamutmeta.reduction import reduce_file  # noqa: PLC0415

    stages = Stages()
    stages.seconds["import"] = time.perf_counter() - _START
    stages.wrap(REDUCE)
    stages.timed(reduce_file, "other")(source, target, device="cpu")
    return stages.seconds


def expand(source: str, target: str) -> dict[str, float]:
    """The street of gamut expansion; seconds by stage."""
    from benchmarks.speed.stages import EXPAND, Stages  # noqa: PLC0415
    from gamutmeta.expansion import expand_file  # noqa: PLC0415

    stages = Stages()
    stages.seconds["import"] = time.perf_counter() - _START
    stages.wrap(EXPAND)
    stages.timed(expand_file, "other")(source, target)
    return stages.seconds


def plain_reduce(source: str, target: str) -> dict[str, float]:
    """16-bit TIFF to an 8-bit JPEG or PNG, by the upper bits."""
    import numpy as np  # noqa: PLC0415
    import tifffile  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    codes = (tifffile.imread(source) >> 8).astype(np.uint8)
    Image.fromarray(codes).save(target, quality=95, subsampling="4:4:4")
    return {}


def plain_expand(source: str, target: str) -> dict[str, float]:
    """8-bit JPEG or PNG to a 16-bit TIFF, packed as gamutmeta packs it where imagecodecs is installed."""
    import numpy as np  # noqa: PLC0415
    import tifffile  # noqa: PLC0415
    from PIL import Image  # noqa: PLC0415

    Image.MAX_IMAGE_PIXELS = None
    wide = np.asarray(Image.open(source)) * np.uint16(257)
    options = {"compression": "zlib", "compressionargs": {"level": 1}, "predictor": True}
    tifffile.imwrite(target, wide, photometric="rgb", metadata=None, **options)
    return {}


TASKS = {"reduce": reduce, "expand": expand, "plain reduce": plain_reduce, "plain expand": plain_expand}


def main() -> None:
    """See the module's docstring."""
    task, source, target, cores = sys.argv[1:]
    confine(int(cores))
    stages = TASKS[task](source, target)
    print(json.dumps({"peak_bytes": peak_bytes(), "stages": stages}))


if __name__ == "__main__":
    main()
