"""imageio reads what gamutmeta.expand restores."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from carrots import CARROTS, QUICK, write_piece
from photo_files import exif_block

pytest.importorskip("torch")
pytest.importorskip("imageio", reason="imageio is not installed; pip install 'gamutmeta[imageio]'")

import imageio.v3 as iio
from imageio.config import known_plugins
from imageio.config.plugins import PluginConfig
from PIL import Image

from gamutmeta import carriers
from gamutmeta.color.icc import profile_bytes
from gamutmeta.errors import BindingError, GamutMetaError, PhotoError
from gamutmeta.imageio import NAME, GamutMetaPlugin, register, unregister
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline.expand import expand
from gamutmeta.pipeline.reduce import reduce_file

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    register()
    yield
    unregister()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file for each kind; all show the same 96x64 pixels, stored to be turned by a quarter."""
    folder = tmp_path_factory.mktemp("imageio")
    photo = write_piece(folder / "photo.tif", exif=exif_block(orientation=6))
    for name in ("app11.jpg", "itxt.png", "tiff.tif"):
        reduce_file(photo, folder / name, preset=QUICK, device="cpu")
    reduce_file(photo, folder / "beside.jpg", preset=QUICK, carrier="sidecar", device="cpu")
    array = read_photo(photo).array
    alpha = np.linspace(0, 65535, array[..., 0].size).astype(np.uint16).reshape(array.shape[:2])
    WideImage(array, alpha=alpha).save(folder / "transparent.tif")
    reduce_file(folder / "transparent.tif", folder / "transparent.png", preset=QUICK, device="cpu")
    return folder


@pytest.mark.parametrize("name", ["app11.jpg", "itxt.png", "tiff.tif", "beside.jpg"])
def test_reading_is_expanding(folder: Path, name: str) -> None:
    path = folder / name
    array = iio.imread(path, plugin=NAME)
    assert array.dtype == np.uint16
    np.testing.assert_array_equal(array, expand(path).array)
    assert not np.array_equal(array, iio.imread(path, plugin=NAME, space="srgb"))


def test_bytes_and_streams_are_read_like_files(folder: Path) -> None:
    data = (folder / "app11.jpg").read_bytes()
    expected = expand(data).array
    np.testing.assert_array_equal(iio.imread(data, plugin=NAME), expected)
    np.testing.assert_array_equal(iio.imread(io.BytesIO(data), plugin=NAME), expected)


def test_the_class_needs_no_registration(folder: Path) -> None:
    unregister()
    with pytest.raises(ValueError, match="not a registered plugin"):
        iio.imread(folder / "app11.jpg", plugin=NAME)
    array = iio.imread(folder / "app11.jpg", plugin=GamutMetaPlugin)
    np.testing.assert_array_equal(array, expand(folder / "app11.jpg").array)


def test_without_asking_for_it_imageio_reads_as_ever(folder: Path) -> None:
    unregister()
    before = iio.imread(folder / "app11.jpg"), list(known_plugins)
    register()
    register()
    np.testing.assert_array_equal(iio.imread(folder / "app11.jpg"), before[0])
    assert list(known_plugins) == [*before[1], NAME]


def test_options_are_those_of_expansion(folder: Path) -> None:
    path = folder / "app11.jpg"
    upright = iio.imread(path, plugin=NAME, space="display-p3", rotate=True)
    np.testing.assert_array_equal(upright, np.rot90(expand(path, space="display-p3").array, -1))
    assert upright.shape == (96, 64, 3)
    with pytest.raises(PhotoError, match="space"):
        iio.imread(path, plugin=NAME, space="lab")


def test_transparency_is_the_fourth_channel(folder: Path) -> None:
    wide = expand(folder / "transparent.png")
    array = iio.imread(folder / "transparent.png", plugin=NAME)
    assert array.shape == (64, 96, 4) == iio.improps(folder / "transparent.png", plugin=NAME).shape
    np.testing.assert_array_equal(array[..., :3], wide.array)
    np.testing.assert_array_equal(array[..., 3], wide.alpha)


@pytest.mark.parametrize(("index", "shape"), [(0, (64, 96, 3)), (None, (64, 96, 3)), (..., (1, 64, 96, 3))])
def test_one_picture_is_in_a_file(folder: Path, index: Any, shape: tuple[int, ...]) -> None:
    path = folder / "itxt.png"
    assert iio.imread(path, plugin=NAME, index=index).shape == shape
    properties = iio.improps(path, plugin=NAME, index=index)
    assert (properties.shape, properties.dtype) == (shape, np.uint16)
    assert properties.is_batch == (index is ...)
    (only,) = iio.imiter(path, plugin=NAME, rotate=True)
    assert only.shape == (96, 64, 3) == iio.improps(path, plugin=NAME, rotate=True).shape


def test_there_is_no_second_picture(folder: Path) -> None:
    with iio.imopen(folder / "app11.jpg", "r", plugin=NAME) as file:
        for call in (file.read, file.properties, file.metadata):
            with pytest.raises(ValueError, match="index 1: the file has one picture"):
                call(index=1)


