"""Vectors of the carrier in TIFF files."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from spec.vectors.recipes.containers import MAGIC
from spec.vectors.recipes.models import Model, weights
from spec.vectors.recipes.pictures import saturated
from spec.vectors.recipes.tiffs import ASCII, BYTE, SHORT, TAG, UNDEFINED, Field, ours, tiff

if TYPE_CHECKING:
    from spec.vectors.recipes.messages import Value
    from spec.vectors.recipes.suite import Suite

__all__ = ["add"]

_ENTRIES: dict[str, Value] = {"head": 2, "gate": 0, "grid": (2, 3, 4), "rgb": 1, "mlp": (6,)}

_LAYOUTS = {
    "little-endian": ("<", False),
    "big-endian": (">", False),
    "bigtiff-little-endian": ("<", True),
    "bigtiff-big-endian": (">", True),
}


def add(suite: Suite) -> None:
    """Add all of them."""
    _expansion(suite)
    carrier = _Carrier(suite)
    for name, (order, big) in _LAYOUTS.items():
        carrier.layout(name, order, big=big)
    carrier.fields()
    carrier.directories()
    carrier.hosts()


def _expansion(suite: Suite) -> None:
    model = weights("tiff", _ENTRIES)
    picture = saturated(17, 13)
    container = model.container(picture)
    for name, (order, big) in _LAYOUTS.items():
        suite.expands(
            f"tiff-{name}",
            tiff(picture, [ours(container)], order=order, big=big),
            picture,
            container,
            f"A TIFF file, {name.replace('-', ' ')}; the container in it is the same in all of them.",
            "tiff",
            "binding-rgb8",
            "carrier-tiff",
        )
    turned = Field(274, SHORT, b"\x06\0")
    suite.expands(
        "tiff-orientation",
        tiff(picture, [turned, ours(container)]),
        picture,
        container,
        "The picture is to be turned; positions are those of the coded raster all the same.",
        "tiff",
        "neighbours",
    )
    suite.refuses(
        "tiff-bound-by-coded-data",
        tiff(picture, [ours(model.container(picture, bytes(16)))]),
        picture,
        "binding",
        "Only a JPEG file can be bound by its coded data.",
        "tiff",
        "binding-jpeg",
    )
    suite.refuses(
        "tiff-other-picture",
        tiff(picture, [ours(model.container(saturated(13, 17)))]),
        picture,
        "binding",
        "Width and height are swapped.",
        "tiff",
        "binding-rgb8",
    )


class _Carrier:
    """Extraction from one TIFF file in many variants."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._picture = saturated(3, 2)
        self._container = Model().container(self._picture)
        self._other = Model({"cat": 1}).container(self._picture)

    def _ok(self, name: str, file: bytes, rationale: str, *tags: str, container: bytes | None = None) -> None:
        self._suite.extracts(f"tiff-{name}", file, container or self._container, rationale, "tiff", *tags)

    def _no(self, name: str, file: bytes, error: str, rationale: str, *tags: str) -> None:
        self._suite.extracts_not(f"tiff-{name}", file, error, rationale, "tiff", *tags)

    def layout(self, name: str, order: str, *, big: bool) -> None:
        """What is asked of every byte order and width of offsets."""
        title = name.replace("-", " ")

        def file(*pages: list[Field]) -> bytes:
            return tiff(self._picture, *pages, order=order, big=big)

        self._ok(name, file([ours(self._container)]), f"The payload in a file, {title}.", "layout")
        self._no(f"{name}-none", file([]), "carrier.none", f"A plain file, {title}.", "layout")
        self._no(
            f"{name}-undefined",
            file([ours(self._container, UNDEFINED)]),
            "carrier.none",
            "The field has type UNDEFINED instead of BYTE, which is not ours.",
            "layout",
            "field",
        )
        self._no(
            f"{name}-second-page",
            file([], [ours(self._container)]),
            "carrier.none",
            "Only the first directory is looked at.",
            "layout",
            "directories",
        )
        huge = (1 << 64) - 1 if big else 0xFFFFFFFF
        whole = file([ours(self._container)])
        at = whole.index(self._container)
        self._no(
            f"{name}-count-huge",
            whole.replace(_count(self._container, order, big=big), _head(order, huge, big=big)),
            "carrier.too-large",
            f"The field says that it has {huge:,} bytes, and begins as ours does.",
            "layout",
            "bomb",
        )
        self._no(
            f"{name}-offset-behind-the-end",
            file([ours(self._container, count=100, offset=huge)]),
            "carrier.none",
            "The value lies behind the end of the file, so nothing says that it is ours.",
            "layout",
            "field",
        )
        self._no(
            f"{name}-directory-behind-the-end",
            whole[: 8 if big else 4] + huge.to_bytes(8 if big else 4, "big") + whole[16 if big else 8 :],
            "carrier",
            "The header points behind the end of the file.",
            "layout",
            "directories",
        )
        self._no(
            f"{name}-cut-value",
            whole[:at] + self._container[:50],
            "carrier",
            "The file ends within the value; the directory behind it is gone as well.",
            "layout",
            "truncation",
        )

    def fields(self) -> None:
        """What can be wrong or unusual about the field."""
        container = self._container

        def field(*entries: Field, sort: bool = True) -> bytes:
            return tiff(self._picture, list(entries), sort=sort)

        neighbours = (
            Field(270, ASCII, b"a description of gamutmeta\0"),
            Field(34_675, UNDEFINED, bytes(40)),
            Field(65_000, BYTE, container),
            Field(65_356, BYTE, container),
            Field(65_535, UNDEFINED, bytes(9)),
        )
        self._ok(
            "neighbours", field(*neighbours, ours(container)), "Other private fields, one with a payload.", "neighbours"
        )
        self._no(
            "neighbours-alone",
            field(*neighbours),
            "carrier.none",
            "A payload under another tag is nobody's.",
            "neighbours",
        )
        self._ok(
            "unsorted",
            tiff(self._picture, [Field(65_535, BYTE, b"x"), ours(container), Field(270, ASCII, b"x\0")], sort=False),
            "The fields are out of order, which TIFF forbids.",
            "field",
        )
        whole = field(ours(container))
        for name, entries, error, rationale in (
            ("ascii", [ours(container, ASCII)], "carrier.none", "The field has type ASCII."),
            (
                "short",
                [ours(container + b"\0" * (len(container) % 2), SHORT)],
                "carrier.none",
                "The field has type SHORT.",
            ),
            ("count-0", [ours(b"", count=0)], "carrier.none", "The field has no value."),
            ("count-7", [ours(MAGIC[:7])], "carrier.none", "Seven of eight magic bytes."),
            ("inline", [ours(MAGIC[:4])], "carrier.none", "Four magic bytes in the entry itself."),
            ("no-magic", [ours(b"\0" + container)], "carrier.none", "A field of somebody else's under our tag."),
            ("twice", [ours(container), ours(self._other)], "carrier.duplicate", "Two payloads in one directory."),
            ("twice-same", [ours(container), ours(container)], "carrier.duplicate", "The same payload twice."),
            (
                "count-7-of-ours",
                [ours(container, count=7)],
                "carrier.none",
                "The magic number is there, but the count is less than its length.",
            ),
            (
                "offset-0",
                [ours(container, count=100, offset=0)],
                "carrier.none",
                "The value is the header of the file.",
            ),
        ):
            self._no(f"field-{name}", field(*entries), error, rationale, "field")
        self._ok(
            "field-and-strangers",
            field(ours(b"\0" + container), ours(container), ours(container, UNDEFINED)),
            "Of three fields with our tag one is ours.",
            "field",
            "several",
        )
        self._ok(
            "field-magic-alone",
            field(ours(MAGIC)),
            "The carrier looks at nothing but the magic number.",
            "field",
            container=MAGIC,
        )
        self._ok(
            "field-magic-alone-bigtiff",
            tiff(self._picture, [ours(MAGIC)], big=True),
            "In BigTIFF eight bytes stand in the entry itself.",
            "field",
            container=MAGIC,
        )
        file = field(ours(b"", count=100, offset=0xFFFF))
        file = file.replace(struct.pack("<I", 0xFFFF), struct.pack("<I", len(file))) + MAGIC[:7]
        self._no(
            "field-cut-magic", file, "carrier.none", "The file ends within what could be the magic number.", "field"
        )
        file = field(ours(b"", count=100, offset=0xFFFF))
        file = file.replace(struct.pack("<I", 0xFFFF), struct.pack("<I", len(file))) + MAGIC
        self._no("field-cut-behind-magic", file, "carrier", "The file ends behind the magic number of ours.", "field")
        start = whole.index(container)
        for name, count in (("longer", len(whole) - start), ("too-long", len(whole) - start + 1)):
            changed = whole.replace(_count(container, "<", big=False), _head("<", count, big=False))
            if name == "longer":
                self._ok(
                    f"field-count-{name}",
                    changed,
                    "The field is longer than the container; that is found by whoever decodes it.",
                    "field",
                    container=changed[start:],
                )
            else:
                self._no(f"field-count-{name}", changed, "carrier", "The value reaches a byte behind the end.", "field")

        for count, error, rationale in (
            (61_440, "carrier", "A value of 61,440 bytes is not too large, but reaches behind the end."),
            (61_441, "carrier.too-large", "A value of 61,441 bytes is too large, wherever it ends."),
        ):
            self._no(f"field-count-{count}", field(ours(container, count=count)), error, rationale, "field", "limits")

    def directories(self) -> None:
        """Several directories, and strange ones."""
        for name, header, entry in (
            ("classic", b"II*\0\x08\0\0\0\x01\0", b"\x4d\xff\x01\0" + struct.pack("<II", len(self._container), 26)),
            (
                "bigtiff",
                b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 1),
                b"\x4d\xff\x01\0" + struct.pack("<QQ", len(self._container), 52),
            ),
        ):
            file = header + entry + bytes(4 if name == "classic" else 8) + self._container
            self._ok(
                f"directory-behind-header-{name}",
                file,
                "The directory stands directly behind the header and holds one field.",
                "directories",
            )
        mine = [ours(self._container)]
        self._ok("pages", tiff(self._picture, mine, [], []), "Three pages, the payload is of the first.", "directories")
        self._ok(
            "pages-each",
            tiff(self._picture, mine, [ours(self._other)]),
            "Two pages with a payload each; the second one's is of no interest.",
            "directories",
            "several",
        )
        self._ok(
            "loop",
            tiff(self._picture, mine, [], loop=True),
            "The last directory points back at the first, which extraction does not get to see.",
            "directories",
        )
        self._no(
            "loop-none",
            tiff(self._picture, [], loop=True),
            "carrier.none",
            "A directory that points at itself.",
            "directories",
        )
        whole = tiff(self._picture, mine)
        for name, offset, rationale in (
            ("0", 0, "The header points at no directory."),
            ("4", 4, "The header points into the header."),
            ("7", 7, "The header points at its own last byte."),
            ("last-byte", len(whole) - 1, "The header points at the last byte of the file."),
        ):
            file = whole[:4] + offset.to_bytes(4, "little") + whole[8:]
            self._no(f"directory-at-{name}", file, "carrier", rationale, "directories")
        at = int.from_bytes(whole[4:8], "little")
        for name, count, rationale in (
            ("more", 200, "The directory says that it has more entries than the file holds."),
            ("most", 65_535, "The directory says that it has 65,535 entries."),
        ):
            file = whole[:at] + count.to_bytes(2, "little") + whole[at + 2 :]
            self._no(f"entries-{name}", file, "carrier", rationale, "directories", "bomb")
        none = whole[:at] + bytes(2) + whole[at + 2 :]
        self._no("entries-none", none, "carrier.none", "A directory without entries.", "directories")
        big = tiff(self._picture, mine, big=True)
        for offset in (0, 8, 15):
            file = big[:8] + offset.to_bytes(8, "little") + big[16:]
            rationale = "The header of a BigTIFF file, which has 16 bytes, points into itself."
            self._no(f"bigtiff-directory-at-{offset}", file, "carrier", rationale, "directories")
        at = int.from_bytes(big[8:16], "little")
        file = big[:at] + b"\xff" * 8 + big[at + 8 :]
        self._no(
            "entries-2-64",
            file,
            "carrier",
            "A directory that says that it has 2^64 - 1 entries.",
            "directories",
            "bomb",
        )

    def hosts(self) -> None:
        """Damaged headers."""
        whole = tiff(self._picture, [ours(self._container)])
        big = tiff(self._picture, [ours(self._container)], big=True)
        for name, file, error, rationale in (
            ("cut-signature", whole[:3], "carrier.unsupported", "Three bytes are no TIFF file."),
            ("cut-header", whole[:6], "carrier", "The file ends within its header."),
            ("cut-behind-header", whole[:8], "carrier", "The file ends behind its header."),
            ("cut-directory", whole[:-30], "carrier", "The file ends within its directory."),
            ("cut-bigtiff-header", big[:12], "carrier", "A BigTIFF file ends within its header."),
            ("version-44", tiff(self._picture, version=44), "carrier.unsupported", "There is no version 44."),
            ("signature-1", b"II*\x01" + whole[4:], "carrier.unsupported", "The version is 298."),
            ("signature-2", b"II+\x01" + big[4:], "carrier.unsupported", "The version is 299."),
            ("signature-3", b"MM\0-" + whole[4:], "carrier.unsupported", "The version is 45."),
            ("byte-order", b"IM" + whole[2:], "carrier.unsupported", "There is no such byte order."),
            ("mixed-byte-order", b"MM" + whole[2:], "carrier.unsupported", "The version in the other byte order."),
            ("bigtiff-offset-size", big[:4] + b"\x04" + big[5:], "carrier", "A BigTIFF file with offsets of 4 bytes."),
            (
                "bigtiff-reserved",
                big[:6] + b"\x01" + big[7:],
                "carrier",
                "A number that must be 0 in a BigTIFF file is not.",
            ),
        ):
            self._no(f"host-{name}", file, error, rationale, "host")


def _count(container: bytes, order: str, *, big: bool) -> bytes:
    """Tag, type and count of our entry as it stands in the file."""
    return _head(order, len(container), big=big)


def _head(order: str, count: int, *, big: bool) -> bytes:
    endian = "little" if order == "<" else "big"
    return b"".join(
        (TAG.to_bytes(2, endian), BYTE.to_bytes(2, endian), count.to_bytes(8 if big else 4, endian))  # type: ignore[arg-type]
    )
