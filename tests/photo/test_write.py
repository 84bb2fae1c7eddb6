from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from photo_files import XMP, exif_block, hide, smooth_array, wide_array
from PIL import Image, ImageOps

from gamutmeta.color.icc import profile_bytes
from gamutmeta.color.spaces import SPACES
from gamutmeta.errors import MissingExtraError, OutputExistsError, PhotoError
from gamutmeta.formats.boxes import iter_boxes
from gamutmeta.formats.exif import orientation_of
from gamutmeta.photo import WideImage, decode_srgb, read_photo, write_photo

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

ARRAY = wide_array()
WIDE = WideImage(ARRAY, exif=exif_block(color_space=1), xmp=XMP)
EIGHT = np.rint(ARRAY / 257).astype(np.uint8)


@pytest.mark.parametrize("name", ["a.tif", "a.TIFF", "a.png"])
def test_sixteen_bits_come_back(name: str, tmp_path: Path) -> None:
    if name.endswith("png"):
        pytest.importorskip("imagecodecs")
    write_photo(WIDE, tmp_path / name)
    again = read_photo(tmp_path / name)
    assert np.array_equal(again.array, ARRAY)
    assert (again.space, again.xmp, again.orientation, again.notes) == ("prophoto", XMP, 6, ())


@pytest.mark.parametrize("name", ["a.tif", "a.png", "a.jpg", "a.JPEG"])
@pytest.mark.parametrize("space", SPACES)
def test_eight_bits_come_back(name: str, space: str, tmp_path: Path) -> None:
    write_photo(WideImage(ARRAY, space, exif=exif_block(), xmp=XMP), tmp_path / name, depth=8)
    with Image.open(tmp_path / name) as image:
        assert image.mode == "RGB"
        assert image.info["icc_profile"] == profile_bytes(space)
        assert image.getexif()[0x0112] == 6
        assert image.getexif().get_ifd(0x8769)[0xA001] == (1 if space == "srgb" else 0xFFFF)
        assert image.getexif().get_ifd(0x8825)[1] == "N"
    if name.endswith(("tif", "png")):
        assert np.array_equal(decode_srgb((tmp_path / name).read_bytes()), EIGHT)
    assert read_photo(tmp_path / name).xmp == XMP


@pytest.mark.parametrize("name", ["a.tif", "a.png"])
def test_sixteen_bit_metadata_for_other_readers(name: str, tmp_path: Path) -> None:
    write_photo(WIDE.convert("display-p3"), tmp_path / name)
    with Image.open(tmp_path / name) as image:
        exif = image.getexif()
        assert exif[0x010F] == "Maker"
        assert exif[0x0112] == 6
        assert exif.get_ifd(0x8769)[0x9003] == "2026:01:02 03:04:05"
        assert exif.get_ifd(0x8769)[0xA001] == 0xFFFF
        assert exif.get_ifd(0x8825)[2] == (48, 12, 34.5)
        assert image.info["icc_profile"] == profile_bytes("display-p3")
        assert image.info["xmp"] == XMP


@pytest.mark.parametrize("name", ["a.tif", "a.png"])
@pytest.mark.parametrize("depth", [8, 16])
def test_same_photograph_same_bytes(name: str, depth: int, tmp_path: Path) -> None:
    write_photo(WIDE, tmp_path / name, depth=depth)
    write_photo(WIDE, tmp_path / f"again-{name}", depth=depth)
    assert (tmp_path / name).read_bytes() == (tmp_path / f"again-{name}").read_bytes()


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(b"precious")
    with pytest.raises(OutputExistsError):
        WIDE.save(path)
    assert path.read_bytes() == b"precious"
    WIDE.save(path, overwrite=True)
    assert tifffile.imread(path).shape == ARRAY.shape
    assert [p.name for p in tmp_path.iterdir()] == ["a.tif"]


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match=r"\.tif, \.tiff, \.png, \.jpg, \.jpeg, .*\.jxl, not \.bmp"):
        write_photo(WIDE, tmp_path / "a.bmp")
    with pytest.raises(PhotoError, match="8 or 16 bits per channel here, not 12"):
        write_photo(WIDE, tmp_path / "a.tif", depth=12)
    with pytest.raises(PhotoError, match="JPEG has 8 bits per channel here, not 16"):
        write_photo(WIDE, tmp_path / "a.jpg", depth=16)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("depth", [8, 16])