def test_metadata_is_for_the_array_in_its_space(folder: Path) -> None:
    metadata = iio.immeta(folder / "app11.jpg", plugin=NAME, space="rec2020")
    wide = expand(folder / "app11.jpg", space="rec2020")
    assert metadata["icc_profile"] == profile_bytes("rec2020") == wide.icc_profile
    assert (metadata["exif"], metadata["xmp"], metadata["orientation"]) == (wide.exif, wide.xmp, 6)
    container = carriers.extract(folder / "app11.jpg").container
    assert (metadata["carrier"], metadata["payload_bytes"]) == ("app11", len(container))
    assert iio.immeta(folder / "beside.jpg", plugin=NAME)["carrier"] == "sidecar"


def test_a_sidecar_can_be_named(folder: Path, tmp_path: Path) -> None:
    picture = tmp_path / "moved.jpg"
    picture.write_bytes((folder / "beside.jpg").read_bytes())
    with pytest.raises(OSError, match="can not handle"):
        iio.imread(picture, plugin=NAME)
    with iio.imopen(picture, "r", plugin=NAME, sidecar=folder / "beside.jpg.gamut") as file:
        np.testing.assert_array_equal(file.read(), expand(folder / "beside.jpg").array)


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"BM nothing", "not a JPEG, PNG or TIFF"), (CARROTS.read_bytes(), "no gamutmeta payload")],
)
def test_other_files_are_left_to_other_plug_ins(data: bytes, reason: str) -> None:
    with pytest.raises(OSError, match="can not handle") as raised:
        iio.imread(data, plugin=NAME)
    assert reason in str(raised.value.__cause__)


def test_what_is_wrong_with_a_payload_is_told(folder: Path) -> None:
    data = bytearray((folder / "app11.jpg").read_bytes())
    data[data.index(b"\x89GMT\r\n") + 60] ^= 1
    with pytest.raises(ValueError, match="payload field"):
        iio.imread(bytes(data), plugin=NAME)
    data = bytearray((folder / "app11.jpg").read_bytes())
    container = carriers.extract(bytes(data)).container
    no_jpeg = carriers.embed(carriers.strip((folder / "itxt.png").read_bytes()), container)
    mirrored = io.BytesIO()
    with Image.open(folder / "app11.jpg") as image:
        image.transpose(Image.Transpose.FLIP_TOP_BOTTOM).save(mirrored, "JPEG")
    other = carriers.embed(mirrored.getvalue(), container)
    for wrong in (no_jpeg, other):
        with pytest.raises(BindingError):
            iio.imread(wrong, plugin=NAME)
    assert iio.imread(other, plugin=NAME, check=False).shape == (64, 96, 3)


def test_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="can not handle") as raised:
        iio.imwrite(tmp_path / "x.jpg", np.zeros((4, 4, 3), np.uint16), plugin=NAME)
    assert "reduce_file" in str(raised.value.__cause__)
    assert not (tmp_path / "x.jpg").exists()


def test_a_file_opened_for_reading_refuses_to_be_written(folder: Path) -> None:
    before = (folder / "app11.jpg").read_bytes()
    with (
        iio.imopen(folder / "app11.jpg", "r", plugin=NAME) as file,
        pytest.raises(io.UnsupportedOperation, match="reduce_file"),
    ):
        file.write(np.zeros((4, 4, 3), np.uint16))
    assert (folder / "app11.jpg").read_bytes() == before


def test_without_imageio_the_extra_is_named() -> None:
    code = "import sys; sys.modules['imageio.config'] = None; import gamutmeta.imageio"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "pip install 'gamutmeta[imageio]'" in ran.stderr


def test_the_page_keeps_its_word(folder: Path, tmp_path: Path) -> None:
    page = (Path(__file__).parents[1] / "docs" / "plugins" / "imageio.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (tmp_path / "photo.jpg").write_bytes((folder / "app11.jpg").read_bytes())
    checks = "assert wide.shape == (64, 96, 3) and screen.shape == (96, 64, 3) and profile[36:40] == b'acsp'"
    subprocess.run([sys.executable, "-W", "error", "-c", f"{code}\n{checks}"], cwd=tmp_path, check=True, timeout=60)


class TestRegistration:
    @pytest.fixture(autouse=True)
    def _remove(self) -> Iterator[None]:
        yield
        known_plugins.pop(NAME, None)

    def test_a_plug_in_of_another_library_is_left_alone(self) -> None:
        other = PluginConfig(NAME, "Plugin", "elsewhere")
        known_plugins[NAME] = other
        unregister()
        assert known_plugins[NAME] is other
        with pytest.raises(GamutMetaError, match="another plug-in"):
            register()
        assert known_plugins[NAME] is other

    def test_again_and_again(self) -> None:
        for _ in range(2):
            register()
            assert NAME in known_plugins
        for _ in range(2):
            unregister()
            assert NAME not in known_plugins
