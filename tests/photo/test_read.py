from __future__ import annotations

import io
import os
import sys
import tracemalloc
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from icc_builder import lut_profile
from photo_files import XMP, dng_bytes, exif_block, placed, saved, smooth_array, tiff_bytes, wide_array
from PIL import Image

from gamutmeta.color.cicp import VideoCurve, cicp_space
from gamutmeta.color.convert import convert_space
from gamutmeta.color.icc import profile_bytes
from gamutmeta.color.spaces import ADOBE_RGB, DISPLAY_P3, PROPHOTO, SRGB
from gamutmeta.errors import GamutMetaError, GamutMetaWarning, PhotoError, ProfileError
from gamutmeta.photo import WideImage, encode_srgb_file, read_photo
from gamutmeta.photo.jxl_out import write_jxl
from gamutmeta.photo.png_out import write_png

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

ARRAY = wide_array()
SMOOTH = smooth_array()
P3 = profile_bytes("display-p3")


def png16() -> bytes:
    file = io.BytesIO()
    write_png(file, ARRAY, icc=profile_bytes("prophoto"), exif=exif_block(), xmp=XMP)
    return file.getvalue()


def heic() -> bytes:
    pillow_heif = pytest.importorskip("pillow_heif")
    file = io.BytesIO()
    pillow_heif.from_bytes("RGB", (64, 40), SMOOTH.tobytes()).save(file, quality=-1, chroma=444)
    return file.getvalue()


def jxl() -> bytes:
    pytest.importorskip("OpenImageIO")
    file = io.BytesIO()
    write_jxl(file, SMOOTH, quality=100, icc=P3)
    return file.getvalue()


def in_romm(samples: NDArray[np.uint8]) -> NDArray[np.uint16]:
    return convert_space(samples, DISPLAY_P3, PROPHOTO, np.uint16)


KINDS: dict[str, tuple[Callable[[], bytes], int]] = {
    # The file, and how far its pixels may be off.
    "jpeg": (lambda: saved(Image.fromarray(SMOOTH), "JPEG", quality=100, subsampling=0, icc_profile=P3), 1200),
    "png": (lambda: saved(Image.fromarray(SMOOTH), "PNG", icc_profile=P3), 0),
    "webp": (lambda: saved(Image.fromarray(SMOOTH), "WEBP", lossless=True, icc_profile=P3), 0),
    "tiff": (lambda: saved(Image.fromarray(SMOOTH), "TIFF", compression="tiff_lzw", icc_profile=P3), 0),
    "jxl": (jxl, 0),
    "avif": (lambda: saved(Image.fromarray(SMOOTH), "AVIF", quality=100, subsampling="4:4:4", icc_profile=P3), 1200),
}


@pytest.mark.parametrize("name", ["photo", "photo.jpg", "photo.TIF"])
@pytest.mark.parametrize("kind", KINDS)
def test_eight_bits_of_any_kind_under_any_name(kind: str, name: str, tmp_path: Path) -> None:
    if kind == "avif":
        pytest.importorskip("pillow_heif")
    make, tolerance = KINDS[kind]
    wide = read_photo(placed(tmp_path, name, make()))
    assert isinstance(wide, WideImage)
    assert (wide.space, wide.notes) == ("prophoto", ())
    assert np.abs(wide.array.astype(int) - in_romm(SMOOTH)).max() <= tolerance


@pytest.mark.parametrize("kind", ["tif", "png"])
def test_sixteen_bits(kind: str, tmp_path: Path) -> None:
    if kind == "png":
        pytest.importorskip("imagecodecs")
    data = png16() if kind == "png" else tiff_bytes(ARRAY, iccprofile=profile_bytes("prophoto"))
    assert np.array_equal(read_photo(str(placed(tmp_path, "x", data))).array, ARRAY)


def test_avif_by_its_compatible_brands(tmp_path: Path) -> None:
    data = KINDS["avif"][0]()
    assert data[8:12] == b"avif"
    wide = read_photo(placed(tmp_path, "a.avif", data[:8] + b"mif1" + data[12:16] + b"avif" + data[20:]))
    assert wide.size == (64, 40)


def test_avif_with_twelve_bits_and_code_points(tmp_path: Path) -> None:
    imagecodecs = pytest.importorskip("imagecodecs")
    samples = np.arange(64 * 40 * 3, dtype=np.uint16).reshape(40, 64, 3) % 4096
    data = imagecodecs.avif_encode(
        samples, level=100, bitspersample=12, pixelformat="444", primaries=9, transfer=15, matrix=0
    )
    wide = read_photo(placed(tmp_path, "a.avif", data))
    full = np.rint(samples * (65535 / 4095)).astype(np.uint16)
    # Viewers show the primaries of Rec.2020 with sRGB's curve.
    shown = cicp_space(9, 15, VideoCurve.SRGB)
    assert shown is not None
    assert np.abs(wide.array - convert_space(full, shown, PROPHOTO, np.uint16).astype(int)).max() <= 8
    assert wide.notes == ()


