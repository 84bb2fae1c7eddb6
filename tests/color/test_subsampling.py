"""Samples for subsampled chroma: what a real decoder makes of them, and both implementations against each other."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.spaces import apply_matrix, expansion_matrix
from gamutmeta.color.subsampling import BLOCKS, Metric, fit_subsampled, interpolated
from gamutmeta.color.sycc import decode_sycc, encode_sycc
from gamutmeta.color.transfer import decode_srgb

if TYPE_CHECKING:
    from numpy.typing import NDArray

PILLOW = {"4:2:2": 1, "4:2:0": 2}


def edges(height: int = 64, width: int = 96) -> NDArray[np.uint8]:
    """Discs of saturated colours, some outside sRGB, on others, with grain."""
    rng = np.random.default_rng(4)
    y, x = np.mgrid[:height, :width]
    linear = np.full((height, width, 3), (0.05, 0.1, 0.3))
    for _ in range(30):
        at = (rng.uniform(0, height), rng.uniform(0, width))
        linear[np.hypot(y - at[0], x - at[1]) < rng.uniform(4, 12)] = rng.uniform(-0.08, 1.05, 3)
    return encode_sycc((linear * rng.normal(1, 0.02, (height, width, 1))).astype(np.float32))


def decoded(codes: NDArray[np.uint8], subsampling: str) -> NDArray[np.uint8]:
    """The samples as a reader gets them from a JPEG that loses nearly nothing but by subsampling."""
    file = io.BytesIO()
    height, width, _ = codes.shape
    image = Image.frombuffer("YCbCr", (width, height), np.ascontiguousarray(codes), "raw", "YCbCr", 0, 1)
    image.save(file, "JPEG", quality=100, subsampling=PILLOW[subsampling])
    with Image.open(file) as opened:
        opened.draft("YCbCr", opened.size)
        return np.asarray(opened)


def error(codes: NDArray[np.uint8], wanted: NDArray[np.uint8]) -> float:
    """Mean squared error in linear ProPhoto RGB."""
    difference = decode_sycc(codes) - decode_sycc(wanted)
    return float(np.square(apply_matrix(expansion_matrix(Adaptation.BRADFORD), difference)).mean())


@pytest.mark.parametrize("subsampling", BLOCKS)
@pytest.mark.parametrize("size", [(64, 96), (61, 93)])
def test_a_reader_gets_more_of_the_colours(subsampling: str, size: tuple[int, int]) -> None:
    wanted = edges(*size)
    fitted = fit_subsampled(wanted, BLOCKS[subsampling], Adaptation.BRADFORD)
    assert error(decoded(fitted, subsampling), wanted) < 0.7 * error(decoded(wanted, subsampling), wanted)


@pytest.mark.parametrize("subsampling", BLOCKS)
def test_the_interpolation_is_the_decoders(subsampling: str) -> None:
    down, across = BLOCKS[subsampling]
    rng = np.random.default_rng(2)
    chroma = rng.integers(96, 160, (12, 15, 2)).astype(np.float32)
    codes = np.full((12 * down, 15 * across, 3), 128, np.uint8)
    codes[..., 1:] = chroma.repeat(down, 0).repeat(across, 1)
    expected = interpolated(chroma, 0, 12, down)
    # Quality 100 rounds coefficients to whole numbers, which changes a sample by a code or two.
    assert np.abs(decoded(codes, subsampling)[..., 1:] - expected).mean() < 0.6
    # Any strip gets the same.
    np.testing.assert_array_equal(interpolated(chroma, 3, 7, down), expected[3 * down : 7 * down])


@pytest.mark.parametrize("subsampling", BLOCKS)
def test_chroma_is_one_value_for_each_block(subsampling: str) -> None:
    down, across = BLOCKS[subsampling]
    fitted = fit_subsampled(edges(), (down, across), Adaptation.CAT02)
    blocks = fitted[..., 1:].reshape(64 // down, down, 96 // across, across, 2)
    assert (blocks == blocks[:, :1, :, :1]).all()


@given(st.tuples(*[st.integers(0, 255)] * 3), st.sampled_from(sorted(BLOCKS)), st.integers(1, 5), st.integers(1, 5))
def test_one_colour_stays_as_it_is(colour: tuple[int, int, int], subsampling: str, height: int, width: int) -> None:
    codes = np.full((height, width, 3), colour, np.uint8)
    np.testing.assert_array_equal(fit_subsampled(codes, BLOCKS[subsampling], Adaptation.BRADFORD), codes)


def test_the_shadows_keep_their_luma() -> None:
    codes = np.random.default_rng(0).integers(0, 12, (40, 40, 3)).astype(np.uint8)
    codes[..., 1:] += 122
    fitted = fit_subsampled(codes, BLOCKS["4:2:0"], Adaptation.BRADFORD)
    assert np.abs(fitted[..., 0].astype(int) - codes[..., 0]).max() <= 1


@pytest.mark.parametrize("adaptation", Adaptation)
def test_the_slope_is_that_of_the_curve(adaptation: Adaptation) -> None:
    metric = Metric.of(adaptation)
    numbers = np.arange(0, len(metric.linear), 37)
    code = (numbers - metric.offset) / (64 * 255)
    step = 1e-6
    slope = (decode_srgb(code + step) - decode_srgb(code - step)) / (2 * step) / 255
    np.testing.assert_allclose(metric.slope[numbers], slope, rtol=1e-3)
    assert metric.linear[metric.offset] == 0


@pytest.mark.parametrize("subsampling", BLOCKS)
@pytest.mark.parametrize("size", [(64, 96), (61, 93), (1, 1), (2, 3), (5, 1)])
def test_machine_code_gives_the_same_samples(subsampling: str, size: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (*size, 3)).astype(np.uint8)
    for codes in (edges(*size), noise):
        made = [fit_subsampled(codes, BLOCKS[subsampling], Adaptation.BRADFORD, compiled=c) for c in (False, True)]
        np.testing.assert_array_equal(*made)
