#!/usr/bin/env bash
# Question: an AVIF says by the property irot that it is to be turned. Which libraries turn it, and do the others say
#   so?
# Versions: Pillow 12.1.1 (also the writer), imagecodecs 2026.3.6, OpenCV 5.0.0.93, PyAV 18.1.0, pyvips-binary 8.18.7
#   (PyPI); sharp 0.35.5 (npm).
# Behaviour seen: Pillow turns EXIF's orientation 6 into irot when it saves, and no EXIF block is left in the file.
#   libvips and sharp turn the picture by themselves, and name no orientation. Pillow hands it out as stored, and makes
#   up an EXIF orientation of 6 for it. imagecodecs and PyAV hand it out as stored, with no word. So does OpenCV, though
#   it turns a JPEG with the same orientation in EXIF: code that was tested with JPEGs shows AVIFs lying on their side.
# Output seen (a picture of 96 x 64, red at the top left as stored):
#   Pillow 96x64 red, orientation 6; imagecodecs 96x64 red; OpenCV 96x64 red (its JPEG: 64x96 blue); PyAV 96x64 red
#   pyvips 64x96 blue, orientation None; sharp 64x96 blue, orientation undefined
# The script fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv --without-pip venv
python3 -m pip --quiet --python venv/bin/python install --no-compile \
  pillow==12.1.1 numpy==2.4.6 imagecodecs==2026.3.6 opencv-python-headless==5.0.0.93 \
  av==18.1.0 pyvips==3.2.0 pyvips-binary==8.18.7
npm --silent init -y > npm.log
npm --silent install sharp@0.35.5 >> npm.log
cat > read.py << 'PY'
import av
import cv2
import imagecodecs
import numpy as np
import pyvips
from PIL import Image

stored = np.zeros((64, 96, 3), np.uint8)
stored[:32, :48], stored[:32, 48:] = (255, 0, 0), (0, 255, 0)
stored[32:, :48], stored[32:, 48:] = (0, 0, 255), (255, 255, 255)
exif = Image.Exif()
exif[0x112] = 6  # turn it clockwise to show it
for name in ("turned.avif", "turned.jpg"):
    Image.fromarray(stored).save(name, quality=95, exif=exif.tobytes())
data = open("turned.avif", "rb").read()
assert b"irot" in data and b"Exif" not in data


def look(pixels):
    red, green, blue = (int(value > 128) for value in pixels[8, 8, :3])
    colour = {(1, 0, 0): "red", (0, 1, 0): "green", (0, 0, 1): "blue", (1, 1, 1): "white"}[red, green, blue]
    return f"{pixels.shape[1]}x{pixels.shape[0]} {colour}"


with Image.open("turned.avif") as image:
    pillow, said = look(np.asarray(image.convert("RGB"))), image.getexif().get(0x112)
with av.open("turned.avif") as container:
    pyav = look(next(container.decode(video=0)).to_ndarray(format="rgb24"))
vips = pyvips.Image.new_from_file("turned.avif")
vips_said = vips.get("orientation") if "orientation" in vips.get_fields() else None
seen = {
    "Pillow": pillow,
    "imagecodecs": look(imagecodecs.avif_decode(data)),
    "OpenCV": look(cv2.imread("turned.avif")[..., ::-1]),
    "OpenCV, JPEG": look(cv2.imread("turned.jpg")[..., ::-1]),
    "PyAV": pyav,
    "pyvips": look(vips.numpy()),
}
print(seen, "Pillow's orientation:", said, "pyvips':", vips_said)
assert said == 6 and vips_said is None
assert seen.pop("pyvips") == seen.pop("OpenCV, JPEG") == "64x96 blue"
assert set(seen.values()) == {"96x64 red"}
PY
cat > read.mjs << 'JS'
import assert from 'node:assert';
import sharp from 'sharp';
const { data, info } = await sharp('turned.avif').raw().toBuffer({ resolveWithObject: true });
const { orientation } = await sharp('turned.avif').metadata();
const at = (8 * info.width + 8) * info.channels;
console.log(`sharp ${info.width}x${info.height}`, data.subarray(at, at + 3), `orientation ${orientation}`);
assert(info.width === 64 && info.height === 96 && orientation === undefined);
assert(data[at] < 128 && data[at + 1] < 128 && data[at + 2] > 128);
JS
venv/bin/python read.py
node read.mjs
echo "as described"
