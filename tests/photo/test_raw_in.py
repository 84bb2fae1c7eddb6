from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from photo_files import dng_bytes, hide, placed
from PIL import Image

from gamutmeta.color.spaces import PROPHOTO, conversion_matrix
from gamutmeta.errors import MissingExtraError, PhotoError
from gamutmeta.formats.exif import orientation_of
from gamutmeta.photo.interpret import romm_of
from gamutmeta.photo.raw_in import RAW_STYLES, _contrasted, read_raw
from gamutmeta.photo.read import read_photo

if TYPE_CHECKING:
    from types import ModuleType

rawpy: ModuleType = pytest.importorskip("rawpy")

ORIGINALS = Path(__file__).parents[3] / "shared" / "data" / "originals"


def test_grey_wall(tmp_path: Path) -> None:
    picture = read_raw(placed(tmp_path, "a.dng", dng_bytes()), 10_000)
    # White balance makes the wall grey; nothing brightens it; the camera was turned.
    assert picture.samples.shape == (96, 64, 3)
    assert picture.samples.dtype == np.uint16
    assert np.abs(picture.samples.astype(int) - 8000 / 16383 * 65535).max() <= 4
    assert picture.notes == []


@pytest.mark.parametrize("wall", [6000, 12_100, 12_500, 15_000, 16_200])
def test_neutral_is_proportional_to_the_light(tmp_path: Path, wall: int) -> None:
    picture = read_raw(placed(tmp_path, "a.dng", dng_bytes(wall=wall)), 10_000)
    assert np.abs(picture.samples.astype(int) - wall / 16383 * 65535).max() <= 8


def test_is_encoded_as_romm(tmp_path: Path) -> None:
    picture = read_raw(placed(tmp_path, "a.dng", dng_bytes()), 10_000)
    romm = romm_of(picture, None)
    assert picture.assumption is None
    expected = PROPHOTO.encode(np.array([8000 / 16383]))[0] * 65535
    assert np.abs(romm.astype(int) - expected).max() <= 4
    assert picture.space is not None
    assert np.array_equal(conversion_matrix(picture.space, PROPHOTO), np.eye(3))


def test_vivid(tmp_path: Path) -> None:
    path = placed(tmp_path, "a.dng", dng_bytes())
    neutral, vivid = (romm_of(read_raw(path, 10_000, style=style), None) for style in RAW_STYLES)
    # The wall is all there is, and so is brightened to white.
    assert vivid.min() > neutral.max()
    assert vivid.min() > 60_000


def test_vivid_curve() -> None:
    linear = np.linspace(-0.1, 1.1, 1001)
    curved = _contrasted(linear)
    assert np.all(np.diff(curved) >= 0)
    assert (curved[0], curved[-1]) == (0, pytest.approx(1))
    # Darker shadows, brighter lights, and the same middle of the encoded scale.
    middle = PROPHOTO.decode(np.array([0.5]))[0]
    inside = (linear > 0.005) & (linear < 0.995)
    assert np.all((curved < linear)[inside & (linear < middle)])
    assert np.all((curved > linear)[inside & (linear > middle)])


@pytest.mark.slow
@pytest.mark.skipif(not ORIGINALS.is_dir(), reason="the photographs of cameras are not here")
def test_camera_file(tmp_path: Path) -> None:
    path = ORIGINALS / "canon_s40_CRW_0118.CRW"
    neutral, vivid = (read_photo(path, raw_style=style) for style in RAW_STYLES)
    assert neutral.size == vivid.size
    assert min(neutral.size) > 1500
    # Brighter, of more contrast, and more colourful.
    encoded = [wide.array[::8, ::8] / 65535 for wide in (neutral, vivid)]
    assert encoded[1].mean() > encoded[0].mean()
    assert encoded[1].std() > encoded[0].std()
    spread = [np.ptp(values, axis=2).mean() for values in encoded]
    assert spread[1] > 1.2 * spread[0]
    with pytest.raises(PhotoError, match="neutral or vivid, not 'loud'"):
        read_photo(path, raw_style="loud")
    neutral.save(tmp_path / "a.jxl")
    assert np.array_equal(read_photo(tmp_path / "a.jxl").array, neutral.array)


def test_exif_is_carried_without_rotation(tmp_path: Path) -> None:
    picture = read_raw(placed(tmp_path, "a.dng", dng_bytes(orientation=8)), 10_000)
    exif = Image.Exif()
    exif.load(picture.exif or b"")
    assert exif[0x010F] == "Maker"
    assert orientation_of(picture.exif) == 1
    assert set(exif) <= {0x010F, 0x0131, 0x011A, 0x011B, 0x0128}


def test_other_containers_have_no_exif_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = rawpy.imread
    good = placed(tmp_path, "good.dng", dng_bytes())
    monkeypatch.setattr(rawpy, "imread", lambda _: real(str(good)))
    picture = read_raw(placed(tmp_path, "a.crw", b"II\x1a\0\0\0HEAPCCDR"), 10_000)
    assert picture.exif is None
    assert picture.notes == ["the EXIF data of the raw file could not be read"]


def test_size_is_checked(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="96 x 64 pixels are more than the limit of 6143"):
        read_raw(placed(tmp_path, "a.dng", dng_bytes()), 6143)


def test_rawpy_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "rawpy")
    with pytest.raises(MissingExtraError, match=r"reading raw photographs needs rawpy; pip install 'gamutmeta\[raw\]'"):
        read_raw(placed(tmp_path, "a.dng", dng_bytes()), 10_000)
