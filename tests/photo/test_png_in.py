from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

import numpy as np
import pytest
from carriers.hosts import insert_after_ihdr
from photo_files import XMP, exif_block, hide, saved, wide_array
from PIL import Image

from gamutmeta.color.icc import profile_bytes
from gamutmeta.color.spaces import ADOBE_RGB, DISPLAY_P3, PROPHOTO, SRGB, conversion_matrix
from gamutmeta.errors import CarrierError, MissingExtraError, PhotoError, ProfileError
from gamutmeta.formats.exif import orientation_of
from gamutmeta.formats.png import insert_before_idat, make_chunk
from gamutmeta.photo.interpret import romm_of
from gamutmeta.photo.png_in import read_png
from gamutmeta.photo.png_out import write_png
from gamutmeta.photo.read import read_photo

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.color.spaces import RgbSpace
    from gamutmeta.photo.picture import Picture

ARRAY = wide_array()
EIGHT = (ARRAY >> 8).astype(np.uint8)
ICC = profile_bytes("display-p3")


def png(samples: NDArray[np.uint8 | np.uint16] = EIGHT) -> bytes:
    file = io.BytesIO()
    write_png(file, samples, icc=None)
    return file.getvalue()


def coloured(*chunks: bytes, samples: NDArray[np.uint8 | np.uint16] = EIGHT) -> bytes:
    return insert_after_ihdr(png(samples), b"".join(chunks))


def read(data: bytes, max_pixels: int = 10_000) -> Picture:
    return read_png(io.BytesIO(data), max_pixels)


ICCP = make_chunk(b"iCCP", b"a name\0\0" + zlib.compress(ICC))
CICP_P3 = make_chunk(b"cICP", bytes([12, 13, 0, 1]))
SRGB_CHUNK = make_chunk(b"sRGB", b"\0")


@pytest.mark.parametrize("samples", [EIGHT, ARRAY], ids=["8", "16"])
def test_rgb(samples: NDArray[np.uint8 | np.uint16]) -> None:
    if samples.dtype == np.uint16:
        pytest.importorskip("imagecodecs")
    picture = read(png(samples))
    assert np.array_equal(picture.samples, samples)
    assert (picture.bits, picture.is_gray, picture.notes) == (samples.itemsize * 8, False, [])
    assert (picture.icc, picture.cicp, picture.space, picture.exif, picture.xmp) == (None,) * 5


@pytest.mark.parametrize(("channels", "is_gray", "has_alpha"), [(1, True, False), (2, True, True), (4, False, True)])
def test_other_channels_with_16_bits(channels: int, is_gray: bool, has_alpha: bool) -> None:  # noqa: FBT001
    imagecodecs = pytest.importorskip("imagecodecs")
    samples = np.random.default_rng(1).integers(0, 65536, (9, 11, channels), np.uint16)
    picture = read(imagecodecs.png_encode(samples))
    expected = samples[..., :1].repeat(3, axis=2) if is_gray else samples[..., :3]
    assert np.array_equal(picture.samples, expected)
    assert picture.is_gray == is_gray
    assert picture.notes == []
    assert (picture.alpha is not None) == has_alpha
    assert not has_alpha or np.array_equal(picture.alpha, samples[..., -1])


@pytest.mark.parametrize("mode", ["L", "LA", "RGBA", "P", "1"])
def test_other_modes_with_8_bits(mode: str) -> None:
    image = (
        Image.fromarray(EIGHT).convert("L").convert(mode)
        if mode in {"LA", "1"}
        else Image.fromarray(EIGHT).convert(mode)
    )
    picture = read(saved(image, "PNG"))
    assert np.array_equal(picture.samples, np.asarray(image.convert("RGB")))
    assert picture.bits == 8


def test_16_bits_need_imagecodecs(monkeypatch: pytest.MonkeyPatch) -> None:
    hide(monkeypatch, "imagecodecs")
    with pytest.raises(MissingExtraError, match=r"reading 16-bit PNG needs imagecodecs.*gamutmeta\[io\]"):
        read(png(ARRAY))
    assert np.array_equal(read(png(EIGHT)).samples, EIGHT)


