"""Vectors that tell apart what others let pass: of JPEG, PNG and TIFF files, and of pictures that have no codes."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from functools import partial
from typing import TYPE_CHECKING

from spec.vectors.recipes.containers import MAGIC
from spec.vectors.recipes.jpegs import (
    APP11,
    COM,
    PROJECT_UUID,
    app11,
    box,
    coded,
    coded_digest,
    description,
    inserted,
    packet,
    segment,
)
from spec.vectors.recipes.models import Model
from spec.vectors.recipes.pictures import Picture, saturated
from spec.vectors.recipes.pngs import IEND, SIGNATURE, chunk, deflated, itxt, png
from spec.vectors.recipes.tiffs import BYTE, SHORT, TAG, Field, ours, tiff

if TYPE_CHECKING:
    from spec.vectors.recipes.suite import Suite

__all__ = ["add"]


def add(suite: Suite) -> None:
    """Add all of them."""
    edges = _Edges(suite)
    edges.jpeg()
    edges.boxes()
    edges.png()
    edges.tiff()
    _no_codes(suite)
    _few_bits(suite)


class _Edges:
    """Extraction from one file of each kind in many variants."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._jpeg, picture = coded(suite.bases, "optimised")
        self._picture = saturated(3, 2)
        self._container = Model().container(picture, coded_digest(self._jpeg))
        self._text = base64.b64encode(self._container)

    def _ok(self, name: str, file: bytes, rationale: str, *tags: str) -> None:
        self._suite.extracts(f"edge-{name}", file, self._container, rationale, *tags)

    def _no(self, name: str, file: bytes, error: str, rationale: str, *tags: str) -> None:
        self._suite.extracts_not(f"edge-{name}", file, error, rationale, *tags)

    def jpeg(self) -> None:
        """Boxes and comments."""
        for name, kind in (("zero", bytes(16)), ("c2pa", bytes.fromhex("6332706100110010800000aa00389b71"))):
            inside = box(b"jumd", kind + b"\x03gamutmeta\0") + box(b"uuid", PROJECT_UUID + self._container)
            self._ok(
                f"box-content-type-{name}",
                inserted(self._jpeg, segment(APP11, packet(inside))),
                f"The content type is another ({name}); a reader does not look at it.",
                "jpeg",
                "jumbf",
            )
        # What follows a segment that is too short would make it ours, if it were read as a part of it.
        label = b"jumd" + bytes(16) + b"\x03gamutmeta\0"
        for name, content, behind in (
            ("16-bytes", packet(b""), label),
            ("15-bytes", packet(b"")[:15], b""),
            ("xlbox-missing", packet(b"", length=1), bytes(4) + bytes(4) + label),
            ("xlbox-23-bytes", packet(bytes(7), length=1), bytes(1) + label),
        ):
            self._no(
                f"box-short-{name}",
                inserted(self._jpeg, segment(APP11, content) + segment(COM, behind)),
                "carrier.none",
                "An APP11 segment too short to be ours, whatever the next segment holds.",
                "jpeg",
                "jumbf",
            )
        for name, text, error in (
            ("vertical-tab-behind-nul", self._text + b"\0\v", "carrier"),
            ("form-feed-behind-nul", self._text + b"\0\f", "carrier"),
            ("nul-behind-vertical-tab", self._text + b"\v\0", None),
            ("nul-behind-form-feed", self._text + b"\f \0", None),
        ):
            file = inserted(self._jpeg, segment(COM, b"gamutmeta1 " + text))
            png_file = png(self._picture, itxt(b"", text=text))
            rationale = "Vertical tabs and form feeds are white space, but do not end with the NULs at the end."
            for carrier, data in (("com", file), ("png", png_file)):
                if error is None:
                    self._ok(f"{carrier}-{name}", data, rationale, "base64")
                else:
                    self._no(f"{carrier}-{name}", data, error, rationale, "base64")

    def boxes(self) -> None:
        """Superboxes with two faults: all boxes are walked first, then counted, and what is found is looked at last."""
        ours, large = (box(b"uuid", PROJECT_UUID + data) for data in (self._container, MAGIC + bytes(61_433)))
        strange = box(b"uuid", PROJECT_UUID + bytes(32))
        cut, short, tail = b"\0\0\0\x0afree\0", b"\0\0\0\x07free", b"\0\0\0\x08fre"
        for name, boxes, error, rationale in (
            ("two-then-cut", ours + ours + cut, "carrier", "Two containers, then a box that is cut off."),
            ("two-then-short", ours + ours + short, "carrier", "Two containers, then a box of seven bytes."),
            ("two-then-tail", ours + ours + tail, "carrier", "Two containers, then a part of the head of a box."),
            ("large-then-cut", large + cut, "carrier", "A container too large, then a box that is cut off."),
            ("strange-then-ours", strange + ours, "carrier.duplicate", "What has no magic number, then a container."),
            ("ours-then-strange", ours + strange, "carrier.duplicate", "A container, then what has no magic number."),
        ):
            file = inserted(self._jpeg, segment(APP11, packet(description() + boxes)))
            self._no(f"box-{name}", file, error, rationale, "jpeg", "jumbf", "several", "order")

    def png(self) -> None:
        """Flags, methods and the longest text."""
        stream = deflated(self._text)
        for name, made, rationale in (
            ("flag-2", itxt(b"", text=stream, compression=b"\2\0"), "A sound stream under compression flag 2."),
            ("flag-255", itxt(b"", text=stream, compression=b"\xff\0"), "A sound stream under compression flag 255."),
            ("method-1", itxt(b"", text=stream, compression=b"\1\1"), "A sound stream under compression method 1."),
            ("method-255", itxt(b"", text=stream, compression=b"\1\xff"), "A sound stream under method 255."),
            ("ztxt-method-1", chunk(b"zTXt", b"gamutmeta\0\1" + stream), "A sound stream in zTXt under method 1."),
            ("ztxt-method-missing", chunk(b"zTXt", b"gamutmeta\0"), "A zTXt chunk without its compression method."),
            ("flag-0", itxt(b"", text=stream, compression=b"\0\0"), "A stream that is said to be plain text."),
        ):
            self._no(f"png-{name}", png(self._picture, made), "carrier", rationale, "png", "itxt", "deflate")
        blanks = b" " * (122_881 - len(self._text))
        self._no(
            "png-text-too-long",
            png(self._picture, itxt(b"", text=self._text + blanks)),
            "carrier.too-large",
            "122,881 bytes of text that is not compressed, most of them blanks.",
            "png",
            "limits",
        )
        letters = base64.b64encode(MAGIC + bytes(61_433))
        for name, text, error in (("text", letters, "carrier.too-large"), ("no-text", letters + b"*", "carrier")):
            packed = self._suite.bases.get(f"deflate/large-{name}.zlib", partial(zlib.compress, text, 9))
            self._no(
                f"png-large-{name}",
                png(self._picture, itxt(b"", text=packed, compression=b"\1\0")),
                error,
                "Base64 of a container too large; its last character is looked at before its size.",
                "png",
                "limits",
                "order",
            )

    def tiff(self) -> None:
        """The end of a directory, and two fields of ours."""
        size = len(self._container)
        for name, head, entry, word in (
            ("classic", b"II*\0" + struct.pack("<I", 8 + size), struct.pack("<HHHII", 1, TAG, BYTE, size, 8), 4),
            (
                "bigtiff",
                b"II+\0\x08\0\0\0" + struct.pack("<Q", 16 + size),
                struct.pack("<QHHQQ", 1, TAG, BYTE, size, 16),
                8,
            ),
        ):
            whole = head + self._container + entry + bytes(word)
            self._ok(f"tiff-directory-last-{name}", whole, "The directory ends with the file.", "tiff", "truncation")
            for missing in (1, word):
                self._no(
                    f"tiff-next-directory-cut-{name}-{missing}",
                    whole[:-missing],
                    "carrier",
                    f"Of the offset of the next directory {missing} bytes are missing.",
                    "tiff",
                    "truncation",
                )
        for big, form in ((False, "classic"), (True, "bigtiff")):
            at_end = MAGIC
            file = tiff(self._picture, [ours(self._container), ours(b"", count=100, offset=0xFFFF)], big=big)
            file = file.replace(struct.pack("<I", 0xFFFF), struct.pack("<I", len(file))) + at_end
            for name, data, rationale in (
                (
                    "too-large",
                    tiff(self._picture, [ours(self._container), ours(self._container, count=61_441)], big=big),
                    "one of them too large",
                ),
                ("cut", file, "one of them cut off"),
                (
                    "magic-alone",
                    tiff(self._picture, [ours(MAGIC), ours(self._container)], big=big),
                    "one of them with nothing behind the magic number",
                ),
            ):
                self._no(
                    f"tiff-twice-{name}-{form}",
                    data,
                    "carrier.duplicate",
                    f"Two fields of ours, {rationale}; they are counted before their values are looked at.",
                    "tiff",
                    "several",
                    "order",
                )


