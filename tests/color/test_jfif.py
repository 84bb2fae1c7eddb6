"""Codes that viewers show, held against those of libjpeg, by which Pillow decodes."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gamutmeta.color.jfif import shown_codes
from gamutmeta.photo.jpeg_out import SUBSAMPLINGS, sycc_image
from gamutmeta.photo.pixels import decode_srgb, decode_sycc


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("luma", [0, 3, 128, 200, 255])
def test_every_chroma_is_shown_as_libjpeg_shows_it(luma: int, *, compiled: bool) -> None:
    blue, red = np.meshgrid(np.arange(256), np.arange(256))
    samples = np.stack([np.full_like(blue, luma), blue, red], axis=-1).astype(np.uint8)
    # Blocks of one colour are the same after coding at quality 100.
    large = np.ascontiguousarray(samples.repeat(8, axis=0).repeat(8, axis=1))
    file = io.BytesIO()
    sycc_image(large).save(file, "JPEG", quality=100, subsampling="4:4:4")
    assert np.array_equal(decode_sycc(file.getvalue())[::8, ::8], samples)
    assert np.array_equal(shown_codes(samples, compiled=compiled), decode_srgb(file.getvalue())[::8, ::8])


@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
@given(
    seed=st.integers(0, 2**32 - 1),
    height=st.integers(1, 50),
    width=st.integers(1, 50),
    smooth=st.integers(1, 12),
    quality=st.integers(1, 95),
    is_progressive=st.booleans(),
    is_ycc=st.booleans(),
)
@settings(max_examples=60)
def test_any_jpeg_is_shown_as_libjpeg_shows_it(
    *,
    subsampling: str,
    seed: int,
    height: int,
    width: int,
    smooth: int,
    quality: int,
    is_progressive: bool,
    is_ycc: bool,
) -> None:
    size = -(-height // smooth), -(-width // smooth)
    few = np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)
    pixels = np.ascontiguousarray(few.repeat(smooth, axis=0).repeat(smooth, axis=1)[:height, :width])
    file = io.BytesIO()
    image = sycc_image(pixels) if is_ycc else Image.fromarray(pixels)
    image.save(file, "JPEG", quality=quality, subsampling=subsampling, progressive=is_progressive)
    samples, wanted = decode_sycc(file.getvalue()), decode_srgb(file.getvalue())
    assert np.array_equal(shown_codes(samples), wanted)
    assert np.array_equal(shown_codes(samples, compiled=False), wanted)


@pytest.mark.parametrize("shape", [(1, 1), (700, 301), (3, 100_000)])
def test_machine_code_and_numpy_agree(shape: tuple[int, int]) -> None:
    samples = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    assert np.array_equal(shown_codes(samples, compiled=True), shown_codes(samples, compiled=False))
    turned = samples[::-1, ::-1]
    assert np.array_equal(shown_codes(turned, compiled=True), shown_codes(turned, compiled=False))
