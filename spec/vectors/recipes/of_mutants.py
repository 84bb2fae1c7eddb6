"""Vectors that catch mutants of the decoder in C which all other vectors let pass (``spec/mutants.md``)."""

from __future__ import annotations

import base64
import hashlib
import struct
from typing import TYPE_CHECKING

from spec.vectors.recipes import frames
from spec.vectors.recipes.containers import MAGIC, container
from spec.vectors.recipes.jpegs import (
    APP11,
    COM,
    PROJECT_UUID,
    app11,
    box,
    coded,
    coded_digest,
    coded_samples,
    com,
    description,
    inserted,
    packet,
    segment,
)
from spec.vectors.recipes.messages import binary, integer, mapping, packed, text
from spec.vectors.recipes.models import Model, weights
from spec.vectors.recipes.pictures import Picture, beyond, saturated
from spec.vectors.recipes.pngs import chunk, png

if TYPE_CHECKING:
    from spec.vectors.recipes.messages import Value
    from spec.vectors.recipes.suite import Suite

__all__ = ["add"]

_SOF, _APP0, _APP14 = 0xC0, 0xE0, 0xEE


def add(suite: Suite) -> None:
    """Add all of them."""
    _samples(suite)
    _containers(suite)
    _carriers(suite)


def _adobe(transform: int) -> bytes:
    return segment(_APP14, b"Adobe" + bytes((0, 100, 0, 0, 0, 0, transform)))