def test_damaged_exif_leaves_no_file(depth: int, tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match=r"a\.tif: TIFF"):
        write_photo(WideImage(ARRAY, exif=b"Exif\0\0garbage"), tmp_path / "a.tif", depth=depth)
    assert list(tmp_path.iterdir()) == []


def test_without_imagecodecs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "imagecodecs")
    for name in ("a.tif", "a.png"):
        write_photo(WIDE, tmp_path / name)
    assert np.array_equal(read_photo(tmp_path / "a.tif").array, ARRAY)
    assert (tmp_path / "a.png").stat().st_size > ARRAY.nbytes / 2


# --- AVIF, HEIC and JPEG XL -------------------------------------------------------------------------------------------

SMOOTH = smooth_array().astype(np.uint16) * 257 + np.arange(64, dtype=np.uint16)[:, None]
"""Uses the lower bits as well."""
ALPHA = np.broadcast_to(np.linspace(0, 65535, 64).astype(np.uint16), (40, 64))
LIBRARY = {"avif": "pyvips", "heic": "pillow_heif", "jxl": "OpenImageIO"}


def as_others_read(path: Path) -> tuple[NDArray[Any], bytes, bytes, bytes]:
    """Codes, ICC profile, EXIF and XMP, by another library than the one that wrote them, where there is one."""
    data = path.read_bytes()
    imagecodecs = pytest.importorskip("imagecodecs")
    if path.suffix == ".avif":
        with Image.open(path) as image:
            return imagecodecs.avif_decode(data), *(image.info[key] for key in ("icc_profile", "exif", "xmp"))
    if path.suffix == ".jxl":
        content = {box.type: data[box.start : box.end] for box in iter_boxes(data)}
        source = pytest.importorskip("OpenImageIO").ImageInput.open(str(path))
        icc = np.asarray(source.spec().getattribute("ICCProfile"), np.uint8).tobytes()
        source.close()
        return imagecodecs.jpegxl_decode(data), icc, b"Exif\0\0" + content[b"Exif"][4:], content[b"xml "]
    heif = pytest.importorskip("pillow_heif").open_heif(path, convert_hdr_to_8bit=False, hdr_to_16bit=False)
    assert heif.info["bit_depth"] in {8, 10, 12}
    return np.asarray(heif), *(heif.info[key] for key in ("icc_profile", "exif", "xmp"))


@pytest.mark.parametrize("space", SPACES)
@pytest.mark.parametrize(
    ("name", "depth", "mean"),
    # How far codes of the default quality may be off on average, in those of the depth.
    [
        ("avif", 8, 1),
        ("avif", 10, 1.5),
        ("avif", 12, 4.5),
        ("heic", 8, 1.2),
        ("heic", 10, 3),
        ("heic", 12, 4),
        ("jxl", 8, 0),
        ("jxl", 16, 0),
    ],
)
def test_every_depth_in_every_space(name: str, depth: int, mean: float, space: str, tmp_path: Path) -> None:
    pytest.importorskip(LIBRARY[name])
    path = tmp_path / f"a.{name}"
    expected = SMOOTH if depth == 16 else np.rint(SMOOTH * ((2**depth - 1) / 65535))
    photograph = WideImage(SMOOTH, space, exif=exif_block(orientation=1), xmp=XMP)
    for quality, limit in ((None, mean), (100, 0)):
        photograph.save(path, depth=depth, quality=quality, overwrite=True)
        codes, icc, _, xmp = as_others_read(path)
        assert codes.dtype == (np.uint8 if depth == 8 else np.uint16)
        assert np.abs(codes - expected).mean() <= limit
        assert (icc, xmp) == (profile_bytes(space), XMP)
        again = read_photo(path)
        assert again.notes == ()
        assert np.abs(again.convert(space).array - SMOOTH.astype(int)).mean() <= (limit + 0.5) * 65535 / (2**depth - 1)


