#!/usr/bin/env bash
# Question: the PNG standard lets eXIf and iTXt stand before or behind the pixels (IDAT). Which libraries find an
#   orientation and an XMP packet that stand behind?
# Versions: Pillow 12.1.1, OpenCV 5.0.0.93, pyvips-binary 8.18.7, OpenImageIO 3.2.2.0, pyexiv2 2.16.0 (PyPI); sharp
#   0.35.5, exifr 7.1.3, exifreader 4.46.0 and exiftool-vendored.pl 13.59.3 (npm).
# Behaviour seen: before the pixels, all of them find the orientation. Behind the pixels, Pillow (its EXIF and its XMP,
#   even before load()), OpenCV, Exiv2, ExifTool, exifr and ExifReader find it. libvips, sharp and OpenImageIO do not,
#   and say nothing: sharp's autoOrient() leaves the picture on its side, and keepMetadata() writes no XMP.
# Output seen (orientation before / behind):
#   Pillow 6/6, OpenCV turned/turned, Exiv2 6/6, pyvips 6/None, OpenImageIO 6/None
#   sharp 6/undefined (autoOrient: 64x96 / 96x64), exifr 6/6, ExifReader 6/6, ExifTool 6/6
# So who writes metadata for others has to put it before the pixels. The script fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv --without-pip venv
python3 -m pip --quiet --python venv/bin/python install --no-compile \
  pillow==12.1.1 numpy==2.4.6 opencv-python-headless==5.0.0.93 pyvips==3.2.0 \
  pyvips-binary==8.18.7 openimageio==3.2.2.0 pyexiv2==2.16.0
npm --silent init -y > npm.log
npm --silent install sharp@0.35.5 exifr@7.1.3 exifreader@4.46.0 exiftool-vendored.pl@13.59.3 >> npm.log
cat > read.py << 'PY'
import io
import struct
import subprocess
import zlib

import cv2
import numpy as np
import OpenImageIO as oiio
import pyexiv2
import pyvips
from PIL import Image

XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Label="found"/></rdf:RDF></x:xmpmeta>'
)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


file = io.BytesIO()
Image.fromarray(np.zeros((64, 96, 3), np.uint8)).save(file, "PNG")
plain = file.getvalue()
exif = Image.Exif()
exif[0x112] = 6
extra = chunk(b"eXIf", exif.tobytes()[6:]) + chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP.encode())
pixels, end = plain.index(b"IDAT") - 4, plain.index(b"IEND") - 4
for name, at in (("before", pixels), ("behind", end)):
    open(f"{name}.png", "wb").write(plain[:at] + extra + plain[at:])


def looked_at(name):
    with Image.open(name) as image:
        pillow = (image.getexif().get(0x112), "xmp" in image.info)
    vips = pyvips.Image.new_from_file(name)
    fields = vips.get_fields()
    exiv2 = pyexiv2.Image(name)
    reader = oiio.ImageInput.open(name)
    command = ["node_modules/exiftool-vendored.pl/bin/exiftool", "-s3", "-n", "-Orientation", "-XMP:Label", name]
    tool = [*subprocess.run(command, capture_output=True, text=True, check=True).stdout.split(), None]
    found = {
        "Pillow": pillow,
        "OpenCV": (6 if cv2.imread(name).shape[:2] == (96, 64) else None, None),
        "Exiv2": (int(exiv2.read_exif()["Exif.Image.Orientation"]), exiv2.read_xmp() == {"Xmp.xmp.Label": "found"}),
        "ExifTool": (int(tool[0]), tool[1] == "found"),
        "pyvips": (vips.get("orientation") if "orientation" in fields else None, "xmp-data" in fields),
        "OpenImageIO": (reader.spec().get("Orientation"), None),
    }
    exiv2.close()
    return found


before, behind = looked_at("before.png"), looked_at("behind.png")
print("before", before)
print("behind", behind)
assert all(orientation == 6 and xmp is not False for orientation, xmp in before.values())
assert behind.pop("pyvips") == (None, False) and behind.pop("OpenImageIO") == (None, None)
assert all(orientation == 6 and xmp is not False for orientation, xmp in behind.values())
PY
cat > read.mjs << 'JS'
import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import exifr from 'exifr';
import ExifReader from 'exifreader';
import sharp from 'sharp';
for (const [name, found] of [['before', true], ['behind', false]]) {
  const file = readFileSync(`${name}.png`);
  const { orientation, xmp } = await sharp(file).metadata();
  const { info } = await sharp(file).autoOrient().raw().toBuffer({ resolveWithObject: true });
  const kept = await sharp(await sharp(file).keepMetadata().png().toBuffer()).metadata();
  const { Orientation, Label } = await exifr.parse(file, { xmp: true, translateValues: false });
  const tags = ExifReader.load(file);
  console.log(name, { orientation, xmp: !!xmp, width: info.width, keptXmp: !!kept.xmp, Orientation, Label,
    ExifReader: [tags.Orientation?.value, tags.Label?.value] });
  assert.deepEqual([orientation === 6, !!xmp, info.width === 64, !!kept.xmp], [found, found, found, found]);
  assert(Orientation === 6 && Label === 'found');
  assert(tags.Orientation.value === 6 && tags.Label.value === 'found');
}
JS
venv/bin/python read.py
node read.mjs
echo "as described"
