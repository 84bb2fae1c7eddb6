"""Which picture a payload belongs to: the same in every file and coding that keeps the pixels."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
from carriers.hosts import (
    CONTAINER,
    HOSTS,
    PILLOW_CANNOT_READ,
    PNG_HOSTS,
    TIFF_HOSTS,
    adam7,
    jpeg,
    pillow_bytes,
    pixels,
    png,
    tiff,
)
from PIL import Image

from gamutmeta.carriers import embed
from gamutmeta.container import Payload
from gamutmeta.errors import BindingError, PhotoError, UnsupportedFileError
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.pipeline.binding import binding_of_codes, binding_of_file, binding_of_jpeg, check_binding, check_size

DIGESTIBLE = sorted(HOSTS.keys() - {"png/16-bit", "tiff/16-bit"} - {f"tiff/{name}" for name in PILLOW_CANNOT_READ})


@pytest.mark.parametrize("name", DIGESTIBLE)
def test_embedding_keeps_the_binding(name: str) -> None:
    binding = binding_of_file(HOSTS[name])
    assert binding.kind == ("jpeg" if name.startswith("jpeg") else "rgb8")
    assert binding_of_file(embed(HOSTS[name], CONTAINER)) == binding


@pytest.mark.parametrize("name", sorted(PNG_HOSTS.keys() - {"16-bit"}))
def test_png_binding_is_that_of_the_samples_as_rgb(name: str) -> None:
    with Image.open(io.BytesIO(PNG_HOSTS[name])) as image:
        image.load()
        image.info.pop("transparency", None)
        expected = binding_of_codes(np.asarray(image.convert("RGB")))
    assert binding_of_file(PNG_HOSTS[name]) == expected


def test_rgb_pictures_have_one_binding_in_every_file() -> None:
    expected = binding_of_codes(pixels())
    for data in (PNG_HOSTS["plain"], PNG_HOSTS["alpha"], PNG_HOSTS["interlaced"], PNG_HOSTS["text"]):
        assert binding_of_file(data) == expected
    for name in ("striped", "big-endian", "bigtiff", "tiled", "deflate", "lzw", "planar", "pages", "oriented"):
        assert binding_of_file(TIFF_HOSTS[name]) == expected


@pytest.mark.parametrize("options", [{"compress_level": 0}, {"compress_level": 9}, {"optimize": True}])
def test_lossless_recompression_keeps_the_binding(options: dict[str, Any]) -> None:
    assert png(**options) != PNG_HOSTS["plain"]
    assert binding_of_file(png(**options)) == binding_of_file(PNG_HOSTS["plain"])


def test_reduction_to_a_palette_of_few_bits_keeps_the_binding() -> None:
    rgb = np.zeros((8, 8, 3), np.uint8)
    rgb[::2, 1::3] = (250, 128, 3)
    as_rgb = Image.fromarray(rgb)
    small = pillow_bytes(as_rgb.quantize(2), "PNG", bits=1)
    assert small[24] == 1
    assert binding_of_file(small) == binding_of_file(pillow_bytes(as_rgb, "PNG")) == binding_of_codes(rgb)


def test_every_pixel_counts() -> None:
    for y, x, channel in ((0, 0, 0), (10, 15, 1), (20, 29, 2)):
        rgb = pixels().copy()
        rgb[y, x, channel] ^= 1
        assert binding_of_file(adam7(rgb)) != binding_of_file(PNG_HOSTS["interlaced"])
        assert binding_of_file(tiff(rgb)) != binding_of_file(TIFF_HOSTS["striped"])


@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_not_applied(orientation: int, compression: str | None) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    data = pillow_bytes(Image.fromarray(pixels()), "TIFF", exif=exif, compression=compression)
    assert binding_of_file(data) == binding_of_codes(pixels())


def test_orientation_in_xmp_is_not_applied() -> None:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf tiff:Orientation="6"/></x:xmpmeta>'
    data = tiff(extratags=[(700, 1, len(xmp), xmp, True)])
    assert binding_of_file(data) == binding_of_codes(pixels())


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")  # Pillow, of the TIFF that ends early
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (PNG_HOSTS["16-bit"], "16 bits"),
        (TIFF_HOSTS["16-bit"], "16 bits"),
        (tiff(pixels()[..., 0].astype(np.float32), photometric="minisblack"), "32 bits"),
        (pillow_bytes(Image.new("CMYK", (3, 3)), "TIFF"), "CMYK"),
        (PNG_HOSTS["plain"][:60], "cannot be decoded"),
        (TIFF_HOSTS["lzw"][:60], "cannot be decoded"),
    ],
)
def test_what_has_no_8_bit_rgb_samples_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(PhotoError, match=message):
        binding_of_file(data)


def test_number_of_pixels_is_bounded_before_decoding() -> None:
    for data in (PNG_HOSTS["plain"], TIFF_HOSTS["striped"]):
        assert binding_of_file(data, max_pixels=630)
        with pytest.raises(PhotoError, match="limit of 629"):
            binding_of_file(data, max_pixels=629)
    huge = bytearray(PNG_HOSTS["plain"])
    huge[16:24] = struct.pack(">II", 100_000, 100_000)
    with pytest.raises(PhotoError):
        binding_of_file(bytes(huge))


def test_other_files_are_unsupported() -> None:
    with pytest.raises(UnsupportedFileError):
        binding_of_file(b"GIF89a")


def test_the_payload_of_another_picture_is_refused() -> None:
    codes, other = pixels(), pixels()[::-1].copy()
    height, width = codes.shape[:2]
    own = Payload(width, height, binding_of_codes(codes), Descriptor(), ())
    check_binding(own, b"", codes)
    with pytest.raises(BindingError, match="the pixels differ"):
        check_binding(own, b"", other)
    coded = own.bind(width, height, binding_of_jpeg(jpeg()))
    check_binding(coded, jpeg(), codes)
    with pytest.raises(BindingError, match="the coded picture data differ"):
        check_binding(coded, jpeg(quality=30), codes)
    with pytest.raises(BindingError, match="but this is a PNG file"):
        check_binding(coded, png(), codes)
    with pytest.raises(BindingError, match="there is no JPEG file"):
        check_binding(coded, b"", codes)
    check_size(own, width, height)
    with pytest.raises(BindingError, match=f"made for {width}x{height} pixels, this picture has {height}x{width}"):
        check_size(own, height, width)
