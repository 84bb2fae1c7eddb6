"""Vectors of places that careful readers of the text took in different ways until it was said more clearly."""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING

from spec.vectors.recipes import frames
from spec.vectors.recipes.containers import container
from spec.vectors.recipes.jpegs import app11, coded, coded_digest, coded_samples, segment
from spec.vectors.recipes.messages import integer, mapping, text
from spec.vectors.recipes.models import Model, weights
from spec.vectors.recipes.pictures import beyond, saturated
from spec.vectors.recipes.pngs import itxt, png

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from spec.vectors.recipes.suite import Suite

__all__ = ["add"]

_KEYS = ("aff", "bias", "cat", "gate", "grid", "h", "head", "jpeg", "like", "mlp", "q", "rgb", "rgb8", "shl", "smp",
         "src", "t", "w", "xy")  # fmt: skip
"""Of version 2."""

_SOF = 0xC0


def add(suite: Suite) -> None:
    """Add all of them."""
    _maps(suite)
    _frame_headers(suite)
    _no_codes(suite)
    _zlib(suite)
    _repeat_offsets(suite)
    _faulty_tables(suite)


def _maps(suite: Suite) -> None:
    """Known keys, all of them nil but for a size that is too large, more and not more than a map may have."""
    picture = saturated(9, 7)
    for count, error in ((16, "payload.limit"), (17, "payload"), (19, "payload")):
        others = [key for key in _KEYS if key not in {"w", "h"}][: count - 2]
        values = {**dict.fromkeys(others, b"\xc0"), "w": integer(65_535), "h": integer(65_535)}
        descriptor = mapping((text(key), values[key]) for key in sorted(values))
        suite.refuses(
            f"reading-map-{count}",
            container(descriptor, versions=(2, 2)),
            picture,
            error,
            f"A descriptor of {count} known keys and a picture that is too large; a map has at most 16 entries.",
            "order",
            "msgpack",
            since=2,
        )


def _frame_header(jpeg: bytes) -> tuple[int, int]:
    """Where it begins and ends in a file made here, marker included."""
    at = jpeg.index(bytes((0xFF, _SOF)))
    return at, at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")


def _frame_headers(suite: Suite) -> None:
    """Frame headers that say nothing of colours: of other than three components, and behind the first scan."""
    jpeg, picture = coded(suite.bases, "444")
    jfif, plain = jpeg[2:20], jpeg[:2] + jpeg[20:]
    at, end = _frame_header(plain)
    red_green_blue = bytearray(plain[at:end])
    for k, identifier in enumerate(b"RGB"):
        red_green_blue[10 + 3 * k] = identifier
    four = segment(_SOF, bytes(red_green_blue[4:9]) + b"\x04" + bytes(red_green_blue[10:]) + b"\x04\x11\x00")
    last = plain.index(b"\xff\xd9")
    for name, host, rationale in (
        (
            "four-components",
            plain[:2] + jfif + plain[2:at] + four + plain[end:],
            "A frame header of four components, three of which are called RGB: JFIF denies nothing.",
        ),
        (
            "behind-scan",
            plain[:2] + jfif + plain[2:at] + plain[end:last] + bytes(red_green_blue) + plain[last:],
            "The frame header, whose names are RGB, stands behind the scan: JFIF denies nothing.",
        ),
    ):
        data = Model().container(picture, coded_digest(host))
        suite.expands(f"reading-frame-{name}", host[:2] + app11(data) + host[2:], picture, data, rationale, "binding")
    samples_jpeg, samples = coded_samples(suite.bases, beyond(17, 13))
    at, end = _frame_header(samples_jpeg)
    last = samples_jpeg.index(b"\xff\xd9")
    host = samples_jpeg[:at] + samples_jpeg[end:last] + samples_jpeg[at:end] + samples_jpeg[last:]
    data = Model({"smp": 1}).container(samples, coded_digest(host), versions=(2, 2))
    suite.refuses(
        "reading-samples-frame-behind-scan",
        host[:2] + app11(data) + host[2:],
        samples,
        "binding",
        "The frame header stands behind the scan, and so the file holds no YCbCr samples.",
        "sycc",
        "binding",
        since=2,
    )


def _no_codes(suite: Suite) -> None:
    """A payload for YCbCr samples in a file of which no codes come, and which holds no such samples."""
    cmyk = suite.bases.get("jpeg/cmyk-21x15.jpg", bytes)  # made with the edges of files
    picture = saturated(21, 15)
    data = Model({"smp": 1}).container(picture, coded_digest(cmyk), versions=(2, 2))
    suite.refuses(
        "reading-no-codes-no-samples",
        cmyk[:2] + app11(data) + cmyk[2:],
        None,
        "binding",
        "A CMYK JPEG with a payload for YCbCr samples: it has none, whether it can be decoded or not.",
        "sycc",
        "binding",
        "host",
        since=2,
    )