def test_heic_with_ten_bits_and_code_points(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    samples = np.arange(64 * 40 * 3, dtype=np.uint16).reshape(40, 64, 3) % 1024
    file = io.BytesIO()
    options = {"color_primaries": 12, "transfer_characteristics": 13, "matrix_coefficients": 0}
    heif = pillow_heif.from_bytes("RGB;16", (64, 40), (samples << 6).tobytes())
    heif.save(file, quality=-1, chroma=444, bit_depth=10, **options)
    wide = read_photo(placed(tmp_path, "a.heic", file.getvalue()))
    full = np.rint(samples * (65535 / 1023)).astype(np.uint16)
    assert np.abs(wide.array - convert_space(full, DISPLAY_P3, PROPHOTO, np.uint16).astype(int)).max() <= 8
    assert wide.notes == ()


def test_heic(tmp_path: Path) -> None:
    wide = read_photo(placed(tmp_path, "a.heic", heic()))
    expected = convert_space(SMOOTH, SRGB, PROPHOTO, np.uint16)
    assert np.abs(wide.array.astype(int) - expected).max() <= 1200
    assert wide.notes == ()


@pytest.mark.parametrize("name", ["a.dng", "a.NEF"])
def test_raw_is_told_by_its_name(name: str, tmp_path: Path) -> None:
    pytest.importorskip("rawpy")
    assert read_photo(placed(tmp_path, name, dng_bytes())).size == (64, 96)


@pytest.mark.parametrize("has_thumbnail", [False, True])
def test_raw_under_the_name_of_a_tiff(tmp_path: Path, *, has_thumbnail: bool) -> None:
    pytest.importorskip("rawpy")
    wide = read_photo(placed(tmp_path, "a.tif", dng_bytes(has_thumbnail=has_thumbnail)))
    assert np.array_equal(wide.array, read_photo(placed(tmp_path, "a.dng", dng_bytes())).array)
    assert wide.notes == ()


def test_a_mosaic_that_no_raw_converter_knows_is_refused_by_name(tmp_path: Path) -> None:
    pytest.importorskip("rawpy")
    with pytest.raises(PhotoError, match="colour filter array TIFF is not supported"):
        read_photo(placed(tmp_path, "a.tif", tiff_bytes(ARRAY[..., 0], photometric=32803)))


@pytest.mark.parametrize(
    "head",
    [
        b"FUJIFILMCCD-RAW ",
        b"II\x1a\0\0\0HEAPCCDR",
        b"II*\0\x10\0\0\0CR\2\0",
        b"\0\0\0\x18ftypcrx \0\0\0\1",
        b"IIRO\x08\0",
    ],
)
def test_raw_is_told_by_its_first_bytes(head: bytes, tmp_path: Path) -> None:
    pytest.importorskip("rawpy")
    with pytest.raises(PhotoError, match=r"cannot be decoded, and may be damaged: .*([Uu]nsupported|data|error)"):
        read_photo(placed(tmp_path, "a", head + bytes(2000)))


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"GIF89a" + bytes(100), b"\0\0\0\x18ftypmp42" + bytes(100), bytes(100)]
)
def test_other_files(data: bytes, tmp_path: Path) -> None:
    path = placed(tmp_path, "some.file", data)
    with pytest.raises(PhotoError, match=r"some\.file: not a TIFF, PNG, JPEG"):
        read_photo(path)


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_photo(tmp_path / "nothing.tif")
    with pytest.raises(IsADirectoryError):
        read_photo(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
def test_a_pipe_is_refused() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"II*\0")
    os.close(writer)
    try:
        with pytest.raises(PhotoError, match="not from a pipe"):
            read_photo(f"/dev/fd/{reader}")
    finally:
        os.close(reader)


def test_missing_profile_is_said_aloud(tmp_path: Path) -> None:
    path = placed(tmp_path, "plain.png", saved(Image.fromarray(SMOOTH), "PNG"))
    with pytest.warns(GamutMetaWarning, match=r"plain\.png: no colour profile; sRGB was assumed") as caught:
        wide = read_photo(path)
    assert caught[0].filename == __file__
    assert wide.notes == ("no colour profile; sRGB was assumed",)
    assert np.array_equal(wide.array, convert_space(SMOOTH, SRGB, PROPHOTO, np.uint16))
    with pytest.warns(GamutMetaWarning, match="Adobe RGB"):
        wide = read_photo(path, assume_space="adobe-rgb")
    assert np.array_equal(wide.array, convert_space(SMOOTH, ADOBE_RGB, PROPHOTO, np.uint16))


def test_warning_as_error_stays_a_warning(tmp_path: Path) -> None:
    path = placed(tmp_path, "plain.png", saved(Image.fromarray(SMOOTH), "PNG"))
    with pytest.raises(GamutMetaWarning):
        read_photo(path)


