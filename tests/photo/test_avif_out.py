from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from heif_boxes import CODE_POINTS, says
from photo_files import exif_block, smooth_array
from PIL import Image

from gamutmeta.color.icc import profile_bytes
from gamutmeta.color.spaces import SPACES
from gamutmeta.errors import PhotoError
from gamutmeta.photo.avif_out import write_avif
from gamutmeta.photo.heif_in import read_avif

if TYPE_CHECKING:
    from types import ModuleType

pyvips: ModuleType = pytest.importorskip("pyvips")
SMOOTH = smooth_array()
ICC = profile_bytes("adobe-rgb")


def test_fields_of_exif_survive_the_library() -> None:
    file = io.BytesIO()
    block = exif_block(orientation=1)
    write_avif(file, SMOOTH, bits=8, quality=90, space="adobe-rgb", icc=ICC, exif=block)
    wanted = Image.Exif()
    wanted.load(block)
    with Image.open(file) as image:
        found = image.getexif()
        for tag in (0x010F, 0x0110, 0x0112, 0x8298):
            assert found[tag] == wanted[tag]
        for directory in (0x8769, 0x8825):
            kept = found.get_ifd(directory)
            for tag, value in wanted.get_ifd(directory).items():
                if tag != 0xA005:
                    assert kept[tag] == value


@pytest.mark.parametrize("bits", [8, 10, 12])
@pytest.mark.parametrize(("quality", "matrix"), [(90, 6), (100, 0)])
@pytest.mark.parametrize("space", SPACES)
def test_the_coded_picture_names_the_space(space: str, quality: int, matrix: int, bits: int) -> None:
    samples = SMOOTH if bits == 8 else SMOOTH.astype(np.uint16) << (bits - 8)
    file = io.BytesIO()
    write_avif(file, samples, bits=bits, quality=quality, space=space, icc=profile_bytes(space), exif=exif_block())
    told = CODE_POINTS[space] if (space, bits) != ("rec2020", 12) else (9, 15)
    assert says(file.getvalue(), *told, matrix)
    # Only there: a second description, in a box, could contradict it.
    assert b"colrnclx" not in file.getvalue()
    picture = read_avif(file, 10**6)
    assert picture.icc == profile_bytes(space)
    assert np.array_equal(picture.samples, samples) == (quality == 100)
    with Image.open(file) as image:
        assert image.getexif()[0x010F] == "Maker"


def test_lower_quality_is_smaller() -> None:
    sizes = []
    for quality in (30, 90, 100):
        file = io.BytesIO()
        write_avif(file, SMOOTH, bits=8, quality=quality, space="adobe-rgb", icc=ICC)
        sizes.append(file.tell())
    assert sizes == sorted(sizes)


def test_what_the_library_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise pyvips.Error("no encoder")

    monkeypatch.setattr(pyvips.Image, "heifsave_buffer", refuse, raising=False)
    with pytest.raises(PhotoError, match="the AVIF file cannot be written: no encoder"):
        write_avif(io.BytesIO(), SMOOTH, bits=8, quality=90, space="adobe-rgb", icc=ICC)
