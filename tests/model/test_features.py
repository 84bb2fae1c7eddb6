from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import shoulders

from gamutmeta.model.descriptor import Descriptor, Head, Rgb
from gamutmeta.model.features import (
    code_coordinate,
    fitted_positions,
    gate_weights,
    grid_nodes,
    grid_position,
    octave_features,
    pixel_centres,
)

if TYPE_CHECKING:
    from gamutmeta.color.shoulder import Shoulder
    from gamutmeta.model.descriptor import Affine


def test_pixel_centres_are_symmetric() -> None:
    centres = pixel_centres(5)
    assert centres.dtype == np.float32
    np.testing.assert_allclose(centres, [0.1, 0.3, 0.5, 0.7, 0.9], atol=1e-7)


@pytest.mark.parametrize("affine", [None, (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)])
@pytest.mark.parametrize("size", [(5, 3), (6000, 4001), (1, 1)])
def test_without_an_edit_positions_are_the_pixel_centres(size: tuple[int, int], affine: Affine | None) -> None:
    u, v = fitted_positions(np.arange(size[0])[None, :], np.arange(size[1])[:, None], size, affine)
    np.testing.assert_array_equal(u[0], pixel_centres(size[0]))
    np.testing.assert_array_equal(v[:, 0], pixel_centres(size[1]))
    assert (u.dtype, v.dtype) == (np.float32, np.float32)


def test_positions_of_the_lower_right_quarter() -> None:
    u, v = fitted_positions(np.arange(2), np.arange(2), (2, 2), (0.5, 0.0, 0.5, 0.0, 0.5, 0.5))
    assert u.tolist() == v.tolist() == [0.625, 0.875]


def test_positions_after_a_quarter_turn() -> None:
    column, row = np.meshgrid(np.arange(4), np.arange(2))
    u, v = fitted_positions(column, row, (4, 2), (0.0, -1.0, 1.0, 1.0, 0.0, 0.0))
    assert u.tolist() == [[0.75] * 4, [0.25] * 4]
    assert v.tolist() == [[0.125, 0.375, 0.625, 0.875]] * 2


def test_beyond_its_edge_the_grid_goes_on() -> None:
    before, fraction = grid_nodes(np.array([-3, 0, 1, 40], np.float32), 5)
    assert (before + fraction).tolist() == [0, 0, 4, 4]
    assert before.max() == 3


def test_codes_span_the_interval() -> None:
    t = code_coordinate()
    assert (t[0], t[255]) == (-1, 1)
    assert t.dtype == np.float32


def test_octaves_are_exact_at_the_top() -> None:
    # float32 sin(2^11 pi t) as it is usually written is off by 4e-4 (design section 6); this form by a few 1e-7.
    t = np.linspace(-1, 1, 4001, dtype=np.float32)
    features = octave_features(t, 12)
    angle = t.astype(np.float64)[:, None] * np.pi * 2.0 ** np.arange(12)
    np.testing.assert_allclose(features, np.concatenate([np.sin(angle), np.cos(angle)], 1), atol=5e-7)
    naive = np.sin(t * np.float32(np.pi * 2**11))
    assert np.abs(naive - np.sin(angle[:, 11])).max() > 1e-4


def test_no_octaves() -> None:
    assert octave_features(np.zeros((3, 2), np.float32), 0).shape == (3, 2, 0)


def of_gate(gate: int | None, shoulder: Shoulder | None = None) -> np.ndarray:
    return gate_weights(Descriptor(Head.SRGB_EXCESS, rgb=Rgb(0), gate=gate, shoulder=shoulder))


def test_gates() -> None:
    assert of_gate(None).tolist() == [[1] * 256] * 3
    hard, soft = of_gate(0), of_gate(32)
    for channel in range(3):
        assert [hard[channel, code] for code in (0, 1, 254, 255)] == [1, 0, 0, 1]
        assert [soft[channel, code] for code in (0, 8, 31, 32, 247)] == [1, 0.75, 1 / 32, 0, 0.75]


@given(st.integers(1, 255))
def test_a_gate_closes_towards_the_middle(gate: int) -> None:
    code = np.arange(256)
    expected = np.maximum.reduce([1 - code / gate, 1 - (255 - code) / gate, np.zeros(256)])
    np.testing.assert_allclose(of_gate(gate), [expected] * 3, atol=1e-6)


@given(st.none() | st.integers(0, 255), shoulders())
def test_a_gate_is_open_at_all_codes_of_a_shoulder(gate: int | None, shoulder: Shoulder) -> None:
    weights, plain = of_gate(gate, shoulder), of_gate(gate)[0]
    for channel, (dark, bright) in enumerate(zip(shoulder.dark, shoulder.bright, strict=True)):
        low, high = max(dark.codes, 1), max(bright.codes, 1)
        assert (weights[channel, :low] == 1).all()
        assert (weights[channel, 256 - high :] == 1).all()
        for code in range(low, 256 - high):
            distance = min(code - low + 1, 256 - high - code)
            assert weights[channel, code] == plain[min(distance, 255)] or distance > 127


@given(st.integers(1, 3000), st.integers(2, 300))
def test_every_pixel_lies_between_two_nodes(count: int, nodes: int) -> None:
    before, fraction = grid_position(count, nodes)
    assert before.min() >= 0
    assert before.max() <= nodes - 2
    assert fraction.min() >= 0
    assert fraction.max() <= 1
    np.testing.assert_allclose(before + fraction, (np.arange(count) + 0.5) / count * (nodes - 1), rtol=1e-5)


def test_the_outer_nodes_sit_on_the_corners() -> None:
    before, fraction = grid_position(1, 2)
    assert (before[0], fraction[0]) == (0, pytest.approx(0.5))
