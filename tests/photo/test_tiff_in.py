from __future__ import annotations

import io
import struct
import subprocess
import sys
import tracemalloc
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile
from icc_builder import curv, gamma_curv, lut_profile, matrix_profile
from photo_files import XMP, exif_block, hide, saved, tiff_bytes, wide_array
from PIL import Image

from gamutmeta.color.icc import profile_bytes
from gamutmeta.color.spaces import ADOBE_RGB, DISPLAY_P3, PROPHOTO, SRGB, conversion_matrix
from gamutmeta.errors import MissingExtraError, PhotoError
from gamutmeta.formats.exif import orientation_of
from gamutmeta.photo.interpret import romm_of
from gamutmeta.photo.tiff_in import read_tiff

if TYPE_CHECKING:
    from gamutmeta.color.spaces import RgbSpace
    from gamutmeta.photo.picture import Picture

ARRAY = wide_array()
ICC = profile_bytes("prophoto")


def read(data: bytes, max_pixels: int = 10_000) -> Picture:
    return read_tiff(io.BytesIO(data), max_pixels)


LAYOUTS: dict[str, dict[str, Any]] = {
    "raw": {},
    "big-endian": {"byteorder": ">"},
    "bigtiff": {"bigtiff": True},
    "strips": {"rowsperstrip": 5},
    "deflate": {"compression": "zlib"},
    "lzma": {"compression": "lzma"},
    "predictor": {"compression": "zlib", "predictor": True, "byteorder": ">"},
    "lzw": {"compression": "lzw", "predictor": True},
    "packbits": {"compression": "packbits"},
    "zstd": {"compression": "zstd"},
    "tiles": {"tile": (16, 32), "compression": "lzw", "predictor": True},
}
NEEDS_CODECS = {"lzw", "packbits", "zstd", "tiles"}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout: str) -> None:
    if layout in NEEDS_CODECS:
        pytest.importorskip("imagecodecs")
    picture = read(tiff_bytes(ARRAY, iccprofile=ICC, **LAYOUTS[layout]))
    assert picture.samples.dtype == np.uint16
    assert picture.samples.dtype.isnative
    assert np.array_equal(picture.samples, ARRAY)
    assert (picture.bits, picture.is_gray, picture.icc, picture.notes) == (16, False, ICC, [])


@pytest.mark.parametrize("threads", ["1", "3"])
@pytest.mark.parametrize("layout", ["strips", "deflate", "big-endian"])
def test_any_number_of_threads(layout: str, threads: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAMUTMETA_THREADS", threads)
    large = np.tile(ARRAY, (20, 20, 1))
    data = tiff_bytes(large, **LAYOUTS[layout])
    assert np.array_equal(read(data, max_pixels=large.size).samples, large)


@pytest.mark.parametrize("layout", sorted(NEEDS_CODECS))
def test_missing_codecs_are_named(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("imagecodecs")
    data = tiff_bytes(ARRAY, **LAYOUTS[layout])
    hide(monkeypatch, "imagecodecs")
    with pytest.raises(MissingExtraError, match=r"reading [A-Z_]+ TIFF.* needs imagecodecs.*gamutmeta\[io\]"):
        read(data)


@pytest.mark.parametrize("layout", [name for name in LAYOUTS if name not in NEEDS_CODECS])
def test_the_rest_needs_no_codecs(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tiff_bytes(ARRAY, **LAYOUTS[layout])
    hide(monkeypatch, "imagecodecs")
    assert np.array_equal(read(data).samples, ARRAY)


WITHOUT_CODECS = """
import sys
sys.modules["imagecodecs"] = None
import io, numpy as np, tifffile
from gamutmeta.photo.tiff_in import read_tiff
samples = np.random.default_rng(0).integers(0, 1 << 16, (37, 41, 3), np.uint16)
for dtype, order in ((np.uint8, "<"), (np.uint16, "<"), (np.uint16, ">")):
    for layout in ({"rowsperstrip": 5}, {"tile": (16, 32)}):
        file = io.BytesIO()
        picture = samples.astype(dtype)
        options = layout | {"compression": "zlib", "predictor": True, "byteorder": order, "photometric": "rgb"}
        tifffile.imwrite(file, picture, **options)
        file.seek(0)
        assert tifffile.TiffFile(file).pages.first.predictor == 2
        assert np.array_equal(read_tiff(file, 10_000).samples, picture), (dtype, order, layout)
"""


def test_differences_need_no_codecs() -> None:
    """In a process of its own: tifffile looks for imagecodecs once."""
    subprocess.run([sys.executable, "-c", WITHOUT_CODECS], check=True)


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"byteorder": ">"}], ids=str)
def test_planes(options: dict[str, Any]) -> None:
    data = tiff_bytes(np.moveaxis(ARRAY, -1, 0).copy(), planarconfig="separate", **options)
    assert np.array_equal(read(data).samples, ARRAY)