def _zlib(suite: Suite) -> None:
    """Heads of zlib streams that RFC 1950 calls wrong."""
    picture = saturated(3, 2)
    packed = zlib.compress(base64.b64encode(Model().container(picture)))
    for name, head, rationale in (
        ("check", bytes((packed[0], packed[1] ^ 1)), "FCHECK of the compressed text is wrong"),
        ("window", b"\x88\x1c", "CINFO of the compressed text is 8, for a window of 64 KB"),
        ("method", b"\x79\x18", "CM of the compressed text is 9"),
    ):
        # What has to be a multiple of 31 is one, but for the first.
        if (int.from_bytes(head, "big") % 31 == 0) != (name != "check"):
            raise ValueError(name)
        file = png(picture, itxt(b"", compression=b"\1\0", text=head + packed[2:]))
        suite.extracts_not(f"reading-zlib-{name}", file, "carrier", f"{rationale}.", "itxt", "deflate")


def _sequences(code: int, bits: Sequence[int], *, literals: int, match: int) -> bytes:
    """The sequences section of a compressed block, all sequences with the same three codes.

    Args:
        code: of the offsets: the number of their bits.
        bits: of each offset.
        literals: how many precede each match; up to 15.
        match: length of each; 3 to 34.
    """
    stream = 1
    for value in bits:  # the first one is read first, from the end
        stream = stream << code | value
    size = (len(bits) * code) // 8 + 1
    return bytes((len(bits), 0x54, literals, code, match - 3)) + stream.to_bytes(size, "little")


def _offsets(recent: list[int], code: int, values: Iterable[int]) -> Iterable[int]:
    """Offsets of sequences that have literals; `recent` are the last three, changed in place (RFC 8878, 3.1.1.5)."""
    for bits in values:
        value = (1 << code) + bits
        offset = recent.pop(value - 1) if value <= 3 else value - 3
        recent.insert(0, offset)
        del recent[3:]
        yield offset


def _repeat_offsets(suite: Suite) -> None:
    """Repeat offsets that change places several times, and new ones that drive out the oldest."""
    picture = saturated(9, 7)
    model = weights("repeat-offsets", {"head": 2, "gate": 32, "grid": (2, 5, 8), "rgb": 0, "mlp": (5,)})
    grid = model.tensors[0]
    literals, match = 2, 3
    content, recent = bytearray(grid[:10]), [1, 4, 8]
    blocks = [frames.block(bytes(content), last=False)]
    for code, bits in ((1, (0, 1, 1, 0)), (3, (4, 1)), (1, (1, 0, 1, 1)), (2, (3, 1)), (1, (1, 1))):
        taken = b""
        for offset in _offsets(recent, code, bits):
            fresh = grid[len(content) : len(content) + literals]
            taken += fresh
            content += fresh
            for _ in range(match):
                content.append(content[-offset])
        section = frames.literals(taken) + _sequences(code, bits, literals=literals, match=match)
        blocks.append(frames.compressed_block(section, last=False))
    if len(content) != len(grid):
        raise ValueError(len(content))
    blocks.append(frames.block(model.raw[len(grid) :]))
    model = Model(model.entries, model.encodings, [bytes(content), *model.tensors[1:]])
    data = model.container(picture, frame=frames.frame(len(model.raw), blocks))
    suite.expands(
        "reading-frame-repeat-offsets",
        data,
        picture,
        data,
        "Repeat offsets change places, and new ones drive out the oldest.",
        "zstd",
        "compressed",
    )


def _faulty_tables(suite: Suite) -> None:
    """Tables of compressed blocks that RFC 8878 and all libraries call faulty."""
    picture = saturated(9, 7)
    model = weights("faulty-tables", {"head": 2, "rgb": 0, "mlp": (5,)})

    def huffman(weights_of_bytes: bytes, count: int) -> bytes:
        coded = bytes((127 + count,)) + weights_of_bytes + b"\x10"
        return (0b10 | 4 << 4 | len(coded) << 14).to_bytes(3, "little") + coded + b"\0"

    def codes(literals: int, offset: int, match: int) -> bytes:
        return frames.literals(bytes(4)) + bytes((1, 0x54, literals, offset, match, 1))

    for name, section, rationale in (
        ("weights", huffman(b"\x31", 2), "Weights 3 and 1 of a Huffman code leave 3, no power of two, for the last"),
        ("weights-none", huffman(b"\x00", 2), "All weights of a Huffman code are 0"),
        ("literals-length", codes(36, 0, 0), "The code of literals lengths is 36, and the largest one is 35"),
        ("offset", codes(4, 32, 0), "The code of offsets is 32, and the largest one that fits the format is 31"),
        ("match-length", codes(4, 0, 53), "The code of match lengths is 53, and the largest one is 52"),
    ):
        blocks = [frames.compressed_block(section, last=False), frames.block(model.raw[4:])]
        data = model.container(picture, frame=frames.frame(len(model.raw), blocks))
        suite.refuses(f"reading-table-{name}", data, picture, "payload", f"{rationale}.", "zstd", "compressed")
