from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamutmeta.color.gamut import out_of_gamut, reduce_to_codes
from gamutmeta.color.shoulder import End, Shoulder
from gamutmeta.color.spaces import PROPHOTO, apply_matrix, decode_table, reduction_matrix
from gamutmeta.color.sycc import reduce_to_sycc
from gamutmeta.errors import FitError
from gamutmeta.fit.config import PRESETS
from gamutmeta.fit.cpu.machine_samples import MachineCandidates, gathered, surveyed
from gamutmeta.fit.cpu.problem import SAMPLE, Problem
from gamutmeta.fit.samples import draw_pixels, draw_samples, randoms
from gamutmeta.model.descriptor import Descriptor, SampleCoding
from gamutmeta.model.reference import expand_reference
from gamutmeta.native.library import built_library

GRID, PAPER = PRESETS["balanced"], PRESETS["paper"]
SHOULDER = Shoulder((End(1, 200), End(), End(8, 11)), (End(8, 9), End(2, 60), End()))


def picture(height: int = 200, width: int = 150, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 65536, (height, width, 3), np.uint16)


def test_a_gated_model_sees_open_pixels_only() -> None:
    wide = picture()
    codes, _ = reduce_to_codes(wide, GRID.adaptation)
    samples = draw_samples(GRID.descriptor(150, 200, 0), codes, wide, 1 << 20, np.random.default_rng(0))
    assert ((samples.codes == 0) | (samples.codes == 255)).any(1).all()
    assert len(samples) == ((codes == 0) | (codes == 255)).any(-1).sum()
    np.testing.assert_array_equal(samples.codes, codes[samples.row, samples.column])
    np.testing.assert_array_equal(samples.wide, decode_table(PROPHOTO, 65536)[wide[samples.row, samples.column]])


def highlights(height: int = 300, width: int = 400) -> np.ndarray:
    """A picture with saturated pixels everywhere, and few that clipping takes very much from."""
    rng = np.random.default_rng(3)
    wide = np.full((height, width, 3), (9_000, 30_000, 9_000), np.uint16) + rng.integers(0, 2000, (height, width, 3))
    wide[rng.random((height, width)) < 0.002] = (2_000, 60_000, 1_000)
    return wide.astype(np.uint16)


def test_pixels_that_clipping_hurts_most_are_drawn_most_and_weigh_least() -> None:
    wide = highlights()
    codes, _ = reduce_to_codes(wide, GRID.adaptation)
    descriptor = GRID.descriptor(400, 300, 0)
    samples = draw_samples(descriptor, codes, wide, 8_000, np.random.default_rng(0))
    bright = samples.wide[:, 1] > 0.5
    among = (wide[..., 1] > 50_000).sum()
    assert bright.sum() > 3 * among * 8_000 / (300 * 400)
    assert samples.weight[bright].max() < 0.4 * samples.weight[~bright].min()
    assert samples.weight.mean() == pytest.approx(1, rel=1e-4)
    assert len(samples) < 8_600
    # The weights make the draw stand for the picture.
    active = ((codes == 0) | (codes == 255)).any(-1)
    share = (wide[..., 1] > 50_000)[active].mean()
    assert samples.weight[bright].sum() / samples.weight.sum() == pytest.approx(share, rel=0.2)
    assert samples.pixels_per_sample * len(samples) == pytest.approx(active.sum())


@pytest.mark.parametrize(
    ("gate", "samples", "shoulder"),
    [
        *((gate, SampleCoding.SRGB, shoulder) for gate in (0, 32, None) for shoulder in (None, SHOULDER)),
        (None, SampleCoding.SYCC, None),
    ],
)
def test_machine_code_draws_as_numpy_does(gate: int | None, samples: SampleCoding, shoulder: Shoulder | None) -> None:
    try:
        library = built_library()
    except OSError as error:
        pytest.skip(str(error))
    wide = highlights()
    codes = reduce_to_sycc(wide, GRID.adaptation)
    if samples is SampleCoding.SRGB:
        codes, _ = reduce_to_codes(wide, GRID.adaptation)
    descriptor = GRID.descriptor(400, 300, gate, samples, shoulder)
    by_numpy, by_machine = (
        draw_pixels(descriptor, codes, wide, 8_000, np.random.default_rng(0), candidates=kind, surveyor=surveyor)
        for kind, surveyor in (
            (None, None),
            (partial(MachineCandidates, library=library), partial(surveyed, library=library)),
        )
    )
    for name in ("clipped_error", "clipped_in_gamut_error"):
        assert getattr(by_machine.survey, name) == pytest.approx(getattr(by_numpy.survey, name), rel=1e-5), name
    # A density that lies half-way between two may be rounded otherwise.
    assert len(np.setxor1d(by_numpy.at, by_machine.at)) <= 0.002 * len(by_numpy)
    assert by_machine.pixels_per_sample == pytest.approx(by_numpy.pixels_per_sample, rel=1e-3)
    records = gathered(by_numpy, (300, 400), library)
    expected = Problem.build(descriptor, by_numpy.samples(), (300, 400)).records
    for name in SAMPLE.names or ():
        np.testing.assert_array_equal(records[name], expected[name], err_msg=name)


def test_machine_code_takes_any_picture_in_memory() -> None:
    """Every second row of a larger array, mirrored, or with the other byte order."""
    try:
        library = built_library()
    except OSError as error:
        pytest.skip(str(error))
    wide = highlights()
    codes, _ = reduce_to_codes(wide, GRID.adaptation)
    descriptor = GRID.descriptor(400, 300, 0)
    found = []
    for change in (np.asarray, np.asfortranarray, lambda array: array[:, ::-1].copy()[:, ::-1]):
        draw = draw_pixels(
            descriptor,
            change(codes),
            change(wide).astype(">u2"),
            8_000,
            np.random.default_rng(0),
            candidates=partial(MachineCandidates, library=library),
        )
        found.append(gathered(draw, (300, 400), library))
    np.testing.assert_array_equal(found[1], found[0])
    np.testing.assert_array_equal(found[2], found[0])


