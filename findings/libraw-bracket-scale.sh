#!/usr/bin/env bash
# Question: do two raw frames with the same grey, in one of which something else is brighter, get the same grey from
#   rawpy's "no automatic brightness"?
# Versions: rawpy 0.28.0 (PyPI, with its LibRaw), tifffile 2026.3.3 to make the DNGs.
# Behaviour seen: no. With no_auto_bright=True, gamma (1, 1) and a white level of 65535 the grey of 10000 stays 10000
#   while the brightest sample is below 75 % of white. From there on the brightest sample itself is taken for white, and
#   the grey becomes 13107 (brightest sample 50000). It then falls again, as the brightest sample rises: the darker of
#   two frames can come out brighter. adjust_maximum_thr=0 gives 10000 always. A threshold of 1 does not switch it off:
#   it acts like the default.
# Output seen:
#   brightest 40000: default 10000, threshold 1: 10000, threshold 0: 10000
#   brightest 48000: default 10000, threshold 1: 10000, threshold 0: 10000
#   brightest 50000: default 13107, threshold 1: 13107, threshold 0: 10000
#   brightest 60000: default 10922, threshold 1: 10922, threshold 0: 10000
# So who compares or merges raw frames has to pass adjust_maximum_thr=0. The script fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv --without-pip venv
python3 -m pip --quiet --python venv/bin/python install --no-compile rawpy==0.28.0 tifffile==2026.3.3 numpy==2.4.6
cat > develop.py << 'PY'
import numpy as np
import rawpy
import tifffile

SRGB_FROM_XYZ = (3.2405, -1.5371, -0.4985, -0.9693, 1.8760, 0.0416, 0.0556, -0.2040, 1.0572)
TAGS = [
    (33421, "H", 2, (2, 2), True),  # CFARepeatPatternDim
    (33422, "B", 4, (0, 1, 1, 2), True),  # CFAPattern: RGGB
    (50706, "B", 4, (1, 4, 0, 0), True),  # DNGVersion
    (50708, "s", 0, "Synthetic", True),  # UniqueCameraModel
    (50714, "H", 1, 0, True),  # BlackLevel
    (50717, "I", 1, 65535, True),  # WhiteLevel
    (50721, "2i", 9, [n for x in SRGB_FROM_XYZ for n in (round(x * 10000), 10000)], True),  # ColorMatrix1
    (50728, "2I", 3, (1, 1, 1, 1, 1, 1), True),  # AsShotNeutral
    (50778, "H", 1, 21, True),  # CalibrationIlluminant1: D65
]


def grey(brightest, **options):
    mosaic = np.full((64, 64), 10_000, np.uint16)
    mosaic[:8, :8] = brightest
    tifffile.imwrite("frame.dng", mosaic, photometric=32803, extratags=TAGS, metadata=None)
    with rawpy.imread("frame.dng") as raw:
        picture = raw.postprocess(
            output_color=rawpy.ColorSpace.raw,
            output_bps=16,
            gamma=(1, 1),
            no_auto_bright=True,
            use_camera_wb=True,
            **options,
        )
    assert np.ptp(picture[40:56, 40:56]) == 0
    return int(picture[48, 48, 1])


for brightest, expected in ((40_000, 10_000), (48_000, 10_000), (50_000, 13_107), (60_000, 10_922)):
    default = grey(brightest)
    one, zero = (grey(brightest, adjust_maximum_thr=threshold) for threshold in (1.0, 0.0))
    print(f"brightest {brightest}: default {default}, threshold 1: {one}, threshold 0: {zero}")
    assert (default, one, zero) == (expected, expected, 10_000)
PY
venv/bin/python develop.py
echo "as described"
