#!/usr/bin/env bash
# Question: libvips and sharp write an XMP packet into a PNG. Which readers find it there?
# Versions: pyvips-binary 8.18.7, Pillow 12.1.1, opencv-python-headless 5.0.0.93, OpenImageIO 3.2.2.0, pyexiv2 2.16.0
#   (PyPI); sharp 0.35.5, exifr 7.1.3, exifreader 4.46.0, exiftool-vendored.pl 13.59.3 (npm).
# Behaviour seen: both write it as a zTXt chunk with the keyword XML:com.adobe.xmp; Adobe's XMP specification names an
#   iTXt chunk. Exiv2, ExifTool, OpenImageIO, OpenCV, libvips and sharp find it. Pillow does not know it as XMP: info
#   has no "xmp", and the packet is among the texts. exifr and ExifReader do not find it. In an iTXt chunk, which
#   sharp's keepMetadata() turned into zTXt here, all of them find the same packet.
# Output seen (in zTXt / in iTXt):
#   Exiv2, ExifTool, OpenImageIO, OpenCV, pyvips, sharp: found / found; Pillow, exifr, ExifReader: not found / found
# So XMP that went through libvips or sharp has to be looked for in both chunks. The script fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv --without-pip venv
python3 -m pip --quiet --python venv/bin/python install --no-compile \
  pillow==12.1.1 numpy==2.4.6 pyvips==3.2.0 pyvips-binary==8.18.7 opencv-python-headless==5.0.0.93 \
  openimageio==3.2.2.0 pyexiv2==2.16.0
npm --silent init -y > npm.log
npm --silent install sharp@0.35.5 exifr@7.1.3 exifreader@4.46.0 exiftool-vendored.pl@13.59.3 >> npm.log
cat > make.py << 'PY'
import io
import struct
import zlib

import pyvips
from PIL import Image

XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Label="found"/></rdf:RDF></x:xmpmeta>'
)
file = io.BytesIO()
Image.new("RGB", (64, 48), (200, 100, 50)).save(file, "PNG")
plain = file.getvalue()
body = b"iTXtXML:com.adobe.xmp\0\0\0\0\0" + XMP.encode()
chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
open("itxt.png", "wb").write(plain[:33] + chunk + plain[33:])
pyvips.Image.new_from_file("itxt.png").write_to_file("vips.png", keep="xmp")
PY
cat > read.mjs << 'JS'
import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import exifr from 'exifr';
import ExifReader from 'exifreader';
import sharp from 'sharp';
await sharp('itxt.png').keepMetadata().png().toFile('sharp.png');
for (const name of ['itxt', 'vips', 'sharp']) {
  const file = readFileSync(`${name}.png`);
  const { xmp } = await sharp(file).metadata();
  const byExifr = (await exifr.parse(file, { xmp: true })).Label;
  const byExifReader = ExifReader.load(file).Label?.value;
  console.log(`${name}.png`, { sharp: !!xmp, byExifr, byExifReader });
  const expected = name === 'itxt' ? 'found' : undefined;
  assert(xmp.toString().includes('found') && byExifr === expected && byExifReader === expected);
}
JS
cat > read.py << 'PY'
import subprocess

import cv2
import OpenImageIO as oiio
import pyexiv2
import pyvips
from PIL import Image

TOOL = "node_modules/exiftool-vendored.pl/bin/exiftool"
for name, chunk in (("itxt.png", b"iTXt"), ("vips.png", b"zTXt"), ("sharp.png", b"zTXt")):
    assert chunk + b"XML:com.adobe.xmp\0" in open(name, "rb").read()
    with Image.open(name) as image:
        image.load()
        by_pillow, as_text = "xmp" in image.info, "XML:com.adobe.xmp" in image.info
    exiv2 = pyexiv2.Image(name)
    attributes = oiio.ImageInput.open(name).spec().extra_attribs
    fields = {attribute.name.split(":")[-1]: attribute.value for attribute in attributes}
    _, kinds, _ = cv2.imreadWithMetadata(name, flags=cv2.IMREAD_COLOR)
    label = subprocess.run([TOOL, "-s3", "-XMP:Label", name], capture_output=True, text=True, check=True).stdout
    found = {
        "Exiv2": exiv2.read_xmp() == {"Xmp.xmp.Label": "found"},
        "ExifTool": label == "found\n",
        "OpenImageIO": fields.get("Label") == "found",
        "OpenCV": cv2.IMAGE_METADATA_XMP in kinds,
        "pyvips": "xmp-data" in pyvips.Image.new_from_file(name).get_fields(),
    }
    exiv2.close()
    print(name, found, "Pillow:", by_pillow, "among the texts:", as_text)
    assert all(found.values()) and by_pillow == (chunk == b"iTXt") and as_text
PY
venv/bin/python make.py
node read.mjs
venv/bin/python read.py
echo "as described"
