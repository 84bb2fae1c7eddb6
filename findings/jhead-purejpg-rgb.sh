#!/usr/bin/env bash
# Question: does jhead -purejpg ("Delete all JPEG sections that aren't necessary for rendering the image") leave the picture
#   as it is?
# Versions: jhead 3.06 (Debian), Pillow 12.1.1 with libjpeg-turbo 3.
# Behaviour seen: not a JPEG that is coded as RGB (libjpeg's, with components named R, G, B, and Adobe's marker). jhead takes
#   out Adobe's marker and puts JFIF's in, which says YCbCr, and decoders believe it before the names: red becomes another
#   colour, though no coded byte changed. YCbCr files stay as they are.
# So a digest of the coded data does not tell that the picture is the same; how the samples are to be read has to be in it.
# The script fails if that changes.
set -euo pipefail
command -v jhead > /dev/null || { echo "needs jhead (apt-get install jhead)"; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip --quiet install pillow==12.1.1 numpy==2.3.5
cat > try.py << 'PY'
import subprocess
import numpy as np
from PIL import Image

for name, keep_rgb in (("ycc", False), ("rgb", True)):
    Image.fromarray(np.full((32, 32, 3), (200, 60, 40), np.uint8)).save(f"{name}.jpg", quality=95, keep_rgb=keep_rgb)
    before = open(f"{name}.jpg", "rb").read()
    shown = np.asarray(Image.open(f"{name}.jpg").convert("RGB"))[8, 8].astype(int)
    subprocess.run(["jhead", "-purejpg", f"{name}.jpg"], check=True, capture_output=True)
    after = open(f"{name}.jpg", "rb").read()
    then = np.asarray(Image.open(f"{name}.jpg").convert("RGB"))[8, 8].astype(int)
    coded = before[before.index(b"\xff\xdb") :]
    assert after.endswith(coded), "the coded picture has changed"
    print(name, "before", shown, "after", then)
    if keep_rgb:
        assert b"Adobe" in before and b"JFIF" not in before and b"Adobe" not in after and b"JFIF" in after
        assert abs(shown - then).max() > 50
    else:
        assert (shown == then).all()
PY
venv/bin/python try.py
echo "as described"