def _samples(suite: Suite) -> None:
    """Which JPEGs hold YCbCr samples (5.3 of version 2)."""
    jpeg, samples = coded_samples(suite.bases, beyond(17, 13))
    jfif, plain = jpeg[2:20], jpeg[:2] + jpeg[20:]
    at = plain.index(b"\xff\xc0")
    end = at + 2 + int.from_bytes(plain[at + 2 : at + 4], "big")
    frame, scan = plain[at:end], plain.index(b"\xff\xda")

    def with_frame(changed: bytes, *, front: bytes = b"") -> bytes:
        return plain[:2] + front + plain[2:at] + changed + plain[end:]

    def named(names: bytes) -> bytes:
        changed = bytearray(frame)
        for k, name in enumerate(names):
            changed[10 + 3 * k] = name
        return bytes(changed)

    def coded_as(marker: int, **changes: int) -> bytes:
        places = {"precision": 4, "components": 9}
        changed = bytearray(frame)
        changed[1] = marker
        for name, value in changes.items():
            changed[places[name]] = value
        return bytes(changed)

    before = {
        "jfif": jfif,
        "jfif-adobe-0": jfif + _adobe(0),
        "adobe-0-jfif": _adobe(0) + jfif,
        "adobe-1": _adobe(1),
        "adobe-2": _adobe(2),
        "adobe-last-1": _adobe(0) + _adobe(1),
        "jfif-14-bytes": segment(_APP0, b"JFIF\0" + bytes(9)) + _adobe(0),
    }
    hosts = {name: plain[:2] + front + plain[2:] for name, front in before.items()}
    hosts |= {
        "identifiers-" + "-".join(map(str, names)): with_frame(named(names)) for names in (b"RGC", b"RCB", b"CGB")
    }
    hosts |= {f"frame-c{marker - 0xC0:x}": with_frame(coded_as(marker)) for marker in (0xC1, 0xC2, 0xC9, 0xCA)}
    hosts |= {
        f"no-frame-c{marker - 0xC0:x}": with_frame(segment(marker, bytes(17)) + frame) for marker in (0xC4, 0xC8, 0xCC)
    }
    hosts["first-frame"] = with_frame(frame + segment(0xC1, b"\x0c" + frame[5:]))
    # A scan without coded data, so that a reader which goes on meets a marker behind it.
    header = plain[scan : scan + 2 + int.from_bytes(plain[scan + 2 : scan + 4], "big")]
    hosts["adobe-0-behind-scan"] = plain[:scan] + header + _adobe(0) + b"\xff\xd9"
    others = {
        "adobe-0": plain[:2] + _adobe(0) + plain[2:],
        "adobe-last-0": plain[:2] + _adobe(1) + _adobe(0) + plain[2:],
        "jfif-13-bytes": plain[:2] + segment(_APP0, b"JFIF\0" + bytes(8)) + _adobe(0) + plain[2:],
        "adobe-11-bytes": with_frame(named(b"RGB"), front=segment(_APP14, b"Adobe" + bytes((0, 100, 0, 0, 0, 0)))),
        "identifiers-rgb": with_frame(named(b"RGB")),
        "jfif-13-bytes-rgb": with_frame(named(b"RGB"), front=segment(_APP0, b"JFIF\0" + bytes(8))),
        "adobe-12-bytes-1-rgb": with_frame(
            named(b"RGB"), front=segment(_APP14, b"Adobe" + bytes((0, 100, 0, 0, 0, 0, 1)))
        ),
        "precision-12": with_frame(coded_as(0xC1, precision=12), front=jfif),
        "components-4": with_frame(segment(_SOF, frame[4:9] + b"\x04" + frame[10:] + b"\x04\x11\x00"), front=jfif),
        "components-1": with_frame(coded_as(_SOF, components=1), front=jfif),
        "frame-short": with_frame(segment(_SOF, frame[4:-1]), front=jfif),
        "frame-missing": with_frame(b"", front=jfif),
        "frame-empty-before": with_frame(segment(_SOF, b"") + frame, front=jfif),
    }
    others["frame-cf-before"] = with_frame(segment(0xCF, bytes(17)) + frame, front=jfif)
    others |= {f"frame-c{marker - 0xC0:x}": with_frame(coded_as(marker), front=jfif) for marker in (0xC3, 0xC5, 0xCB)}
    last_frame = with_frame(bytes((0xFF, 0xCF)) + named(b"RGB")[2:], front=jfif)
    data = Model().container(samples, coded_digest(last_frame))
    file = last_frame[:2] + app11(data) + last_frame[2:]
    rationale = "The last kind of frame header names RGB, and JFIF says YCbCr."
    suite.refuses("mutant-colours-frame-cf", file, samples, "binding", rationale, "binding")
    for name, first in (("short", named(b"RGB")[4:-1]), ("empty", b"")):
        host = with_frame(segment(_SOF, first) + named(b"RGB"), front=jfif)
        data = Model().container(samples, coded_digest(host))
        rationale = (
            f"The first frame header is {'cut short' if first else 'empty'}, and names nothing that JFIF denies."
        )
        suite.expands(
            f"mutant-samples-names-{name}", host[:2] + app11(data) + host[2:], samples, data, rationale, "binding"
        )
    model = Model({"smp": 1})
    for made, is_right in ((hosts, True), (others, False)):
        for name, host in made.items():
            data = model.container(samples, coded_digest(host), versions=(2, 2))
            file = host[:2] + app11(data) + host[2:]
            tags = ("sycc", "binding")
            if is_right:
                rationale = "A JPEG that holds YCbCr samples, as libjpeg decides it."
                suite.expands(f"mutant-samples-{name}", file, samples, data, rationale, *tags, since=2)
            else:
                rationale = "A JPEG that holds no YCbCr samples of 8 bits, as libjpeg decides it."
                suite.refuses(f"mutant-samples-none-{name}", file, samples, "binding", rationale, *tags, since=2)


