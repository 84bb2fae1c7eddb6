"""Hypothesis strategies that several test modules share, prefixed with the room they are for."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st

from gamutmeta.carriers import MAGIC, MAX_CONTAINER
from gamutmeta.carriers.jpeg import make_segment
from gamutmeta.carriers.png import make_chunk
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.container import Binding, Payload, Tensor
from gamutmeta.model.descriptor import Affine, Descriptor, FourierXY, Grid, Head, Rgb, RgbSource

if TYPE_CHECKING:
    from numpy.typing import NDArray


def carriers_containers(max_size: int = MAX_CONTAINER) -> st.SearchStrategy[bytes]:
    """Containers as the carriers see them: the magic number and anything behind it, now and then very much of it."""
    tails = st.one_of(
        st.binary(max_size=200),
        st.builds(
            lambda unit, times: (unit * times)[: max_size - len(MAGIC)],
            st.binary(min_size=1, max_size=64),
            st.integers(1, max_size),
        ),
    )
    return tails.map(lambda tail: MAGIC + tail)


def carriers_jpeg_neighbours() -> st.SearchStrategy[bytes]:
    """Runs of APPn and COM segments, many of them APP11, with fill bytes here and there."""
    marker = st.one_of(st.just(0xEB), st.integers(0xE0, 0xEF).filter(lambda m: m != 0xE2), st.just(0xFE))
    content = st.one_of(
        st.binary(max_size=40),
        st.binary(max_size=40).map(lambda tail: b"JP\x02\x11" + tail),
        st.binary(max_size=40).map(lambda tail: b"ICC_PROFILE\0" + tail),
        st.just(b"gamutmeta"),
        st.just(b"\xff\xd9\xff\xda\xff\xd8"),
    )
    segment = st.builds(
        lambda fill, marker, content: b"\xff" * fill + make_segment(marker, content), st.integers(0, 2), marker, content
    )
    # hypothesis also draws constants of the code under test: a run must not hold what claims to be a payload.
    return st.lists(segment, max_size=8).map(b"".join).filter(lambda run: b"gamutmeta1 " not in run)


def carriers_png_neighbours() -> st.SearchStrategy[bytes]:
    """Runs of ancillary chunks that are allowed between IHDR and IDAT."""
    kind = st.sampled_from([b"tEXt", b"zTXt", b"iTXt", b"prVt", b"caBX", b"gaMT", b"tIME"])
    content = st.one_of(st.binary(max_size=40), st.just(b"Gamutmeta\0x"), st.just(b"gamutmeta"))
    runs = st.lists(st.builds(make_chunk, kind, content), max_size=8).map(b"".join)
    return runs.filter(lambda run: b"iTXtgamutmeta\0" not in run)


@st.composite
def descriptors(draw: st.DrawFn) -> Descriptor:
    """Every head and every combination of inputs, small enough for the default limits."""
    head = draw(st.sampled_from(Head))
    adaptation = draw(st.sampled_from(Adaptation))
    if head is Head.CLIP:
        return Descriptor(adaptation=adaptation)
    has_grid, has_xy, has_rgb = draw(st.tuples(*[st.booleans()] * 3).filter(any))
    grid = Grid(*draw(st.tuples(st.integers(1, 6), st.integers(2, 7), st.integers(2, 7)))) if has_grid else None
    xy = FourierXY(draw(st.integers(1, 16))) if has_xy else None
    rgb = None
    if has_rgb:
        octaves = draw(st.integers(0, 16))
        rgb = Rgb(octaves, draw(st.sampled_from(RgbSource)), identity=octaves == 0 or draw(st.booleans()))
    gate = draw(st.none() | st.integers(0, 255)) if head is Head.SRGB_EXCESS else None
    hidden = tuple(draw(st.lists(st.integers(1, 9), max_size=4)))
    return Descriptor(head, grid, xy, rgb, hidden, draw(st.booleans()), gate, adaptation, draw(st.none() | affines()))


def affines() -> st.SearchStrategy[Affine]:
    """Any affine, and often one that keeps the axes or swaps them."""
    number = st.floats(-16, 16, width=32)
    small = st.floats(-1, 1, width=32)
    zero = st.just(0.0)
    return (
        st.tuples(number, number, number, number, number, number)
        | st.tuples(small, zero, small, zero, small, small)
        | st.tuples(zero, small, small, small, zero, small)
        | st.tuples(small, small, small, small, small, small)
    )


def container_scales() -> st.SearchStrategy[float]:
    """All scales that an int8 tensor may have, powers of two among them."""
    powers = st.integers(-126, 120).map(lambda exponent: 2.0**exponent)
    return powers | st.floats(2.0**-126, 2.0**120, width=32)


@st.composite
def container_tensors(draw: st.DrawFn, shape: tuple[int, ...]) -> Tensor:
    """int8 from all zero to all codes, or float16 from all finite patterns."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    values: NDArray[Any]
    if draw(st.booleans()):
        spread = draw(st.sampled_from([0, 1, 8, 128]))
        values = rng.integers(-spread, max(spread, 1), shape).astype(np.int8)
        return Tensor(values, draw(container_scales()))
    values = rng.integers(0, 0x7C00, shape, np.uint16) | (rng.integers(0, 2, shape, np.uint16) << 15)
    return Tensor(values.astype(np.uint16).view(np.float16), None)


def container_bindings() -> st.SearchStrategy[Binding]:
    """Both kinds, any digest."""
    return st.builds(Binding, st.sampled_from(["jpeg", "rgb8"]), st.binary(min_size=16, max_size=16))


@st.composite
def payloads(draw: st.DrawFn, descriptor: st.SearchStrategy[Descriptor] | None = None) -> Payload:
    """Payloads within the default limits."""
    model = draw(descriptors() if descriptor is None else descriptor)
    width = draw(st.integers(1, 2**30))
    height = draw(st.integers(1, 2**30 // width))
    values = tuple(draw(container_tensors(spec.shape)) for spec in model.tensor_specs())
    return Payload(width, height, draw(container_bindings()), model, values)


def container_of(
    descriptor: bytes,
    tensor_length: int = 0,
    frame: bytes = b"",
    *,
    versions: tuple[int, int] = (1, 1),
    flags: tuple[int, int] = (0, 0),
) -> bytes:
    """A container put together by hand, with right lengths and checksum around whatever is inside."""
    total = 28 + len(descriptor) + len(frame) + 4
    lengths = struct.pack(">4I", total, len(descriptor), tensor_length, len(frame))
    return container_resealed(b"\x89GMT\r\n\x1a\n" + bytes(versions + flags) + lengths + descriptor + frame + bytes(4))


def container_resealed(data: bytes) -> bytes:
    """The same bytes with the right checksum at their end."""
    return data[:-4] + struct.pack(">I", zlib.crc32(data[:-4]))


@st.composite
def photo_premultiplied(draw: st.DrawFn) -> tuple[NDArray[np.uint16], NDArray[np.uint16], int]:
    """Straight colours (H, W, 3), transparency (H, W) with much of the extremes, and their bits."""
    bits = draw(st.sampled_from([8, 10, 12, 16]))
    top = (1 << bits) - 1
    height, width = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    colours = rng.integers(0, top + 1, (height, width, 3)).astype(np.uint16)
    alpha = rng.choice([0, 1, top // 2, top - 1, top], (height, width)).astype(np.uint16)
    return colours, alpha, bits
