#!/usr/bin/env bash
# Question: a photograph as PNG has rows filtered with Paeth's predictor. What does it cost to undo it, whatever the
#   compression costs?
# Versions: Pillow 13.0.0, imagecodecs 2026.3.6 (libpng 1.6.55), opencv-python-headless 5.0.0.93, PyPI; x86-64.
# Behaviour seen: the same pixels are stored without compression once unfiltered and once with Paeth in each row, so that
#   the difference of the times is that of the filter alone. VALUES
# The script fails if Pillow is not at least twice as slow at it as both of the others.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv --without-pip venv
python3 -m pip --quiet --python venv/bin/python install --no-compile \
  pillow==13.0.0 numpy==2.4.6 imagecodecs==2026.3.6 opencv-python-headless==5.0.0.93
cat > compare.py << 'PY'
import io
import struct
import time
import zlib

import cv2
import imagecodecs
import numpy as np
from PIL import Image

SIDE = 4096


def paeth(left, above, corner):
    guess = left + above - corner
    by_left, by_above, by_corner = abs(guess - left), abs(guess - above), abs(guess - corner)
    nearer = np.where(by_above <= by_corner, above, corner)
    return np.where((by_left <= by_above) & (by_left <= by_corner), left, nearer)


def filtered(pixels):
    """The rows as the standard's filter 4 stores them (PNG, third edition, 9.2 and 9.4)."""
    rows = pixels.reshape(len(pixels), -1).astype(np.int16)
    left, above, corner = (np.zeros_like(rows) for _ in range(3))
    left[:, 3:], above[1:], corner[1:, 3:] = rows[:, :-3], rows[:-1], rows[:-1, :-3]
    return (rows - paeth(left, above, corner)).astype(np.uint8)


def png(pixels, kind):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = filtered(pixels) if kind == 4 else pixels.reshape(len(pixels), -1)
    data = np.pad(rows, ((0, 0), (1, 0)), constant_values=kind).tobytes()
    head = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(data, 0)) + chunk(b"IEND", b"")


def by_pillow(data):
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return image


y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
waves = np.stack([128 + 80 * np.sin(x / a) + 40 * np.cos(y / b) for a, b in ((97, 61), (71, 83), (113, 47))], -1)
pixels = np.clip(waves + np.random.default_rng(0).normal(0, 2, waves.shape), 0, 255).astype(np.uint8)
files = {kind: png(pixels, kind) for kind in (0, 4)}
readers = {
    "Pillow": by_pillow,
    "libpng by imagecodecs": imagecodecs.png_decode,
    "OpenCV": lambda data: cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR),
}
for data in files.values():
    assert np.array_equal(np.asarray(by_pillow(data)), pixels)
    assert np.array_equal(imagecodecs.png_decode(data), pixels)
    assert np.array_equal(readers["OpenCV"](data)[..., ::-1], pixels)
best = {(name, kind): np.inf for name in readers for kind in files}
for _ in range(7):
    for name, read in readers.items():
        for kind, data in files.items():
            begun = time.perf_counter()
            read(data)
            best[name, kind] = min(best[name, kind], time.perf_counter() - begun)
costs = {}
for name in readers:
    costs[name] = best[name, 4] - best[name, 0]
    print(f"{name}: {best[name, 0]:.3f} s unfiltered, {best[name, 4]:.3f} s with Paeth,"
          f" {costs[name] / SIDE**2 * 1e9:.1f} ns a pixel for the filter")
assert min(costs["Pillow"], costs["OpenCV"]) > 2 * costs["libpng by imagecodecs"]
PY
venv/bin/python compare.py
echo "as described"
