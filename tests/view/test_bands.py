"""A picture that is expanded some rows at a time is the one that is expanded at once."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "spec" / "decoders" / "example" / "carrots.jpg"

_SCRIPT = """
import { readFileSync } from 'node:fs';
import { bands } from './bands.js';
import { layout, upright } from './display.js';
import { decode, expand, extract } from './gamutmeta.js';

const bytes = new Uint8Array(readFileSync(process.argv[1]));
const payload = decode(extract(bytes));
const [width, height] = [1500, 41]; // of more columns than are expanded at a time
const data = Uint8Array.from({ length: 3 * width * height }, (_, k) => (k * 2654435761) >>> 24);
const at = { width, height, data, alpha: new Uint8Array(width * height).map((_, k) => k) };
const { data: whole } = await expand(bytes, at, { unbound: true });
const parts = [...bands(at, payload, 3, 12000)];
console.log(JSON.stringify({
  tops: parts.map(({ top }) => top),
  same: parts.every(({ top, wide }) => wide.every((sample, k) => sample === whole[3 * width * top + k])),
  samples: parts.reduce((sum, { wide }) => sum + wide.length, 0),
  alpha: parts.every(({ top, alpha }) => alpha.every((n, k) => n === ((width * top + k) & 255))),
  layouts: [[10, 7, 1, 70], [10, 7, 1, 69], [10, 7, 6, 69], [4000, 3000, 8, 8e6]].map((a) => layout(...a)),
  placed: [1, 2, 3, 4, 5, 6, 7, 8].map((orientation) => {
    const pixels = Uint8ClampedArray.from({ length: 24 }, (_, k) => k);
    const { data: piece, ...where } = upright(pixels, 3, 4, 11, orientation);
    return { ...where, first: piece[0] };
  }),
}));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_bands_layout_and_orientation() -> None:
    command = ["node", "--input-type=module", "--eval", _SCRIPT, str(EXAMPLE)]
    ran = subprocess.run(command, cwd=EXAMPLE.parents[1], capture_output=True, text=True, check=True)
    found = json.loads(ran.stdout)
    assert found["tops"] == [0, 6, 12, 18, 24, 30, 36]
    assert found["same"]
    assert found["alpha"]
    assert found["samples"] == 3 * 1500 * 41
    assert found["layouts"] == [
        {"step": 1, "width": 10, "height": 7, "orientation": 1},
        {"step": 2, "width": 5, "height": 4, "orientation": 1},
        {"step": 2, "width": 4, "height": 5, "orientation": 6},
        {"step": 2, "width": 1500, "height": 2000, "orientation": 8},
    ]
    # Two rows of three pixels, from row 4 of a picture of 3 x 11; `first` is what lies in the upper left corner.
    assert found["placed"] == [
        {"width": 3, "height": 2, "x": 0, "y": 4, "first": 0},
        {"width": 3, "height": 2, "x": 0, "y": 4, "first": 8},
        {"width": 3, "height": 2, "x": 0, "y": 5, "first": 20},
        {"width": 3, "height": 2, "x": 0, "y": 5, "first": 12},
        {"width": 2, "height": 3, "x": 4, "y": 0, "first": 0},
        {"width": 2, "height": 3, "x": 5, "y": 0, "first": 12},
        {"width": 2, "height": 3, "x": 5, "y": 0, "first": 20},
        {"width": 2, "height": 3, "x": 4, "y": 0, "first": 8},
    ]
