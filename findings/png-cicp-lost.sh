#!/usr/bin/env bash
# Question: a PNG tells its colour space (Display P3) by cICP alone. What do converters make of its numbers?
# Versions: sharp 0.35.5 (npm); pyvips-binary 8.18.7, Pillow 12.1.1, OpenImageIO 3.2.2.0 (PyPI).
# Behaviour seen: sharp, libvips and Pillow do not read cICP: the numbers stay, and the new file has no cICP. What they
#   write beside the numbers is worse than nothing in two cases: sharp's withMetadata() adds its sRGB profile, and
#   Pillow writes AVIFs whose code points say sRGB (1/13). OpenImageIO reads cICP and writes it into another PNG, and
#   OpenEXR gets the space by name; into JPEG, TIFF and WebP it writes the same numbers with no word about their space.
#   It converts no numbers, and warns of nothing.
# Output seen (the colour 200 100 50 in Display P3, after):
#   sharp PNG: 200 100 50, no cICP; with withMetadata(): 200 100 50, profile of sRGB; pyvips PNG: no cICP;
#   Pillow PNG: no cICP, AVIF: code points 1/13; OpenImageIO PNG: cICP 12/13/0/1, JPEG, TIFF, WebP: no profile
# So a PNG for others should have an ICC profile beside its cICP. The script fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv --without-pip venv
python3 -m pip --quiet --python venv/bin/python install --no-compile \
  pillow==12.1.1 numpy==2.4.6 pyvips==3.2.0 pyvips-binary==8.18.7 openimageio==3.2.2.0
npm --silent init -y > npm.log
npm --silent install sharp@0.35.5 >> npm.log
cat > make.py << 'PY'
import io
import struct
import zlib

from PIL import Image

file = io.BytesIO()
Image.new("RGB", (64, 64), (200, 100, 50)).save(file, "PNG")
data = file.getvalue()
body = b"cICP" + bytes([12, 13, 0, 1])  # Display P3, sRGB's curve, RGB, full range
chunk = struct.pack(">I", 4) + body + struct.pack(">I", zlib.crc32(body))
open("p3.png", "wb").write(data[:33] + chunk + data[33:])
PY
cat > convert.mjs << 'JS'
import sharp from 'sharp';
await sharp('p3.png').toFile('sharp.png');
await sharp('p3.png').withMetadata().toFile('sharp-metadata.png');
JS
cat > convert.py << 'PY'
import io

import OpenImageIO as oiio
import pyvips
from PIL import Image, ImageCms

COLOUR = (200, 100, 50)
pyvips.Image.new_from_file("p3.png").write_to_file("vips.png")
with Image.open("p3.png") as image:
    image.save("pillow.png")
    image.save("pillow.avif", quality=100, subsampling="4:4:4")
picture = oiio.ImageBuf("p3.png")
for suffix in ("png", "jpg", "tif", "webp", "exr"):
    assert picture.write(f"oiio.{suffix}")


def told(name):
    data = open(name, "rb").read()
    with Image.open(name) as image:
        colour, profile = image.convert("RGB").getpixel((30, 30)), image.info.get("icc_profile")
    assert all(abs(seen - given) <= 3 for seen, given in zip(colour, COLOUR, strict=True)), colour
    words = []
    if b"cICP" in data:
        at = data.index(b"cICP") + 4
        words.append("cICP " + "/".join(str(code) for code in data[at : at + 4]))
    if b"nclx" in data:
        at = data.index(b"nclx") + 4
        words.append("nclx " + "/".join(str(int.from_bytes(data[n : n + 2])) for n in (at, at + 2)))
    if profile:
        words.append("ICC " + ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile))).strip())
    if any(chunk in data for chunk in (b"sRGB", b"gAMA", b"cHRM")) and name.endswith(".png") and not profile:
        words.append("sRGB, gAMA or cHRM")
    print(f"{name}: {colour} {words}")
    return words


assert told("p3.png") == ["cICP 12/13/0/1"]
assert told("sharp.png") == told("vips.png") == told("pillow.png") == []
assert told("sharp-metadata.png") == ["ICC sRGB"]
assert told("pillow.avif") == ["nclx 1/13"]
assert told("oiio.png") == ["cICP 12/13/0/1"]
assert told("oiio.jpg") == told("oiio.tif") == told("oiio.webp") == []
name = oiio.ImageInput.open("oiio.exr").spec().get("colorInteropID")
print("oiio.exr:", name)
assert "p3d65" in name
PY
venv/bin/python make.py
node convert.mjs
venv/bin/python convert.py
echo "as described"
