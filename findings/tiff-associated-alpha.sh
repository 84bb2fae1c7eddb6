#!/usr/bin/env bash
# Question: a TIFF of 8 bits stores colours multiplied by its alpha (associated alpha). Which readers divide them again,
#   and how do they round?
# Versions: Pillow 12.1.1, pyvips-binary 8.18.7, opencv-python-headless 5.0.0.93, OpenImageIO 3.2.2.0, tifffile 2026.3.3
#   (also the writer), PyPI; sharp 0.35.5, utif2 4.1.0 (npm).
# Behaviour seen: Pillow, libvips and sharp divide, and cut the fraction off (99.61 gives 99): the colours become
#   darker, never lighter, by nearly half a code on average. libvips and sharp even give 254 for some exact 255. OpenCV,
#   OpenImageIO, tifffile and UTIF hand out the multiplied colours; OpenCV, tifffile's array and UTIF's give no sign of
#   it. In OpenImageIO that is the convention, and its hint oiio:UnassociatedAlpha does not divide.
# Output seen (stored 125 50 19 with alpha 128, which is exactly 249.02 99.61 37.85):
#   divided: 249 99 37 (Pillow, pyvips, sharp); as stored: 125 50 19 (OpenCV, OpenImageIO, tifffile, UTIF)
#   mean error where divided: -0.46 codes
# So who compares readers compares two kinds of colours. The script fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv --without-pip venv
python3 -m pip --quiet --python venv/bin/python install --no-compile \
  pillow==12.1.1 numpy==2.4.6 pyvips==3.2.0 pyvips-binary==8.18.7 opencv-python-headless==5.0.0.93 \
  openimageio==3.2.2.0 tifffile==2026.3.3
npm --silent init -y > npm.log
npm --silent install sharp@0.35.5 utif2@4.1.0 >> npm.log
cat > make.py << 'PY'
import numpy as np
import tifffile

alpha = np.tile(np.arange(1, 256, dtype=np.int64), (64, 1))
colours = np.random.default_rng(0).integers(0, 256, (64, 255, 3))
stored = np.rint(colours * alpha[..., None] / 255).astype(np.int64)
stored[0, 127] = (125, 50, 19)
picture = np.concatenate([stored, alpha[..., None]], -1).astype(np.uint8)
np.save("stored.npy", picture)
tifffile.imwrite("picture.tif", picture, photometric="rgb", extrasamples=["ASSOCALPHA"], metadata=None)
PY
cat > read.mjs << 'JS'
import { readFileSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import UTIF from 'utif2';
writeFileSync('sharp.raw', await sharp('picture.tif').raw().toBuffer());
const file = readFileSync('picture.tif');
const [page] = UTIF.decode(file);
UTIF.decodeImage(file, page);
writeFileSync('utif.raw', UTIF.toRGBA8(page));
JS
cat > compare.py << 'PY'
import cv2
import numpy as np
import OpenImageIO as oiio
import pyvips
import tifffile
from PIL import Image

stored = np.load("stored.npy").astype(np.int64)
alpha = stored[..., 3:]
exact = np.minimum(stored[..., :3] * 255 / alpha, 255)
cut = np.minimum(stored[..., :3] * 255 // alpha, 255)
hint = oiio.ImageSpec()
hint["oiio:UnassociatedAlpha"] = 1
with Image.open("picture.tif") as image:
    pillow = np.asarray(image)
divided = {
    "Pillow": pillow,
    "pyvips": pyvips.Image.new_from_file("picture.tif").numpy(),
    "sharp": np.fromfile("sharp.raw", np.uint8).reshape(stored.shape),
}
multiplied = {
    "OpenCV": cv2.cvtColor(cv2.imread("picture.tif", cv2.IMREAD_UNCHANGED), cv2.COLOR_BGRA2RGBA),
    "OpenImageIO": oiio.ImageBuf("picture.tif").get_pixels(oiio.UINT8),
    "OpenImageIO, hint": oiio.ImageBuf("picture.tif", 0, 0, hint).get_pixels(oiio.UINT8),
    "tifffile": tifffile.imread("picture.tif"),
    "UTIF": np.fromfile("utif.raw", np.uint8).reshape(stored.shape),
}
for name, picture in (divided | multiplied).items():
    print(name, picture[0, 127], f"mean error {(picture[..., :3] - exact).mean():.2f}")
    assert (picture[..., 3:] == alpha).all()
for name, picture in divided.items():
    below = cut - picture[..., :3]
    print(name, f"{(below != 0).mean():.2%} of the samples lie a code below the fraction cut off")
    assert below.min() == 0 and below.max() == (0 if name == "Pillow" else 1) and below.mean() < 0.005
assert all((picture == stored).all() for picture in multiplied.values())
PY
venv/bin/python make.py
node read.mjs
venv/bin/python compare.py
echo "as described"