@pytest.mark.parametrize("separate", [False, True])
def test_transparency_is_kept(separate: bool) -> None:  # noqa: FBT001
    rgba = np.dstack([ARRAY, ARRAY[..., :1]])
    if separate:
        rgba = np.moveaxis(rgba, -1, 0).copy()
    picture = read(tiff_bytes(rgba, extrasamples=["unassalpha"], planarconfig="separate" if separate else "contig"))
    assert np.array_equal(picture.samples, ARRAY)
    assert np.array_equal(picture.alpha, ARRAY[..., 0])
    assert picture.notes == []


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [1, 3])
def test_premultiplied_colours_are_divided(bits: int, channels: int) -> None:
    top = (1 << bits) - 1
    dtype = np.uint8 if bits == 8 else np.uint16
    alpha = np.full((5, 7, 1), round(0.4 * top), dtype)
    colour = np.broadcast_to(np.array([0.3, 0.15, 0.05][:channels]) * top, (5, 7, channels)).astype(dtype)
    options = {"photometric": "rgb" if channels == 3 else "minisblack", "planarconfig": "contig"}
    picture = read(tiff_bytes(np.dstack([colour, alpha]), extrasamples=["assocalpha"], **options))
    assert picture.alpha is not None
    assert abs(int(picture.alpha[0, 0]) - 0.4 * 65535) <= 65535 / top
    expected = np.array([0.75, 0.375, 0.125] if channels == 3 else [0.75] * 3) * top
    assert np.abs(picture.samples - expected).max() <= 3
    straight = read(tiff_bytes(np.dstack([colour, alpha]), extrasamples=["unassalpha"], **options))
    assert np.array_equal(straight.samples[..., :channels], colour)
    assert straight.notes == picture.notes == []


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_channel_of_no_known_meaning_is_no_transparency(dtype: Any) -> None:
    samples = np.dstack([ARRAY, ARRAY[..., :1]]).astype(dtype)
    picture = read(tiff_bytes(samples, extrasamples=["unspecified"]))
    assert picture.alpha is None
    assert np.array_equal(picture.samples, samples[..., :3])
    assert picture.notes == ["further channels were left out"]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_transparency_behind_a_mask(dtype: Any) -> None:
    samples = np.dstack([ARRAY, ARRAY[..., 1:]]).astype(dtype)
    picture = read(tiff_bytes(samples, extrasamples=["unspecified", "unassalpha"]))
    assert np.array_equal(picture.samples, samples[..., :3])
    assert np.array_equal(picture.alpha, samples[..., 4].astype(np.uint16) * (257 if dtype == np.uint8 else 1))
    assert picture.notes == ["further channels were left out"]


def test_masks_are_left_out() -> None:
    picture = read(tiff_bytes(np.dstack([ARRAY, ARRAY]), extrasamples=["unspecified"] * 3))
    assert np.array_equal(picture.samples, ARRAY)
    assert picture.notes == ["further channels were left out"]


@pytest.mark.parametrize(
    ("tag", "number", "problem"),
    [
        (277, 65535, "65535 samples per pixel"),
        (322, 65520, "tiles of 65520 x 80"),
        (323, 1 << 30, "tiles of 64 x 1073741824"),
    ],
)
def test_hostile_blocks_are_refused_before_decoding(tag: int, number: int, problem: str) -> None:
    data = bytearray(tiff_bytes(ARRAY, tile=(80, 64)))
    for kind, form in ((3, "<H"), (4, "<I")):
        position = data.find(struct.pack("<HHI", tag, kind, 1))
        if position >= 0:
            struct.pack_into(form, data, position + 8, number)
    with pytest.raises(PhotoError, match=problem):
        read(bytes(data))


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}])
def test_a_strip_larger_than_the_file_is_refused_before_it_is_allocated(options: dict[str, Any]) -> None:
    data = bytearray(tiff_bytes(ARRAY, **options))
    struct.pack_into("<HIi", data, data.index(struct.pack("<HHI", 279, 4, 1)) + 2, 4, 1, -1)
    tracemalloc.start()
    try:
        with pytest.raises(PhotoError, match="strip of 4,294,967,295 bytes"):
            read(bytes(data))
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()


