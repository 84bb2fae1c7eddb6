"""Vectors of the two carriers in JPEG files."""

from __future__ import annotations

import base64
import hashlib
import struct
from typing import TYPE_CHECKING

from spec.vectors.recipes.containers import MAGIC
from spec.vectors.recipes.jpegs import (
    APP11,
    COM,
    DHT,
    DQT,
    EOI,
    PROJECT_UUID,
    SOF,
    SOI,
    SOS,
    app11,
    box,
    c2pa,
    coded,
    coded_digest,
    com,
    description,
    exif,
    header_segments,
    icc,
    inserted,
    multi_picture,
    packet,
    segment,
    superbox,
    without,
)
from spec.vectors.recipes.models import Model, weights
from spec.vectors.recipes.pictures import saturated

if TYPE_CHECKING:
    from spec.vectors.recipes.messages import Value
    from spec.vectors.recipes.suite import Suite

__all__ = ["add"]

_APP0, _APP14 = 0xE0, 0xEE
_ENTRIES: dict[str, Value] = {"head": 2, "gate": 32, "grid": (2, 3, 4), "rgb": 1, "mlp": (6,)}
_XMP = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'>gamutmeta</x:xmpmeta>")


def add(suite: Suite) -> None:
    """Add all of them."""
    _coded(suite)
    _digest(suite)
    _colours(suite)
    _by_hand(suite)
    _Carriers(suite).add()


def _coded(suite: Suite) -> None:
    model = weights("jpeg", _ENTRIES)
    for kind, what in {
        "444": "baseline, 4:4:4",
        "420": "baseline, 4:2:0",
        "422": "baseline, 4:2:2",
        "progressive": "progressive, whose tables stand between the scans",
        "grey": "grey, whose samples are three times the same",
        "restart": "with restart markers in its scan",
        "optimised": "with Huffman tables of its own",
    }.items():
        jpeg, picture = coded(suite.bases, kind)
        container = model.container(picture, coded_digest(jpeg))
        for carrier, made in (("app11", app11), ("com", com)):
            if carrier == "app11" or kind in {"444", "progressive"}:
                suite.expands(
                    f"jpeg-{kind}-{carrier}",
                    inserted(jpeg, made(container)),
                    picture,
                    container,
                    f"A JPEG file, {what}, bound by its coded data, with a payload in {carrier.upper()}.",
                    "jpeg",
                    f"carrier-{carrier}",
                    "binding-jpeg",
                )
    jpeg, picture = coded(suite.bases, "444", 1, 1)
    container = model.container(picture, coded_digest(jpeg))
    suite.expands(
        "jpeg-1x1",
        inserted(jpeg, app11(container)),
        picture,
        container,
        "A JPEG file of one pixel.",
        "jpeg",
        "carrier-app11",
        "size",
    )
    jpeg, picture = coded(suite.bases, "444")
    container = model.container(picture)
    suite.expands(
        "jpeg-bound-by-samples",
        inserted(jpeg, app11(container)),
        picture,
        container,
        "A payload in a JPEG file may be bound by the decoded samples; then those decide.",
        "jpeg",
        "binding-rgb8",
    )
    turned = model.container(picture, coded_digest(jpeg))
    suite.expands(
        "jpeg-orientation",
        inserted(jpeg, exif(orientation=6) + app11(turned)),
        picture,
        turned,
        "EXIF says that the picture is to be turned; positions are those of the coded raster all the same.",
        "jpeg",
        "neighbours",
    )