def test_all_are_taken_alike_where_there_are_not_too_many() -> None:
    wide = highlights()
    codes, _ = reduce_to_codes(wide, GRID.adaptation)
    samples = draw_samples(GRID.descriptor(400, 300, 0), codes, wide, 1 << 20, np.random.default_rng(0))
    assert len(samples) == ((codes == 0) | (codes == 255)).any(-1).sum()
    assert (samples.weight == 1).all()


def test_the_survey_knows_what_is_in_gamut() -> None:
    wide = picture(300, 400)
    codes, _ = reduce_to_codes(wide, GRID.adaptation)
    samples = draw_samples(GRID.descriptor(400, 300, 0), codes, wide, 1 << 20, np.random.default_rng(0))
    linear = decode_table(PROPHOTO, 65536)[wide]
    og = out_of_gamut(apply_matrix(reduction_matrix(GRID.adaptation), linear))
    np.testing.assert_array_equal(samples.og, og[samples.row, samples.column])
    restored = expand_reference(Descriptor(), {}, codes)
    errors = np.square(decode_table(PROPHOTO, 65536)[restored] - linear).sum(-1)
    assert samples.clipped_in_gamut_error == pytest.approx(errors[~og].sum(), rel=0.05)


def test_of_a_huge_picture_some_rows_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gamutmeta.fit.samples._CONSIDERED", 20_000)
    wide = picture(300, 400)
    codes, _ = reduce_to_codes(wide, GRID.adaptation)
    samples = draw_samples(GRID.descriptor(400, 300, 0), codes, wide, 1 << 20, np.random.default_rng(0))
    np.testing.assert_array_equal(np.unique(samples.row), np.arange(0, 300, 6))
    np.testing.assert_array_equal(samples.codes, codes[samples.row, samples.column])
    active = ((codes == 0) | (codes == 255)).any(-1).sum()
    assert samples.pixels_per_sample * len(samples) == pytest.approx(active, rel=0.05)


def test_no_pixel_is_drawn_twice_and_the_order_is_random() -> None:
    wide = picture()
    codes, _ = reduce_to_codes(wide, GRID.adaptation)
    samples = draw_samples(GRID.descriptor(150, 200, 0), codes, wide, 5000, np.random.default_rng(0))
    at = samples.row.astype(int) * 150 + samples.column
    assert len(np.unique(at)) == len(at)
    assert 4500 < len(at) < 5300
    assert abs(np.corrcoef(at, np.arange(len(at)))[0, 1]) < 0.1


def test_the_papers_model_sees_out_of_gamut_pixels_ten_times_as_densely() -> None:
    wide = picture(600, 500)
    wide[:, 100:] = wide[:, 100:] // 8 + 20000  # muted colours: in gamut
    codes, _ = reduce_to_codes(wide, PAPER.adaptation)
    samples = draw_samples(PAPER.descriptor(500, 600, None), codes, wide, 4000, np.random.default_rng(0))
    og = out_of_gamut(apply_matrix(reduction_matrix(PAPER.adaptation), decode_table(PROPHOTO, 65536)[wide]))
    drawn = og[samples.row, samples.column].mean()
    expected = 10 * og.sum() / (10 * og.sum() + (~og).sum())
    assert drawn == pytest.approx(expected, abs=0.05)


def test_the_same_seed_draws_the_same() -> None:
    wide = picture()
    codes, _ = reduce_to_codes(wide, GRID.adaptation)
    a, b = (draw_samples(GRID.descriptor(150, 200, 0), codes, wide, 99, np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(a.row, b.row)
    np.testing.assert_array_equal(a.column, b.column)


@pytest.mark.parametrize("key", [0, 1, 2**63 - 1])
def test_random_numbers_of_pixels_are_even_and_tell_no_neighbours(key: int) -> None:
    numbers = randoms(np.arange(1 << 20), key)
    assert numbers.min() >= 0
    assert numbers.max() < 1
    counts = np.bincount((numbers * 256).astype(int), minlength=256)
    assert ((counts - 4096) ** 2 / 4096).sum() < 360  # chi squared with 255 degrees: 330 once in a thousand
    for lag in (1, 2, 3, 4_000):
        assert abs(np.corrcoef(numbers[lag:], numbers[:-lag])[0, 1]) < 0.005
    assert abs(np.corrcoef(numbers, randoms(np.arange(1 << 20), key ^ 1))[0, 1]) < 0.005


def test_nothing_to_learn_from() -> None:
    wide = np.full((8, 8, 3), 30000, np.uint16)
    codes, _ = reduce_to_codes(wide, GRID.adaptation)
    with pytest.raises(FitError, match="nothing to fit"):
        draw_samples(GRID.descriptor(8, 8, 0), codes, wide, 100, np.random.default_rng(0))


@settings(deadline=None)
@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 10), st.integers(0, 99))
def test_tiny_pictures_always_give_a_sample(height: int, width: int, count: int, seed: int) -> None:
    wide = picture(height, width, seed)
    codes, _ = reduce_to_codes(wide, PAPER.adaptation)
    samples = draw_samples(PAPER.descriptor(width, height, None), codes, wide, count, np.random.default_rng(seed))
    assert 1 <= len(samples) <= height * width
