from __future__ import annotations

import io
import struct
import warnings
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from photo_files import hide
from PIL import Image

from gamutmeta.errors import MissingExtraError, PhotoError
from gamutmeta.photo.pixels import announced_size, decode_srgb, decode_srgba, has_ycc_samples
from gamutmeta.photo.srgb_in import read_srgb
from gamutmeta.photo.tiff_packed import has_few_bits, is_packed, packed_codes, unpacked

Array = np.ndarray[Any, Any]
GREY, RGB, PALETTE = 1, 2, 3


def ramp(bits: int, *shape: int) -> Array:
    return (np.arange(np.prod(shape)) * 11 % (1 << bits)).astype(np.uint8).reshape(shape)


def packed(values: Array, bits: int) -> bytes:
    """Rows of samples, each of which begins with a byte."""
    single = (values[..., None] >> np.arange(bits - 1, -1, -1) & 1).astype(np.uint8)
    return np.packbits(single.reshape(len(values), -1), axis=1).tobytes()


def made(
    samples: Array,
    bits: int,
    kind: int = GREY,
    *,
    order: str = "<",
    big: bool = False,
    rows: int | None = None,
    tile: int | None = None,
    planar: bool = False,
    reverse: bool = False,
    compression: int = 1,
    further: dict[int, tuple[int, ...]] | None = None,
) -> bytes:
    """A TIFF by hand. samples: (height, width, samples of a pixel)."""
    height, width, each = samples.shape
    down, across = tile or rows or height, tile or width
    parts = []
    for plane in np.moveaxis(samples[..., None], 2, 0) if planar else [samples]:
        for top in range(0, height, down):
            for left in range(0, width, across):
                part = plane[top : top + down, left : left + across]
                if tile:
                    part = np.pad(part, [(0, tile - part.shape[0]), (0, tile - part.shape[1]), (0, 0)])
                stored = packed(part, bits)
                if reverse:
                    stored = np.packbits(np.unpackbits(np.frombuffer(stored, np.uint8), bitorder="little")).tobytes()
                parts.append(zlib.compress(stored) if compression == 8 else stored)
    start, word, inline = (16, "Q", 8) if big else (8, "I", 4)
    places = np.cumsum([start, *map(len, parts)])[:-1].tolist()
    fields: dict[int, tuple[int, ...]] = {256: (width,), 257: (height,), 258: (bits,) * each, 259: (compression,)}
    fields |= {262: (kind,), 266: (2 if reverse else 1,), 277: (each,), 284: (2 if planar else 1,)}
    if tile:
        fields |= {322: (tile,), 323: (tile,), 324: tuple(places), 325: tuple(map(len, parts))}
    else:
        fields |= {273: tuple(places), 278: (down,), 279: tuple(map(len, parts))}
    fields |= further or {}
    body, entries = b"".join(parts), b""
    for tag, values in sorted(fields.items()):
        form, size = (3, "H") if tag in {258, 320, 338} else (4, "I")
        value = struct.pack(f"{order}{len(values)}{size}", *values)
        if len(value) > inline:
            body, value = body + value, struct.pack(order + word, start + len(body))
        entries += struct.pack(order + "HH" + word, tag, form, len(values)) + value.ljust(inline, b"\0")
    mark = (b"II" if order == "<" else b"MM") + struct.pack(order + "H", 43 if big else 42)
    mark += struct.pack(order + "HH", 8, 0) if big else b""
    count = struct.pack(order + ("Q" if big else "H"), len(fields))
    return mark + struct.pack(order + word, start + len(body)) + body + count + entries + bytes(inline)


def scaled(samples: Array, bits: int) -> Array:
    return np.rint(samples * (255 / (2**bits - 1))).astype(np.uint8)