def _digest(suite: Suite) -> None:
    model = weights("jpeg-digest", {"head": 2, "gate": 32, "rgb": 0})
    jpeg, picture = coded(suite.bases, "progressive")
    container = model.container(picture, coded_digest(jpeg))
    whole = inserted(jpeg, app11(container))
    first_scan = jpeg.index(b"\xff\xda")
    second_table = jpeg.index(b"\xff\xc4", first_scan)
    within = jpeg[:second_table] + segment(0xE5, b"between the scans") + com(b"x") + jpeg[second_table:]
    filled = jpeg[:second_table] + b"\xff" * 7 + jpeg[second_table:]
    for name, file, rationale in (
        ("metadata", inserted(jpeg, exif() + icc() + _XMP + app11(container) + segment(COM, b"a comment")), "Metadata"),
        ("metadata-between-scans", inserted(within, app11(container)), "APPn and COM segments between the scans"),
        ("fill-bytes", inserted(filled, b"\xff\xff" + app11(container) + b"\xff\xff\xff"), "Fill bytes before markers"),
        ("fill-before-eoi", whole[:-2] + b"\xff\xff" + whole[-2:], "Fill bytes before the end of the image"),
        ("behind-eoi", whole + app11(b"x") + jpeg, "Bytes behind the end of the image"),
    ):
        suite.expands(
            f"jpeg-digest-ignores-{name}",
            file,
            picture,
            container,
            f"{rationale} are no part of the digest.",
            "jpeg",
            "binding-jpeg",
        )
    baseline, other = coded(suite.bases, "restart")
    dri = baseline.index(b"\xff\xdd")
    restarted = model.container(other, coded_digest(baseline))
    rst = baseline.index(b"\xff\xd0")
    dnl = segment(0xDC, struct.pack(">H", 15))
    with_lines = baseline[:-2] + dnl + baseline[-2:]
    lines = model.container(other, coded_digest(with_lines))
    suite.expands(
        "jpeg-digest-takes-dnl",
        inserted(with_lines, app11(lines)),
        other,
        lines,
        "The number of lines in a segment behind the scan is part of the digest.",
        "jpeg",
        "binding-jpeg",
    )
    sos = jpeg.index(b"\xff\xda")
    dqt = jpeg.index(b"\xff\xdb")
    for name, data, changed, rationale in (
        ("table", container, _with(jpeg, dqt + 10, 1), "A number of a quantisation table"),
        ("frame", container, _with(jpeg, jpeg.index(b"\xff\xc2") + 11, 0x10), "A sampling factor of the frame"),
        ("scan", container, _with(jpeg, sos + 16, 1), "A bit of the coded data"),
        ("last-scan", container, _with(jpeg, len(jpeg) - 4, 1), "A bit of the last scan"),
        ("restart-interval", restarted, _with(baseline, dri + 5, 2), "The restart interval"),
        ("restart-marker", restarted, _with(baseline, rst + 1, 1), "The number of a restart marker"),
        ("dnl", restarted, with_lines, "A further segment with the number of lines"),
    ):
        suite.refuses(
            f"jpeg-digest-{name}",
            inserted(changed, app11(data)),
            other if data is restarted else picture,
            "binding",
            f"{rationale} is not that of the picture the payload was made for.",
            "jpeg",
            "binding-jpeg",
        )
    for name, end in (("in-the-scan", sos + 40), ("before-eoi", -2), ("in-a-table-between-scans", second_table + 5)):
        suite.refuses(
            f"jpeg-cut-{name}",
            inserted(jpeg, app11(container))[: end + (len(whole) - len(jpeg)) if end > 0 else end],
            picture,
            "carrier",
            "The file is cut off behind the payload, so that its picture cannot be digested.",
            "jpeg",
            "truncation",
        )
    wrong_size = weights("jpeg-digest", {"head": 2, "gate": 32, "rgb": 0})
    smaller = saturated(15, 21)
    suite.refuses(
        "jpeg-other-size",
        inserted(jpeg, app11(wrong_size.container(smaller, coded_digest(jpeg)))),
        picture,
        "binding",
        "Width and height are swapped, the digest is right.",
        "jpeg",
        "binding-jpeg",
    )
    suite.refuses(
        "jpeg-digest-of-another-kind",
        inserted(jpeg, app11(Model().container(picture, picture.digest()))),
        picture,
        "binding",
        "The digest of the samples stands where that of the coded data should.",
        "jpeg",
        "binding-jpeg",
    )
    suite.refuses(
        "jpeg-damaged-payload",
        inserted(jpeg, app11(_with(container, 45, 1))),
        picture,
        "payload.checksum",
        "The wrapping is sound, the container in it is not.",
        "jpeg",
        "checksum",
    )


