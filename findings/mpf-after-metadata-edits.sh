#!/usr/bin/env bash
# Question: libultrahdr writes the index of the pictures in an Ultra HDR JPEG (MPF) near the front of the file, and the
#   offset in it counts from there. Does the offset still lead to the gain map after metadata were edited?
# Versions: imagecodecs 2026.3.6 (libultrahdr 1.4.0: writer, and reader that does not need the index), pyexiv2 2.16.0,
#   piexif 1.1.3, Pillow 12.1.1 (PyPI); exiftool-vendored.pl 13.59.3 (npm).
# Behaviour seen: Exiv2 puts EXIF, XMP, IPTC and comments behind the index, and leaves the offset as it was: it leads
#   into the middle of some scan. ExifTool puts EXIF and XMP before the index, which keeps it right, but a comment goes
#   behind it: the offset is wrong then, and ExifTool warns only when the map is asked for ("MPImage2 is not a valid
#   JPEG image"). piexif is right. Where the offset is wrong, Pillow still says that there are two frames, and fails on
#   the second; libultrahdr finds the gain map as before.
# Output seen:
#   original True, piexif EXIF True, Exiv2 EXIF False, Exiv2 XMP False, Exiv2 IPTC False, Exiv2 comment False,
#   ExifTool EXIF True, ExifTool XMP True, ExifTool comment False
# So a reader that works on an edited file does not show that the index is right, and readers that go by the index lose
# the map. The script fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv --without-pip venv
python3 -m pip --quiet --python venv/bin/python install --no-compile \
  pillow==12.1.1 numpy==2.4.6 imagecodecs==2026.3.6 pyexiv2==2.16.0 piexif==1.1.3
npm --silent init -y > npm.log
npm --silent install exiftool-vendored.pl@13.59.3 >> npm.log
cat > edit.py << 'PY'
import io
import struct
import subprocess

import imagecodecs
import numpy as np
import piexif
import pyexiv2
from PIL import Image

TOOL = "node_modules/exiftool-vendored.pl/bin/exiftool"
y, x = np.mgrid[:128, :192]
light = np.stack([x / 48, y / 32, np.full(x.shape, 0.5), np.ones(x.shape)], -1).astype(np.float16)
original = bytes(imagecodecs.ultrahdr_encode(light))


def leads_to_a_picture(data):
    at = 2
    while data[at + 1] != 0xDA:
        (length,) = struct.unpack_from(">H", data, at + 2)
        if data[at + 1] == 0xE2 and data[at + 4 : at + 8] == b"MPF\0":
            header = at + 8
            assert data[header : header + 4] == b"MM\0*"
            (directory,) = struct.unpack_from(">I", data, header + 4)
            (fields,) = struct.unpack_from(">H", data, header + directory)
            for number in range(fields):
                tag, _, _, entries = struct.unpack_from(">HHII", data, header + directory + 2 + 12 * number)
                if tag == 0xB002:  # the second entry is the map's: attributes, size, offset
                    (offset,) = struct.unpack_from(">I", data, header + entries + 16 + 8)
                    return data[header + offset : header + offset + 3] == b"\xff\xd8\xff"
        at += 2 + length
    raise AssertionError("no index")


def by_exiv2(method, value):
    with pyexiv2.ImageData(original) as image:
        getattr(image, method)(value)
        return image.get_bytes()


def by_exiftool(option):
    open("edited.jpg", "wb").write(original)
    subprocess.run([TOOL, "-q", "-overwrite_original", option, "edited.jpg"], check=True)
    return open("edited.jpg", "rb").read()


by_piexif = io.BytesIO()
piexif.insert(piexif.dump({"0th": {piexif.ImageIFD.Make: b"Maker"}}), original, by_piexif)
edited = {
    "original": (original, True),
    "piexif EXIF": (by_piexif.getvalue(), True),
    "Exiv2 EXIF": (by_exiv2("modify_exif", {"Exif.Image.Make": "Maker"}), False),
    "Exiv2 XMP": (by_exiv2("modify_xmp", {"Xmp.dc.source": "Source"}), False),
    "Exiv2 IPTC": (by_exiv2("modify_iptc", {"Iptc.Application2.Headline": "Headline"}), False),
    "Exiv2 comment": (by_exiv2("modify_comment", "Comment"), False),
    "ExifTool EXIF": (by_exiftool("-Make=Maker"), True),
    "ExifTool XMP": (by_exiftool("-XMP-dc:Source=Source"), True),
    "ExifTool comment": (by_exiftool("-Comment=Comment"), False),
}
expected_light = imagecodecs.ultrahdr_decode(original)
for name, (data, expected) in edited.items():
    right = leads_to_a_picture(data)
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.n_frames) == ("MPO", 2)
        try:
            image.seek(1)
            image.load()
            pillow = "reads the second frame"
        except SyntaxError as error:
            pillow = f"second frame: {error}"
    print(f"{name}: {right}; Pillow {pillow}")
    assert right == expected == (pillow == "reads the second frame")
    assert (imagecodecs.ultrahdr_decode(data) == expected_light).all()
open("edited.jpg", "wb").write(edited["ExifTool comment"][0])
asked = [TOOL, "-s3", "-warning", "-MPImage2", "edited.jpg"]
warning = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
print("ExifTool on its own file:", warning.strip())
assert "MPImage2 is not a valid JPEG image" in warning
PY
venv/bin/python edit.py
echo "as described"
