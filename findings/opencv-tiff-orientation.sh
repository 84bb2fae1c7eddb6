#!/usr/bin/env bash
# Question: does OpenCV read a TIFF whose orientation swaps width and height (5 to 8), as portraits from cameras have it?
# Versions: opencv-python-headless 5.0.0 (PyPI), Pillow 12.1.1 (which writes the files).
# Behaviour seen: cv2.imread gives None, and logs "original_ptr == real_mat.data must be 'true'", with every flag, also with
#   IMREAD_IGNORE_ORIENTATION and IMREAD_UNCHANGED. Square pictures, orientations 1 to 4, and the same orientations in the
#   EXIF of a PNG or JPEG are read.
# So who gives pictures to OpenCV gives it the array, or a PNG.
# The script fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip --quiet install opencv-python-headless==5.0.0.93 pillow==12.1.1 numpy==2.3.5
cat > try.py << 'PY'
import cv2
import numpy as np
from PIL import Image

flags = {
    "color": cv2.IMREAD_COLOR,
    "unchanged": cv2.IMREAD_UNCHANGED,
    "ignore orientation": cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION,
}
found = {}
for size in ((64, 40), (48, 48)):
    for orientation in range(1, 9):
        for kind in ("tif", "png", "jpg"):
            exif = Image.Exif()
            exif[0x112] = orientation
            Image.fromarray(np.full((*size[::-1], 3), 90, np.uint8)).save(f"x.{kind}", exif=exif)
            found[size, orientation, kind] = [cv2.imread(f"x.{kind}", flag) is not None for flag in flags.values()]
for key, read in found.items():
    size, orientation, kind = key
    expected = not (kind == "tif" and orientation > 4 and size[0] != size[1])
    assert read == [expected] * len(flags), (key, read)
print("TIFFs of 64 x 40 with orientations 5 to 8: None with each of", ", ".join(flags))
PY
venv/bin/python try.py 2> log.txt || { tail -3 log.txt; exit 1; }
grep -q "original_ptr == real_mat.data" log.txt
echo "as described"
