"""Hypothesis strategies that several test modules share, prefixed with the room they are for."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import tifffile
from hypothesis import strategies as st
from PIL import Image

from gamutmeta.carriers import MAGIC, MAX_CONTAINER, embed
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.shoulder import End, Shoulder
from gamutmeta.container import Binding, Payload, Tensor
from gamutmeta.envelope import LIKENESS_BYTES
from gamutmeta.formats.jpeg import make_segment
from gamutmeta.formats.png import make_chunk
from gamutmeta.model.descriptor import Affine, Descriptor, FourierXY, Grid, Head, Rgb, RgbSource, SampleCoding
from gamutmeta.pipeline.binding import binding_of_file
from tests.fuzz.mutations import files, png

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
    # hypothesis also draws constants of the code under test: a run must not hold what claims to be a payload.
    return runs.filter(lambda run: not any(kind + b"gamutmeta\0" in run for kind in (b"tEXt", b"zTXt", b"iTXt")))


@st.composite
def descriptors(draw: st.DrawFn) -> Descriptor:
    """Every head, all inputs, both kinds of samples, shoulders; small enough for the default limits."""
    samples = draw(st.sampled_from(SampleCoding))
    has_srgb = samples is SampleCoding.SRGB
    head = draw(st.sampled_from(Head if has_srgb else [Head.CLIP, Head.SRGB_EXCESS]))
    adaptation = draw(st.sampled_from(Adaptation))
    if head is Head.CLIP:
        shoulder = draw(st.none() | shoulders()) if has_srgb else None
        return Descriptor(adaptation=adaptation, samples=samples, shoulder=shoulder)
    has_grid, has_xy, has_rgb = draw(st.tuples(*[st.booleans()] * 3).filter(any))
    grid = Grid(*draw(st.tuples(st.integers(1, 6), st.integers(2, 7), st.integers(2, 7)))) if has_grid else None
    xy = FourierXY(draw(st.integers(1, 16))) if has_xy else None
    rgb = None
    if has_rgb:
        octaves = draw(st.integers(0, 16))
        source = draw(st.sampled_from(RgbSource)) if has_srgb else RgbSource.CODE
        rgb = Rgb(octaves, source, identity=octaves == 0 or draw(st.booleans()))
    gate = draw(st.none() | st.integers(0, 255)) if head is Head.SRGB_EXCESS and has_srgb else None
    hidden = tuple(draw(st.lists(st.integers(1, 9), max_size=4)))
    bias, affine = draw(st.booleans()), draw(st.none() | affines())
    from_code = rgb is None or rgb.source is RgbSource.CODE
    shoulder = draw(st.none() | shoulders()) if head is Head.SRGB_EXCESS and has_srgb and from_code else None
    return Descriptor(head, grid, xy, rgb, hidden, bias, gate, adaptation, affine, samples, shoulder)


@st.composite
def shoulder_ends(draw: st.DrawFn) -> End:
    """Ends of any width that do not reach too far."""
    codes = draw(st.integers(0, 8))
    return End(codes, draw(st.integers(1, (0, 255, 255, 150, 80, 50, 35, 26, 20)[codes]))) if codes else End()


def shoulders() -> st.SearchStrategy[Shoulder]:
    """Shoulders of any ends, of which one at least has codes."""
    three = st.tuples(shoulder_ends(), shoulder_ends(), shoulder_ends())
    pairs = st.tuples(three, three).filter(lambda pair: any(end.codes for ends in pair for end in ends))
    return pairs.map(lambda pair: Shoulder(*pair))


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


def container_bindings(model: Descriptor | None = None) -> st.SearchStrategy[Binding]:
    """Both kinds unless the model takes samples that only a JPEG has, any digest."""
    kinds = ["jpeg"] if model is not None and model.samples is SampleCoding.SYCC else ["jpeg", "rgb8"]
    return st.builds(Binding, st.sampled_from(kinds), st.binary(min_size=16, max_size=16))


def container_likenesses() -> st.SearchStrategy[bytes | None]:
    """None, or any likeness."""
    return st.none() | st.binary(min_size=LIKENESS_BYTES, max_size=LIKENESS_BYTES)


@st.composite
def payloads(draw: st.DrawFn, descriptor: st.SearchStrategy[Descriptor] | None = None) -> Payload:
    """Payloads within the default limits, with and without a likeness."""
    model = draw(descriptors() if descriptor is None else descriptor)
    width = draw(st.integers(1, 2**30))
    height = draw(st.integers(1, 2**30 // width))
    values = tuple(draw(container_tensors(spec.shape)) for spec in model.tensor_specs())
    return Payload(width, height, draw(container_bindings(model)), model, values, draw(container_likenesses()))


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


# --- whole files, and what chance makes of them ----------------------------------------------------------------------


@st.composite
def fuzz_pictures(draw: st.DrawFn) -> NDArray[np.uint8]:
    """Codes (H, W, 3) of tiny pictures, clipped here and there."""
    height, width = draw(st.integers(1, 20)), draw(st.integers(1, 20))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    smooth = np.linspace(-60, 315, height * width * 3).reshape(height, width, 3)
    return np.clip(smooth + rng.integers(-40, 40, smooth.shape), 0, 255).astype(np.uint8)


@st.composite
def fuzz_jpegs(draw: st.DrawFn) -> bytes:
    """JPEG files: coded in several ways, with neighbours before the tables and the scan, and bytes behind EOI."""
    image = Image.fromarray(draw(fuzz_pictures())).convert(draw(st.sampled_from(["RGB", "RGB", "L", "CMYK"])))
    options: dict[str, Any] = {"quality": draw(st.integers(1, 100)), "progressive": draw(st.booleans())}
    if draw(st.booleans()):
        options["restart_marker_blocks"] = draw(st.integers(1, 3))
    data = _saved(image, "JPEG", **options)
    tables, scan = data.index(b"\xff\xdb"), data.index(b"\xff\xda")
    early, late = draw(carriers_jpeg_neighbours()), draw(carriers_jpeg_neighbours())
    return data[:tables] + early + data[tables:scan] + late + data[scan:] + draw(st.binary(max_size=9))


@st.composite
def fuzz_pngs(draw: st.DrawFn) -> bytes:
    """PNG files: all kinds of pixels, neighbours before and behind the picture, which is in one chunk or several."""
    mode = draw(st.sampled_from(["1", "L", "LA", "P", "RGB", "RGBA"]))
    image = Image.fromarray(draw(fuzz_pictures()))
    parts, _ = png.chunks(_saved(image.quantize(8) if mode == "P" else image.convert(mode), "PNG"))
    before = [part for part in parts if part[0] not in {b"IDAT", b"IEND"}]
    coded = b"".join(content for kind, content in parts if kind == b"IDAT")
    cut = draw(st.integers(0, len(coded)))
    body = b"".join(png.chunk(b"IDAT", piece) for piece in (coded[:cut], coded[cut:]))
    neighbours = carriers_png_neighbours()
    end = draw(neighbours) + png.chunk(b"IEND", b"") + draw(st.binary(max_size=9))
    return png.joined(before) + draw(neighbours) + body + end


@st.composite
def fuzz_tiffs(draw: st.DrawFn) -> bytes:
    """TIFF files: both byte orders, classic and BigTIFF, several pages, strips and tiles, private tags."""
    options: dict[str, Any] = draw(
        st.sampled_from([{}, {"rowsperstrip": 2}, {"tile": (16, 16)}, {"compression": "zlib"}, {"planarconfig": 2}])
    )
    tags = [(65_000 + i, 1, len(value), value, True) for i, value in enumerate(draw(st.lists(st.binary(min_size=1))))]
    file = io.BytesIO()
    layout = {"byteorder": draw(st.sampled_from("<>")), "bigtiff": draw(st.booleans())}
    with tifffile.TiffWriter(file, **layout) as writer:
        for page in draw(st.lists(fuzz_pictures(), min_size=1, max_size=3)):
            samples = page.transpose(2, 0, 1) if "planarconfig" in options else page
            writer.write(samples, photometric="rgb", metadata=None, extratags=tags, **options)
    return file.getvalue() + draw(st.binary(max_size=9))


def fuzz_hosts() -> st.SearchStrategy[bytes]:
    """Whole host files of each kind."""
    return fuzz_jpegs() | fuzz_pngs() | fuzz_tiffs()


@st.composite
def fuzz_bound(draw: st.DrawFn) -> tuple[bytes, Payload]:
    """A host file with a payload that is bound to its picture, and that payload."""
    codes = draw(fuzz_pictures())
    kind = draw(st.sampled_from(["JPEG", "PNG", "TIFF"]))
    host = _saved(Image.fromarray(codes), kind)
    models = descriptors() if kind == "JPEG" else descriptors().filter(lambda m: m.samples is SampleCoding.SRGB)
    own = draw(payloads(models)).bind(codes.shape[1], codes.shape[0], binding_of_file(host))
    return embed(host, own.to_bytes()), own


@st.composite
def fuzz_mutated(draw: st.DrawFn, originals: st.SearchStrategy[bytes]) -> bytes:
    """Files after one to three mutations that know the formats: lengths and checksums are mostly right again."""
    chance = draw(st.randoms(use_true_random=False))
    data = draw(originals)
    return files.mutated(data, chance, draw(originals), times=draw(st.integers(1, 3)))


def _saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()
