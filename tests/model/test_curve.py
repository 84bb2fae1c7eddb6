from __future__ import annotations

import numpy as np

from gamutmeta.color.transfer import encode_romm
from gamutmeta.model.curve import SEGMENT_BITS, TOE_PATTERN, romm_curve
from gamutmeta.model.numpy_passes import ScratchArrays, romm_codes


def test_it_is_exact_to_a_fraction_of_a_code() -> None:
    values, rises = romm_curve()
    pattern = np.random.default_rng(0).integers(TOE_PATTERN, 127 << 23, 200_000).astype(np.int32)
    segment = (pattern - TOE_PATTERN) >> SEGMENT_BITS
    found = values[segment] + rises[segment] * ((pattern & 8191) / 8192)
    exact = encode_romm(pattern.view(np.float32).astype(np.float64)) * 65535
    assert np.abs(found - exact).max() < 0.01


def test_codes_are_those_of_the_curve_from_black_to_white() -> None:
    toe = np.array(TOE_PATTERN, np.int32).view(np.float32)
    linear = np.concatenate([
        np.linspace(0, 1, 100_001, dtype=np.float32),
        np.geomspace(1e-30, 1, 10_001, dtype=np.float32),
        [np.nextafter(toe, np.float32(0)), toe, np.nextafter(toe, np.float32(1)), np.float32(-0.0)],
    ])  # fmt: skip
    exact = encode_romm(linear.astype(np.float64)) * 65535
    codes = romm_codes(linear, ScratchArrays())
    assert np.abs(codes - exact).max() < 0.51
    assert codes[[0, 100_000, -1]].tolist() == [0, 65535, 0]
