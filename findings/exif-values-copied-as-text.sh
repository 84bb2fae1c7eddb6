#!/usr/bin/env bash
# Question: EXIF tells "infinitely far" by a SubjectDistance of 4294967295/1, and unknown f-numbers of a lens by 0/0. Do
#   these, and fractions that could be shortened, survive when EXIF is read and written again?
# Versions: pyexiv2 2.16.0 (Exiv2), Pillow 12.1.1, piexif 1.1.3, pyvips-binary 8.18.7 (PyPI); piexifjs 1.0.6 and
#   exiftool-vendored.pl 13.59.3 (npm).
# Behaviour seen: what read_exif() of pyexiv2 gives, modify_exif() takes back, but a numerator above 2147483647 is lost:
#   no error, and the field stays in the file with no value at all (a count of 0), infinity first of all. 0/0 survives
#   everywhere. Pillow shortens unsigned fractions only (10/3000 becomes 1/300, -2/6 stays). ExifTool keeps all when it
#   edits a file; with -TagsFromFile it shortens, signed ones too, and a large fraction becomes another number:
#   4294967295/1000 is written as 12884902/3. piexif, piexifjs and libvips change nothing.
# Output seen (of infinity; of 4294967295/1000; of 10/3000; of -2/6):
#   pyexiv2 [] [] 10/3000 -2/6; Pillow 4294967295/1 858993459/200 1/300 -2/6
#   ExifTool, copied: 4294967295/1 12884902/3 1/300 -1/3; the others as they were
# The script fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv --without-pip venv
python3 -m pip --quiet --python venv/bin/python install --no-compile \
  pillow==12.1.1 pyexiv2==2.16.0 piexif==1.1.3 pyvips==3.2.0 pyvips-binary==8.18.7
npm --silent init -y > npm.log
npm --silent install exiftool-vendored.pl@13.59.3 piexifjs@1.0.6 >> npm.log
cat > rewrite.js << 'JS'
const { readFileSync, writeFileSync } = require('node:fs');
const piexif = require('piexifjs');
const text = readFileSync('source.jpg').toString('binary');
writeFileSync('piexifjs.jpg', Buffer.from(piexif.insert(piexif.dump(piexif.load(text)), text), 'binary'));
JS
cat > rewrite.py << 'PY'
import io
import shutil
import struct
import subprocess

import piexif
import pyexiv2
import pyvips
from PIL import Image

TOOL = ["node_modules/exiftool-vendored.pl/bin/exiftool", "-q", "-overwrite_original"]
INFINITY, LARGE = [(0xFFFFFFFF, 1)], [(0xFFFFFFFF, 1000)]
SOURCE = {  # by tag: ExposureTime, ExposureBiasValue, SubjectDistance, FocalLength, LensSpecification
    0x829A: [(10, 3000)],
    0x9204: [(-2, 6)],
    0x9206: INFINITY,
    0x920A: LARGE,
    0xA432: [(24, 1), (70, 1), (0, 0), (0, 0)],
}


def code(tag):
    return "ii" if tag == 0x9204 else "II"


def make_exif():
    entries, values = b"", b""
    begin = 26 + 2 + 12 * len(SOURCE) + 4
    for tag, fractions in SOURCE.items():
        kind = 10 if tag == 0x9204 else 5
        entries += struct.pack("<HHII", tag, kind, len(fractions), begin + len(values))
        values += b"".join(struct.pack("<" + code(tag), *fraction) for fraction in fractions)
    first = struct.pack("<HHHIII", 1, 0x8769, 4, 1, 26, 0)
    return b"II*\0" + struct.pack("<I", 8) + first + struct.pack("<H", len(SOURCE)) + entries + bytes(4) + values


def fractions_of(jpeg):
    data = jpeg[jpeg.index(b"Exif\0\0") + 6 :]
    order = "<" if data[:2] == b"II" else ">"
    found = {}

    def directory(at):
        for number in range(struct.unpack_from(order + "H", data, at)[0]):
            tag, _, count, value = struct.unpack_from(order + "HHII", data, at + 2 + 12 * number)
            if tag == 0x8769:
                directory(value)
            elif tag in SOURCE:
                found[tag] = [struct.unpack_from(order + code(tag), data, value + 8 * n) for n in range(count)]

    directory(struct.unpack_from(order + "I", data, 4)[0])
    return found


def written(name):
    return open(name, "rb").read()


file = io.BytesIO()
Image.new("RGB", (32, 32)).save(file, "JPEG")
plain = file.getvalue()
file = io.BytesIO()
Image.new("RGB", (32, 32)).save(file, "JPEG", exif=b"Exif\0\0" + make_exif())
source = file.getvalue()
assert fractions_of(source) == SOURCE
open("source.jpg", "wb").write(source)

with pyexiv2.ImageData(source) as image:
    text = image.read_exif()
with pyexiv2.ImageData(plain) as image:
    image.modify_exif(text)
    by_exiv2 = image.get_bytes()
with Image.open("source.jpg") as image:
    exif = image.getexif()
    exif.get_ifd(0x8769)
    image.save("pillow.jpg", exif=exif)
file = io.BytesIO()
piexif.insert(piexif.dump(piexif.load("source.jpg")), plain, file)
pyvips.Image.new_from_file("source.jpg").write_to_file("vips.jpg", keep="exif")
shutil.copy("source.jpg", "edited.jpg")
subprocess.run([*TOOL, "-Artist=Artist", "edited.jpg"], check=True)
open("copied.jpg", "wb").write(plain)
subprocess.run([*TOOL, "-TagsFromFile", "source.jpg", "-exif:all", "copied.jpg"], check=True)
subprocess.run(["node", "rewrite.js"], check=True)

changes = {
    "pyexiv2": (by_exiv2, {0x9206: [], 0x920A: []}),
    "Pillow": (written("pillow.jpg"), {0x829A: [(1, 300)], 0x920A: [(858993459, 200)]}),
    "piexif": (file.getvalue(), {}),
    "piexifjs": (written("piexifjs.jpg"), {}),
    "libvips": (written("vips.jpg"), {}),
    "ExifTool, edited": (written("edited.jpg"), {}),
    "ExifTool, copied": (written("copied.jpg"), {0x829A: [(1, 300)], 0x9204: [(-1, 3)], 0x920A: [(12884902, 3)]}),
}
print("source:", text)
for name, (jpeg, expected) in changes.items():
    found = fractions_of(jpeg)
    changed = {tag: value for tag, value in found.items() if value != SOURCE[tag]}
    print(f"{name}: changed", {hex(tag): value for tag, value in changed.items()})
    assert found.keys() == SOURCE.keys() and changed == expected
PY
venv/bin/python rewrite.py
echo "as described"
