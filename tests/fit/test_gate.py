from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from carrots import CARROTS

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.convert import encode_codes
from gamutmeta.color.gamut import clip_to_codes, reduce_to_codes
from gamutmeta.color.spaces import PROPHOTO, SRGB, apply_matrix, decode_table, expansion_matrix, reduction_matrix
from gamutmeta.fit.gate import clip_statistics, gate_for, gate_for_base
from gamutmeta.photo.pixels import decode_srgb, encode_srgb_file
from gamutmeta.photo.read import read_photo

if TYPE_CHECKING:
    from numpy.typing import NDArray

BELOW = (-0.03, 0.4, 0.2)
ABOVE = (0.5, 1.1, 0.3)
INSIDE = (0.3, 0.4, 0.2)


def reach(wide: NDArray[np.uint16], codes: NDArray[np.uint8]) -> int:
    return clip_statistics(wide, codes).reach


def picture(*colours: tuple[float, float, float], height: int = 40) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """Columns of linear sRGB colours, as ROMM codes and as clipped sRGB codes."""
    linear = np.tile(np.array(colours, np.float32), (height, 1, 1))
    wide = encode_codes(apply_matrix(expansion_matrix(Adaptation.BRADFORD), linear), PROPHOTO, np.uint16)
    return wide, clip_to_codes(linear)


def moved(codes: NDArray[np.uint8], by: int, columns: slice = slice(None)) -> NDArray[np.uint8]:
    """Codes at 0 and 255 moved inwards."""
    result = codes.copy()
    part = result[:, columns]
    part[part == 0] = by
    part[part == 255] = 255 - by
    return result


@pytest.mark.parametrize("colours", [(BELOW,), (ABOVE,), (BELOW, ABOVE, INSIDE)])
@pytest.mark.parametrize("by", [0, 1, 5, 40, 200])
def test_the_reach_is_how_far_the_clipped_codes_were_moved(
    colours: tuple[tuple[float, float, float], ...], by: int
) -> None:
    wide, codes = picture(*colours)
    assert reach(wide, moved(codes, by)) == by


def test_it_is_counted_from_the_end_at_which_the_channel_was_clipped() -> None:
    wide, codes = picture(BELOW)
    codes[..., 0] = 250
    assert reach(wide, codes) == 250
    wide, codes = picture(ABOVE)
    codes[..., 1] = 5
    assert reach(wide, codes) == 250


def test_the_farther_the_wider_until_there_is_no_gate() -> None:
    wide, codes = picture(BELOW, ABOVE)
    gates = [gate_for(wide, moved(codes, by)) for by in range(128)]
    first_without = gates.index(None)
    assert set(gates[first_without:]) == {None}
    widths = [gate for gate in gates[:first_without] if gate is not None]
    assert widths == sorted(widths)
    assert len(set(widths)) > 2
    # A width leaves most of its weight to what was moved least far, and some to what was moved farthest.
    assert all(width > 2 * by for by, width in enumerate(widths))


def test_with_nothing_clipped_the_gate_is_the_narrowest() -> None:
    wide, codes = picture(INSIDE)
    assert reach(wide, codes) == 0
    moved_codes = np.clip(codes.astype(int) + 30, 0, 255).astype(np.uint8)
    assert gate_for(wide, moved_codes) == gate_for(*picture(BELOW)) == 12


def test_everything_clipped_and_nothing_moved() -> None:
    wide, codes = picture(BELOW, ABOVE, (1.2, -0.05, -0.02))
    assert gate_for(wide, codes) == 12


def test_the_reach_is_not_that_of_channels_inside_srgb() -> None:
    wide, codes = picture(BELOW, INSIDE)
    codes[:, 0, 1:] = 128
    codes[:, 1] = 60
    assert reach(wide, codes) == 0


def test_little_loss_far_away_does_not_count_and_great_loss_does() -> None:
    slight, strong = (-0.001, 0.4, 0.2), (-0.1, 0.4, 0.2)
    wide, codes = picture(slight, strong)
    assert reach(wide, moved(codes, 90, slice(0, 1))) == 0
    assert reach(wide, moved(codes, 90, slice(1, 2))) == 90


def test_nearly_all_of_the_loss_must_lie_within_reach() -> None:
    wide, codes = picture(BELOW, height=1000)
    for many, expected in ((3, 0), (8, 60)):
        codes[:many] = moved(codes[:many], 60)
        assert reach(wide, codes) == expected


def test_errors_far_from_the_clip_leave_no_gate() -> None:
    wide, codes = picture(BELOW, ABOVE)
    assert clip_statistics(wide, codes).near_clip > 0.99
    codes[:, 0, 1] += 40
    assert clip_statistics(wide, codes).reach == 0
    assert clip_statistics(wide, codes).near_clip < 0.5
    assert gate_for(wide, codes) is None


