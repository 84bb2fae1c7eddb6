#!/usr/bin/env bash
# Question: OpenImageIO converts a picture to another colour space. Does the file that it writes then say the new space?
# Version: OpenImageIO 3.2.2.0 (PyPI); Pillow 12.1.1 and imagecodecs 2026.3.6 make and read the files.
# Behaviour seen: it depends on how the source told its space. If it was by cICP, the new file is right: the old code
#   points are gone, and an sRGB chunk stands there. If it was by an ICC profile, the old profile is written beside the
#   new numbers, in PNG, JPEG and TIFF, and the new space is named nowhere that outweighs it: readers convert a second
#   time. OpenImageIO does not look into such a profile either: it calls a PNG or JPEG with a Display P3 profile sRGB,
#   and a TIFF nothing.
# Output seen (the colour 200 100 50 of Display P3 is 215 93 31 in sRGB):
#   cICP: 215 93 31 without cICP; png, jpg, tif: 215 93 31 with the Display P3 profile; read as sRGB, sRGB, None
# So take the attribute ICCProfile away before writing. The script fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv --without-pip venv
python3 -m pip --quiet --python venv/bin/python install --no-compile \
  pillow==12.1.1 numpy==2.4.6 openimageio==3.2.2.0 imagecodecs==2026.3.6
cat > convert.py << 'PY'
import io
import struct
import zlib

import imagecodecs
import OpenImageIO as oiio
from PIL import Image

P3, SRGB, DISPLAY_P3 = "srgb_p3d65_scene", "srgb_rec709_scene", [0.68, 0.32, 0.265, 0.69, 0.15, 0.06]
profile = bytes(imagecodecs.cms_profile("rgb", whitepoint=[0.3127, 0.329], primaries=DISPLAY_P3, gamma=2.2))
source = Image.new("RGB", (64, 64), (200, 100, 50))


def converted(name, expected_space):
    picture = oiio.ImageBuf(name)
    space = picture.spec().get("oiio:ColorSpace")
    result = oiio.ImageBufAlgo.colorconvert(picture, P3, SRGB)
    assert space == expected_space and not result.has_error
    assert result.write(f"new-{name}")
    with Image.open(f"new-{name}") as image:
        colour, found = image.getpixel((30, 30)), image.info.get("icc_profile")
    print(f"{name}: read as {space}; converted: {colour}", "with the old profile" if found == profile else "no profile")
    assert all(abs(seen - right) <= 3 for seen, right in zip(colour, (215, 93, 31), strict=True))
    return found


file = io.BytesIO()
source.save(file, "PNG")
data = file.getvalue()
body = b"cICP" + bytes([12, 13, 0, 1])
chunk = struct.pack(">I", 4) + body + struct.pack(">I", zlib.crc32(body))
open("cicp.png", "wb").write(data[:33] + chunk + data[33:])
assert converted("cicp.png", P3) is None
new = open("new-cicp.png", "rb").read()
assert b"cICP" not in new and b"sRGB" in new
for suffix, space in (("png", SRGB), ("jpg", SRGB), ("tif", None)):
    source.save(f"icc.{suffix}", icc_profile=profile, quality=95)
    assert converted(f"icc.{suffix}", space) == profile
PY
venv/bin/python convert.py
echo "as described"
