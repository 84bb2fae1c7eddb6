from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from photo_files import exif_block, smooth_array
from PIL import Image

from gamutmeta.color.icc import profile_bytes
from gamutmeta.errors import PhotoError
from gamutmeta.photo.avif_out import write_avif

if TYPE_CHECKING:
    from types import ModuleType

pyvips: ModuleType = pytest.importorskip("pyvips")
SMOOTH = smooth_array()
ICC = profile_bytes("adobe-rgb")


def test_fields_of_exif_survive_the_library() -> None:
    file = io.BytesIO()
    block = exif_block(orientation=1)
    write_avif(file, SMOOTH, bits=8, quality=90, icc=ICC, exif=block)
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


def test_lower_quality_is_smaller() -> None:
    sizes = []
    for quality in (30, 90, 100):
        file = io.BytesIO()
        write_avif(file, SMOOTH, bits=8, quality=quality, icc=ICC)
        sizes.append(file.tell())
    assert sizes == sorted(sizes)


def test_what_the_library_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise pyvips.Error("no encoder")

    monkeypatch.setattr(pyvips.Image, "heifsave_buffer", refuse, raising=False)
    with pytest.raises(PhotoError, match="the AVIF file cannot be written: no encoder"):
        write_avif(io.BytesIO(), SMOOTH, bits=8, quality=90, icc=ICC)
