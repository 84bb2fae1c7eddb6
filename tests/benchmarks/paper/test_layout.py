from __future__ import annotations

import numpy as np
import pytest

from benchmarks.paper.mlp.layout import Layout


@pytest.mark.parametrize(("width", "kilobytes"), [(128, 137), (64, 53), (32, 23), (16, 11)])
def test_sizes_are_the_papers(width: int, kilobytes: int) -> None:
    layout = Layout(width)
    # By hand: 120 features and 8 ones, 16 outputs.
    assert layout.stored_bytes == 4 * (128 * width + width * width + 16 * width)
    assert layout.stored_bytes + 1_024 == kilobytes * 1_024


def test_plain_layers_are_the_papers_48_kilobytes() -> None:
    assert Layout(64, padded=False).stored_bytes == 4 * (120 * 64 + 64 + 64 * 64 + 64 + 64 * 3 + 3) == 48_396


@pytest.mark.parametrize(
    ("layout", "features", "ones"),
    [
        (Layout(32), 120, 8),
        (Layout(32, "xy"), 48, 0),
        (Layout(32, "RGB"), 72, 8),
        (Layout(32, encoded=False), 5, 11),
        (Layout(32, padded=False), 120, 0),
    ],
)
def test_features(layout: Layout, features: int, ones: int) -> None:
    assert (layout.features, layout.ones) == (features, ones)


@pytest.mark.parametrize("layout", [Layout(16), Layout(32, "xy"), Layout(16, padded=False)])
def test_bytes_and_back(layout: Layout) -> None:
    generator = np.random.default_rng(0)
    tensors = [generator.normal(size=shape).astype(np.float32) for shape in layout.shapes]
    data = layout.to_bytes(tensors)
    assert len(data) == layout.stored_bytes
    for found, wanted in zip(layout.from_bytes(data), tensors, strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_other_bytes_are_refused() -> None:
    with pytest.raises(ValueError, match="10239 bytes of weights; the layout 128-16-16-16 has 10240"):
        Layout(16).from_bytes(bytes(10_239))
