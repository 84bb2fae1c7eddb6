#!/usr/bin/env bash
# Question: an AVIF with 4:2:0 has one chroma sample for four pixels. Do readers interpolate between them, as libjpeg
#   does?
# Versions: Pillow 12.1.1 (also the writer), imagecodecs 2026.3.6, opencv-python-headless 5.0.0.93, pyvips-binary
#   8.18.7, PyAV 18.1.0 (PyPI); sharp 0.35.5 (npm).
# Behaviour seen: Pillow, imagecodecs and OpenCV (libavif) interpolate, and agree within one code. libvips and sharp
#   (libheif) and PyAV (FFmpeg) repeat each sample over four pixels. At an edge in chroma that lies between two samples
#   the two kinds differ by 20 codes in red, a quarter of the step. Of a JPEG with the same picture, libvips and sharp
#   interpolate as Pillow does; PyAV repeats there, too.
# Output seen (red across the edge):
#   Pillow, imagecodecs, OpenCV: 69 69 89 128 148 148; pyvips, sharp: 69 69 69 148 148 148; PyAV: 69 69 69 147 147 147
# So AVIFs with 4:2:0 cannot be compared across readers. The script fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv --without-pip venv
python3 -m pip --quiet --python venv/bin/python install --no-compile \
  pillow==12.1.1 numpy==2.4.6 imagecodecs==2026.3.6 opencv-python-headless==5.0.0.93 pyvips==3.2.0 \
  pyvips-binary==8.18.7 av==18.1.0
npm --silent init -y > npm.log
npm --silent install sharp@0.35.5 >> npm.log
cat > make.py << 'PY'
import numpy as np
from PIL import Image

ycbcr = np.full((64, 128, 3), (110, 128, 100), np.uint8)
ycbcr[:, 64:, 2] = 156
for suffix in ("avif", "jpg"):
    Image.fromarray(ycbcr, "YCbCr").convert("RGB").save(f"edge.{suffix}", quality=100, subsampling="4:2:0")
PY
cat > read.mjs << 'JS'
import { writeFileSync } from 'node:fs';
import sharp from 'sharp';
for (const suffix of ['avif', 'jpg']) {
  writeFileSync(`${suffix}.raw`, await sharp(`edge.${suffix}`).removeAlpha().raw().toBuffer());
}
JS
cat > compare.py << 'PY'
import av
import cv2
import imagecodecs
import numpy as np
import pyvips
from PIL import Image


def by_pyav(name):
    with av.open(name) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")


def all_readers(name):
    data, suffix = open(name, "rb").read(), name[-4:].strip(".")
    with Image.open(name) as image:
        pillow = np.asarray(image.convert("RGB"))
    return {
        "Pillow": pillow,
        "imagecodecs": imagecodecs.avif_decode(data) if suffix == "avif" else imagecodecs.jpeg8_decode(data),
        "OpenCV": cv2.imread(name)[..., ::-1],
        "pyvips": pyvips.Image.new_from_file(name).numpy()[..., :3],
        "sharp": np.fromfile(f"{suffix}.raw", np.uint8).reshape(pillow.shape),
        "PyAV": by_pyav(name),
    }


def repeats(picture):
    """Whether pairs of pixels are alike across the whole edge."""
    red = picture[32, 40:88, 0].astype(int)
    return bool((abs(red[0::2] - red[1::2]) <= 1).all())


for name, repeating in (("edge.avif", {"pyvips", "sharp", "PyAV"}), ("edge.jpg", {"PyAV"})):
    pictures = all_readers(name)
    for reader, picture in pictures.items():
        print(f"{name} {reader}: red {picture[32, 58:70, 0]}")
    assert {reader for reader, picture in pictures.items() if repeats(picture)} == repeating
    same = [pictures[reader].astype(int) for reader in pictures if reader not in repeating]
    difference = abs(pictures["PyAV"].astype(int) - same[0])[..., 0].max()
    print(f"{name}: interpolated and repeated differ by up to {difference} codes in red")
    assert all(abs(picture - same[0]).max() <= 1 for picture in same) and difference >= 15
PY
venv/bin/python make.py
node read.mjs
venv/bin/python compare.py
echo "as described"