def _containers(suite: Suite) -> None:
    picture = saturated(2, 1)
    model = weights("mutants", {"head": 2, "rgb": 0})
    size: dict[str, Value] = {"rgb8": picture.digest(), "w": picture.width, "h": picture.height}

    def of(entries: dict[str, Value]) -> bytes:
        return container(packed({**size, **entries}))

    colour: dict[str, Value] = {"head": 2, "rgb": 0}
    map_of = model.map(picture)

    def straight(**entries: Value) -> bytes:
        grid = weights("mutants-grid", {"head": 2, "grid": (1, 2, 2)})
        return grid.container_of({**grid.map(picture), **entries})

    def bare(length: int) -> bytes:
        return MAGIC + bytes((1, 1, 0, 0)) + struct.pack(">4I", length, 0, 0, 0)

    def unbound(**entries: Value) -> bytes:
        return container(packed({"h": 1, "w": 2, **entries}))

    one_unit = weights("mutants-mlp", {**colour, "mlp": (1,)})
    wide_grid: dict[str, Value] = {**size, "head": 2, "grid": (300, 2, 2)}
    long_width = packed(wide_grid).replace(b"\xa1w\x02", b"\xa1w\xd3" + bytes(7) + b"\x02")
    never_used = packed({**wide_grid, "bias": False}).replace(b"\xa4bias\xc2", b"\xa4bias\xc1" + bytes(9))
    clip_with_grid = container(packed({**size, "grid": (1, 2, 2), "q": (4,)}), 4, frames.raw_frame(bytes((1, 2, 3, 4))))
    digest = binary(picture.digest())
    minus = mapping([(text("h"), integer(2**31)), (text("rgb8"), digest), (text("w"), b"\xd1\x80\x00")])
    last = mapping([(text("h"), integer(2**31)), (text("w"), integer(2)), (text("rgb8"), digest)])
    window = frames.MAGIC + bytes((0, len(model.raw))) + frames.block(model.raw)
    for name, data, error, rationale in (
        (
            "versions-3-2",
            model.container(picture, versions=(3, 2)),
            "payload",
            "The versions contradict each other, before the reader's own comes into it.",
        ),
        (
            "grid-channels-2-63",
            of({"head": 2, "grid": (2**63 - 1, 2, 2), "xy": 1}),
            "payload.limit",
            "The sum of features overflows 64 bits.",
        ),
        (
            "mlp-above-2-63",
            of({"head": 2, "rgb": 0, "mlp": (2**63 + 5,)}),
            "payload.limit",
            "An integer above 2^63 is no small one.",
        ),
        (
            "numbers-1048577",
            of({"head": 2, "bias": False, "grid": (17, 2, 30839)}),
            "payload.limit",
            "One number more than there may be.",
        ),
        (
            "frame-window-is-size",
            container(model.descriptor(picture), len(model.raw), window),
            "payload",
            "A frame of several segments, whose window descriptor would be the right size.",
        ),
        ("grid-nodes-wrap-down", of({"head": 2, "grid": (1, 2**62, 4)}), "payload.limit", "2^64 nodes are not none."),
        ("grid-nodes-wrap-across", of({"head": 2, "grid": (1, 4, 2**62)}), "payload.limit", "2^64 nodes are not none."),
        ("never-used-limits", container(never_used), "payload", "C1 is no boolean with nine bytes behind it."),
        ("int64-limits", container(long_width), "payload.limit", "A width in eight bytes with a sign is a number."),
        ("grid-true", straight(grid=(True, 2, 2)), "payload", "True is no channel."),
        (
            "mlp-true",
            one_unit.container_of({**one_unit.map(picture), "mlp": (True,)}),
            "payload",
            "True is no width.",
        ),
        ("grid-no-channels", model.container_of({**map_of, "grid": (0, 2, 2)}), "payload", "A grid without channels."),
        ("grid-without-head", clip_with_grid, "payload", "A grid, its encoding and its tensor, but no head."),
        (
            "mlp-integer-limits",
            of({"head": 2, "grid": (300, 2, 2), "mlp": 0}),
            "payload",
            "An integer is no array.",
        ),
        ("jpeg-15-bytes", unbound(jpeg=bytes(15)), "payload", "A digest of 15 bytes."),
        ("jpeg-string", unbound(jpeg="0123456789abcdef"), "payload", "A digest that is a string of 16 bytes."),
        ("width-minus-32768", container(minus), "payload", "A width of -32,768 is none of 32,768."),
        ("bytes-last-limits", container(last), "payload.limit", "A byte string that ends with the descriptor."),
        (
            "28-bytes-limits",
            bare(61_441),
            "payload.limit",
            "28 bytes tell that the length is above its limit.",
        ),
        (
            "31-bytes",
            bare(31) + bytes(3),
            "payload",
            "Too short; its checksum is not looked at.",
        ),
    ):
        suite.refuses(f"mutant-{name}", data, picture, error, rationale, "descriptor")
    many = weights("mutants-many", {"head": 2, "grid": (256, 2, 2)})
    data = many.container(picture)
    suite.expands("mutant-grid-256-channels", data, picture, data, "As many features as there may be.", "grid")
    jpeg, shown = coded(suite.bases, "optimised")
    taller = Picture("", shown.width, shown.height + 1, b"")
    file = inserted(jpeg, app11(Model().container(taller, coded_digest(jpeg))))
    suite.refuses("mutant-height-alone", file, shown, "binding", "The right digest, and another height.", "binding")


