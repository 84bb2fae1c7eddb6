#!/usr/bin/env bash
# Question: which colours has the SDR base of an Ultra HDR file that libultrahdr makes of an HDR picture alone?
# Versions: imagecodecs 2026.3.6 (libultrahdr 1.4.0), Pillow 12.1.1, PyPI.
# Behaviour seen: Display P3, whatever the gamut of the HDR picture is said to be: BT.709, Display P3 or BT.2100. The
#   ICC profile in the file says so. No option asks for an sRGB base; a program that wants one hands the base in.
# Output seen: BT_709, DISPLAY_P3 and BT_2100: Display P3 Gamut with sRGB Transfer
# So do not take the base of an Ultra HDR file for sRGB: read its profile. The script fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv --without-pip venv
python3 -m pip --quiet --python venv/bin/python install --no-compile imagecodecs==2026.3.6 numpy==2.4.6 pillow==12.1.1
cat > write.py << 'PY'
import io

import imagecodecs
import numpy as np
from PIL import Image, ImageCms

hdr = np.ones((64, 64, 4), "f2")
hdr[..., :3] = np.linspace(0, 2, 64)[:, None]
for gamut in ("BT_709", "DISPLAY_P3", "BT_2100"):
    data = imagecodecs.ultrahdr_encode(hdr, gamut=imagecodecs.ULTRAHDR.CG[gamut])
    with Image.open(io.BytesIO(data)) as image:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    name = ImageCms.getProfileDescription(profile).strip()
    print(f"{gamut}: {name}")
    assert name == "Display P3 Gamut with sRGB Transfer"
PY
venv/bin/python write.py
echo "as described"
