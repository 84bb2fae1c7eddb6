from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.rivals.samples import Samples, grid_size, polynomial
from gamutmeta.color.quality import Quality, measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

BUDGETS = (300, 1_500, 6_000)


@pytest.mark.parametrize("budget", BUDGETS)
def test_better_than_clipping_within_the_budget(
    wide: NDArray[np.uint16], codes: NDArray[np.uint8], clipping: Quality, budget: int
) -> None:
    metadata = Samples(BUDGETS).fit(wide, codes, budget, 0)
    assert 0.8 * budget <= len(metadata.data) <= budget
    restored = measure(wide, Samples(()).expand(codes, metadata.data))
    assert restored.psnr_og > clipping.psnr_og + 2
    assert restored.psnr > clipping.psnr


def test_the_metadata_are_pixels_of_the_photograph(wide: NDArray[np.uint16], codes: NDArray[np.uint8]) -> None:
    data = Samples(BUDGETS).fit(wide, codes, 1_500, 0).data
    rows, columns = np.frombuffer(data, "<u2", 2, offset=1).tolist()
    samples = np.frombuffer(data, "<u2", offset=5).reshape(rows, columns, 3)
    height, width, _ = wide.shape
    for i, j in ((0, 0), (rows - 1, columns - 1), (2, 3)):
        there = wide[int((i + 0.5) * height / rows), int((j + 0.5) * width / columns)]
        np.testing.assert_array_equal(samples[i, j], there)


def test_every_variant_expands(wide: NDArray[np.uint16], codes: NDArray[np.uint8], clipping: Quality) -> None:
    method = Samples(BUDGETS)
    data = method.fit(wide, codes, 6_000, 0).data
    found = [measure(wide, method.expand(codes, bytes([k]) + data[1:])).psnr_og for k in range(36)]
    # The encoder took the best; it compared on all out-of-gamut pixels, since they are few.
    assert data[0] == int(np.argmax(found))
    assert len(set(found)) > 18
    assert min(found) > clipping.psnr_og
    with pytest.raises(IndexError):
        method.expand(codes, bytes([36]) + data[1:])


def test_a_budget_is_needed(wide: NDArray[np.uint16], codes: NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match="budget"):
        Samples(()).fit(wide, codes, None, 0)


@pytest.mark.parametrize(("size", "samples"), [((100, 200), 50), ((3000, 4000), 22_500), ((7, 1000), 300), ((2, 2), 9)])
def test_grid_size(size: tuple[int, int], samples: int) -> None:
    rows, columns = grid_size(*size, samples)
    assert rows * columns <= samples
    assert rows * columns > 0.85 * min(samples, size[0] * size[1])
    assert rows <= size[0]
    assert columns <= size[1]


@pytest.mark.parametrize(("terms", "degree"), [(4, 1), (11, 3), (20, 3)])
def test_terms_are_independent(terms: int, degree: int) -> None:
    rgb = np.random.default_rng(0).random((400, 3))
    found = polynomial(rgb.astype(np.float32), terms).astype(float)
    assert found.shape == (400, terms)
    assert np.linalg.matrix_rank(found, tol=1e-3) == terms
    # Degree: scaling all channels by 2 scales no term by more than 2^degree.
    ratio = polynomial(2 * rgb.astype(np.float32), terms) / found
    assert ratio.max() == pytest.approx(2**degree, rel=1e-4)