def test_unusable_profile(tmp_path: Path) -> None:
    path = placed(tmp_path, "cmyk.png", saved(Image.fromarray(SMOOTH), "PNG", icc_profile=lut_profile(b"CMYK")))
    with pytest.raises(ProfileError, match=r"cmyk\.png: .*CMYK"):
        read_photo(path)
    with pytest.warns(GamutMetaWarning, match="CMYK"):
        wide = read_photo(path, assume_space="display-p3")
    assert np.array_equal(wide.array, in_romm(SMOOTH))


def test_space_to_assume_is_checked_first(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="unknown colour space 'cmyk'"):
        read_photo(tmp_path / "nothing.tif", assume_space="cmyk")


def test_metadata_and_notes_arrive(tmp_path: Path) -> None:
    image = Image.fromarray(SMOOTH)
    image.putalpha(9)
    data = saved(image, "WEBP", lossless=True, icc_profile=P3, exif=exif_block(orientation=5), xmp=XMP)
    wide = read_photo(placed(tmp_path, "a.webp", data))
    assert (wide.orientation, wide.exif, wide.xmp) == (5, exif_block(orientation=5), XMP)
    assert wide.notes == ()
    assert wide.alpha is not None
    assert (wide.alpha == 9 * 257).all()


@pytest.mark.parametrize("kind", [*KINDS, "png16", "heic", "dng"])
def test_size_limit(kind: str, tmp_path: Path) -> None:
    if kind in {"avif", "dng"}:
        pytest.importorskip({"avif": "pillow_heif", "dng": "rawpy"}[kind])
    special = {"png16": png16, "heic": heic, "dng": dng_bytes}
    data = special[kind]() if kind in special else KINDS[kind][0]()
    with pytest.raises(PhotoError, match=r"more than the limit of 100$"):
        read_photo(placed(tmp_path, "a.dng" if kind == "dng" else "a", data), max_pixels=100)


def test_pillows_own_limit_is_a_photo_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(PhotoError, match=r"a\.png: .*PIL\.Image\.MAX_IMAGE_PIXELS"):
        read_photo(placed(tmp_path, "a.png", KINDS["png"][0]()))


def test_memory_is_bounded(tmp_path: Path) -> None:
    samples = np.zeros((2000, 3000, 3), np.uint16)
    path = placed(tmp_path, "a.tif", tiff_bytes(samples, compression="zlib", iccprofile=P3))
    tracemalloc.start()
    read_photo(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Source and result, and strips; one float32 copy of the picture would be 72 MB more.
    assert peak < 2 * samples.nbytes + 32e6


def hostile_bases() -> list[bytes]:
    bases = [KINDS[kind][0]() for kind in ("jpeg", "png", "webp", "tiff")]
    bases += [tiff_bytes(ARRAY, iccprofile=P3), tiff_bytes(ARRAY, compression="zlib", rowsperstrip=7), png16()]
    return bases


BASES = hostile_bases()


def survives(path: Path) -> bool:
    """Reading gives a photograph or an error of the tree."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            read_photo(path, max_pixels=100_000)
        except GamutMetaError as error:
            return path.name in str(error)
    return True


@pytest.mark.parametrize("base", range(len(BASES)))
def test_truncated_files(base: int, tmp_path: Path) -> None:
    data = BASES[base]
    for cut in range(0, len(data), max(1, len(data) // 60)):
        assert survives(placed(tmp_path, "cut.bin", data[:cut]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_damaged_files(data: st.DataObject, tmp_path: Path) -> None:
    content = bytearray(data.draw(st.sampled_from(BASES)))
    # Headers, directories and chunk heads are where the numbers are.
    for position in data.draw(st.lists(st.integers(0, min(len(content), 700) - 1), min_size=1, max_size=6)):
        content[position] = data.draw(st.integers(0, 255))
    assert survives(placed(tmp_path, "damaged.bin", bytes(content)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    head=st.sampled_from([b"II*\0", b"MM\0*", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF\0\1\0\0WEBP"]),
    tail=st.binary(),
)
def test_random_files(head: bytes, tail: bytes, tmp_path: Path) -> None:
    assert survives(placed(tmp_path, "random.bin", head + tail))


@pytest.mark.parametrize("make", [heic, KINDS["avif"][0]], ids=["heic", "avif"])
def test_damaged_heif(make: Callable[[], bytes], tmp_path: Path) -> None:
    pytest.importorskip("pillow_heif")
    data = make()
    for cut in range(0, len(data), max(1, len(data) // 20)):
        assert survives(placed(tmp_path, "cut.heic", data[:cut]))


def test_damaged_raw(tmp_path: Path) -> None:
    pytest.importorskip("rawpy")
    data = dng_bytes()
    for cut in range(0, len(data), len(data) // 10):
        assert survives(placed(tmp_path, "cut.dng", data[:cut]))


def test_what_was_encoded_is_read_back(tmp_path: Path) -> None:
    for kind in ("png", "tiff"):
        path = placed(tmp_path, kind, encode_srgb_file(SMOOTH, kind))  # type: ignore[arg-type]
        assert np.array_equal(read_photo(path).array, convert_space(SMOOTH, SRGB, PROPHOTO, np.uint16))