def _carriers(suite: Suite) -> None:
    jpeg, picture = coded(suite.bases, "optimised")
    small = saturated(3, 2)
    _walks(suite)
    data = Model().container(picture, coded_digest(jpeg))
    inside = description() + box(b"uuid", PROJECT_UUID + data)
    length = 16 + len(inside)
    wide = b"JP\x47\x61" + struct.pack(">II4sQ", 1, 1, b"jumb", length + 2**32) + inside
    cut = segment(APP11, b"JP\x47\x61" + struct.pack(">II4s", 1, 99, b"jumb") + b"\0\0\0\x23jumd")
    words = base64.b64encode(data)
    place = len(words) - 8
    long = b"gamutmeta\0" + bytes(4) + words + b" " * (123_905 - 14 - len(words))
    for name, file, error, rationale, tag in (
        (
            "xlbox-high-bits",
            inserted(jpeg, segment(APP11, wide)),
            "carrier",
            "An XLBox whose lower half alone is right.",
            "jumbf",
        ),
        (
            "base64url-minus",
            inserted(jpeg, com(data).replace(words, words[:place] + b"-" + words[place + 1 :])),
            "carrier",
            "The minus of the other alphabet.",
            "base64",
        ),
        (
            "base64url-underscore",
            inserted(jpeg, com(data).replace(words, words[:place] + b"_" + words[place + 1 :])),
            "carrier",
            "The underscore of the other alphabet.",
            "base64",
        ),
        (
            "png-too-large-before-crc",
            png(small, chunk(b"iTXt", long, crc=0)),
            "carrier.too-large",
            "A chunk too long and with a wrong CRC.",
            "png",
        ),
        *(
            (
                f"png-type-{k}",
                png(small, chunk(b"teSt"[:k] + b"1" + b"teSt"[k + 1 :], b"")),
                "carrier",
                "A type with a digit.",
                "png",
            )
            for k in range(4)
        ),
        (
            "png-other-type",
            png(small, chunk(b"prVt", b"gamutmeta\0" + words)),
            "carrier.none",
            "Another type of chunk with our keyword.",
            "png",
        ),
        (
            "box-type-jumx",
            inserted(jpeg, segment(APP11, packet(inside.replace(b"jumd", b"jumx")))),
            "carrier.none",
            "The first box of the superbox is no description.",
            "jumbf",
        ),
        (
            "box-label-in-next-segment",
            inserted(jpeg, cut + segment(COM, bytes(12) + b"\x03gamutmeta\0")),
            "carrier.none",
            "The label would stand in the next segment.",
            "jumbf",
        ),
        ("com-empty", inserted(jpeg, segment(COM, b"gamutmeta1 ")), "carrier", "Our comment without a text.", "base64"),
        ("jpeg-marker-00", inserted(jpeg, b"\xff\x00\x00\x04\x01\x02"), "carrier", "00 is no marker.", "jpeg"),
        ("jpeg-marker-bare", inserted(jpeg, b"\xe5\x00\x04\x01\x02"), "carrier", "A marker without its FF.", "jpeg"),
    ):
        suite.extracts_not(f"mutant-{name}", file, error, rationale, tag)


def _walks(suite: Suite) -> None:
    """JPEGs whose end, or whose coded data, are unusual."""
    jpeg, picture = coded(suite.bases, "optimised")
    data = Model().container(picture, coded_digest(jpeg))
    short = jpeg[:2] + app11(data) + b"\xff\xda\x00\x02"
    suite.extracts(
        "mutant-jpeg-ends-with-sos", short, data, "A scan header of no bytes ends the file, and the walk.", "jpeg"
    )
    ends = inserted(jpeg, app11(data))
    ends = ends[: ends.index(b"\xff\xda") + 14] + b"\x11\xff"
    suite.refuses(
        "mutant-jpeg-ends-with-ff", ends, picture, "carrier", "It ends within its coded data, with FF.", "jpeg"
    )
    for name, header, coding in (
        ("rst7", b"\xff\xda\x00\x03\x40", b"\x11\xff\xd7\x22"),
        ("scan-header-ff", b"\xff\xda\x00\x03\xff", b""),
    ):
        table = segment(0xDB, b"\x10\x11")
        digest = hashlib.sha256(table + header + coding + b"\xff\xd9").digest()[:16]
        container_of = Model().container(picture, digest)
        file = b"\xff\xd8" + app11(container_of) + table + header + coding + b"\xff\xd9"
        rationale = "Coded data with the last restart marker, or none behind a header that ends with FF."
        suite.expands(f"mutant-{name}-by-hand", file, picture, container_of, rationale, "jpeg", "by-hand")
