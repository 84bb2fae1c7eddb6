"""The rival methods: what they share, gain maps, ProPhoto samples, and the paper's model in plain torch."""

import io
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks.arrays import Codes, Wide
from benchmarks.figures import coding_named
from benchmarks.rivals.gain_map import GainMap
from benchmarks.rivals.method import (
    Axis,
    at_points,
    at_raster,
    clipped_linear,
    linear_of,
    og_mask,
    out_of_gamut_mask,
    romm_codes,
)
from benchmarks.rivals.plain import PlainExpansion
from benchmarks.rivals.reference import Reference, Training, pack, samples_of, unpack
from benchmarks.rivals.samples import Samples
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.spaces import PROPHOTO, SRGB, expansion_matrix, reduction_matrix
from gamutmeta.measure.quality import Quality, measure
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.model.expand import expand

BUDGETS = (300, 1_500, 6_000)
HEAD = 37  # of a gain map
RNG = np.random.default_rng(5)


def restored_by(method: Any, wide: Wide, codes: Codes, budget: int) -> Quality:
    """By another object, which has never seen the photograph."""
    data = method.fit(wide, codes, budget, 0).data
    assert len(data) <= budget
    return measure(wide, type(method)(()).expand(codes, data))


@pytest.mark.parametrize("adaptation", Adaptation)
def test_codes_and_linear_light(wide: Wide, codes: Codes, adaptation: Adaptation) -> None:
    np.testing.assert_array_equal(romm_codes(linear_of(wide)), wide)
    ours = romm_codes(clipped_linear(codes, adaptation)).astype(int)
    assert np.abs(ours - expand(Descriptor(adaptation=adaptation), {}, codes)).max() <= 1
    np.testing.assert_array_equal(og_mask(wide, adaptation), out_of_gamut_mask(linear_of(wide), adaptation))


def test_interpolation_is_that_of_pillow_and_meets_its_nodes() -> None:
    grid = RNG.random((5, 6, 1), np.float32)
    pillow = np.asarray(Image.fromarray(grid[..., 0]).resize((42, 20), Image.Resampling.BILINEAR))
    row = Axis.of(np.arange(20), (np.arange(5) + 0.5) * 20 / 5 - 0.5)
    column = Axis.of(np.arange(42), (np.arange(6) + 0.5) * 42 / 6 - 0.5)
    np.testing.assert_allclose(at_raster(grid, row, column)[..., 0], pillow, atol=1e-5)
    np.testing.assert_array_equal(at_raster(grid, row[3:5], column), at_raster(grid, row, column)[3:5])
    y, x = np.divmod(np.arange(20 * 42), 42)
    points = at_points(
        grid, Axis(row.low[y], row.high[y], row.part[y]), Axis(column.low[x], column.high[x], column.part[x])
    )
    np.testing.assert_allclose(points[:, 0], pillow.ravel(), atol=1e-5)
    found = at_raster(grid[:3, :1], Axis.of(np.arange(10), np.array([2, 4, 7])), Axis.of(np.arange(2), np.array([0])))
    assert found[[0, 2, 4, 7, 9], 1, 0].tolist() == grid[[0, 0, 1, 2, 2], 0, 0].tolist(), "outside, the last one counts"


@pytest.mark.parametrize(("dtype", "size", "error"), [("float32", 4, 0), ("float16", 2, 5e-4), ("int8", 1, 4e-3)])
def test_weights_as_bytes(dtype: Any, size: int, error: float) -> None:
    shapes = ((32, 20), (3, 32))
    weights = [
        RNG.normal(size=shape, scale=scale).astype(np.float32) for shape, scale in zip(shapes, (1, 0.1), strict=True)
    ]
    data = pack(weights, dtype)
    assert len(data) <= 1 + 4 * len(weights) + size * sum(w.size for w in weights)
    for found, wanted in zip(unpack(data, shapes), weights, strict=True):
        assert np.abs(found - wanted).max() <= error * np.abs(wanted).max()
    assert len(pack([np.zeros(shape, np.float32) for shape in shapes], dtype)) < 60, "what compresses is compressed"


@pytest.mark.parametrize("method", [GainMap(BUDGETS), Samples(BUDGETS)], ids=["gain map", "samples"])
def test_better_than_clipping_and_the_better_for_more_bytes(
    wide: Wide, codes: Codes, clipping: Quality, method: Any
) -> None:
    found = [restored_by(method, wide, codes, budget).psnr_og for budget in BUDGETS[1:]]
    assert clipping.psnr_og + 2 < found[0] < found[1]
    with pytest.raises(ValueError, match="budget"):
        method.fit(wide, codes, None, 0)


