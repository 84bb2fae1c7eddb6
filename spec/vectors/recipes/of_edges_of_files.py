"""Vectors that tell apart what others let pass: of JPEG, PNG and TIFF files, and of pictures that have no codes."""

from __future__ import annotations

import base64
import struct
from typing import TYPE_CHECKING

from spec.vectors.recipes.containers import MAGIC
from spec.vectors.recipes.jpegs import (
    APP11,
    COM,
    PROJECT_UUID,
    box,
    coded,
    coded_digest,
    inserted,
    packet,
    segment,
)
from spec.vectors.recipes.models import Model
from spec.vectors.recipes.pictures import saturated
from spec.vectors.recipes.pngs import chunk, deflated, itxt, png
from spec.vectors.recipes.tiffs import BYTE, TAG, ours, tiff

if TYPE_CHECKING:
    from spec.vectors.recipes.suite import Suite

__all__ = ["add"]


def add(suite: Suite) -> None:
    """Add all of them."""
    edges = _Edges(suite)
    edges.jpeg()
    edges.png()
    edges.tiff()


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

    def png(self) -> None:
        """Flags, methods and the longest text."""
        stream = deflated(self._text)
        for name, made, rationale in (
            ("flag-2", itxt(b"", text=stream, compression=b"\2\0"), "A sound stream under compression flag 2."),
            ("flag-255", itxt(b"", text=stream, compression=b"\xff\0"), "A sound stream under compression flag 255."),
            ("method-1", itxt(b"", text=stream, compression=b"\1\1"), "A sound stream under compression method 1."),
            ("method-255", itxt(b"", text=stream, compression=b"\1\xff"), "A sound stream under method 255."),
            ("ztxt-method-1", chunk(b"zTXt", b"gamutmeta\0\1" + stream), "A sound stream in zTXt under method 1."),
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
