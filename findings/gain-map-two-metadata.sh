#!/usr/bin/env bash
# Question: an Ultra HDR JPEG can tell about its gain map twice, by XMP (hdrgm) and by ISO 21496-1. Which one do readers
#   follow if the two differ, and do they read files that have only one?
# Versions: imagecodecs 2026.3.6 (libultrahdr 1.4.0, also the writer), pyvips-binary 8.18.7 (libultrahdr 2.0.2), PyPI;
#   hdrify 1.2.1 (npm).
# Behaviour seen: libultrahdr, and libvips with it, follow ISO 21496-1, and read files with either. hdrify follows XMP,
#   and refuses files without it as having no metadata. libultrahdr 1.4.0 writes ISO 21496-1 alone, hdrify XMP alone: so
#   hdrify does not read what libultrahdr writes, but the other way round it works. In a file where the two differ, the
#   same picture is twice as bright in one reader as in the other.
# Output seen (the map's maximum in stops; XMP says 1, ISO 21496-1 says 2; and how many times as bright libultrahdr
#   decodes the picture as with XMP alone):
#   XMP alone: hdrify 1, libvips 1, brightness 1.0    ISO alone: hdrify refuses, libvips 2, brightness 2.0
#   both: hdrify 1, libvips 2, brightness 2.0         written by libultrahdr: hdrify refuses
# So who edits a gain map has to write both alike. The script fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv --without-pip venv
python3 -m pip --quiet --python venv/bin/python install --no-compile \
  pillow==12.1.1 numpy==2.4.6 imagecodecs==2026.3.6 pyvips==3.2.0 \
  pyvips-binary==8.18.7
npm --silent init -y > npm.log
npm --silent install hdrify@1.2.1 >> npm.log
cat > stops.mjs << 'JS'
import { readFileSync } from 'node:fs';
import { readJpegGainMap } from 'hdrify';
try {
  console.log(readJpegGainMap(new Uint8Array(readFileSync(process.argv[2]))).metadata.gainMapMax[0]);
} catch (error) {
  console.log(error.message);
}
JS
cat > read.py << 'PY'
import io
import struct
import subprocess

import imagecodecs
import numpy as np
import pyvips
from PIL import Image

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
NAMES = (
    'xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" '
    'xmlns:Container="http://ns.google.com/photos/1.0/container/" '
    'xmlns:Item="http://ns.google.com/photos/1.0/container/item/"'
)
ISO = b"urn:iso:std:iso:ts:21496:-1\0"


def segment(marker, data):
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def xmp(properties, inside=""):
    packet = (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about="" {NAMES} '
        f'hdrgm:Version="1.0" {properties}>{inside}</rdf:Description></rdf:RDF></x:xmpmeta>'
    )
    return segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet.encode())


def item(properties):
    return f'<rdf:li rdf:parseType="Resource"><Container:Item Item:Mime="image/jpeg" {properties}/></rdf:li>'


def grey(code, size):
    file = io.BytesIO()
    Image.new("L", size, code).convert("RGB").save(file, "JPEG", quality=100)
    return file.getvalue()


def by_xmp(stops):
    return xmp(
        f'hdrgm:GainMapMin="0" hdrgm:GainMapMax="{stops}" hdrgm:Gamma="1" hdrgm:OffsetSDR="0" hdrgm:OffsetHDR="0" '
        f'hdrgm:HDRCapacityMin="0" hdrgm:HDRCapacityMax="{stops}" hdrgm:BaseRenditionIsHDR="False"'
    )


def by_iso(stops):
    # Versions 0, one channel with a common denominator of 1: headrooms; minimum, maximum, gamma, offsets.
    return segment(0xE2, ISO + struct.pack(">HHBIIIiiIii", 0, 0, 8, 1, 0, stops, 0, stops, 1, 0, 0))


def index(first, second):
    directory = struct.pack(">HHHI4sHHII", 3, 0xB000, 7, 4, b"0100", 0xB001, 4, 1, 2)
    directory += struct.pack(">HHIII", 0xB002, 7, 32, 50, 0)
    entries = struct.pack(">IIIHH", 0x030000, first[0], 0, 0, 0) + struct.pack(">IIIHH", 0, second[0], second[1], 0, 0)
    return segment(0xE2, b"MPF\0MM\0*" + struct.pack(">I", 8) + directory + entries)


def file_with(xmp_stops=None, iso_stops=None):
    base, gains = grey(100, (64, 48)), grey(255, (16, 12))
    about = (by_xmp(xmp_stops) if xmp_stops else b"") + (by_iso(iso_stops) if iso_stops else b"")
    gains = gains[:2] + about + gains[2:]
    head = base[:2]
    if xmp_stops:
        items = item('Item:Semantic="Primary"') + item(f'Item:Semantic="GainMap" Item:Length="{len(gains)}"')
        head += xmp("", f"<Container:Directory><rdf:Seq>{items}</rdf:Seq></Container:Directory>")
    if iso_stops:
        head += segment(0xE2, ISO + bytes(4))
    size = len(head) + len(index((0, 0), (0, 0))) + len(base) - 2
    return head + index((size, 0), (len(gains), size - len(head) - 8)) + base[2:] + gains


def by_hdrify(data):
    open("file.jpg", "wb").write(data)
    return subprocess.run(["node", "stops.mjs", "file.jpg"], capture_output=True, text=True, check=True).stdout.strip()


REFUSED = "Not a valid JPEG with gain map: missing gain map metadata"
files = {
    "XMP alone": (file_with(xmp_stops=1), "1", 1),
    "ISO alone": (file_with(iso_stops=2), REFUSED, 2),
    "both": (file_with(xmp_stops=1, iso_stops=2), "1", 2),
}
reference = imagecodecs.ultrahdr_decode(files["XMP alone"][0])[..., :3].max()
for name, (data, hdrify_expected, stops) in files.items():
    brightness = float(imagecodecs.ultrahdr_decode(data)[..., :3].max() / reference)
    vips = float(np.log2(pyvips.Image.new_from_buffer(data, "").get("gainmap-max-content-boost")[0]))
    hdrify = by_hdrify(data)
    print(f"{name}: hdrify {hdrify}; libvips {vips:.2f}; brightness {brightness:.2f}")
    assert hdrify == hdrify_expected
    assert abs(vips - stops) < 0.01 and abs(brightness - 2 ** (stops - 1)) < 0.02

light = np.ones((48, 64, 4), np.float16)
light[..., :3] = np.linspace(0, 4, 64)[:, None]
written = bytes(imagecodecs.ultrahdr_encode(light))
print("written by libultrahdr:", by_hdrify(written))
assert ISO in written and b"hdrgm" not in written and by_hdrify(written) == REFUSED
PY
venv/bin/python read.py
echo "as described"
