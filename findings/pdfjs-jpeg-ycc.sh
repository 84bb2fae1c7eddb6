#!/usr/bin/env bash
# Question: does the JPEG decoder of pdf.js give the YCbCr samples that libjpeg reconstructs, if it is told not to
#   convert colours (colorTransform: 0)?
# Versions: pdfjs-dist 5.6.205 (npm), Pillow 12.1.1 (PyPI, with libjpeg-turbo).
# Behaviour seen: (1) An Adobe marker (APP14) in the file outweighs the option: the values that come out are RGB, without
#   an error. Without the marker they are YCbCr. (2) With 4:2:0, every chroma sample is repeated over four pixels, where
#   libjpeg interpolates ("fancy upsampling"). Luma agrees within one code; chroma differs by tens of codes at edges.
# So who wants libjpeg's samples has to take out APP14, and to take the coded chroma plane back and interpolate it.
# The script fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip --quiet install pillow==12.1.1 numpy==2.3.5
npm --silent init -y > npm.log
npm --silent install pdfjs-dist@5.6.205 >> npm.log
cat > make.py << 'PY'
import io, json
import numpy as np
from PIL import Image

y, x = np.mgrid[:64, :96]
rgb = np.stack([255 * (x // 16 % 2), 255 * (y // 16 % 2), (x + y) % 256], -1).astype(np.uint8)
file = io.BytesIO()
Image.fromarray(rgb).save(file, "JPEG", quality=95, subsampling="4:2:0")
plain = file.getvalue()
adobe = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x01"  # version 100, no flags, transform 1: YCbCr
# In the place of JFIF's marker, as Adobe's programs write it.
length = int.from_bytes(plain[4:6], "big")
open("plain.jpg", "wb").write(plain)
open("adobe.jpg", "wb").write(plain[:2] + adobe + plain[4 + length :])
for name in ("plain", "adobe"):
    with Image.open(f"{name}.jpg") as image:
        image.draft("YCbCr", image.size)
        np.asarray(image).tofile(f"{name}.ycc")
    np.asarray(Image.open(f"{name}.jpg").convert("RGB")).tofile(f"{name}.rgb")
PY
cat > decode.mjs << 'JS'
import { readFileSync, writeFileSync } from 'node:fs';
import { JpegImage } from './node_modules/pdfjs-dist/image_decoders/pdf.image_decoders.mjs';
for (const name of ['plain', 'adobe']) {
  const image = new JpegImage({ colorTransform: 0 });
  image.parse(new Uint8Array(readFileSync(`${name}.jpg`)));
  writeFileSync(`${name}.pdfjs`, image.getData({ width: 96, height: 64 }));
}
JS
cat > compare.py << 'PY'
import numpy as np

read = lambda name: np.fromfile(name, np.uint8).reshape(64, 96, 3).astype(int)
plain, adobe = read("plain.pdfjs"), read("adobe.pdfjs")
libjpeg = read("plain.ycc")
assert (read("adobe.ycc") == libjpeg).all()
luma = abs(plain - libjpeg)[..., 0].max()
chroma = abs(plain - libjpeg)[..., 1:].max()
repeated = (plain[0::2, :, 1:] == plain[1::2, :, 1:]).all() and (plain[:, 0::2, 1:] == plain[:, 1::2, 1:]).all()
as_rgb, as_ycc = (abs(adobe - read(f"adobe.{kind}")).mean() for kind in ("rgb", "ycc"))
print(f"without APP14: luma differs by at most {luma}, chroma by at most {chroma}; chroma repeated: {repeated}")
print(f"with APP14: mean difference from libjpeg's RGB {as_rgb:.1f}, from its YCbCr {as_ycc:.1f}")
assert luma <= 1 and chroma >= 20 and repeated
assert as_rgb < 20 < as_ycc
PY
venv/bin/python make.py
node decode.mjs
venv/bin/python compare.py
echo "as described"