@pytest.mark.parametrize("samples", [EIGHT, ARRAY], ids=["8", "16"])
def test_order_of_colour_chunks(samples: NDArray[np.uint8 | np.uint16]) -> None:
    if samples.dtype == np.uint16:
        pytest.importorskip("imagecodecs")
    everything = read(coloured(CICP_P3, ICCP, samples=samples))
    assert (everything.cicp, everything.icc, everything.space) == ((12, 13), None, None)
    profile = read(coloured(ICCP, samples=samples))
    assert (profile.cicp, profile.icc, profile.space) == (None, ICC, None)
    srgb = read(coloured(SRGB_CHUNK, samples=samples))
    assert (srgb.cicp, srgb.icc, srgb.space) == (None, None, SRGB)


def test_high_dynamic_range_is_not_overlooked() -> None:
    assert read(coloured(make_chunk(b"cICP", bytes([9, 16, 0, 1])), ICCP)).cicp == (9, 16)


@pytest.mark.parametrize("data", [bytes([2, 2, 0, 1]), bytes([99, 13, 0, 1]), b"\1", b""])
def test_unsupported_code_points_give_way(data: bytes) -> None:
    picture = read(coloured(make_chunk(b"cICP", data), ICCP))
    assert (picture.cicp, picture.icc) == (None, ICC)
    assert "cICP" in picture.notes[0]


@pytest.mark.parametrize("after_idat", [False, True])
@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("samples", [EIGHT, ARRAY], ids=["8", "16"])
def test_metadata(samples: NDArray[np.uint8 | np.uint16], *, compressed: bool, after_idat: bool) -> None:
    if samples.dtype == np.uint16:
        pytest.importorskip("imagecodecs")
    packet = zlib.compress(XMP) if compressed else XMP
    chunks = make_chunk(b"iTXt", b"Comment\0\0\0\0\0hello")
    chunks += make_chunk(b"iTXt", b"XML:com.adobe.xmp\0" + bytes([compressed, 0]) + b"en\0xmp\0" + packet)
    chunks += make_chunk(b"eXIf", exif_block()[6:])
    data = png(samples)
    data = data[:-12] + chunks + data[-12:] if after_idat else insert_before_idat(data, chunks)
    picture = read(data)
    assert picture.xmp == XMP
    assert picture.exif == exif_block()
    assert orientation_of(picture.exif) == 6
    assert picture.notes == []


@pytest.mark.parametrize("samples", [EIGHT, ARRAY], ids=["8", "16"])
def test_animation_is_noted(samples: NDArray[np.uint8 | np.uint16]) -> None:
    if samples.dtype == np.uint16:
        pytest.importorskip("imagecodecs")
    picture = read(coloured(make_chunk(b"acTL", struct.pack(">II", 1, 0)), samples=samples))
    assert picture.notes == ["the file contains further pictures; only the first one was read"]


def test_damaged_exif_is_noted() -> None:
    picture = read(insert_before_idat(png(), make_chunk(b"eXIf", b"MM\0*\xff\xff\xff\xff")))
    assert picture.exif is None
    assert picture.notes == ["the EXIF block is damaged and was left out"]


def test_gain_map_packet_is_noted() -> None:
    packet = b"XML:com.adobe.xmp\0\0\0\0\0" + XMP.replace(b"purl.org/dc/elements/1.1", b"ns.adobe.com/hdr-gain-map/1.0")
    picture = read(insert_before_idat(png(), make_chunk(b"iTXt", packet)))
    assert b"dc:format" not in (picture.xmp or b"dc:format")
    assert "left out" in picture.notes[0]