@pytest.mark.parametrize(("name", "depth"), [("avif", 10), ("heic", 12), ("jxl", 16), ("jxl", 8)])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_written_upright_with_transparency(name: str, depth: int, orientation: int, tmp_path: Path) -> None:
    pytest.importorskip(LIBRARY[name])
    path = tmp_path / f"a.{name}"
    xmp = XMP.replace(b"dc:format", b'tiff:Orientation="6" dc:format')
    photograph = WideImage(SMOOTH, exif=exif_block(orientation=orientation), xmp=xmp, alpha=ALPHA)
    photograph.save(path, depth=depth, quality=100)
    with Image.new("RGBA", (64, 40)) as shown:
        shown.putdata([(x, y, 0, 255) for y in range(40) for x in range(64)])
        shown.getexif()[0x0112] = orientation
        places = np.asarray(ImageOps.exif_transpose(shown))
    codes, _, exif, packet = as_others_read(path)
    expected = np.dstack([SMOOTH, ALPHA])[places[..., 1], places[..., 0]]
    assert np.array_equal(codes, np.rint(expected * ((2**depth - 1) / 65535)))
    assert orientation_of(exif) == 1
    assert b"Orientation" not in packet
    fields = Image.Exif()
    fields.load(exif)
    assert fields[0x010F] == "Maker"
    assert fields.get_ifd(0x8825)[1] == "N"
    again = read_photo(path)
    assert (again.orientation, again.notes, again.xmp) == (1, (), XMP)
    assert again.alpha is not None
    assert np.abs(again.alpha - expected[..., 3].astype(int)).max() <= 65535 / (2**depth - 1) / 2 + 1


@pytest.mark.parametrize("space", sorted({*SPACES} - {"prophoto"}))
def test_lossy_jpeg_xl_says_its_space_in_numbers(space: str, tmp_path: Path) -> None:
    pytest.importorskip("OpenImageIO")
    WideImage(SMOOTH, space).save(tmp_path / "a.jxl", quality=90)
    assert (tmp_path / "a.jxl").stat().st_size < 1000
    imagecodecs = pytest.importorskip("imagecodecs")
    codes = imagecodecs.jpegxl_decode((tmp_path / "a.jxl").read_bytes())
    assert np.abs(codes - SMOOTH.astype(int)).mean() < 250
    again = read_photo(tmp_path / "a.jxl")
    assert again.notes == ()
    assert np.abs(again.convert(space).array - SMOOTH.astype(int)).mean() < 250


def test_web_jpeg(tmp_path: Path) -> None:
    photograph = WideImage(SMOOTH, "display-p3")
    for quality in (60, None):
        photograph.save(tmp_path / f"{quality}.jpg", quality=quality)
    sizes = [(tmp_path / f"{quality}.jpg").stat().st_size for quality in (60, None)]
    assert sizes[0] < sizes[1]
    with Image.open(tmp_path / "None.jpg") as image:
        assert (image.mode, image.info["icc_profile"]) == ("RGB", profile_bytes("display-p3"))
    assert np.abs(read_photo(tmp_path / "None.jpg").convert("display-p3").array - SMOOTH.astype(int)).mean() < 257


@pytest.mark.parametrize("name", LIBRARY)
def test_missing_libraries_are_named(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, LIBRARY[name])
    extra = {"heic": "heif"}.get(name, name)
    with pytest.raises(MissingExtraError, match=rf"writing .* needs .*; pip install 'gamutmeta\[{extra}\]'"):
        WIDE.save(tmp_path / f"a.{name}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", LIBRARY)
@pytest.mark.parametrize("size", [(1, 1), (1, 70), (65, 3)])
def test_odd_sizes(name: str, size: tuple[int, int], tmp_path: Path) -> None:
    pytest.importorskip(LIBRARY[name])
    array = np.full((*size, 3), 30_000, np.uint16)
    WideImage(array).save(tmp_path / f"a.{name}")
    assert np.abs(read_photo(tmp_path / f"a.{name}").array - array.astype(int)).max() < 400


@pytest.mark.parametrize(("suffix", "most"), [(".jpg", 65_500), (".avif", 16_384)])
def test_the_longest_side_is_written_and_read_again(tmp_path: Path, suffix: str, most: int) -> None:
    if suffix == ".avif":
        pytest.importorskip("pyvips")
        pytest.importorskip("pillow_heif")
    wide = WideImage(np.full((16, most, 3), 30_000, np.uint16), "display-p3")
    wide.save(tmp_path / f"a{suffix}")
    assert read_photo(tmp_path / f"a{suffix}").size == (most, 16)
    longer = WideImage(np.full((16, most + 1, 3), 30_000, np.uint16), "display-p3")
    with pytest.raises(PhotoError, match="on a side"):
        longer.save(tmp_path / f"b{suffix}")


def test_what_x265_refuses_is_told(tmp_path: Path) -> None:
    pytest.importorskip("pillow_heif")
    with pytest.raises(PhotoError, match="x265 takes no picture of 8192 x 16 pixels for HEIC; use TIFF or PNG"):
        WideImage(np.full((16, 8192, 3), 30_000, np.uint16), "display-p3").save(tmp_path / "a.heic")