def test_a_map_has_the_highest_quality_that_fits(wide: Wide, codes: Codes) -> None:
    method = GainMap(BUDGETS)
    metadata = method.fit(wide, codes, 1_500, 0)
    quality, subsampling = metadata.note.split("quality ")[1].split(", ")
    with Image.open(io.BytesIO(metadata.data[HEAD:])) as picture:
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=int(quality) + 3, subsampling=subsampling, optimize=True, progressive=True)
    assert HEAD + file.tell() > 1_500
    # Another photograph gets another map, and the first one its own again.
    assert method.fit(wide[::-1].copy(), codes[::-1].copy(), 1_500, 0).data != metadata.data
    assert method.fit(wide, codes, 1_500, 0).data == metadata.data
    with pytest.raises(ValueError, match="no gain map fits 100 bytes"):
        method.fit(wide, codes, 100, 0)


def test_samples_are_pixels_of_the_photograph(wide: Wide, codes: Codes, clipping: Quality) -> None:
    method = Samples(BUDGETS)
    data = method.fit(wide, codes, 6_000, 0).data
    rows, columns = np.frombuffer(data, "<u2", 2, offset=1).tolist()
    samples = np.frombuffer(data, "<u2", offset=5).reshape(rows, columns, 3)
    height, width, _ = wide.shape
    for i, j in ((0, 0), (rows - 1, columns - 1), (2, 3)):
        there = wide[int((i + 0.5) * height / rows), int((j + 0.5) * width / columns)]
        np.testing.assert_array_equal(samples[i, j], there)
    # The encoder took the best of all variants; it compared on all out-of-gamut pixels, since they are few.
    found = [measure(wide, method.expand(codes, bytes([k]) + data[1:])).psnr_og for k in range(36)]
    assert data[0] == int(np.argmax(found))
    assert len(set(found)) > 18
    assert min(found) > clipping.psnr_og


@pytest.fixture(scope="module")
def paper(wide: Wide) -> tuple[Codes, Training]:
    return coding_named("PNG").decoded(wide, Adaptation.CAT02), Training(steps=40)


def test_samples_are_every_fifth_outside_and_every_fiftieth_inside(wide: Wide, paper: tuple[Codes, Training]) -> None:
    codes, mask = paper[0], og_mask(wide, Adaptation.CAT02)
    linear = PROPHOTO.decode(wide / 65535)
    srgb = linear @ reduction_matrix(Adaptation.CAT02).T
    outside = ((srgb < 0) | (srgb > 1)).any(-1) & ~(srgb < 0).all(-1) & ~(srgb > 1).all(-1)
    assert (mask != outside).mean() < 1e-3, "float32 and float64 differ where a value is at the border"
    inputs, targets = samples_of(wide, codes, Adaptation.CAT02)
    assert len(inputs) == -(-np.count_nonzero(mask) // 5) - (-np.count_nonzero(~mask) // 50)
    # The sixth out-of-gamut pixel is the second sample.
    row, column = np.argwhere(mask)[5]
    clipped = SRGB.decode(codes[row, column] / 255) @ expansion_matrix(Adaptation.CAT02).T
    place = [at / (size - 1) * 2 - 1 for at, size in zip((row, column), mask.shape, strict=True)]
    np.testing.assert_allclose(inputs[1], [*place, *(clipped * 2 - 1)], atol=1e-6)
    np.testing.assert_allclose(targets[1], linear[row, column] - clipped, atol=1e-6)
    with pytest.raises(ValueError, match="is not the codes'"):
        samples_of(wide, codes[1:], Adaptation.CAT02)


@pytest.mark.parametrize("dtype", ["float32", "float16", "int8"])
def test_the_model_is_better_than_clipping(wide: Wide, paper: tuple[Codes, Training], dtype: Any) -> None:
    codes, training = paper
    method = Reference(training, dtype)
    assert method.name == f"reference {dtype}"
    data = method.fit(wide, codes, None, 0).data
    assert len(data) <= 4_960 * {"float32": 4, "float16": 2, "int8": 1}[dtype] + 13
    restored = measure(wide, Reference(Training(), dtype).expand(codes, data), Adaptation.CAT02)
    clipped = measure(wide, expand(Descriptor(adaptation=Adaptation.CAT02), {}, codes), Adaptation.CAT02)
    assert restored.psnr_og > clipped.psnr_og + 3


@pytest.mark.parametrize("batch", [1 << 18, 1_000])
def test_the_expansion_is_that_of_the_plain_network(wide: Wide, paper: tuple[Codes, Training], batch: int) -> None:
    codes, training = paper
    weights, _ = training(wide, codes, 0)
    assert training(wide, codes, 0)[0] is weights, "one training serves all number types"
    plain = PlainExpansion(weights, Adaptation.CAT02, codes.shape[:2], batch)
    out = torch.empty(codes.shape, dtype=torch.uint16)
    difference = np.abs(
        plain(torch.from_numpy(codes.copy()), out).numpy().astype(int)
        - Reference(training, "float32").expand(codes, pack(weights, "float32"))
    )
    assert (difference > 0).mean() < 0.01
    assert difference.max() <= 2