def test_errors_of_pixels_inside_srgb_do_not_ask_for_the_gate_to_go() -> None:
    wide, codes = picture(BELOW, INSIDE)
    before = clip_statistics(wide, codes)
    codes[:, 1] += 40
    assert clip_statistics(wide, codes) == before
    assert gate_for(wide, codes) == 12


def test_in_sight_counts_errors_as_the_metric_does() -> None:
    wide, codes = picture(BELOW)
    codes[..., 1] += 6
    linear = apply_matrix(reduction_matrix(Adaptation.BRADFORD), decode_table(PROPHOTO, 65536)[wide])
    errors = decode_table(SRGB, 256)[codes] - linear
    # In linear ProPhoto, the errors of one channel at a time.
    squares = [
        np.square(apply_matrix(expansion_matrix(Adaptation.BRADFORD), errors * (np.arange(3) == channel))).sum()
        for channel in range(3)
    ]
    assert clip_statistics(wide, codes).near_clip == pytest.approx(squares[0] / sum(squares), rel=1e-4)


def test_a_large_picture_gives_what_its_pattern_gives_in_small() -> None:
    wide, codes = picture(BELOW, ABOVE, INSIDE, height=16)
    codes[3::8] = moved(codes[3::8], 33)  # one row of each block
    large = [np.tile(array, (90, 700, 1)) for array in (wide, codes)]
    assert large[0].shape[0] * large[0].shape[1] > 4 << 18
    assert reach(wide, codes) == reach(*large) == 33


@pytest.mark.parametrize("shape", [(1, 1), (1, 300_000), (300_000, 1)])
def test_any_shape(shape: tuple[int, int]) -> None:
    wide, codes = picture(BELOW, height=1)
    assert reach(np.tile(wide, (*shape, 1)), np.tile(moved(codes, 9), (*shape, 1))) == 9


@pytest.fixture(scope="module")
def wide() -> NDArray[np.uint16]:
    return read_photo(CARROTS).array


@pytest.fixture(scope="module")
def clipped(wide: NDArray[np.uint16]) -> NDArray[np.uint8]:
    return reduce_to_codes(wide, Adaptation.BRADFORD)[0]


def coded(codes: NDArray[np.uint8], quality: int, subsampling: str) -> NDArray[np.uint8]:
    return decode_srgb(encode_srgb_file(codes, quality=quality, subsampling=subsampling))


def test_coarser_coding_carries_colours_farther(wide: NDArray[np.uint16], clipped: NDArray[np.uint8]) -> None:
    by_quality = [reach(wide, coded(clipped, quality, "4:4:4")) for quality in (100, 95, 90, 80, 70, 50)]
    assert by_quality == sorted(set(by_quality))
    by_chroma = [reach(wide, coded(clipped, 95, chroma)) for chroma in ("4:4:4", "4:2:2", "4:2:0")]
    assert by_chroma == sorted(set(by_chroma))


def test_almost_lossless_coding_gets_almost_the_lossless_gate_and_coarse_coding_none(
    wide: NDArray[np.uint16], clipped: NDArray[np.uint8]
) -> None:
    assert gate_for(wide, clipped) == gate_for(wide, coded(clipped, 100, "4:4:4")) == 12
    assert gate_for(wide, coded(clipped, 95, "4:4:4")) in range(16, 25)
    assert gate_for(wide, coded(clipped, 80, "4:2:0")) is None


def test_another_decoder_hardly_matters(wide: NDArray[np.uint16], clipped: NDArray[np.uint8]) -> None:
    decoded = coded(clipped, 95, "4:4:4")
    change = np.random.default_rng(0).integers(-2, 3, decoded.shape)
    other = np.clip(decoded + change, 0, 255).astype(np.uint8)
    assert abs(reach(wide, other) - reach(wide, decoded)) <= 2


def test_somebody_elses_picture_gets_a_gate_only_where_it_was_clipped() -> None:
    wide, codes = picture(BELOW, INSIDE)
    assert gate_for_base(wide, codes, is_lossless=True) == 0
    assert gate_for_base(wide, codes, is_lossless=False) == gate_for(wide, codes) is not None
    brighter = np.where(codes < 236, codes + 20, codes).astype(np.uint8)
    assert gate_for_base(wide, brighter, is_lossless=True) is None
    assert gate_for_base(wide, brighter, is_lossless=False) is None
    # What differs inside sRGB alone counts as well, though every clipped code is where it was.
    toned = codes.copy()
    toned[:, 1] += 20
    assert gate_for(wide, toned) is not None
    assert gate_for_base(wide, toned, is_lossless=False) is None
