"""A process that takes one file to another, once, and says where the time went and how much memory it took.

    python -m benchmarks.speed.pipeline TASK SOURCE TARGET CORES

Prints one JSON object. The tasks ``reduce`` and ``expand`` run the command line. ``plain reduce`` and ``plain expand``
do no more than convert the file, with tifffile and Pillow: the colours are not those of sRGB or ProPhoto then, but the
work of the codecs is the same.
"""

import contextlib
import io
import json
import sys
import time
from typing import Any

_START = time.perf_counter()

from benchmarks.machine import confine, peak_bytes  # noqa: E402 - the time of imports is measured, too


def pipeline(task: str, source: str, target: str) -> dict[str, Any]:
    """One of gamutmeta's pipelines: seconds by stage, and those of the pipeline's own function."""
    import gamutmeta.cli.convert  # noqa: F401
    from benchmarks.speed.stages import EXPAND, REDUCE, Stages
    from gamutmeta.__main__ import main as command

    stages = Stages()
    stages.wrap(REDUCE if task == "reduce" else EXPAND)
    stages.seconds["import"] = time.perf_counter() - _START
    sys.argv = ["gamutmeta", task, source, "-o", target, "--json", *(["--device", "cpu"] if task == "reduce" else [])]
    with contextlib.redirect_stdout(io.StringIO()) as output:
        try:
            command()
        except SystemExit as ended:
            if ended.code:
                sys.exit(output.getvalue())
    return {"stages": stages.seconds, "inside": json.loads(output.getvalue())["seconds"]}


def plain_reduce(source: str, target: str) -> None:
    """16-bit TIFF to an 8-bit JPEG or PNG, by the upper bits."""
    import numpy as np
    import tifffile
    from PIL import Image

    codes = (tifffile.imread(source) >> 8).astype(np.uint8)
    Image.fromarray(codes).save(target, quality=95, subsampling="4:4:4")


def plain_expand(source: str, target: str) -> None:
    """8-bit JPEG or PNG to a 16-bit TIFF, packed as gamutmeta packs it where imagecodecs is installed."""
    import numpy as np
    import tifffile
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None
    wide = np.asarray(Image.open(source)) * np.uint16(257)
    options: dict[str, Any] = {"compression": "zlib", "compressionargs": {"level": 1}, "predictor": True}
    tifffile.imwrite(target, wide, photometric="rgb", metadata=None, **options)


def main() -> None:
    task, source, target, cores = sys.argv[1:]
    confine(int(cores))
    answer: dict[str, Any] = {}
    if task.startswith("plain"):
        (plain_reduce if task == "plain reduce" else plain_expand)(source, target)
    else:
        answer = pipeline(task, source, target)
    print(json.dumps(answer | {"peak_bytes": peak_bytes()}))


if __name__ == "__main__":
    main()