LAYOUTS: dict[str, dict[str, Any]] = {
    "one strip": {},
    "big-endian": {"order": ">"},
    "bigtiff": {"big": True},
    "big-endian bigtiff": {"big": True, "order": ">"},
    "strips": {"rows": 4},
    "tiles": {"tile": 16},
    "planes": {"planar": True, "rows": 4},
    "tiles of planes": {"tile": 16, "planar": True},
    "low bits first": {"reverse": True},
    "deflate": {"compression": 8, "rows": 4},
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("bits", range(1, 8))
def test_rgb_of_few_bits(bits: int, layout: str) -> None:
    samples = ramp(bits, 18, 21, 3)
    data = made(samples, bits, RGB, **LAYOUTS[layout])
    assert has_few_bits(data)
    assert np.array_equal(decode_srgb(data), scaled(samples, bits))
    assert announced_size(data) == (21, 18)
    assert not has_ycc_samples(data)


@pytest.mark.parametrize("layout", ["one strip", "strips", "tiles", "low bits first", "deflate"])
@pytest.mark.parametrize("bits", [3, 5, 6, 7])
def test_grey_of_few_bits(bits: int, layout: str) -> None:
    samples = ramp(bits, 18, 21, 1)
    expected = np.repeat(scaled(samples, bits), 3, axis=2)
    assert np.array_equal(decode_srgb(made(samples, bits, **LAYOUTS[layout])), expected)
    white_is_zero = made(samples, bits, 0, **LAYOUTS[layout])
    assert np.array_equal(decode_srgb(white_is_zero), 255 - expected)


@pytest.mark.parametrize(
    ("bits", "kind", "layout"),
    [
        *((bits, kind, "low bits first") for bits in (1, 2, 4) for kind in (0, GREY)),
        *((bits, kind, "strips") for bits in (1, 2, 4, 8) for kind in (0, GREY)),
        *((bits, PALETTE, "strips") for bits in (1, 2, 4, 8)),
        (8, GREY, "low bits first"),
    ],
)
def test_it_reads_as_pillow_does_where_that_reads(bits: int, kind: int, layout: str) -> None:
    further = {320: tuple(257 * k * 7 % 65536 for k in range(3 << bits))} if kind == PALETTE else {}
    data = made(ramp(bits, 9, 21, 1), bits, kind, further=further, **LAYOUTS[layout])
    assert not has_few_bits(data)
    with Image.open(io.BytesIO(data)) as image:
        assert np.array_equal(packed_codes(data).rgb, np.asarray(image.convert("RGB")))


@pytest.mark.parametrize("kind", [0, GREY])
def test_low_bits_first_in_whole_bytes(kind: int) -> None:
    samples = ramp(8, 9, 21, 1)
    codes = np.repeat(255 - samples if kind == 0 else samples, 3, axis=2)
    assert np.array_equal(decode_srgb(made(samples, 8, kind, reverse=True)), codes)


@pytest.mark.parametrize(
    ("bits", "layout"), [(2, "one strip"), (3, "strips"), (4, "low bits first"), (8, "big-endian bigtiff")]
)
def test_palettes(bits: int, layout: str) -> None:
    palette = (np.arange(3 << bits) * 7919 % 65536).astype(np.uint16)
    samples = ramp(bits, 9, 21, 1)
    data = made(samples, bits, PALETTE, further={320: tuple(palette.tolist())}, **LAYOUTS[layout])
    assert np.array_equal(decode_srgb(data), (palette.reshape(3, -1) >> 8).T[samples[..., 0]])
    with pytest.raises(PhotoError, match="no palette of its size"):
        decode_srgb(made(ramp(3, 9, 21, 1), 3, PALETTE, further={320: (1, 2, 3)}))


@pytest.mark.parametrize(("kind", "colours"), [(GREY, 1), (0, 1), (RGB, 3)])
def test_transparency_of_few_bits(kind: int, colours: int) -> None:
    samples = ramp(4, 9, 21, colours + 1)
    codes, alpha = decode_srgba(made(samples, 4, kind, further={338: (2,)}))
    expected = np.broadcast_to(17 * samples[..., :colours], (9, 21, 3))
    assert np.array_equal(codes, 255 - expected if kind == 0 else expected)
    assert alpha is not None
    assert np.array_equal(alpha, 17 * samples[..., colours])
    assert decode_srgba(made(samples, 4, kind, further={338: (0,)}))[1] is None


def test_big_endian_bigtiff_of_8_bits() -> None:
    samples = ramp(8, 9, 21, 3)
    data = made(samples, 8, RGB, order=">", big=True)
    assert is_packed(data)
    assert not has_few_bits(data)
    assert np.array_equal(decode_srgb(data), samples)
    differences = np.diff(samples, axis=1, prepend=np.zeros((9, 1, 3), np.uint8))
    assert np.array_equal(decode_srgb(made(differences, 8, RGB, order=">", big=True, further={317: (2,)})), samples)


@pytest.mark.parametrize("compression", ["lzw", "packbits"])
def test_compressions_that_need_imagecodecs(compression: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tifffile = pytest.importorskip("tifffile")
    pytest.importorskip("imagecodecs")
    file, samples = io.BytesIO(), ramp(8, 9, 21, 3)
    tifffile.imwrite(file, samples, photometric="rgb", compression=compression, bigtiff=True, byteorder=">")
    assert np.array_equal(decode_srgb(file.getvalue()), samples)
    hide(monkeypatch, "imagecodecs")
    with pytest.raises(MissingExtraError, match="imagecodecs"):
        decode_srgb(file.getvalue())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"further": {317: (2,)}}, "5 bits per sample and a predictor"),
        ({"compression": 32809}, "compression 32809"),
        ({"further": {262: (5,)}}, "TIFF of kind 5"),
        ({"further": {339: (2,)}}, "5 bits per sample is not supported"),
        ({"further": {278: (4,)}}, "too few strips"),
        ({"further": {279: (100,)}}, "100 bytes of"),
        ({"further": {279: (1 << 31,)}}, "the file is smaller"),
        ({"further": {258: (5, 6, 5)}}, r"\(5, 6, 5\) bits per sample"),
        ({"further": {256: (1 << 20,), 257: (1 << 20,)}}, "more than the limit"),
        ({"further": {256: (0,)}}, "empty"),
        ({"further": {278: (0,)}}, "."),
        ({"further": {277: (2,), 258: (5, 5)}}, "2 samples per pixel"),
    ],
)
def test_what_it_refuses(change: dict[str, Any], message: str) -> None:
    with pytest.raises(PhotoError, match=message):
        decode_srgb(made(ramp(5, 9, 21, 3), 5, RGB, **change))


