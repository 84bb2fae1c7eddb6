from __future__ import annotations

import hashlib
import io
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from carrots import CARROTS
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.measure.likeness import LIKENESS_BYTES, LIMITS, Likeness, compare_likeness, likeness_of
from gamutmeta.measure.likeness_cells import averaged, cells_of, changes, merged, variances
from gamutmeta.photo.read import read_photo

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Codes = NDArray[np.uint8]


def like_a_photograph(height: int, width: int, seed: int) -> Codes:
    """Noise whose amplitude falls with its frequency, in colours that are alike; some of it is clipped."""
    rng = np.random.default_rng(seed)
    y, x = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]
    fall = 1 / np.maximum(np.hypot(y, x), 1 / max(height, width))
    planes = [np.fft.irfft2(np.fft.rfft2(rng.normal(size=(height, width))) * fall, (height, width)) for _ in range(3)]
    gray, warm, green = (plane / plane.std() for plane in planes)
    picture = 120 + 45 * gray[..., None] + np.stack([18 * warm + 15, 8 * green, -20 * warm - 10], -1)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def carrots() -> Codes:
    return reduce_to_codes(read_photo(CARROTS).array, Adaptation.BRADFORD)[0]


PICTURES = {"carrots": carrots(), "wide": like_a_photograph(600, 900, 1), "tall": like_a_photograph(800, 640, 2)}
DRAWN = st.builds(
    lambda height, width, seed: np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8),
    st.integers(1, 90), st.integers(1, 90), st.integers(0, 2**32 - 1),
)  # fmt: skip


@pytest.fixture(params=PICTURES)
def codes(request: pytest.FixtureRequest) -> Codes:
    return PICTURES[request.param]


def size_of(codes: Codes) -> tuple[int, int]:
    return codes.shape[1], codes.shape[0]


def kind(codes: Codes, changed: Codes) -> Likeness:
    return compare_likeness(likeness_of(codes), size_of(codes), changed).kind


def saved(codes: Codes, form: str = "JPEG", **options: Any) -> Codes:
    file = io.BytesIO()
    Image.fromarray(codes).save(file, form, **options)
    return np.asarray(Image.open(file).convert("RGB"))


def resized(codes: Codes, size: tuple[int, int], how: Image.Resampling = Image.Resampling.LANCZOS) -> Codes:
    return np.asarray(Image.fromarray(codes).resize(size, how))


# --- the bytes -------------------------------------------------------------------------------------------------------


def exact_mean(plane: list[list[int]], cells: int, row: int, column: int) -> Fraction:
    """Of a cell, pixel by pixel."""
    height, width = len(plane), len(plane[0])

    def part(pixel: int, cell: int, side: int) -> Fraction:
        low, high = Fraction(cell * side, cells), Fraction((cell + 1) * side, cells)
        return max(Fraction(0), min(high, Fraction(pixel + 1)) - max(low, Fraction(pixel)))

    total = sum(
        part(y, row, height) * part(x, column, width) * plane[y][x] for y in range(height) for x in range(width)
    )
    return Fraction(total * cells * cells, height * width)


def by_the_book(codes: Codes) -> bytes:
    """The specification's likeness in fractions."""
    weights = (77, 150, 29), (-43, -85, 128), (128, -107, -21)
    planes = [(codes.astype(int) * np.array(w)).sum(-1).tolist() for w in weights]
    text = ""

    def add(plane: int, cells: int, step: Fraction, bits: int) -> str:
        means = (exact_mean(planes[plane], cells, y, x) / 256 for y in range(cells) for x in range(cells))
        return "".join(f"{int((mean / step + Fraction(1, 2)).__floor__()) % (1 << bits):0{bits}b}" for mean in means)

    text += add(0, 1, Fraction(1), 8) + add(1, 1, Fraction(1), 4) + add(2, 1, Fraction(1), 4)
    text += add(0, 10, Fraction(1, 2), 4) + add(1, 5, Fraction(1, 2), 3) + add(2, 5, Fraction(1, 2), 3)
    return int(text + "00", 2).to_bytes(71)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (7, 1), (3, 2), (10, 10), (11, 23), (20, 13)])
def test_bytes_are_those_of_the_book(size: tuple[int, int]) -> None:
    codes = np.random.default_rng(sum(size)).integers(0, 256, (*size, 3), np.uint8)
    assert likeness_of(codes) == by_the_book(codes)