def _no_codes(suite: Suite) -> None:
    """Host files of which no codes come: of four colours, Lab, or 16 bits, and one whose coded data are damaged."""
    picture = saturated(21, 15)

    def encode() -> bytes:
        from PIL import Image  # noqa: PLC0415 - needed only to make the bases

        buffer = io.BytesIO()
        Image.frombytes("RGB", (21, 15), picture.samples).convert("CMYK").save(buffer, "JPEG", quality=90)
        return buffer.getvalue()

    cmyk = suite.bases.get("jpeg/cmyk-21x15.jpg", encode)
    bound, container = Model().container(picture, coded_digest(cmyk)), Model().container(picture)
    header = struct.pack(">IIBBBBB", 21, 15, 16, 2, 0, 0, 0)
    rows = b"".join(b"\0" + bytes(6 * 21) for _ in range(15))
    deep = SIGNATURE + chunk(b"IHDR", header) + itxt(container) + chunk(b"IDAT", deflated(rows)) + IEND
    sound = png(picture, itxt(container))
    at = sound.index(b"IDAT") - 4
    torn = sound[:at] + chunk(b"IDAT", b"\x78\x01\xff" + bytes(40)) + IEND
    rgb = tiff(picture, [ours(container)])
    lab = rgb.replace(struct.pack("<HHIHH", 262, 3, 1, 2, 0), struct.pack("<HHIHH", 262, 3, 1, 8, 0))
    for name, file, error, rationale in (
        ("cmyk", inserted(cmyk, app11(bound)), "photo", "A JPEG of four colours, with the digest of its coded data"),
        ("png-16-bits", deep, "photo", "A PNG of 16 bits per sample"),
        ("png-damaged", torn, "photo", "A PNG whose compressed picture is none"),
        ("tiff-lab", lab, "photo", "A TIFF of CIE L*a*b*"),
        ("cmyk-none", cmyk, "carrier.none", "A JPEG of four colours and no payload"),
        (
            "cmyk-damaged-payload",
            inserted(cmyk, app11(bound[:-1] + bytes((bound[-1] ^ 1,)))),
            "payload.checksum",
            "A JPEG of four colours, and a damaged payload",
        ),
        (
            "png-16-bits-other-size",
            deep.replace(itxt(container), itxt(Model().container(saturated(15, 21)))),
            "photo",
            "A PNG of 16 bits per sample, and a payload for another size",
        ),
    ):
        suite.refuses(
            f"edge-no-codes-{name}",
            file,
            None,
            error,
            f"{rationale}: the picture is decoded behind the payload's checks, and before the binding's.",
            "host",
            "order",
        )