def test_deflate_makes_no_more_than_fits() -> None:
    data = made(ramp(5, 9, 21, 3), 5, RGB)
    bomb = zlib.compress(bytes(1 << 26), 9)
    at = data[:8] + bomb
    place = struct.unpack_from("<I", data, 4)[0]
    entries = bytearray(data[place:])
    for k in range(2, len(entries) - 4, 12):
        tag = struct.unpack_from("<H", entries, k)[0]
        if tag in {259, 273, 279}:
            struct.pack_into("<I", entries, k + 8, {259: 8, 273: 8, 279: len(bomb)}[tag])
        elif tag == 258:
            struct.pack_into("<I", entries, k + 8, len(at))
    file = struct.pack("<4sI", b"II*\0", len(at) + 6) + at[8:] + struct.pack("<3H", 5, 5, 5) + bytes(entries)
    assert not decode_srgb(file).any()


def test_a_base_of_few_bits_is_refused() -> None:
    with pytest.raises(PhotoError, match="fewer than 8 bits"):
        read_srgb(made(ramp(5, 9, 21, 3), 5, RGB))


@given(st.binary(max_size=200), st.sampled_from([b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"]))
def test_damaged_files_are_no_surprise(rest: bytes, mark: bytes) -> None:
    with warnings.catch_warnings(action="ignore"), pytest.raises(PhotoError):  # Pillow warns
        decode_srgb(mark + rest)


@given(st.integers(1, 8), st.integers(1, 30), st.integers(1, 9), st.randoms(use_true_random=False))
def test_unpacked_gives_what_was_packed(bits: int, per_row: int, rows: int, rng: Any) -> None:
    values = np.array([rng.randrange(1 << bits) for _ in range(rows * per_row)], np.uint8).reshape(rows, per_row)
    assert np.array_equal(unpacked(packed(values, bits), bits, rows, per_row), values)


def test_a_width_of_two_values() -> None:
    data = made(ramp(4, 9, 21, 3), 4, RGB, further={256: (21, 1)})
    for decode in (announced_size, decode_srgb, packed_codes):
        with pytest.raises(PhotoError, match="ImageWidth is not one whole number"):
            decode(data)