def _colours(suite: Suite) -> None:
    """Segments that are no part of the digest, and yet say whether the samples are YCbCr or RGB."""
    model = weights("jpeg-colours", _ENTRIES)
    jfif = segment(_APP0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
    ycc, rgb = _adobe(1), _adobe(0)
    for kind, name, segments, is_read, rationale in (
        ("rgb", "adobe", rgb, True, "RGB by its identifiers and by Adobe's segment."),
        ("rgb", "bare", b"", True, "RGB by its identifiers alone."),
        ("rgb", "jfif", jfif, False, "JFIF says YCbCr, the identifiers say RGB: cleaned files are so."),
        ("rgb", "jfif-adobe", jfif + rgb, False, "JFIF goes before Adobe, and says YCbCr."),
        ("rgb", "adobe-jfif", rgb + jfif, False, "JFIF goes before Adobe wherever it stands."),
        ("rgb", "adobe-ycc", ycc, False, "Adobe's segment says YCbCr, the identifiers say RGB."),
        ("rgb", "adobe-twice", ycc + rgb, True, "The last of Adobe's segments counts."),
        ("rgb", "adobe-twice-ycc", rgb + ycc, False, "The last of Adobe's segments counts, and says YCbCr."),
        ("rgb", "jfif-short", segment(_APP0, b"JFIF\0\1\1\0\0\1\0\1\0"), True, "Too short for a segment of JFIF."),
        ("rgb", "jfxx", segment(_APP0, b"JFXX\0" + bytes(9)), True, "JFIF's extension says nothing."),
        ("444", "bare", b"", True, "YCbCr by its identifiers alone."),
        ("444", "adobe", ycc, True, "YCbCr by Adobe's segment as well."),
        ("444", "adobe-2", _adobe(2), True, "Whatever is not 0 counts as YCbCr."),
        ("444", "adobe-rgb", rgb, False, "Adobe's segment says RGB, the identifiers say YCbCr."),
        ("444", "jfif-adobe-rgb", jfif + rgb, True, "JFIF goes before Adobe, and says YCbCr."),
        ("444", "adobe-short", segment(_APP14, b"Adobe\0\x64\0\0\0\0"), True, "Too short for Adobe's segment."),
        ("grey", "adobe-rgb", rgb, True, "One component is neither."),
    ):
        jpeg, picture = coded(suite.bases, kind)
        container = model.container(picture, coded_digest(jpeg))
        file = inserted(without(without(jpeg, _APP0), _APP14), segments + app11(container))
        tags = ("jpeg", "binding-jpeg", "colours")
        if is_read:
            suite.expands(f"jpeg-colours-{kind}-{name}", file, picture, container, rationale, *tags)
        else:
            suite.refuses(f"jpeg-colours-{kind}-{name}", file, picture, "binding", rationale, *tags)


def _adobe(transform: int) -> bytes:
    return segment(_APP14, b"Adobe\0\x64\0\0\0\0" + bytes([transform]))


def _by_hand(suite: Suite) -> None:
    """Files with whatever T.81 allows, put together by hand: pictures that nobody can show, but digest."""
    picture = saturated(5, 3)
    model = Model()
    parts = (
        (b"\xff\xd8", False),
        (segment(0xDB, b"\x10\x11"), True),
        (b"\xff\xff\xff", False),
        (segment(0xC9, b"\x20\x21"), True),
        (b"\xff\x01", False),
        (segment(0xCC, b"\x22"), True),
        (segment(0xC8, b"\x23"), True),
        (b"\xff\xc4\x00\x01", True),
        (b"\xff\xd0\xff\xd7", False),
        (segment(0xBF, b"\x25"), False),
        (segment(0xCF, b"\x26"), True),
        (segment(0xDD, b"\x00\x02"), True),
        (segment(0xF0, b"JPEG extension"), False),
        (segment(0xDE, b"\x24"), False),
        (segment(0xDA, b"\x40"), True),
        (b"P\xff\x00Q\xff\xd0R\xff\xff\xd1S\xff\xff\x00T", True),
        (b"\xff\xff", False),
        (segment(0xDC, b"\x00\x03"), True),
        (segment(0xFE, b"a comment"), False),
        (segment(0xC4, b"\x30"), True),
        (segment(0xDA, b"\x41"), True),
        (b"", True),
        (segment(0xDA, b"\x42"), True),
        (b"\xff\x00", True),
        (b"\xff", False),
        (b"\xff\xd9", True),
        (b"\xff\xc4\x00\x03\x31\xff\xd9", False),
    )
    container = model.container(
        picture, hashlib.sha256(b"".join(part for part, is_hashed in parts if is_hashed)).digest()[:16]
    )
    whole = b"".join(part for part, _ in parts)
    suite.expands(
        "jpeg-by-hand",
        whole[:2] + app11(container) + whole[2:],
        picture,
        container,
        "Everything that a digest takes and leaves: DAC, DNL, stuffed bytes, restart and fill bytes, empty scans, TEM.",
        "jpeg",
        "binding-jpeg",
        "by-hand",
    )
    scans = segment(SOS, b"\x40") + b"P" + segment(SOS, b"\x41") + b"Q" + b"\xff\xd9"
    tables = segment(DQT, b"\x10\x11")
    container = model.container(picture, hashlib.sha256(tables + scans).digest()[:16])
    # APP11, DQT, two scans and EOI are five segments; SOI and entropy-coded data are none.
    for name, fill in (("most", 65_536 - 5), ("too-many", 65_537 - 5)):
        file = b"\xff\xd8" + app11(container) + tables + b"\xff\x01" * fill + scans
        if name == "most":
            rationale = "65,536 segments up to EOI, the most that are walked for the digest."
            suite.expands(
                f"jpeg-segments-{name}-by-hand", file, picture, container, rationale, "jpeg", "limits", "by-hand"
            )
        else:
            rationale = "EOI is a segment more than is walked for the digest."
            suite.refuses(
                f"jpeg-segments-{name}-by-hand", file, picture, "carrier", rationale, "jpeg", "limits", "by-hand"
            )
    for name, file in (
        ("without-scan", b"\xff\xd8" + segment(0xDB, b"\x10") + b"\xff\xd9"),
        ("without-anything", b"\xff\xd8\xff\xd9"),
    ):
        hashed = file[2:]
        nothing = model.container(picture, hashlib.sha256(hashed).digest()[:16])
        suite.refuses(
            f"jpeg-{name}",
            file[:2] + app11(nothing) + file[2:],
            picture,
            "carrier",
            "There is no scan, and so no picture, even though the digest of the rest is right.",
            "jpeg",
            "binding-jpeg",
        )


def _with(data: bytes, at: int, flip: int) -> bytes:
    changed = bytearray(data)
    changed[at] ^= flip
    return bytes(changed)


def _unused_bits(text: bytes) -> bytes:
    """Base64 that ends with padding, with ones in place of the zeros that fill up its last character."""
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    padding = text.count(b"=")
    if not padding:
        raise ValueError(text)
    last = alphabet.index(text[-padding - 1]) | (1 << 2 * padding) - 1
    return text[: -padding - 1] + alphabet[last : last + 1] + text[-padding:]


class _Carriers:
    """Extraction from one JPEG file in many variants."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._jpeg, picture = coded(suite.bases, "optimised")
        # Their base64 ends with padding.
        self._container = Model().container(picture, coded_digest(self._jpeg))
        self._other = Model({"cat": 1}).container(picture, coded_digest(self._jpeg))

    def add(self) -> None:
        """Add all of them."""
        self._places()
        self._neighbours()
        self._boxes()
        self._damaged_boxes()
        self._comments()
        self._several()
        self._hosts()

    def _ok(self, name: str, file: bytes, rationale: str, *tags: str, container: bytes | None = None) -> None:
        self._suite.extracts(f"jpeg-{name}", file, container or self._container, rationale, "jpeg", *tags)

    def _no(self, name: str, file: bytes, error: str, rationale: str, *tags: str) -> None:
        self._suite.extracts_not(f"jpeg-{name}", file, error, rationale, "jpeg", *tags)

    def _places(self) -> None:
        jpeg, ours = self._jpeg, app11(self._container)
        comment = com(self._container)
        for name, before, where in (
            ("first", 0xE0, "directly behind SOI, before JFIF"),
            ("usual", DQT, "before the first table, where writers put it"),
            ("before-frame", SOF[0], "behind a table, before the frame"),
            ("before-huffman", DHT, "behind the frame"),
            ("before-scan", SOS, "directly before the scan"),
        ):
            rationale = f"The payload stands {where}."
            self._ok(f"app11-{name}", inserted(jpeg, ours, before=before), rationale, "carrier-app11", "place")
            self._ok(f"com-{name}", inserted(jpeg, comment, before=before), rationale, "carrier-com", "place")
        for name, segments in (("app11", ours), ("com", comment)):
            self._no(
                f"{name}-behind-scan",
                inserted(jpeg, segments, before=EOI),
                "carrier.none",
                "Behind the start of the first scan nobody looks for a payload.",
                "place",
            )
            self._no(
                f"{name}-behind-eoi",
                inserted(jpeg, segments, before=SOI),
                "carrier.none",
                "Behind the end of the image nobody looks for a payload.",
                "place",
            )
        self._ok(
            "app11-fill-bytes",
            inserted(jpeg, b"\xff" * 9 + ours + b"\xff\xff"),
            "Any number of fill bytes may stand before a marker.",
            "carrier-app11",
        )
        self._ok(
            "app11-scan-missing",
            inserted(jpeg, ours)[: inserted(jpeg, ours).index(b"\xff\xda") + 14],
            "The file ends behind the header of the scan; extraction reads no further.",
            "truncation",
        )

    def _neighbours(self) -> None:
        jpeg, ours = self._jpeg, app11(self._container)
        stranger = c2pa()
        quiet = b"".join(segment(APP11, bytes(size)) for size in (0, 1, 15, 16, 17, 27))
        plain_thumbnail = exif(thumbnail=jpeg)
        carrying_thumbnail = exif(thumbnail=inserted(jpeg, app11(self._other)))
        for name, segments, rationale in (
            ("behind-c2pa", b"".join(stranger) + ours, "A JUMBF box of C2PA in three segments stands before."),
            ("before-c2pa", ours + b"".join(stranger), "A JUMBF box of C2PA in three segments follows."),
            ("within-c2pa", stranger[0] + ours + b"".join(stranger[1:]), "The payload splits another box's segments."),
            ("short-app11", quiet + ours, "APP11 segments too short to be a box are somebody else's."),
            ("jpeg-hdr", segment(APP11, b"HDR_RI ver=11") + ours, "APP11 is used for other things than boxes."),
            ("exif", exif(orientation=8) + ours, "An EXIF block stands before."),
            ("thumbnail", plain_thumbnail + ours, "EXIF holds a whole JPEG file as thumbnail."),
            ("thumbnail-with-payload", carrying_thumbnail + ours, "The thumbnail carries a payload as well."),
            ("icc", icc(3) + ours, "An ICC profile in three segments."),
            ("within-icc", icc(1) + ours + icc(1), "The payload splits a chain of segments."),
            ("xmp", _XMP + ours, "XMP in which our name occurs."),
            ("comments", segment(COM, b"a comment") + segment(COM, b"gamutmeta") + ours, "Comments of other people."),
            ("zero-lengths", b"\xff\xe5\x00\x00\xff\xe6\x00\x01" + ours, "A length below 2 is an empty segment."),
            ("marker-inside", segment(0xE7, b"\xff\xda\xff\xd9" + ours) + ours, "A segment that looks like others."),
            ("jpeg-xt", segment(APP11, packet(bytes(20)).replace(b"jumb", b"LDRC")) + ours, "A box of JPEG XT."),
        ):
            self._ok(f"neighbours-{name}", inserted(jpeg, segments), rationale, "neighbours", "carrier-app11")
        self._ok(
            "neighbours-mpf",
            multi_picture(jpeg, ours, jpeg),
            "A second picture follows the first one (MPF); who only reads need not care.",
            "neighbours",
            "carrier-app11",
        )
        self._no(
            "none-mpf",
            multi_picture(jpeg, b"", inserted(jpeg, ours)),
            "carrier.none",
            "The payload is in the second picture, which is another file behind the first one.",
            "neighbours",
        )
        for name, segments, rationale in (
            ("c2pa", b"".join(stranger), "The only box is of C2PA."),
            ("thumbnail", carrying_thumbnail, "The only payload lies in the thumbnail."),
            (
                "app11-text",
                segment(APP11, b"gamutmeta\0" + self._container),
                "A raw APP11 segment with our name and no box.",
            ),
            ("text-in-app15", segment(0xEF, com(self._container)[4:]), "The text of a comment in an APP15 segment."),
            ("app1", segment(0xE1, packet(superbox(self._container))), "Our box in an APP1 segment."),
            ("nothing", b"", "A plain JPEG file."),
        ):
            self._no(f"none-{name}", inserted(jpeg, segments), "carrier.none", rationale, "neighbours")

    def _boxes(self) -> None:
        container = self._container
        inside = superbox(container)
        uuid = box(b"uuid", PROJECT_UUID + container)
        long_form = struct.pack(">2sHII4sQ", b"JP", 0x4761, 1, 1, b"jumb", 16 + len(inside)) + inside
        for name, content, rationale in (
            (
                "instance-0211",
                packet(inside, instance=0x0211),
                "The instance number is C2PA's; a reader does not look at it.",
            ),
            ("instance-0", packet(inside, instance=0), "The instance number is 0; a reader does not look at it."),
            ("long-length", long_form, "The length of the superbox stands in 64 bits."),
            (
                "free-box-before",
                packet(superbox(container, before=box(b"free", bytes(9)))),
                "Padding before the container.",
            ),
            (
                "free-box-behind",
                packet(superbox(container, behind=box(b"free", b""))),
                "An empty box behind the container.",
            ),
            (
                "other-uuid",
                packet(superbox(container, before=box(b"uuid", bytes(16) + container))),
                "Another UUID box before ours, with what looks like a payload.",
            ),
            (
                "not-requestable",
                packet(description(toggles=0x02) + uuid),
                "The label is there, the box not requestable.",
            ),
            (
                "identified",
                packet(description(toggles=0x07, more=bytes(4)) + uuid),
                "The description has a number behind its label.",
            ),
            (
                "hashed",
                packet(description(toggles=0x0B, more=bytes(32)) + uuid),
                "The description has a hash behind its label.",
            ),
            (
                "private",
                packet(description(toggles=0x13, more=box(b"c2sh", bytes(16))) + uuid),
                "The description has a private box behind its label.",
            ),
        ):
            self._ok(f"box-{name}", inserted(self._jpeg, segment(APP11, content)), rationale, "jumbf", "carrier-app11")
        for name, content, rationale in (
            ("other-label", packet(description(b"gamutmetb") + uuid), "The label is another."),
            ("longer-label", packet(description(b"gamutmeta2") + uuid), "The label is longer."),
            ("shorter-label", packet(description(b"gamutmet") + uuid), "The label is shorter."),
            ("upper-case-label", packet(description(b"GamutMeta") + uuid), "The label is in upper case."),
            ("no-label", packet(description(toggles=0x01) + uuid), "The description says that there is no label."),
            ("no-description", packet(uuid), "The description is missing."),
            ("description-second", packet(uuid + description()), "The description is not the first box."),
            ("no-container", packet(description()), "Our label, and nothing behind it."),
            (
                "other-uuid-alone",
                packet(description() + box(b"uuid", bytes(16) + container)),
                "Our label, and a UUID box with another UUID.",
            ),
            ("other-type", packet(inside).replace(b"jumb", b"jumc"), "The superbox has another type."),
            ("other-identifier", b"JQ" + packet(inside)[2:], "The common identifier is not JP."),
            (
                "cut-other-uuid",
                packet(description() + box(b"uuid", PROJECT_UUID[:15])),
                "Our label, and a UUID box that ends within the UUID.",
            ),
        ):
            file = inserted(self._jpeg, segment(APP11, content))
            self._no(f"box-{name}", file, "carrier.none", f"{rationale} This is not ours.", "jumbf")

    def _damaged_boxes(self) -> None:
        container = self._container
        inside = superbox(container)
        whole = 8 + len(inside)
        uuid = box(b"uuid", PROJECT_UUID + container)

        def damaged(name: str, content: bytes, rationale: str) -> None:
            file = inserted(self._jpeg, segment(APP11, content))
            self._no(f"box-{name}", file, "carrier", rationale, "jumbf")

        damaged("sequence-0", packet(inside, sequence=0), "Packets are counted from 1.")
        damaged("sequence-2", packet(inside, sequence=2), "A second packet without a first.")
        damaged("length-less", packet(inside, length=whole - 1), "The superbox says that it is a byte shorter.")
        damaged("length-more", packet(inside, length=whole + 1), "The superbox says that it is a byte longer.")
        damaged("length-0", packet(inside, length=0), "A superbox that says that it goes on to the end.")
        damaged("length-2-32", packet(inside, length=0xFFFFFFFF), "A superbox that says that it has 4 GiB.")
        long_form = struct.pack(">2sHII4sQ", b"JP", 0x4761, 1, 1, b"jumb", 8 + len(inside)) + inside
        damaged("long-length-less", long_form, "The length in 64 bits leaves out its own 8 bytes.")
        damaged(
            "inner-length-more",
            packet(description() + box(b"uuid", PROJECT_UUID + container, length=len(uuid) + 1)),
            "The box with the container says that it is longer than the superbox.",
        )
        damaged(
            "inner-length-0",
            packet(description() + box(b"uuid", PROJECT_UUID + container, length=0)),
            "The box with the container says that it goes on to the end.",
        )
        damaged("no-container-cut", packet(description() + b"\0\0\0\x08fre"), "Our label, and a box that is cut off.")
        damaged(
            "inner-length-7",
            packet(description() + b"\0\0\0\x07fre" + box(b"uuid", PROJECT_UUID + container)),
            "A box that says that it is shorter than its own head.",
        )
        damaged("inner-cut", packet(inside + b"\0\0\0\x08fre"), "Behind the container a box is cut off in its head.")
        damaged(
            "no-magic",
            packet(description() + box(b"uuid", PROJECT_UUID + container[1:])),
            "What should be the container does not begin with its magic number.",
        )
        damaged("empty", packet(description() + box(b"uuid", PROJECT_UUID)), "What should be the container is empty.")
        damaged(
            "cut-magic", packet(description() + box(b"uuid", PROJECT_UUID + MAGIC[:7])), "Seven of eight magic bytes."
        )
        self._ok(
            "box-magic-alone",
            inserted(self._jpeg, app11(MAGIC)),
            "The carrier looks at nothing but the magic number.",
            "jumbf",
            container=MAGIC,
        )
        first = segment(APP11, packet(inside[:60], length=whole))
        second = segment(APP11, packet(inside[60:], length=whole, sequence=2))
        for name, segments in (("in-order", first + second), ("reversed", second + first), ("first-alone", first)):
            self._no(
                f"box-fragments-{name}",
                inserted(self._jpeg, segments),
                "carrier",
                "Our superbox is never spread over several segments.",
                "jumbf",
                "fragments",
            )
        large = MAGIC + bytes(61_440 - len(MAGIC))
        self._ok(
            "app11-largest",
            inserted(self._jpeg, app11(large)),
            "61,440 bytes, the most that a carrier takes.",
            "limits",
            container=large,
        )
        self._no(
            "app11-too-large",
            inserted(self._jpeg, app11(large + b"\0")),
            "carrier.too-large",
            "A byte more than a carrier takes.",
            "limits",
        )

    def _comments(self) -> None:
        text = base64.b64encode(self._container)
        broken = b"\r\n".join(text[i : i + 76] for i in range(0, len(text), 76))

        def comment(content: bytes) -> bytes:
            return inserted(self._jpeg, segment(COM, content))

        for name, content, rationale in (
            ("trailing-nul", b"gamutmeta1 " + text + b"\0", "Editors end comments with a NUL."),
            ("trailing-space", b"gamutmeta1 " + text + b" \t\r\n\0\0", "White space and NULs behind the text."),
            ("line-breaks", b"gamutmeta1 " + broken, "Lines of 76 characters."),
            ("inner-space", b"gamutmeta1  " + text[:5] + b" \t" + text[5:], "Blanks within the text and before it."),
            ("trailing-mixture", b"gamutmeta1 " + text + b"\0 \0\t\0\n\0\r", "NULs and white space by turns."),
            ("all-white-space", b"gamutmeta1 " + text[:9] + b"\t\n\v\f\r " + text[9:], "Every kind of white space."),
            ("unused-bits", b"gamutmeta1 " + _unused_bits(text), "Bits that the last group does not use are set."),
        ):
            self._ok(f"com-{name}", comment(content), rationale, "carrier-com", "base64")
        for name, content, rationale in (
            ("no-prefix", text, "Base64 of a container without the mark before it."),
            ("other-version", b"gamutmeta2 " + text, "The mark has another number."),
            ("no-space", b"gamutmeta1" + text, "The blank behind the mark is missing."),
            ("upper-case", b"GAMUTMETA1 " + text, "The mark is in upper case."),
            ("late-prefix", b" gamutmeta1 " + text, "The mark is not at the beginning."),
            ("binary", self._container, "A bare container in a comment."),
            ("empty", b"", "An empty comment."),
        ):
            self._no(f"com-{name}", comment(content), "carrier.none", f"{rationale} This is not ours.", "base64")
        for name, content, rationale in (
            ("alphabet", text[:9] + b"-" + text[10:], "A character that is not of the alphabet."),
            ("cut", text[: len(text) // 4 * 4 - 5], "The text is cut off, so that its padding is missing."),
            ("padding-inside", text[:8] + b"=" + text[9:], "Padding in the middle."),
            ("padding-excess", text.rstrip(b"=") + b"====", "Too much padding."),
            ("padding-group", text[:-4] + b"AAAA====", "A group of nothing but padding."),
            ("padding-three", text[:-4] + b"A===", "A group with one character and padding."),
            ("padding-missing", text.rstrip(b"="), "The padding is missing."),
            ("nul-inside", text[:12] + b"\0" + text[12:], "A NUL within the text."),
            ("nul-before", b"\0" + text, "A NUL before the text."),
            ("no-break-space", text[:8] + b"\xa0" + text[8:], "A no-break space, which is no white space here."),
            ("two-texts", text + text, "Text behind the padding."),
            ("nothing", b"", "Nothing behind the mark."),
            ("no-magic", base64.b64encode(b"\0" + self._container), "The container has no magic number."),
        ):
            self._no(f"com-{name}", comment(b"gamutmeta1 " + content), "carrier", rationale, "base64")

    def _several(self) -> None:
        one, other = app11(self._container), app11(self._other)
        first, second = com(self._container), com(self._other)
        self._ok(
            "app11-before-com", inserted(self._jpeg, one + second), "APP11 is taken, whatever COM holds.", "several"
        )
        self._ok("com-before-app11", inserted(self._jpeg, second + one), "APP11 is taken, also behind COM.", "several")
        self._ok(
            "app11-and-damaged-com",
            inserted(self._jpeg, segment(COM, b"gamutmeta1 ????") + one),
            "A damaged comment is of no interest beside APP11.",
            "several",
        )
        self._no(
            "damaged-app11-and-com",
            inserted(self._jpeg, app11(self._container, sequence=2) + first),
            "carrier",
            "A damaged APP11 segment is not made up for by a comment.",
            "several",
        )
        for name, segments, rationale in (
            ("app11-twice", one + other, "Two APP11 segments with different payloads."),
            ("app11-twice-same", one + one, "Two APP11 segments with the same payload."),
            ("app11-one-damaged", one + app11(self._other, sequence=3), "Two APP11 segments, one of them damaged."),
            ("com-twice", first + second, "Two comments with different payloads."),
            ("com-twice-and-app11", one + first + first, "Two comments, and an APP11 segment that alone would do."),
            ("app11-twice-and-com", one + one + first, "Two APP11 segments, and a comment that alone would do."),
            (
                "box-two-containers",
                segment(APP11, packet(superbox(self._container, behind=box(b"uuid", PROJECT_UUID + self._other)))),
                "One superbox with two containers.",
            ),
        ):
            file = inserted(self._jpeg, segments)
            self._no(name, file, "carrier.duplicate", f"{rationale} Which is right cannot be known.", "several")

        two = segment(APP11, packet(superbox(self._container, behind=box(b"uuid", PROJECT_UUID + self._other))))
        damaged = app11(self._container, sequence=2)
        broken = segment(APP11, packet(description() + b"\0\0\0\x08fre"))
        strange = segment(APP11, packet(description() + box(b"uuid", bytes(16) + self._other)))
        for name, segments, error, rationale in (
            ("two-containers-then-damage", two + b"\0\0", "carrier", "One superbox with two containers, then damage"),
            ("damaged-com-twice-and-app11", damaged + first + first, "carrier.duplicate", "Damaged, then two comments"),
            (
                "two-containers-and-app11",
                two + one,
                "carrier.duplicate",
                "One superbox with two containers, then a third",
            ),
            (
                "broken-box-and-app11",
                broken + one,
                "carrier.duplicate",
                "Our label and a box that is cut off, then ours",
            ),
            (
                "two-containers-and-com",
                two + first,
                "carrier.duplicate",
                "One superbox with two containers, then a comment",
            ),
        ):
            self._no(
                f"held-{name}",
                inserted(self._jpeg, segments),
                error,
                f"{rationale}: what is wrong within a segment is told when the walk has ended, unless it ends early.",
                "several",
                "order",
            )
        self._ok(
            "box-other-uuid-and-app11",
            inserted(self._jpeg, strange + one + strange),
            "Our label in a superbox without a container of ours claims nothing.",
            "several",
        )
        self._no(
            "twice-then-damaged",
            self._jpeg[:20] + one + one + b"\0\0",
            "carrier.duplicate",
            "The second payload is refused at once, before the damage behind it is seen.",
            "several",
        )

    def _hosts(self) -> None:
        jpeg, ours = self._jpeg, app11(self._container)
        whole = inserted(jpeg, ours)
        at = whole.index(b"\xff\xeb")
        for name, end, rationale in (
            ("soi", 3, "behind the first byte of the second marker"),
            ("length", at + 3, "within the length of our segment"),
            ("segment", at + 60, "within our segment"),
            ("behind-segment", at + len(ours), "behind our segment, before any scan"),
            ("marker", at + len(ours) + 1, "within the marker behind our segment"),
            ("scan-header", whole.index(b"\xff\xda") + 8, "within the header of the scan"),
        ):
            self._no(f"cut-{name}", whole[:end], "carrier", f"The file ends {rationale}.", "truncation")
        self._no("soi-alone", jpeg[:2], "carrier.unsupported", "Two bytes are no JPEG file.", "truncation")
        self._no(
            "no-marker",
            jpeg[:2] + b"\xff\x00" + jpeg[2:],
            "carrier",
            "Where a marker should be there is none.",
            "host",
        )
        self._no(
            "garbage-between",
            inserted(jpeg, b"\x00\x00" + ours),
            "carrier",
            "Bytes between the segments that are no marker.",
            "host",
        )
        self._no(
            "second-soi", inserted(jpeg, b"\xff\xd8" + ours), "carrier", "A start of image within an image.", "host"
        )
        self._no("eoi-at-once", jpeg[:2] + b"\xff\xd9", "carrier.none", "An image that ends where it begins.", "host")
        self._no(
            "eoi-before-payload", jpeg[:2] + b"\xff\xd9" + ours, "carrier.none", "The image ends before it.", "host"
        )
        own = sum(1 for _ in header_segments(inserted(jpeg, ours)))
        for name, count in (("most", 65_536), ("too-many", 65_537)):
            file = inserted(jpeg, b"\xff\x01" * (count - own) + ours)
            if name == "most":
                self._ok(
                    f"segments-{name}", file, "65,536 segments up to the scan, the most that are walked.", "limits"
                )
            else:
                self._no(f"segments-{name}", file, "carrier", "A segment more than is walked.", "limits", "bomb")
        self._ok(
            "standalone-markers",
            inserted(jpeg, b"\xff\x01\xff\xd0\xff\xd7" + ours),
            "TEM and RSTn have no length, wherever they stand.",
            "host",
        )
        others = b"".join(segment(marker, b"\0\0") for marker in (0x02, 0xBF, 0xCF, 0xDF, 0xF0, 0xFD))
        self._ok("other-markers", inserted(jpeg, others + ours), "All other segments have a length.", "host")
        self._no(
            "second-soi-with-length",
            inserted(jpeg, b"\xff\xd8\x00\x04\x00\x00" + ours),
            "carrier",
            "A start of image within an image that looks like a segment.",
            "host",
        )