def _few_bits(suite: Suite) -> None:
    """TIFFs of fewer than 8 bits whose codes are rounded; what decodes pixels by itself can be held against them."""
    ramp = [(7 * k + 3) % 32 for k in range(24)]
    colours = [(5 * k + k * k) % 16 for k in range(24)]
    palette = bytes((37 * k * k + 11 * k) % 256 for k in range(24))
    entries = struct.pack("<24H", *(value << 8 | 255 - value for value in palette))
    indices = [(3 * k + k // 8) % 8 for k in range(24)]
    shown = b"".join(palette[k::8] for k in indices)
    for name, picture, rows, bits, fields in (
        ("grey-5-bits", _grey("few-bits-grey", 8, ramp, 5), (ramp, 8), 5, {262: 1}),
        ("rgb-4-bits", Picture("few-bits-rgb", 4, 2, bytes(17 * value for value in colours)), (colours, 12), 4, {}),
        *(
            (f"grey-{n}-bits", _grey(f"few-bits-grey-{n}", 16, whole, n), (whole, 16), n, {262: 1})
            for n, whole in ((n, [(5 * k + 3) % 2**n for k in range(128)]) for n in (3, 6, 7))
        ),
        ("grey-5-bits-white-is-zero", _grey("few-bits-white", 8, [31 - k for k in ramp], 5), (ramp, 8), 5, {262: 0}),
        *(
            (f"rgb-{n}-bits", Picture(f"few-bits-rgb-{n}", 7, 2, _scaled(whole, n)), (whole, 21), n, {})
            for n, whole in ((n, [(11 * k + k * k) % 2**n for k in range(42)]) for n in (2, 3, 5, 7))
        ),
        ("palette-3-bits", Picture("few-bits-palette", 8, 3, shown), (indices, 8), 3, {262: 3}),
    ):
        container = Model().container(picture)
        values, each = rows
        stored = b"".join(_packed(values[at : at + each], bits) for at in range(0, len(values), each))
        colormap = [Field(320, SHORT, entries)] if 3 in fields.values() else []
        file = tiff(Picture("", picture.width, picture.height, stored), [ours(container), *colormap])
        file = file.replace(struct.pack("<3H", 8, 8, 8), struct.pack("<3H", bits, bits, bits))
        for tag, count, value in ((258, 1, bits), (262, 1, fields.get(262)), (277, 1, 1)) if fields else ():
            at = file.index(struct.pack("<HH", tag, SHORT))
            file = file[:at] + struct.pack("<HHIHH", tag, SHORT, count, value, 0) + file[at + 12 :]
        suite.expands(
            f"edge-tiff-{name}",
            file,
            picture,
            container,
            "Samples of n bits are scaled by 255 / (2^n - 1) and rounded, grey ones and those of R, G and B alike."
            if 3 not in fields.values()
            else "Entries of a palette are divided by 256 and rounded down.",
            "tiff",
            "binding-rgb8",
        )


def _scaled(values: list[int], bits: int) -> bytes:
    return bytes(round(value * 255 / (2**bits - 1)) for value in values)


def _grey(name: str, width: int, values: list[int], bits: int) -> Picture:
    samples = b"".join(bytes((code,) * 3) for code in _scaled(values, bits))
    return Picture(name, width, len(values) // width, samples)


def _packed(values: list[int], bits: int) -> bytes:
    """Values one behind the other, most significant bits first, to whole bytes."""
    text = "".join(f"{value:0{bits}b}" for value in values)
    return int(text.ljust(-(-len(text) // 8) * 8, "0"), 2).to_bytes(-(-len(text) // 8), "big")