def test_the_value_is_normative() -> None:
    y, x, c = np.ogrid[:317, :211, :3]
    codes = ((x * x + 3 * y * (c + 1) + x * y // 7) // 5 % 256).astype(np.uint8)
    assert hashlib.sha256(likeness_of(codes)).hexdigest() == (
        "c095180c3daeb349a85d8f1cd320061bef16f0e3a76ad992452da18f4108aa7f"
    )
    assert likeness_of(np.full((1, 1, 3), 255, np.uint8)).hex() == "ff00" + "ee" * 50 + "00" * 19


@given(codes=DRAWN)
def test_strides_do_not_matter(codes: Codes) -> None:
    expected = likeness_of(codes)
    assert len(expected) == LIKENESS_BYTES
    spread = np.zeros((2 * codes.shape[0], 3 * codes.shape[1], 4), np.uint8)
    view = spread[::2, ::3, :3]
    view[:] = codes
    assert likeness_of(view) == expected
    assert likeness_of(np.asfortranarray(codes)) == expected
    assert likeness_of(codes[::-1, ::-1].copy()[::-1, ::-1]) == expected


@given(codes=DRAWN, cells=st.integers(1, 12))
def test_strips_sum_to_the_whole(codes: Codes, cells: int) -> None:
    """Cells keep every code: by rows of cells, by columns, and over the picture."""
    sums = cells_of(codes, cells)
    assert (sums.sum((0, 1)) == cells * cells * codes.sum((0, 1), dtype=np.int64)).all()
    tall = np.repeat(codes, cells, 0)  # now edges of cells are edges of pixels
    strips = [tall[i * len(codes) : (i + 1) * len(codes)] for i in range(cells)]
    by_strip = np.array([strip.sum((0, 1), dtype=np.int64) for strip in strips])
    assert (sums.sum(1) == cells * by_strip).all()
    assert (merged(cells_of(codes, 2 * cells), cells) == 4 * sums).all()


@given(codes=DRAWN)
def test_the_same_picture_is_alike_whatever_it_shows(codes: Codes) -> None:
    verdict = compare_likeness(likeness_of(codes), size_of(codes), codes)
    assert (verdict.kind, verdict.distance, verdict.alike) == (Likeness.RECODED, 0, True)


@pytest.mark.parametrize("bad", [np.zeros((2, 2), np.uint8), np.zeros((2, 2, 3)), np.zeros((0, 2, 3), np.uint8)])
def test_only_pictures(bad: Any) -> None:
    with pytest.raises(ValueError, match=r"a picture is uint8 \(H, W, 3\)"):
        likeness_of(bad)
    with pytest.raises(ValueError, match=r"a picture is uint8 \(H, W, 3\)"):
        compare_likeness(bytes(LIKENESS_BYTES), (2, 2), bad)


def test_only_likenesses() -> None:
    with pytest.raises(ValueError, match="has 71 bytes, not 70"):
        compare_likeness(bytes(70), (2, 2), np.zeros((2, 2, 3), np.uint8))


# --- what is accepted ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0"])
@pytest.mark.parametrize("quality", [70, 85, 95])
def test_re_encoded(codes: Codes, quality: int, subsampling: str) -> None:
    assert kind(codes, saved(codes, quality=quality, subsampling=subsampling)) is Likeness.RECODED


@pytest.mark.parametrize("how", ["LANCZOS", "BICUBIC", "BOX"])
@pytest.mark.parametrize("share", [4, 2])
def test_resized(codes: Codes, share: int, how: str) -> None:
    small = resized(codes, (codes.shape[1] // share, codes.shape[0] // share), Image.Resampling[how])
    assert kind(codes, small) is Likeness.RESIZED
    assert kind(codes, saved(small, quality=80, subsampling="4:2:0")) is Likeness.RESIZED


def test_enlarged_and_webp(codes: Codes) -> None:
    assert kind(codes, resized(codes, (codes.shape[1] * 3 // 2, codes.shape[0] * 3 // 2))) is Likeness.RESIZED
    assert kind(codes, saved(codes, "WEBP", quality=80)) is Likeness.RECODED


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", [np.s_[8:], np.s_[:-8], np.s_[:, 8:], np.s_[:, :-8], np.s_[4:-4, 4:-4]])
def test_cropped(codes: Codes, side: Any) -> None:
    piece = codes[side]
    assert kind(codes, piece) is Likeness.DIFFERENT
    assert kind(codes, resized(piece, size_of(codes))) is Likeness.DIFFERENT


def test_turned(codes: Codes) -> None:
    for changed in (codes[::-1], codes[:, ::-1], codes[::-1, ::-1], np.rot90(codes), np.rot90(codes, 3)):
        assert kind(codes, changed) is Likeness.DIFFERENT


@pytest.mark.parametrize("stops", [0.1, -0.1])
def test_brighter_and_darker(codes: Codes, stops: float) -> None:
    # Codes go with the 2.4th root of light, nearly.
    changed = np.clip(np.rint((codes + 14.0) * 2 ** (stops / 2.4) - 14), 0, 255).astype(np.uint8)
    assert kind(codes, changed) is Likeness.DIFFERENT


@pytest.mark.parametrize("factor", [1.05, 0.95])
def test_colours(codes: Codes, factor: float) -> None:
    gray = codes @ np.array([0.299, 0.587, 0.114])
    saturated = np.clip(np.rint(gray[..., None] + factor * (codes - gray[..., None])), 0, 255).astype(np.uint8)
    assert kind(codes, saturated) is Likeness.DIFFERENT
    gains = np.array([0.0345, -0.0048, -0.0641]) * np.sign(factor - 1)  # stops for 200 K
    warmer = np.clip(np.rint((codes + 14.0) * 2 ** (gains / 2.4) - 14), 0, 255).astype(np.uint8)
    assert kind(codes, warmer) is Likeness.DIFFERENT


def test_saturation_of_grey_pictures_does_not_exist() -> None:
    gray = np.repeat(PICTURES["wide"][..., :1], 3, -1)
    found = compare_likeness(likeness_of(gray), size_of(gray), saved(gray, quality=80))
    assert found.kind is Likeness.RECODED
    assert found.distances["saturation"] < 0.1


@pytest.mark.parametrize("seed", range(3))
def test_retouched(codes: Codes, seed: int) -> None:
    side = round((0.02 * codes.shape[0] * codes.shape[1]) ** 0.5)
    rng = np.random.default_rng(seed)
    y, x = (int(rng.integers(0, length - side)) for length in codes.shape[:2])
    changed = codes.copy()
    changed[y : y + side, x : x + side] = changed[y : y + side, x : x + side].mean((0, 1))
    found = compare_likeness(likeness_of(codes), size_of(codes), changed)
    # Where a place is even, nothing is there to be retouched.
    even = codes[y : y + side, x : x + side].std((0, 1)).max() < 8
    assert found.kind is Likeness.DIFFERENT or even


@pytest.mark.parametrize("shift", [3, 8, 20])
def test_another_frame(codes: Codes, shift: int) -> None:
    noise = np.random.default_rng(shift).normal(0, 2, codes.shape)
    moved = np.clip(np.rint(codes + noise), 0, 255).astype(np.uint8)[shift:, shift:]
    assert kind(codes[:-shift, :-shift], moved) is Likeness.DIFFERENT


def test_another_picture() -> None:
    codes, other = PICTURES["wide"], like_a_photograph(600, 900, 7)
    verdict = compare_likeness(likeness_of(codes), size_of(codes), other)
    assert not verdict.alike
    assert verdict.distance == max(verdict.distances.values()) > 2
    assert str(verdict).startswith(f"different: {verdict.measure} differs by ")


def test_sizes() -> None:
    codes = PICTURES["wide"]
    for width, height, fits in ((300, 200, True), (301, 200, True), (303, 200, False), (90, 60, True), (75, 50, False)):
        verdict = compare_likeness(likeness_of(codes), size_of(codes), resized(codes, (width, height)))
        assert verdict.alike == fits, (width, height, str(verdict))
        if not fits:
            assert verdict.measure in {"aspect ratio", "size"}
            assert verdict.distance > 1
    assert str(compare_likeness(likeness_of(codes), size_of(codes), codes[:, :-9])).startswith("different: aspect")


# --- what distances are made of --------------------------------------------------------------------------------------


def test_measures_are_named() -> None:
    fine = cells_of(PICTURES["wide"], 40) / (600 * 900)
    verdict = compare_likeness(likeness_of(PICTURES["wide"]), (900, 600), saved(PICTURES["wide"], quality=90))
    assert set(verdict.distances) == {*LIMITS, *changes(fine, (900, 600))}
    luma, chroma = averaged(fine)
    assert (luma.shape, chroma.shape) == ((10, 10), (2, 5, 5))
    for part, values in zip(variances(fine, 600 * 900), (luma, chroma), strict=True):
        assert part.shape == values.shape
        assert (part >= 0.5**2 / 12).all()


def test_expected_changes_are_those_of_pixels() -> None:
    codes = PICTURES["wide"]
    fine = cells_of(codes, 40) / (600 * 900)
    expected = changes(fine, (900, 600))
    moved = resized(codes[:, 4:], (900, 600))
    found = averaged(cells_of(moved, 40) / (600 * 900))[0] - averaged(fine)[0]
    predicted = averaged(expected["left edge"])[0]
    assert np.corrcoef(found.ravel(), predicted.ravel())[0, 1] > 0.8
    assert (found * predicted).sum() / (predicted**2).sum() == pytest.approx(1, abs=0.3)
