from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from photo_files import dng_bytes, hide
from PIL import Image

from gamutmeta.color.icc import profile_bytes
from gamutmeta.errors import MissingExtraError, PhotoError
from gamutmeta.photo.exr_in import EXR_SIGNATURE
from gamutmeta.photo.jxl_in import JXL_SIGNATURES
from gamutmeta.photo.needed import require_reader, require_writer
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage

if TYPE_CHECKING:
    from pathlib import Path

WIDE = WideImage(np.full((8, 8, 3), 30_000, np.uint16))
LIBRARIES = ("OpenImageIO", "imagecodecs", "pillow_heif", "pyvips", "rawpy")


def _ftyp(brand: bytes) -> bytes:
    return b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0mif1" + brand + bytes(100)


def _tiff(**options: object) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, WIDE.array, photometric="rgb", metadata=None, **options)  # type: ignore[arg-type]
    return file.getvalue()


def _jpeg() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG", icc_profile=profile_bytes("srgb"))
    return file.getvalue()


NEEDY = {
    "a.raf": (b"FUJIFILMCCD-RAW " + bytes(100), "reading raw photographs needs rawpy"),
    "a.dng": (dng_bytes(), "reading raw photographs needs rawpy"),
    "a raw photograph.tif": (dng_bytes(), "reading raw photographs needs rawpy"),
    "a.heic": (_ftyp(b"heic"), "reading HEIC, HEIF and AVIF needs pillow-heif"),
    "a.avif": (_ftyp(b"avif"), "reading HEIC, HEIF and AVIF needs pillow-heif"),
    "a.exr": (EXR_SIGNATURE + bytes(100), "reading OpenEXR needs OpenImageIO"),
    "deep.png": (WIDE.to_bytes("png"), "reading 16-bit PNG needs imagecodecs"),
    "predictor.tif": (_tiff(compression="lzw", predictor=True), "reading .* TIFF with a predictor needs imagecodecs"),
}
PLAIN = {
    "a.jpg": _jpeg(),
    "plain.png": WIDE.to_bytes("png", depth=8),
    "plain.tif": _tiff(iccprofile=profile_bytes("prophoto")),
}


@pytest.mark.parametrize("name", NEEDY)
def test_reading_says_the_same(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, said = NEEDY[name]
    (tmp_path / name).write_bytes(data)
    hide(monkeypatch, *LIBRARIES)
    with pytest.raises(MissingExtraError, match=rf"{said}; pip install") as beforehand:
        require_reader(tmp_path / name)
    with pytest.raises(MissingExtraError) as later:
        read_photo(tmp_path / name)
    assert str(beforehand.value) == str(later.value)


def test_jpeg_xl_needs_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, *LIBRARIES)
    for signature in JXL_SIGNATURES:
        (tmp_path / "a.jxl").write_bytes(signature + bytes(100))
        with pytest.raises(MissingExtraError, match="reading JPEG XL needs OpenImageIO"):
            require_reader(tmp_path / "a.jxl")


@pytest.mark.parametrize("name", PLAIN)
def test_the_rest_needs_nothing(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / name).write_bytes(PLAIN[name])
    hide(monkeypatch, *LIBRARIES)
    require_reader(tmp_path / name)
    assert read_photo(tmp_path / name).size == (8, 8)


@pytest.mark.parametrize("data", [b"", b"II*\0", b"II*\0\xff\xff\xff\xff", b"\x89PNG\r\n\x1a\n", b"nothing known"])
def test_damage_is_for_the_reader_to_tell(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(data)
    require_reader(tmp_path / "a.tif")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipes_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    require_reader(tmp_path / "pipe")


def test_writers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.tif", "a.png", "a.jpg"):
        require_writer(name)
    hide(monkeypatch, *LIBRARIES)
    for name in ("a.avif", "a.heic", "a.jxl"):
        with pytest.raises(MissingExtraError) as beforehand:
            require_writer(name)
        with pytest.raises(MissingExtraError) as later:
            WIDE.to_bytes({"a.avif": "avif", "a.heic": "heic", "a.jxl": "jxl"}[name])  # type: ignore[arg-type]
        assert str(beforehand.value) == str(later.value)
    with pytest.raises(PhotoError, match="can be written as"):
        require_writer("a.gif")