def test_grey() -> None:
    picture = read(tiff_bytes(ARRAY[..., 0], photometric="minisblack"))
    assert picture.is_gray
    assert np.array_equal(picture.samples, ARRAY[..., :1].repeat(3, axis=2))


def test_twelve_bits() -> None:
    pytest.importorskip("imagecodecs")
    picture = read(tiff_bytes(ARRAY >> 4, bitspersample=12))
    assert picture.bits == 12
    assert np.array_equal(picture.samples, ARRAY >> 4)


@pytest.mark.parametrize(
    ("samples", "options", "name"),
    [
        (np.dstack([ARRAY, ARRAY[..., :1]]), {"photometric": "separated"}, "CMYK"),
        (ARRAY, {"photometric": "cielab"}, "CIE Lab"),
        (ARRAY[..., 0], {"photometric": 32803}, "colour filter array"),
        (ARRAY, {"photometric": 34892}, "linear raw"),
        ((ARRAY >> 1).astype(np.int16), {}, "signed"),
        (ARRAY.astype(np.uint64), {}, "64 bits per sample"),
        (
            (ARRAY[..., 0] >> 8).astype(np.uint8),
            {"photometric": "palette", "colormap": np.zeros((3, 256), np.uint16)},
            "palette",
        ),
        ((np.dstack([ARRAY, ARRAY[..., :1]]) >> 8).astype(np.uint8), {"photometric": "separated"}, "CMYK"),
        ((ARRAY >> 8).astype(np.uint8), {"photometric": "cielab"}, "CIE Lab"),
        (np.stack([ARRAY] * 4), {"volumetric": True, "tile": (4, 16, 16)}, "axes ZYXS"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_photograph_is_named(samples: np.ndarray, options: dict[str, Any], name: str) -> None:
    with pytest.raises(PhotoError, match=name):
        read(tiff_bytes(samples, **options))


def test_unknown_photometric() -> None:
    data = bytearray(tiff_bytes(ARRAY))
    position = data.index(struct.pack("<HHIH", 262, 3, 1, 2))
    struct.pack_into("<H", data, position + 8, 999)
    with pytest.raises(PhotoError, match="PhotometricInterpretation 999"):
        read(bytes(data))


@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("RGB", {}),
        ("RGB", {"compression": "tiff_lzw"}),
        ("RGB", {"compression": "tiff_adobe_deflate"}),
        ("RGB", {"compression": "packbits"}),
        ("RGBA", {}),
        ("L", {}),
        ("1", {"compression": "group4"}),
    ],
    ids=str,
)
def test_eight_bits_go_through_pillow(mode: str, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "imagecodecs")
    eight = (ARRAY >> 8).astype(np.uint8)
    image = Image.fromarray(eight).convert(mode)
    picture = read(saved(image, "TIFF", icc_profile=ICC, **options))
    expected = eight if mode.startswith("RGB") else np.asarray(image.convert("RGB"))
    assert np.array_equal(picture.samples, expected)
    assert picture.bits == 8
    assert picture.icc == ICC
    assert picture.notes == []
    assert (picture.alpha is not None) == (mode == "RGBA")


def test_jpeg_in_tiff() -> None:
    smooth = np.full((32, 32, 3), (90, 120, 150), np.uint8)
    picture = read(saved(Image.fromarray(smooth), "TIFF", compression="jpeg"))
    assert np.abs(picture.samples.astype(int) - smooth).max() <= 3


def test_metadata() -> None:
    tags = [(700, "B", len(XMP), XMP, True), (0x0112, "H", 1, 8, True)]
    picture = read(tiff_bytes(ARRAY, extratags=tags))
    assert picture.xmp == XMP
    assert orientation_of(picture.exif) == 8
    assert picture.icc is None


def test_exif_directories() -> None:
    image = Image.fromarray((ARRAY >> 8).astype(np.uint8))
    picture = read(saved(image, "TIFF", exif=exif_block(interop=None)))
    exif = Image.Exif()
    exif.load(picture.exif or b"")
    assert exif.get_ifd(0x8769)[0x9003] == "2026:01:02 03:04:05"
    assert exif.get_ifd(0x8825)[1] == "N"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("samples", [ARRAY, (ARRAY >> 8).astype(np.uint8)], ids=["16", "8"])
def test_orientation_is_not_applied(samples: np.ndarray, orientation: int) -> None:
    picture = read(tiff_bytes(samples, extratags=[(0x0112, "H", 1, orientation, True)]))
    assert np.array_equal(picture.samples, samples)
    assert orientation_of(picture.exif) == orientation


def test_further_pages_are_noted() -> None:
    file = io.BytesIO(tiff_bytes(ARRAY))
    tifffile.imwrite(file, ARRAY[:4], photometric="rgb", metadata=None, append=True)
    picture = read_tiff(file, 10_000)
    assert np.array_equal(picture.samples, ARRAY)
    assert picture.notes == ["the file contains further pages; only the first one was read"]


def described(space: RgbSpace, table: np.ndarray | None = None) -> list[tuple[int, str, int, Any, bool]]:
    """Fields that describe a space, and its curve as a table of 16-bit linear values."""
    numbers = [n for pair in (space.white, *space.primaries) for v in pair for n in (round(v * 10_000), 10_000)]
    fields: list[tuple[int, str, int, Any, bool]] = [
        (318, "2I", 2, numbers[:4], True),
        (319, "2I", 6, numbers[4:], True),
    ]
    return fields if table is None else [*fields, (301, "H", table.size, table.ravel().tolist(), True)]


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("channels", [1, 3])
def test_colours_by_fields(channels: int, byteorder: str) -> None:
    eight = (ARRAY >> 8).astype(np.uint8)
    gammas = [2.0, 2.2, 1.8][:channels]
    table = np.stack([np.rint((np.arange(256) / 255) ** g * 65535) for g in gammas]).astype(int)
    picture = read(tiff_bytes(eight, byteorder=byteorder, extratags=described(PROPHOTO, table)))
    assert picture.notes == [
        "no colour profile; PrimaryChromaticities and TransferFunction describe a space of its own"
    ]
    expected = np.stack([(eight[..., i] / 255) ** gammas[i % channels] for i in range(3)], axis=-1)
    romm = romm_of(picture, None)
    assert picture.assumption is None
    assert np.abs(romm - PROPHOTO.encode(expected) * 65535).max() <= 30


def test_primaries_alone_have_the_gamma_of_the_standard() -> None:
    eight = (ARRAY >> 8).astype(np.uint8)
    romm = romm_of(read(tiff_bytes(eight, extratags=described(PROPHOTO))), None)
    assert np.abs(romm - PROPHOTO.encode((eight / 255) ** 2.2) * 65535).max() <= 30


def test_fields_of_known_spaces() -> None:
    srgb = read(tiff_bytes(ARRAY, extratags=described(SRGB)))
    assert (srgb.space, srgb.notes) == (SRGB, [])
    table = np.rint(ADOBE_RGB.decode(np.arange(65536) / 65535) * 65535).astype(int)
    adobe = read(tiff_bytes(ARRAY, extratags=described(ADOBE_RGB, table)))
    assert adobe.space is ADOBE_RGB
    profile = read(tiff_bytes(ARRAY, iccprofile=ICC, extratags=described(ADOBE_RGB)))
    assert (profile.space, profile.icc) == (None, ICC)


@pytest.mark.parametrize(
    "field",
    [
        (319, "2I", 6, [0] * 12, True),
        (319, "2I", 5, [1, 3] * 5, True),
        (301, "H", 7, [1] * 7, True),
        (318, "2I", 2, [1, 3, 1, 3], True),
    ],
)
def test_fields_that_describe_nothing(field: tuple[Any, ...]) -> None:
    white = [(318, "2I", 2, [3127, 10_000, 3290, 10_000], True)] if field[0] == 319 else []
    picture = read(tiff_bytes(ARRAY, extratags=[*white, field]))
    assert picture.space is None
    assert picture.notes in ([], ["PrimaryChromaticities: no colours of an RGB space; ignored"])


@pytest.mark.parametrize("below", [False, True])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_the_full_picture_behind_a_thumbnail(byteorder: str, dtype: Any, *, below: bool) -> None:
    full = ARRAY.astype(dtype)
    file = io.BytesIO()
    with tifffile.TiffWriter(file, byteorder=byteorder) as tiff:
        first = [(0x0112, "H", 1, 3, True), (0x013B, "s", 0, "Somebody", True)]
        told = {"photometric": "rgb", "metadata": None, "iccprofile": ICC, "software": False}
        tiff.write(full[::8, ::8].copy(), subfiletype=1, subifds=int(below), extratags=first, **told)
        tiff.write(full, extratags=[(0x0112, "H", 1, 8, True)], photometric="rgb", metadata=None)
    picture = read_tiff(file, 10_000)
    assert np.array_equal(picture.samples, full)
    assert (picture.icc, picture.notes) == (ICC, [])
    assert orientation_of(picture.exif) == 8
    assert b"Somebody" in (picture.exif or b"")


def test_a_larger_page_is_noted() -> None:
    file = io.BytesIO(tiff_bytes(ARRAY[:4]))
    tifffile.imwrite(file, ARRAY, photometric="rgb", metadata=None, append=True)
    assert read_tiff(file, 10_000).notes == [
        "the file contains further pages; only the first one was read, though one has 53 x 37 pixels"
    ]


def test_a_mask_in_a_page_of_its_own_is_noted() -> None:
    file = io.BytesIO(tiff_bytes(ARRAY))
    mask = ARRAY[..., 0] > 32767
    tifffile.imwrite(file, mask, photometric="minisblack", subfiletype=4, metadata=None, append=True)
    assert read_tiff(file, 10_000).notes == ["a transparency mask in a page of its own was left out"]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_size_is_checked_before_decoding(dtype: type[np.generic]) -> None:
    data = tiff_bytes(ARRAY.astype(dtype))
    read(data, 37 * 53)
    with pytest.raises(PhotoError, match="53 x 37 pixels are more than the limit of 1960"):
        read(data, 37 * 53 - 1)
    # The declared size alone counts: hardly any of these pixels are in the file.
    huge = bytearray(data)
    for tag in (256, 257):
        position = huge.index(struct.pack("<HHI", tag, 4, 1))
        struct.pack_into("<I", huge, position + 8, 1_000_000)
    with pytest.raises(PhotoError, match="more than the limit"):
        read(bytes(huge), 500_000_000)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_inverted_grey(dtype: Any) -> None:
    grey = ARRAY[..., 0].astype(dtype)
    top = np.iinfo(dtype).max
    picture = read(tiff_bytes(grey, photometric="miniswhite"))
    assert picture.is_gray
    assert np.array_equal(picture.samples[..., 1], top - grey)
    both = np.dstack([grey, ARRAY[..., 1].astype(dtype)])
    options: dict[str, Any] = {"photometric": "miniswhite", "planarconfig": "contig"}
    picture = read(tiff_bytes(both, extrasamples=["unassalpha"], **options))
    assert np.array_equal(picture.samples[..., 2], top - grey)
    assert np.array_equal(picture.alpha, both[..., 1].astype(np.uint16) * (65535 // top))
    masks = np.dstack([grey, grey, grey])
    picture = read(tiff_bytes(masks, extrasamples=["unspecified"] * 2, **options))
    assert picture.is_gray
    assert np.array_equal(picture.samples[..., 0], top - grey)
    assert picture.notes == ["further channels were left out"]


def test_inverted_grey_of_odd_depths() -> None:
    pytest.importorskip("imagecodecs")
    picture = read(tiff_bytes(ARRAY[..., 0] >> 4, photometric="miniswhite", bitspersample=12))
    assert np.array_equal(picture.samples[..., 0], 4095 - (ARRAY[..., 0] >> 4))


EIGHT = (ARRAY >> 8).astype(np.uint8)
BEYOND_PILLOW: dict[str, dict[str, Any]] = {
    "big-endian BigTIFF": {"bigtiff": True, "byteorder": ">"},
    "the same, LZW": {"bigtiff": True, "byteorder": ">", "compression": "lzw", "predictor": True},
    "JPEG 2000": {"compression": "jpeg2000", "compressionargs": {"level": 0, "reversible": True}},
    "JPEG XL": {"compression": "jpegxl", "compressionargs": {"lossless": True}},
    "WebP": {"compression": "webp", "compressionargs": {"lossless": True}},
    "PNG": {"compression": "png"},
    "LERC": {"compression": "lerc"},
}


@pytest.mark.parametrize("layout", BEYOND_PILLOW)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_what_pillow_does_not_read(layout: str, dtype: Any) -> None:
    pytest.importorskip("imagecodecs")
    if layout == "WebP" and dtype == np.uint16:
        pytest.skip("WebP has 8 bits")
    samples = EIGHT if dtype == np.uint8 else ARRAY
    picture = read(tiff_bytes(samples, iccprofile=ICC, **BEYOND_PILLOW[layout]))
    assert np.array_equal(picture.samples, samples)
    assert (picture.bits, picture.icc, picture.notes) == (samples.itemsize * 8, ICC, [])


@pytest.mark.parametrize("layout", [name for name in BEYOND_PILLOW if name != "big-endian BigTIFF"])
def test_what_pillow_does_not_read_needs_codecs(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("imagecodecs")
    data = tiff_bytes(EIGHT, **BEYOND_PILLOW[layout])
    hide(monkeypatch, "imagecodecs")
    with pytest.raises(MissingExtraError, match=r"reading [A-Z0-9_]+ TIFF.* needs imagecodecs"):
        read(data)


def test_a_jpeg_in_a_big_endian_bigtiff() -> None:
    pytest.importorskip("imagecodecs")
    smooth = np.full((32, 32, 3), (90, 120, 150), np.uint8)
    picture = read(tiff_bytes(smooth, bigtiff=True, byteorder=">", compression="jpeg"))
    assert np.abs(picture.samples.astype(int) - smooth).max() <= 3


@pytest.mark.parametrize("kind", ["unassalpha", "assocalpha", "unspecified"])
def test_planes_and_a_further_channel_with_8_bits(kind: str) -> None:
    opaque = np.full((1, *EIGHT.shape[:2]), 255, np.uint8)
    planes = np.concatenate([np.moveaxis(EIGHT, -1, 0), opaque])
    picture = read(tiff_bytes(planes, planarconfig="separate", extrasamples=[kind]))
    assert np.array_equal(picture.samples, EIGHT)
    assert (picture.alpha is None) == (kind == "unspecified")
    assert picture.notes == (["further channels were left out"] if kind == "unspecified" else [])


def test_dividing_8_bits_rounds_to_nearest() -> None:
    alpha = np.full((*EIGHT.shape[:2], 1), 200, np.uint8)
    stored = (EIGHT.astype(int) * 200 // 255).astype(np.uint8)
    picture = read(tiff_bytes(np.dstack([stored, alpha]), extrasamples=["assocalpha"]))
    assert np.array_equal(picture.samples, np.minimum(np.rint(stored * (255 / 200)), 255))


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("order", ["<", ">"])
def test_samples_of_undefined_format_are_unsigned(bits: int, order: str) -> None:
    samples = EIGHT if bits == 8 else ARRAY
    data = bytearray(tiff_bytes(samples.view(np.int8 if bits == 8 else np.int16), byteorder=order))
    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        place = tiff.pages.first.tags[339].valueoffset
    struct.pack_into(f"{order}3H", data, place, 4, 4, 4)
    assert np.array_equal(read(bytes(data)).samples, samples)


def test_32_bits_are_rounded_to_16() -> None:
    deep = np.random.default_rng(3).integers(0, 1 << 32, (9, 7, 3), np.uint32)
    deep[0, :3] = [[0] * 3, [(1 << 32) - 1] * 3, [65537 * 1000] * 3]
    picture = read(tiff_bytes(deep))
    assert np.array_equal(picture.samples, np.rint(deep / 65537))
    assert (picture.samples.dtype, picture.bits) == (np.uint16, 16)
    assert picture.samples[0, :3, 0].tolist() == [0, 65535, 1000]


FLOATS = np.random.default_rng(4).random((21, 13, 3))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("dtype", "error"), [(np.float16, 40), (np.float32, 1), (np.float64, 1)])
def test_floating_point_samples_are_linear_light(dtype: Any, error: int, order: str) -> None:
    picture = read(tiff_bytes(FLOATS.astype(dtype), byteorder=order))
    assert picture.is_float
    romm = romm_of(picture, None)
    expected = PROPHOTO.encode(np.clip(FLOATS @ conversion_matrix(SRGB, PROPHOTO).T, 0, 1)) * 65535
    assert np.abs(romm - expected).max() <= error
    assert picture.assumption == "no colour profile; linear sRGB was assumed"
    assert picture.notes == []


def test_the_profile_of_floating_point_samples_counts() -> None:
    romm = romm_of(read(tiff_bytes(FLOATS.astype(np.float32), iccprofile=ICC)), None)
    assert np.abs(romm - FLOATS * 65535).max() <= 1
    gamma = matrix_profile(gamma_curv(2.2))
    romm = romm_of(read(tiff_bytes(FLOATS.astype(np.float32), iccprofile=gamma)), None)
    deep = romm_of(read(tiff_bytes(np.rint(FLOATS * 65535).astype(np.uint16), iccprofile=gamma)), None)
    assert np.abs(romm.astype(int) - deep).max() <= 40
    grey = romm_of(read(tiff_bytes(FLOATS[..., 0].astype(np.float32), photometric="minisblack")), None)
    assert np.array_equal(grey[..., 0], grey[..., 2])
    assert np.abs(grey[..., 0] - PROPHOTO.encode(FLOATS[..., 0]) * 65535).max() <= 1


def test_floating_point_samples_through_tables() -> None:
    pytest.importorskip("imagecodecs")
    icc = lut_profile()
    romm = romm_of(read(tiff_bytes(FLOATS.astype(np.float32), iccprofile=icc)), None)
    deep = romm_of(read(tiff_bytes(np.rint(FLOATS * 65535).astype(np.uint16), iccprofile=icc)), None)
    assert np.array_equal(romm, deep)


@pytest.mark.parametrize("icc", [None, matrix_profile(curv([]))], ids=["assumed", "linear profile"])
def test_wide_colours_below_zero_are_kept_and_light_above_white_is_counted(icc: bytes | None) -> None:
    p3 = np.tile(np.array([0.05, 0.7, 0.02]), (10, 10, 1))
    samples = p3 @ conversion_matrix(DISPLAY_P3, SRGB).T
    assert samples.min() < -0.01
    samples[:2] = 4.0
    samples[3, 3] = np.inf
    picture = read(tiff_bytes(samples.astype(np.float32), iccprofile=icc))
    romm = romm_of(picture, None)
    expected = PROPHOTO.encode(p3 @ conversion_matrix(DISPLAY_P3, PROPHOTO).T) * 65535
    assert np.abs(romm[4:] - expected[4:]).max() <= (1 if icc is None else 60)
    assert romm[:2].min() == 65535
    assert picture.notes == ["21 pixels (21 %) lie outside ROMM RGB (ProPhoto) and were clipped to it"]


def test_what_is_not_a_number_is_refused() -> None:
    samples = FLOATS.astype(np.float32)
    samples[20, 1, 2] = np.nan
    with pytest.raises(PhotoError, match=r"not a number \(NaN\)"):
        read(tiff_bytes(samples))


@pytest.mark.parametrize("kind", ["unassalpha", "assocalpha", "unspecified"])
def test_transparency_of_floating_point_samples(kind: str) -> None:
    alpha = np.full((21, 13, 1), 0.25)
    picture = read(tiff_bytes(np.dstack([FLOATS, alpha]).astype(np.float32), extrasamples=[kind]))
    expected = FLOATS * (4 if kind == "assocalpha" else 1)
    assert np.abs(picture.samples - expected).max() < 1e-6
    if kind == "unspecified":
        assert picture.alpha is None
        assert picture.notes == ["further channels were left out"]
    else:
        assert np.all(picture.alpha == 16384)
        assert picture.notes == []


@pytest.mark.parametrize("bits", [8, 16])
def test_a_width_of_two_values(bits: int) -> None:
    # tifffile hands out a tuple, and height times a tuple is as long as the height allows.
    data = bytearray(tiff_bytes(ARRAY if bits == 16 else (ARRAY >> 8).astype(np.uint8)))
    begin = struct.unpack_from("<I", data, 4)[0]
    entries = [begin + 2 + 12 * k for k in range(struct.unpack_from("<H", data, begin)[0])]
    (at,) = (entry for entry in entries if struct.unpack_from("<H", data, entry)[0] == 256)
    struct.pack_into("<HIHH", data, at + 2, 3, 2, ARRAY.shape[1], 1)
    with pytest.raises(PhotoError, match="ImageWidth is not one whole number"):
        read(bytes(data))
