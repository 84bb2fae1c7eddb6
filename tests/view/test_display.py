"""Pixels for canvases of half-precision floats are the encoded values of Python, turned as those of 8 bits are."""

from __future__ import annotations

import json
import shutil
import subprocess
from base64 import b64decode
from typing import Any

import numpy as np
import pytest
from pictures import colourful
from view.pages import DECODERS, encoded

from gamutmeta.photo.wide import WideImage

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="needs node")

ROUNDING = 2**-11 + 12.92 / 131070
"""Half the distance of half-precision floats from 1 to 2, and that of 65,535 numbers where the curve is steepest."""

_HEAD = """
import { ROMM_LINEAR, matrixBetween, toCanvas, upright } from './display.js';
let text = '';
for await (const part of process.stdin) text += part;
const { samples, width, space } = JSON.parse(text);
const matrix = matrixBetween('romm', space);
const said = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64');
"""


def in_node(code: str, **data: Any) -> Any:
    command = ["node", "--input-type=module", "--eval", f"{_HEAD}console.log(JSON.stringify({code}));"]
    ran = subprocess.run(command, cwd=DECODERS, input=json.dumps(data), capture_output=True, text=True, check=True)
    return json.loads(ran.stdout)


def floats(text: str) -> Any:
    return np.frombuffer(b64decode(text), "<f2").astype(np.float64)


@pytest.mark.parametrize("space", ["display-p3", "srgb"])
def test_floats_are_the_encoded_values(space: str) -> None:
    """Also of colours outside the space, which 8 bits do not hold; imaginary ones are the furthest."""
    rng = np.random.default_rng(0)
    corners = np.array(np.meshgrid([0, 65535], [0, 65535], [0, 65535])).reshape(3, 8).T.reshape(1, 8, 3)
    dark = rng.integers(0, 600, (1, 5000, 3))
    array = np.concatenate([corners, dark, rng.integers(0, 65536, (1, 20_000, 3))], 1).astype(np.uint16)
    code = "said(toCanvas(Uint16Array.from(samples), ROMM_LINEAR, matrix, width, 1, null, 'float16'))"
    found = floats(in_node(code, samples=array.ravel().tolist(), width=array.shape[1], space=space)).reshape(-1, 4)
    expected = encoded(WideImage(array).linear(space)).reshape(-1, 3)
    assert expected.min() < -0.3
    assert expected.max() > 1.2
    assert np.abs(found[:, :3] - expected).max() <= ROUNDING
    assert (found[:, 3] == 1).all()


def test_smaller_and_transparent_pixels() -> None:
    """What is averaged is linear, and opacity is that of 8 bits."""
    array = colourful(10, 14)
    code = """['float16', 'unorm8'].map((type) => said(toCanvas(Uint16Array.from(samples), ROMM_LINEAR, matrix, width,
        2, Uint8Array.from({ length: samples.length / 3 }, (_, k) => 17 * k), type)))"""
    half, eight = in_node(code, samples=array.ravel().tolist(), width=14, space="display-p3")
    found = floats(half).reshape(5, 7, 4)
    means = WideImage(array).linear("display-p3").reshape(5, 2, 7, 2, 3).mean((1, 3))
    assert np.abs(found[..., :3] - encoded(means)).max() <= ROUNDING
    codes = np.frombuffer(b64decode(eight), np.uint8).reshape(5, 7, 4)
    assert len(np.unique(codes[..., 3])) > 10
    assert np.array_equal(np.rint(255 * found[..., 3]), codes[..., 3])
    assert np.abs(np.clip(found[..., :3], 0, 1) - codes[..., :3] / 255).max() <= 0.5 / 255 + ROUNDING


def test_floats_are_turned_as_codes_are() -> None:
    code = """[1, 2, 3, 4, 5, 6, 7, 8].map((orientation) => [Uint16Array, Uint8ClampedArray].map((Pixels) => {
        const pixels = Pixels.from({ length: 4 * 3 * samples.length }, (_, k) => k);
        const { data, ...place } = upright(pixels, 3, 4, 11, orientation);
        return { ...place, data: [...data] };
    }))"""
    turned = in_node(code, samples=[0] * 5, width=1, space="srgb")
    assert all(half == eight for half, eight in turned)
    assert len({str(half) for half, _ in turned}) == 8


def test_numbers_beyond_all_colours_are_held_at_the_end() -> None:
    code = """[...toCanvas(Uint8Array.of(0, 1, 2), Float32Array.of(-9, 9, 0), null, 1, 1, null, 'float16')]"""
    red, green, blue, alpha = np.array(in_node(code, samples=[], width=1, space="srgb"), np.uint16).view(np.float16)
    assert red == -green
    assert 1.4 < green < 1.6
    assert blue == 0
    assert alpha == 1
