from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from photo_files import hide, placed

from gamutmeta.color.spaces import PROPHOTO, REC2020, SRGB, conversion_matrix
from gamutmeta.errors import GamutMetaError, MissingExtraError, PhotoError
from gamutmeta.photo.exr_in import read_exr
from gamutmeta.photo.interpret import romm_of
from gamutmeta.photo.picture import FURTHER_PICTURES
from gamutmeta.photo.read import read_photo

if TYPE_CHECKING:
    from types import ModuleType

    from gamutmeta.color.spaces import RgbSpace
    from gamutmeta.photo.picture import Picture

oiio: ModuleType = pytest.importorskip("OpenImageIO")

LIGHT = np.random.default_rng(5).random((21, 13, 3)).astype(np.float32)


def exr(
    samples: np.ndarray = LIGHT,
    names: tuple[str, ...] = ("R", "G", "B"),
    *,
    kind: str = "float",
    space: RgbSpace | None = None,
    window: tuple[int, int, int, int] | None = None,
    parts: int = 1,
) -> bytes:
    """An OpenEXR file; `window` is the display window, from the stored pixels' first: left, upper, width, height."""
    spec = oiio.ImageSpec(samples.shape[1], samples.shape[0], samples.shape[2], kind)
    spec.channelnames = names
    if space is not None:
        numbers = tuple(v for pair in (*space.primaries, space.white) for v in pair)
        spec.attribute("chromaticities", oiio.TypeDesc("float[8]"), numbers)
    if window is not None:
        spec.full_x, spec.full_y, spec.full_width, spec.full_height = window
    path = Path(f"written-{kind}.exr").absolute()
    out = oiio.ImageOutput.create(str(path))
    if parts == 1:
        assert out.open(str(path), spec)
        assert out.write_image(samples)
    else:
        assert out.open(str(path), tuple(spec for _ in range(parts)))
        for part in range(parts):
            assert part == 0 or out.open(str(path), spec, "AppendSubimage")
            assert out.write_image(samples / (part + 1))
    out.close()
    return path.read_bytes()


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(data: bytes) -> Picture:
    return read_exr(io.BytesIO(data), 10_000)


@pytest.mark.parametrize(("kind", "error"), [("half", 40), ("float", 1)])
@pytest.mark.parametrize("space", [None, SRGB, REC2020, PROPHOTO])
def test_linear_light(kind: str, error: int, space: RgbSpace | None, tmp_path: Path) -> None:
    wide = read_photo(placed(tmp_path, "a.exr", exr(kind=kind, space=space)))
    expected = np.clip(LIGHT @ conversion_matrix(space or SRGB, PROPHOTO).T, 0, 1)
    assert np.abs(wide.array - PROPHOTO.encode(expected) * 65535).max() <= error
    assert wide.notes == ()


def test_transparency_is_divided_out() -> None:
    alpha = np.full((21, 13, 1), 0.5, np.float32)
    picture = read(exr(np.dstack([LIGHT * 0.5, alpha]), ("R", "G", "B", "A")))
    assert np.abs(picture.samples - LIGHT).max() < 1e-6
    assert np.all(picture.alpha == 32768)


def test_grey_and_further_channels() -> None:
    grey = read(exr(LIGHT[..., :1].copy(), ("Y",)))
    assert grey.is_gray
    romm = romm_of(grey, None)
    assert np.array_equal(romm[..., 0], romm[..., 1])
    deep = read(exr(np.dstack([LIGHT, LIGHT[..., :1]]), ("R", "G", "B", "Z")))
    assert np.array_equal(deep.samples, LIGHT)
    assert deep.alpha is None
    assert deep.notes == ["further channels were left out"]


@pytest.mark.parametrize("window", [(-3, -2, 30, 28), (2, 5, 8, 9), (-4, 3, 10, 30)])
def test_the_display_window(window: tuple[int, int, int, int]) -> None:
    left, upper, width, height = window
    picture = read(exr(window=window))
    canvas = np.zeros((100, 100, 3), np.float32)
    canvas[40 : 40 + 21, 40 : 40 + 13] = LIGHT
    assert np.array_equal(picture.samples, canvas[40 + upper : 40 + upper + height, 40 + left : 40 + left + width])


def test_the_first_of_several_parts() -> None:
    picture = read(exr(parts=2))
    assert np.array_equal(picture.samples, LIGHT)
    assert picture.notes == [FURTHER_PICTURES]


def test_light_above_white_is_counted() -> None:
    bright = LIGHT.copy()
    bright[:3] = 7
    picture = read(exr(bright))
    romm_of(picture, None)
    assert picture.notes == ["39 pixels (14 %) lie outside ROMM RGB (ProPhoto) and were clipped to it"]


@pytest.mark.parametrize(
    ("names", "problem"),
    [(("Y", "RY", "BY"), "subsampled chroma"), (("X", "Z", "W"), "without channels R, G and B, or Y; it has")],
)
def test_other_channels_are_refused(names: Any, problem: str) -> None:
    with pytest.raises(PhotoError, match=problem):
        read(exr(names=names))


def test_damage_size_and_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    data = exr()
    for cut in (8, 100, len(data) // 2):
        with pytest.raises(GamutMetaError):
            read(data[:cut])
    with pytest.raises(PhotoError, match="13 x 21 pixels are more than the limit of 272"):
        read_exr(io.BytesIO(data), 272)
    hide(monkeypatch, "OpenImageIO")
    with pytest.raises(MissingExtraError, match=r"reading OpenEXR needs OpenImageIO"):
        read(data)
