"""Edits of a JPEG that shows wide-gamut colour by a gain map make a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from carrots import CARROTS, QUICK
from PIL import Image

from gamutmeta import edit, pillow
from gamutmeta.edit import edited
from gamutmeta.errors import GamutMetaWarning
from gamutmeta.formats.second_picture import find_colour_map
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline.colour_map import NOTHING_TO_SHOW
from gamutmeta.pipeline.expand import expand
from gamutmeta.pipeline.reduce import reduce_file

pytest.importorskip("torch")

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module", params=["extended", "plain"])
def shown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A JPEG with a payload and a gain map, of extended or of plain samples."""
    folder = tmp_path_factory.mktemp("shown")
    WideImage(read_photo(CARROTS).array[290:354, 500:596]).save(folder / "wide.tif")
    path = folder / "shown.jpg"
    reduce_file(folder / "wide.tif", path, preset=QUICK, samples=request.param, show_wide=True, map_bytes=5_000)
    return path


def test_pictures_of_pillow(shown: Path, tmp_path: Path) -> None:
    with Image.open(shown) as image:
        assert image.format == "MPO"
        assert np.array_equal(pillow.gamut_expand(image).array, expand(shown).array)
        half = edit.rotate90(edit.resize(edit.crop(image, (8, 8, 88, 56)), (40, 24)))
    report = half.save(tmp_path / "half.jpg")
    found = find_colour_map((tmp_path / "half.jpg").read_bytes())
    assert found is not None
    assert report.gain_map is not None
    assert report.gain_map.map_bytes == found.size
    assert report.file_bytes == (tmp_path / "half.jpg").stat().st_size
    assert report.gain_map.p3_psnr_og > report.gain_map.p3_psnr_og_plain
    assert expand(tmp_path / "half.jpg").size == (24, 40)


def test_it_may_take_what_the_old_one_took(shown: Path, tmp_path: Path) -> None:
    old = find_colour_map(shown.read_bytes())
    assert old is not None
    with Image.open(shown) as image:
        assert edit.flip(image).map_bytes == max(old.size, 4_000)
    edit.edit_file(shown, tmp_path / "x.jpg", flip="horizontal")
    new = find_colour_map((tmp_path / "x.jpg").read_bytes())
    assert new is not None
    assert new.size <= max(old.size, 4_000)


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_other_files_cannot_store_one(shown: Path, tmp_path: Path, suffix: str) -> None:
    with Image.open(shown) as image:
        cropped = edit.crop(image, (0, 0, 50, 50))
    if cropped.image.mode == "YCbCr":
        pytest.skip("these samples need a JPEG")
    with pytest.warns(GamutMetaWarning, match=f"left out: a {'PNG' if suffix == '.png' else 'TIFF'} file cannot"):
        cropped.save(tmp_path / f"x{suffix}")


def test_it_is_said_where_none_is_of_use(shown: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edited, "useful_map", lambda *_: (None, (NOTHING_TO_SHOW,)))
    with pytest.warns(GamutMetaWarning, match=NOTHING_TO_SHOW):
        report = edit.edit_file(shown, tmp_path / "x.jpg", crop=(0, 0, 48, 64))
    assert report.gain_map is None
    assert find_colour_map((tmp_path / "x.jpg").read_bytes()) is None
    assert expand(tmp_path / "x.jpg").size == (48, 64)