@pytest.mark.parametrize(
    "data",
    [
        b"no end",
        b"name\0\1" + zlib.compress(ICC),
        b"x" * 80 + b"\0\0" + zlib.compress(ICC),
        b"name\0\0" + zlib.compress(ICC)[:-9],
        b"name\0\0not zlib",
        b"name\0\0",
    ],
)
@pytest.mark.parametrize("samples", [EIGHT, ARRAY], ids=["8", "16"])
def test_damaged_profile_chunk(data: bytes, samples: NDArray[np.uint8 | np.uint16]) -> None:
    pytest.importorskip("imagecodecs")
    picture = read(coloured(make_chunk(b"iCCP", data), samples=samples))
    assert np.array_equal(picture.samples, samples)
    assert picture.icc is None
    with pytest.raises(ProfileError, match=r"chunk iCCP is .*; pass assume_space=NAME"):
        romm_of(picture, None)
    assert np.array_equal(
        romm_of(picture, "prophoto"), samples.astype(np.uint16) * (65535 // np.iinfo(samples.dtype).max)
    )
    assert "iCCP" in (picture.assumption or "")


def test_a_damaged_profile_does_not_count_behind_code_points() -> None:
    picture = read(coloured(CICP_P3, make_chunk(b"iCCP", b"x\0\0damaged")))
    romm_of(picture, None)
    assert (picture.cicp, picture.icc_problem, picture.assumption) == ((12, 13), None, None)


NARROW = make_chunk(b"cICP", bytes([1, 13, 0, 0]))


@pytest.mark.parametrize("bits", [8, 16])
def test_narrow_range(bits: int) -> None:
    if bits == 16:
        pytest.importorskip("imagecodecs")
    scale = 1 << (bits - 8)
    codes = np.array([16, 126, 235, 100]) * scale
    samples = np.repeat(codes.reshape(2, 2, 1), 3, axis=2).astype(np.uint8 if bits == 8 else np.uint16)
    picture = read(coloured(NARROW, samples=samples))
    assert picture.samples[..., 0].ravel().tolist() == [0, round(110 / 219 * 65535), 65535, round(84 / 219 * 65535)]
    assert (picture.bits, picture.cicp, picture.notes) == (16, (1, 13), [])
    full = read(coloured(make_chunk(b"cICP", bytes([1, 13, 0, 1])), samples=samples))
    assert np.array_equal(full.samples, samples)


def test_beyond_narrow_range() -> None:
    picture = read(coloured(NARROW, samples=np.full((3, 5, 3), (15, 100, 100), np.uint8)))
    assert picture.samples[0, 0].tolist() == [0, round(84 / 219 * 65535), round(84 / 219 * 65535)]
    assert picture.notes == ["15 pixels lie outside the narrow range that chunk cICP tells, and were clipped"]
    one = np.full((3, 5, 3), 100, np.uint8)
    one[0, 0, 0] = 15
    assert read(coloured(NARROW, samples=one)).notes == [
        "1 pixel lies outside the narrow range that chunk cICP tells, and was clipped"
    ]


def test_transparency_has_full_range() -> None:
    data = saved(Image.fromarray(np.full((3, 3, 4), 100, np.uint8)), "PNG")
    assert np.all(read(insert_after_ihdr(data, NARROW)).alpha == 100 * 257)


def gama(gamma: float) -> bytes:
    return make_chunk(b"gAMA", struct.pack(">I", round(gamma * 100_000)))


def chrm(space: RgbSpace, white: tuple[float, float] | None = None) -> bytes:
    pairs = [white or space.white, *space.primaries]
    return make_chunk(b"cHRM", struct.pack(">8I", *(round(v * 100_000) for pair in pairs for v in pair)))


@pytest.mark.parametrize(
    "chunks", [(gama(1 / 2.2),), (chrm(SRGB),), (gama(1 / 2.2), chrm(SRGB)), (gama(0.45), chrm(SRGB))]
)
def test_the_numbers_that_go_with_srgb(chunks: tuple[bytes, ...]) -> None:
    picture = read(coloured(*chunks))
    assert (picture.space, picture.notes) == (SRGB, [])
    romm_of(picture, None)
    assert picture.assumption is None


def test_gamma_and_chromaticities() -> None:
    picture = read(coloured(gama(1 / 1.8), chrm(PROPHOTO)))
    expected = np.clip((EIGHT / 255) ** 1.8, 0, 1)
    assert np.abs(romm_of(picture, None) - PROPHOTO.encode(expected) * 65535).max() <= 12
    assert picture.assumption is None
    assert picture.notes == ["no colour profile; gAMA and cHRM describe a space of its own"]
    adobe = read(coloured(gama(256 / 563), chrm(ADOBE_RGB)))
    assert adobe.space is ADOBE_RGB
    assert adobe.notes == ["no colour profile; gAMA and cHRM describe Adobe RGB (1998)"]
    assert read(coloured(chrm(DISPLAY_P3))).space is DISPLAY_P3


def test_gamma_alone() -> None:
    picture = read(coloured(gama(1)))
    linear = (EIGHT / 255) @ conversion_matrix(SRGB, PROPHOTO).T
    assert np.abs(romm_of(picture, None) - PROPHOTO.encode(linear) * 65535).max() <= 12
    assert picture.notes == ["no colour profile; gAMA describes a space of its own"]


@pytest.mark.parametrize(
    "chunk",
    [
        make_chunk(b"cHRM", bytes(32)),
        make_chunk(b"cHRM", struct.pack(">8I", 31270, 32900, *([64000, 33000] * 3))),
        chrm(SRGB, (0.9, 0.05)),
    ],
)
def test_chromaticities_of_no_space(chunk: bytes) -> None:
    picture = read(coloured(chunk))
    assert (picture.space, picture.notes) == (None, ["cHRM: no colours of an RGB space; ignored"])


@pytest.mark.parametrize("chunk", [make_chunk(b"gAMA", bytes(4)), make_chunk(b"gAMA", b"\1"), make_chunk(b"cHRM", b"")])
def test_chunks_that_say_nothing(chunk: bytes) -> None:
    pytest.importorskip("imagecodecs")
    picture = read(coloured(chunk, samples=ARRAY))  # with 8 bits, Pillow refuses them
    assert (picture.space, picture.notes) == (None, [])


def test_chunk_that_inflates_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("imagecodecs")
    monkeypatch.setattr("gamutmeta.photo.png_in.MAX_PACKET", 100_000)
    bomb = make_chunk(b"iCCP", b"name\0\0" + zlib.compress(bytes(1_000_000), 9))
    assert "larger than 100000 bytes" in (read(coloured(bomb, samples=ARRAY)).icc_problem or "")
    monkeypatch.setattr("gamutmeta.photo.png_in.MAX_PACKET", 100)
    with pytest.raises(PhotoError, match="chunk iCCP is larger than 100 bytes"):
        read(coloured(bomb, samples=ARRAY))


def test_wrong_checksum() -> None:
    data = bytearray(coloured(ICCP))
    data[data.index(b"iCCP") + 10] ^= 1
    with pytest.raises(CarrierError, match="CRC"):
        read(bytes(data))


def test_wrong_header() -> None:
    data = png()
    with pytest.raises(CarrierError, match="IHDR"):
        read(data[:8] + make_chunk(b"IHDR", bytes(12)) + data[33:])


@pytest.mark.parametrize("samples", [EIGHT, ARRAY], ids=["8", "16"])
def test_size_is_checked_before_decoding(
    samples: NDArray[np.uint8 | np.uint16], monkeypatch: pytest.MonkeyPatch
) -> None:
    hide(monkeypatch, "imagecodecs")
    with pytest.raises(PhotoError, match="53 x 37 pixels are more than the limit of 1960"):
        read(png(samples), 1960)
    with pytest.raises(PhotoError, match="empty"):
        read(png(samples)[:8] + make_chunk(b"IHDR", bytes(4) + b"\0\0\0\1" + b"\x10\2\0\0\0") + png(samples)[33:])


def png_16(colour_type: int, *chunks: bytes, interlaced: bool = False) -> bytes:
    """One pixel of 16 bits per sample, all 0."""
    header = struct.pack(">IIBBBBB", 1, 1, 16, colour_type, 0, 0, interlaced)
    row = bytes(1 + 2 * {0: 1, 2: 3}[colour_type])
    parts = [make_chunk(b"IHDR", header), *chunks, make_chunk(b"IDAT", zlib.compress(row)), make_chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_what_libpng_says_is_a_note_and_is_not_printed(caplog: pytest.LogCaptureFixture) -> None:
    """Python prints what no handler takes, without the name of the file."""
    pytest.importorskip("imagecodecs")
    assert read_photo(png_16(2, make_chunk(b"sRGB", b"\0"), interlaced=True)).notes == ()
    profile = make_chunk(b"iCCP", b"x\0\0" + zlib.compress(profile_bytes("srgb")))
    notes = read_photo(png_16(0, profile)).notes
    assert any("the decoder says" in note and "RGB color space" in note for note in notes)
    assert caplog.records == []
