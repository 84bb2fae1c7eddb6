#!/usr/bin/env bash
# Question: sharp makes sRGB numbers of a PNG with a ProPhoto profile, unless it is told to keep the profile. Are they
#   the same for 8 and for 16 bits per sample?
# Versions: sharp 0.35.5 (npm, with libvips 8.18.7); Pillow 12.1.1 and imagecodecs 2026.3.6 (PyPI) make and read the
#   files.
# Behaviour seen: no. Of 16 bits it makes Display P3 numbers, writes no profile beside them, and reduces them to 8 bits:
#   every viewer takes them for sRGB and shows the colours too dull. It is so for PNG and TIFF sources, PNG and JPEG
#   outputs, with and without a resize. toColourspace('srgb') does not help, and toColourspace('rgb16') gives the same
#   numbers with 16 bits. withIccProfile('srgb') and withMetadata() give sRGB numbers and their profile;
#   keepIccProfile() keeps numbers and profile. Nothing warns.
# Output seen (in sRGB the colour is 211 126 0, in Display P3 199 130 42, rounded):
#   8 bits: 211 126 0; 16 bits: 199 130 42; 16 bits, resized: 199 130 42; 16 bits, toColourspace srgb: 199 130 42 (each
#   without a profile); 16 bits, withIccProfile: 211 126 0 with a profile; 16 bits, keepIccProfile: 156 117 39 with one
# The script fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv --without-pip venv
python3 -m pip --quiet --python venv/bin/python install --no-compile \
  pillow==12.1.1 numpy==2.4.6 imagecodecs==2026.3.6 tifffile==2026.3.3
npm --silent init -y > npm.log
npm --silent install sharp@0.35.5 >> npm.log
cat > make.py << 'PY'
import struct
import zlib

import imagecodecs
import numpy as np
import tifffile

ROMM = [0.734699, 0.265301, 0.159597, 0.840403, 0.036598, 0.000105]
profile = bytes(imagecodecs.cms_profile("rgb", whitepoint=[0.3457, 0.3585], primaries=ROMM, gamma=1.8))
compressed = b"ProPhoto\0\0" + zlib.compress(profile)
iccp = struct.pack(">I", len(compressed)) + b"iCCP" + compressed + struct.pack(">I", zlib.crc32(b"iCCP" + compressed))
deep = np.tile(np.uint16([40_000, 30_000, 10_000]), (64, 64, 1))
for bits, samples in ((16, deep), (8, np.rint(deep / 257).astype(np.uint8))):
    data = bytes(imagecodecs.png_encode(samples))
    open(f"{bits}.png", "wb").write(data[:33] + iccp + data[33:])
tifffile.imwrite("16.tif", deep, photometric="rgb", iccprofile=profile)
PY
cat > convert.mjs << 'JS'
import sharp from 'sharp';
const ways = {
  plain: (image) => image,
  resized: (image) => image.resize(32, 32),
  space: (image) => image.toColourspace('srgb'),
  srgb: (image) => image.withIccProfile('srgb'),
  metadata: (image) => image.withMetadata(),
  keep: (image) => image.keepIccProfile(),
};
for (const source of ['8.png', '16.png', '16.tif']) {
  for (const [name, way] of Object.entries(ways)) await way(sharp(source)).png().toFile(`${source}-${name}.png`);
  await sharp(source).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toFile(`${source}-plain.jpg`);
}
await sharp('16.png').toColourspace('rgb16').png().toFile('16.png-rgb16.png');
JS
cat > compare.py << 'PY'
import imagecodecs
import numpy as np
from PIL import Image

SRGB, P3, PROPHOTO = (211, 126, 0), (199, 130, 42), (156, 117, 39)


def seen(name):
    with Image.open(name) as image:
        return image.getpixel((16, 16)), "icc_profile" in image.info


def check(name, expected, *, profile):
    colour, has_profile = seen(name)
    print(f"{name}: {colour}, {'with' if has_profile else 'no'} profile")
    assert has_profile == profile and np.abs(np.subtract(colour, expected)).max() <= 2


for ending in ("plain.png", "plain.jpg", "resized.png", "space.png"):
    check(f"8.png-{ending}", SRGB, profile=False)
    check(f"16.png-{ending}", P3, profile=False)
    check(f"16.tif-{ending}", P3, profile=False)
for source in ("8.png", "16.png", "16.tif"):
    check(f"{source}-srgb.png", SRGB, profile=True)
    check(f"{source}-metadata.png", SRGB, profile=True)
    check(f"{source}-keep.png", PROPHOTO, profile=True)
deep = imagecodecs.png_decode(open("16.png-rgb16.png", "rb").read())
print("16 bits, rgb16:", deep.dtype, deep[16, 16], "no profile")
assert deep.dtype == np.uint16 and not seen("16.png-rgb16.png")[1]
assert np.abs(deep[16, 16] / 257 - P3).max() <= 2
PY
venv/bin/python make.py
node convert.mjs
venv/bin/python compare.py
echo "as described"
