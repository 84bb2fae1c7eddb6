#!/usr/bin/env bash
# Question: does OpenCV read TIFFs that are to be turned by a quarter (Orientation 5 to 8), as cameras and raw
#   converters write portraits?
# Versions: opencv-python-headless 5.0.0.93, tifffile 2026.3.3 (the writer), Pillow 12.1.1, all PyPI.
# Behaviour seen: imread() gives None, with 8 and with 16 bits, whatever the flags. On stderr it names an internal issue
#   (original_ptr == real_mat.data), not the orientation. imreadmulti() reads the same file and turns it. Flags do not
#   matter: with IMREAD_IGNORE_ORIENTATION and IMREAD_UNCHANGED, imread() fails all the same, and orientations 2 to 4
#   are applied all the same, by both functions. imread() of a JPEG with orientation 6 works.
# Output seen: orientation 1 to 4: imread upright, imreadmulti upright; 5 to 8: imread None, imreadmulti upright
# So do not take None for a damaged file: try imreadmulti(), and turn nothing again. The script fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv --without-pip venv
python3 -m pip --quiet --python venv/bin/python install --no-compile \
  opencv-python-headless==5.0.0.93 tifffile==2026.3.3 numpy==2.4.6 pillow==12.1.1
cat > read.py << 'PY'
import cv2
import numpy as np
import tifffile
from PIL import Image

UPRIGHT = {  # by orientation: what makes the stored array upright
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a, 1),
}
noise = np.random.default_rng(0)


def equal(read, samples):
    return read is not None and read.shape == samples.shape and bool((read[..., ::-1] == samples).all())


for kind in (np.uint8, np.uint16):
    samples = noise.integers(0, np.iinfo(kind).max + 1, (20, 30, 3)).astype(kind)
    for orientation, turn in UPRIGHT.items():
        tag = (274, "H", 1, orientation, True)
        tifffile.imwrite("picture.tif", samples, photometric="rgb", extratags=[tag], metadata=None)
        depth = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH
        for flags in (depth, cv2.IMREAD_UNCHANGED, depth | cv2.IMREAD_IGNORE_ORIENTATION):
            single = cv2.imread("picture.tif", flags)
            _, pages = cv2.imreadmulti("picture.tif", flags=flags)
            assert equal(pages[0], turn(samples))
            assert equal(single, turn(samples)) if orientation <= 4 else single is None
        print(kind.__name__, orientation, "imread:", "None" if single is None else "upright", "imreadmulti: upright")
exif = Image.Exif()
exif[0x112] = 6
Image.new("RGB", (30, 20)).save("picture.jpg", exif=exif)
assert cv2.imread("picture.jpg").shape == (30, 20, 3)
PY
venv/bin/python read.py 2> errors.txt
grep --quiet "original_ptr == real_mat.data" errors.txt
echo "as described"
