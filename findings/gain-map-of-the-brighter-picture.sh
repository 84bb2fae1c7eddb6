#!/usr/bin/env bash
# Question: ISO 21496-1 lets the base picture be the brighter one (base headroom above alternate headroom, "the base is
#   HDR, the map leads down"). Do today's readers of gain maps in JPEGs take such a file?
# Versions: imagecodecs 2026.3.6 (libultrahdr 1.4.0), PyPI; sharp 0.35.5 (libvips 8.18.7, libultrahdr 2.0.2), npm.
# Behaviour seen: libultrahdr decodes neither, and says why in two ways: with the flag "backward direction" set, the
#   base as the HDR picture "is not supported"; without it, the headrooms are bad values, as equal ones are. sharp reads
#   all of these as plain pictures. Without the flag it lists the map in metadata(), and keepGainMap() alone fails, with
#   libultrahdr's message; with the flag it sees no map, and keepGainMap() drops it in silence.
# Output seen (headrooms of base and alternate in stops; flag):
#   0 and 2: decoded; map listed, kept            2 and 0: refused; map listed, keepGainMap refused
#   2 and 0, flag: refused; no map, done          1 and 1: refused; map listed, keepGainMap refused
# So who writes such a file cannot send it through these. The script fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv --without-pip venv
python3 -m pip --quiet --python venv/bin/python install --no-compile pillow==12.1.1 numpy==2.4.6 imagecodecs==2026.3.6
npm --silent init -y > npm.log
npm --silent install sharp@0.35.5 >> npm.log
cat > resave.mjs << 'JS'
import sharp from 'sharp';
const [, , source, keep] = process.argv;
try {
  let picture = sharp(source);
  const listed = (await picture.metadata()).gainMap ? 'map listed' : 'no map';
  if (keep === 'keep') picture = picture.keepGainMap();
  await picture.jpeg().toFile('out.jpg');
  const left = (await sharp('out.jpg').metadata()).gainMap ? 'kept' : 'gone';
  console.log(`${listed}, ${left}`);
} catch (error) {
  console.log(error.message);
}
JS
cat > read.py << 'PY'
import io
import struct
import subprocess

import imagecodecs
from PIL import Image

ISO = b"urn:iso:std:iso:ts:21496:-1\0"


def segment(marker, data):
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def grey(code, size):
    file = io.BytesIO()
    Image.new("L", size, code).convert("RGB").save(file, "JPEG", quality=100)
    return file.getvalue()


def metadata(base, alternate, flags):
    # Versions 0, one channel, space of the base, common denominator 1: headrooms; minimum, maximum, gamma, offsets.
    return segment(0xE2, ISO + struct.pack(">HHBIIIiiIii", 0, 0, 0x48 | flags, 1, base, alternate, -2, 2, 1, 0, 0))


def index(first, second):
    directory = struct.pack(">HHHI4sHHII", 3, 0xB000, 7, 4, b"0100", 0xB001, 4, 1, 2)
    directory += struct.pack(">HHIII", 0xB002, 7, 32, 50, 0)
    entries = struct.pack(">IIIHH", 0x030000, first[0], 0, 0, 0) + struct.pack(">IIIHH", 0, second[0], second[1], 0, 0)
    return segment(0xE2, b"MPF\0MM\0*" + struct.pack(">I", 8) + directory + entries)


def file_with(base_headroom, alternate_headroom, flags):
    base, gains = grey(100, (64, 48)), grey(192, (16, 12))
    gains = gains[:2] + metadata(base_headroom, alternate_headroom, flags) + gains[2:]
    head = base[:2] + segment(0xE2, ISO + bytes(4))
    size = len(head) + len(index((0, 0), (0, 0))) + len(base) - 2
    return head + index((size, 0), (len(gains), size - len(head) - 8)) + base[2:] + gains


def by_sharp(*options):
    command = ["node", "resave.mjs", "file.jpg", *options]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


DECODED, BAD, UNSUPPORTED = "decoded", "bad value for hdr capacity max", "base rendition is not supported"
EXPECTED = {
    (0, 2, 0): (DECODED, "map listed, gone", "map listed, kept"),
    (2, 0, 0): (BAD, "map listed, gone", BAD),
    (2, 0, 4): (UNSUPPORTED, "no map, gone", "no map, gone"),
    (1, 1, 0): (BAD, "map listed, gone", BAD),
}
for (base, alternate, flags), expected in EXPECTED.items():
    data = file_with(base, alternate, flags)
    open("file.jpg", "wb").write(data)
    try:
        decoded = f"decoded to {imagecodecs.ultrahdr_decode(data).shape}"
    except imagecodecs.UltrahdrError as error:
        decoded = str(error)
    said = decoded, by_sharp(), by_sharp("keep")
    print(f"headrooms {base} and {alternate}, flags {flags}:", "; ".join(said))
    assert all(part in found for part, found in zip(expected, said, strict=True))
PY
venv/bin/python read.py
echo "as described"
