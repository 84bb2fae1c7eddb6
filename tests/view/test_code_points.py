"""Chromium reads the code points that stand in the coded picture of an AVIF file, once its ICC profile is gone."""

from __future__ import annotations

import io
from base64 import b64encode
from typing import TYPE_CHECKING

import numpy as np
import pytest

from gamutmeta.color.icc import profile_bytes
from gamutmeta.color.spaces import DISPLAY_P3, SPACES, SRGB, apply_matrix, conversion_matrix
from gamutmeta.photo.avif_out import write_avif

if TYPE_CHECKING:
    from view.browser import Browser

pytest.importorskip("pyvips")

PATCHES = np.array([[[180, 90, 60], [100, 140, 90], [70, 80, 170], [128, 128, 128]]], np.uint8)

_PIXELS = """
    const bytes = Uint8Array.from(atob(args[0]), (character) => character.charCodeAt(0));
    const image = new Image();
    image.src = URL.createObjectURL(new Blob([bytes], { type: 'image/avif' }));
    await image.decode();
    const { naturalWidth: width, naturalHeight: height } = image;
    const context = new OffscreenCanvas(width, height).getContext('2d', {
        colorSpace: 'display-p3', colorType: 'float16',
    });
    context.drawImage(image, 0, 0);
    const options = { colorSpace: 'display-p3', pixelFormat: 'rgba-float16' };
    return new Float32Array(context.getImageData(0, 0, width, height, options).data);
"""


@pytest.mark.parametrize("bits", [8, 10, 12])
@pytest.mark.parametrize("space", ["srgb", "display-p3", "rec2020", "prophoto"])
def test_chromium_without_the_profile(browser: Browser, space: str, bits: int) -> None:
    samples = np.kron(PATCHES, np.ones((16, 16, 1), np.uint8))
    file = io.BytesIO()
    coded = samples if bits == 8 else samples.astype(np.uint16) << (bits - 8)
    write_avif(file, coded, bits=bits, quality=100, space=space, icc=profile_bytes(space))
    data = file.getvalue()
    assert data.count(b"colrrICC") == 1
    packed = browser.bytes_of(_PIXELS, b64encode(data.replace(b"colrrICC", b"freerICC")).decode())
    shown = np.frombuffer(packed, np.float32).reshape(16, 64, 4)[8, 8::16, :3]
    # The profiles of ProPhoto and Adobe RGB alone tell their colours: without one, a viewer has to guess.
    meant = SRGB if space == "prophoto" else SPACES[space]
    values = coded[8, 8::16].astype(np.float32) / (2**bits - 1)
    # It takes sRGB's curve for those of video in this kind of file (docs/formats.md).
    linear = apply_matrix(conversion_matrix(meant, DISPLAY_P3), SRGB.decode(values))
    expected = DISPLAY_P3.encode(linear)
    assert np.abs(255 * (shown - expected)).max() < 1
