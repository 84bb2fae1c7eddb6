from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.paper.method import FittedMethod, clip_codes
from benchmarks.paper.methods import clip, soft_clip
from benchmarks.paper.methods.clip import Clip
from benchmarks.paper.methods.soft_clip import SoftClip
from benchmarks.rivals.method import linear_of, romm_codes
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.quality import measure
from gamutmeta.color.spaces import PROPHOTO, SRGB, expansion_matrix, reduction_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.paper.method import Setting

TO_SRGB, TO_PROPHOTO = reduction_matrix(Adaptation.CAT02), expansion_matrix(Adaptation.CAT02)


@pytest.mark.parametrize("truncate", [False, True])
def test_clip_is_the_plain_formula(wide: NDArray[np.uint16], setting: Setting, *, truncate: bool) -> None:
    place = replace(setting, truncate=truncate)
    codes, metadata = Clip().reduce(wide, place)
    assert (metadata.data, metadata.note) == (b"", "")
    encoded = SRGB.encode(np.clip(PROPHOTO.decode(wide / 65535) @ TO_SRGB.T, 0, 1)) * 255
    # Truncation has its borders at whole codes, where float32 may fall on either side.
    plain = np.floor(encoded + 1e-4) if truncate else np.rint(encoded)
    assert (codes != plain).mean() < 1e-3
    restored = PROPHOTO.encode(np.clip(SRGB.decode(codes / 255) @ TO_PROPHOTO.T, 0, 1)) * 65535
    assert np.abs(Clip().expand(codes, b"", place) - restored).max() < 1


def test_soft_clip_is_the_plain_formula(wide: NDArray[np.uint16], setting: Setting) -> None:
    codes, metadata = SoftClip().reduce(wide, setting)
    low, high = np.frombuffer(metadata.data, "<f4").astype(float)
    linear = PROPHOTO.decode(wide / 65535) @ TO_SRGB.T
    assert (low, high) == pytest.approx((linear.min(), linear.max()), abs=1e-5)

    def moved(values: NDArray[np.float64], ends: list[float], to: list[float]) -> NDArray[np.float64]:
        result = values.copy()
        for at in np.ndindex(*values.shape[:2]):
            pixel = values[at]
            for channel in range(3):
                if pixel[channel] <= 0.05 and not (pixel <= 0.05).all():
                    result[at][channel] = np.interp(pixel[channel], [ends[0], 0.05], [to[0], 0.05])
                if pixel[channel] >= 0.9 and not (pixel >= 0.9).all():
                    result[at][channel] = np.interp(pixel[channel], [0.9, ends[1]], [0.9, to[1]])
        return result

    squeezed = moved(linear, [low, high], [0, 1])
    assert (codes != np.rint(SRGB.encode(np.clip(squeezed, 0, 1)) * 255)).mean() < 2e-3
    stretched = moved(SRGB.decode(codes / 255), [0, 1], [low, high]) @ TO_PROPHOTO.T
    wanted = PROPHOTO.encode(np.clip(stretched, 0, 1)) * 65535
    found = SoftClip().expand(codes, metadata.data, setting)
    # A code at a bound may be taken for either side of it, where both formulas agree but for the last bit.
    assert np.abs(found - wanted).max() < 4


def test_soft_clip_restores_colours(wide: NDArray[np.uint16], setting: Setting) -> None:
    codes, metadata = SoftClip().reduce(wide, setting)
    assert len(metadata.data) == 8
    restored = measure(wide, SoftClip().expand(codes, metadata.data, setting), Adaptation.CAT02)
    clipped = measure(wide, Clip().expand(clip_codes(wide, setting), b"", setting), Adaptation.CAT02)
    assert restored.psnr_og > clipped.psnr_og + 10


def test_without_colours_outside_nothing_moves(setting: Setting) -> None:
    wide = romm_codes(np.linspace(0.3, 0.6, 60, dtype=np.float32).reshape(4, 5, 3))
    codes, metadata = SoftClip().reduce(wide, setting)
    assert np.frombuffer(metadata.data, "<f4").tolist() == [0, 1]
    np.testing.assert_array_equal(codes, clip_codes(wide, setting))
    np.testing.assert_allclose(linear_of(SoftClip().expand(codes, metadata.data, setting)), linear_of(wide), atol=4e-3)


def test_soft_clip_brings_its_own_codes() -> None:
    assert isinstance(clip.methods()[0], FittedMethod)
    assert not isinstance(soft_clip.methods()[0], FittedMethod)
