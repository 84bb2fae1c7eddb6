"""Vectors of the carrier in PNG files."""

from __future__ import annotations

import base64
import struct
from typing import TYPE_CHECKING

from spec.vectors.recipes.containers import MAGIC
from spec.vectors.recipes.models import Model, weights
from spec.vectors.recipes.pictures import saturated
from spec.vectors.recipes.pngs import IEND, SIGNATURE, chunk, deflated, itxt, png

if TYPE_CHECKING:
    from spec.vectors.recipes.messages import Value
    from spec.vectors.recipes.suite import Suite

__all__ = ["add"]

_ENTRIES: dict[str, Value] = {"head": 2, "gate": 0, "grid": (2, 3, 4), "rgb": 1, "mlp": (6,)}


def add(suite: Suite) -> None:
    """Add all of them."""
    _expansion(suite)
    _Carrier(suite).add()


def _expansion(suite: Suite) -> None:
    model = weights("png", _ENTRIES)
    picture, other = saturated(17, 13), saturated(13, 17)
    container = model.container(picture)
    suite.expands(
        "png-grid-gate-0",
        png(picture, itxt(container)),
        picture,
        container,
        "A PNG file as it is written, bound by its samples.",
        "png",
        "binding-rgb8",
        "carrier-itxt",
    )
    oriented = chunk(b"eXIf", b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x08\0\0\0\0\0\0\0")
    suite.expands(
        "png-orientation",
        png(picture, oriented + itxt(container)),
        picture,
        container,
        "EXIF says that the picture is to be turned; positions are those of the coded raster all the same.",
        "png",
        "neighbours",
    )
    changed = bytearray(picture.samples)
    changed[100] ^= 1
    for name, made_for, rationale in (
        ("other-size", other, "Width and height are swapped."),
        ("less-width", saturated(16, 13), "The picture is a column wider than the payload says."),
    ):
        suite.refuses(
            f"png-{name}",
            png(picture, itxt(model.container(made_for))),
            picture,
            "binding",
            rationale,
            "png",
            "binding-rgb8",
        )
    for name, digest in (
        ("first-bit", bytes((picture.digest()[0] ^ 0x80,)) + picture.digest()[1:]),
        ("last-bit", picture.digest()[:-1] + bytes((picture.digest()[-1] ^ 1,))),
        ("zero", bytes(16)),
    ):
        entries = {**model.map(picture), "rgb8": digest}
        suite.refuses(
            f"png-digest-{name}",
            png(picture, itxt(model.container_of(entries))),
            picture,
            "binding",
            f"The digest is not that of the samples ({name.replace('-', ' ')}).",
            "png",
            "binding-rgb8",
        )
    suite.refuses(
        "png-bound-by-coded-data",
        png(picture, itxt(model.container(picture, bytes(16)))),
        picture,
        "binding",
        "Only a JPEG file can be bound by its coded data.",
        "png",
        "binding-jpeg",
    )


class _Carrier:
    """Extraction from one PNG file in many variants."""

    def __init__(self, suite: Suite) -> None:
        self._suite = suite
        self._picture = saturated(3, 2)
        self._container = Model().container(self._picture)
        self._other = Model({"cat": 1}).container(self._picture)

    def add(self) -> None:
        """Add all of them."""
        self._places()
        self._fields()
        self._compressed()
        self._texts()
        self._other_text_chunks()
        self._hosts()

    def _ok(self, name: str, file: bytes, rationale: str, *tags: str, container: bytes | None = None) -> None:
        self._suite.extracts(f"png-{name}", file, container or self._container, rationale, "png", *tags)

    def _no(self, name: str, file: bytes, error: str, rationale: str, *tags: str) -> None:
        self._suite.extracts_not(f"png-{name}", file, error, rationale, "png", *tags)

    def _places(self) -> None:
        ours, other = itxt(self._container), itxt(self._other)
        title = chunk(b"tEXt", b"Title\0a title")
        neighbours = (
            chunk(b"gAMA", b"\0\0\xb1\x8f")
            + chunk(b"iCCP", b"none\0\0" + deflated(bytes(40)))
            + title
            + chunk(b"iTXt", b"gamutmeta2\0\0\0\0\0text")
            + chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
            + chunk(b"caBX", b"made up")
            + chunk(b"prVt", bytes(9))
        )
        for name, chunks, rationale in (
            ("usual", ours, "The payload as it is written, directly before the picture."),
            ("neighbours-before", neighbours + ours, "Other chunks before it, text of other people among them."),
            ("neighbours-behind", ours + neighbours, "Other chunks between it and the picture."),
        ):
            self._ok(name, png(self._picture, chunks), rationale, "place")
        self._no(
            "behind-picture",
            png(self._picture, behind=ours),
            "carrier.none",
            "Behind the picture nobody looks.",
            "place",
        )
        self._ok(
            "before-and-behind",
            png(self._picture, ours, behind=other),
            "What stands behind the picture is of no interest.",
            "place",
            "several",
        )
        self._no(
            "twice",
            png(self._picture, ours + other),
            "carrier.duplicate",
            "Two payloads before the picture.",
            "several",
        )
        self._no(
            "twice-same", png(self._picture, ours + ours), "carrier.duplicate", "The same payload twice.", "several"
        )
        damaged = itxt(self._other, crc=0)
        self._no(
            "twice-one-damaged",
            png(self._picture, ours + damaged),
            "carrier.duplicate",
            "Two payloads, the second with a wrong CRC.",
            "several",
        )
        text = base64.b64encode(self._container)
        for name, other_chunk, rationale in (
            ("nothing", b"", "A plain PNG file."),
            ("text-upper-case", chunk(b"tEXt", b"Gamutmeta\0" + text), "Keywords of tEXt know case, too."),
            ("private-chunk", chunk(b"gaMT", self._container), "A private chunk that no version defines."),
            ("upper-case", itxt(self._container, keyword=b"Gamutmeta"), "Keywords know upper and lower case."),
            ("longer-keyword", itxt(self._container, keyword=b"gamutmetas"), "The keyword is longer."),
            ("shorter-keyword", itxt(self._container, keyword=b"gamutmet"), "The keyword is shorter."),
            ("leading-space", itxt(self._container, keyword=b" gamutmeta"), "The keyword has a blank before it."),
            ("keyword-alone", chunk(b"iTXt", b"gamutmeta"), "The NUL behind the keyword is missing."),
            ("keyword-and-crc", chunk(b"iTXt", b"gamutmeta", crc=0), "The CRC follows the keyword, and begins with 0."),
        ):
            file = png(self._picture, other_chunk)
            self._no(f"none-{name}", file, "carrier.none", f"{rationale} There is no payload.", "place")

    def _fields(self) -> None:
        self._ok(
            "language",
            png(self._picture, itxt(self._container, language=b"en-GB", translated="été".encode())),
            "A language tag and a translated keyword are skipped.",
            "itxt",
        )
        self._ok(
            "method-without-compression",
            png(self._picture, itxt(self._container, compression=b"\0\7")),
            "Where nothing is compressed the compression method means nothing.",
            "itxt",
        )
        for name, data, rationale in (
            ("cut-behind-keyword", b"gamutmeta\0", "Nothing behind the keyword."),
            ("cut-behind-flags", b"gamutmeta\0\0\0", "Nothing behind the compression method."),
            ("cut-behind-language", b"gamutmeta\0\0\0en\0", "Nothing behind the language tag."),
            ("no-terminators", b"gamutmeta\0\0\0" + base64.b64encode(self._container), "Language tag without an end."),
        ):
            self._no(name, png(self._picture, chunk(b"iTXt", data)), "carrier", rationale, "itxt", "truncation")
        # 10 bytes of keyword, 2 of compression, 2 NULs.
        room = 123_904 - 14 - len(base64.b64encode(self._container))
        self._ok(
            "chunk-longest",
            png(self._picture, itxt(self._container, translated=b"x" * room)),
            "123,904 bytes of data, the most that a chunk of ours may have.",
            "itxt",
            "limits",
        )
        self._no(
            "chunk-too-long",
            png(self._picture, itxt(self._container, translated=b"x" * (room + 1))),
            "carrier.too-large",
            "123,905 bytes of data, most of them a translated keyword.",
            "itxt",
            "limits",
        )
        for name, flags in (("flag-2", b"\2\0"), ("flag-255", b"\xff\0"), ("method-1", b"\1\1")):
            self._no(
                f"compression-{name}",
                png(self._picture, itxt(self._container, compression=flags)),
                "carrier",
                f"An unknown compression ({name.replace('-', ' ')}).",
                "itxt",
            )
        self._no(
            "wrong-crc",
            png(self._picture, itxt(self._container, crc=0x12345678)),
            "carrier",
            "The CRC of the chunk with the payload is wrong.",
            "itxt",
        )
        self._ok(
            "wrong-crc-elsewhere",
            png(self._picture, chunk(b"tEXt", b"Title\0a title", crc=0) + itxt(self._container)),
            "The CRC of another chunk is wrong, which is none of our business.",
            "neighbours",
        )

    def _compressed(self) -> None:
        text = base64.b64encode(self._container)
        stored = deflated(text)

        def compressed(stream: bytes) -> bytes:
            return png(self._picture, itxt(b"", text=stream, compression=b"\1\0"))

        self._ok("compressed", compressed(stored), "An editor has compressed the text.", "itxt", "deflate")
        huffman = self._suite.bases.get("deflate/text.zlib", lambda: _zlib(text))
        self._ok("compressed-huffman", compressed(huffman), "The same with Huffman codes.", "itxt", "deflate")
        self._ok(
            "compressed-more-behind",
            compressed(stored + b"more"),
            "Bytes behind the end of the compressed stream are left alone.",
            "itxt",
            "deflate",
        )
        for name, stream, rationale in (
            ("cut", stored[:-6], "The compressed text is cut off."),
            ("cut-checksum", stored[:-1], "The checksum of the compressed text is cut off."),
            ("wrong-checksum", stored[:-1] + bytes((stored[-1] ^ 1,)), "The checksum of the compressed text is wrong."),
            ("no-stream", text, "The text says that it is compressed, and is not."),
            ("empty", b"", "Nothing where the compressed text should be."),
            ("raw-deflate", stored[2:-4], "A deflate stream without the wrapper of zlib."),
            (
                "dictionary",
                struct.pack(">HI", 0x7820, 1) + stored[2:],
                "The stream asks for a preset dictionary, which PNG does not have.",
            ),
        ):
            self._no(f"compressed-{name}", compressed(stream), "carrier", rationale, "itxt", "deflate")
        bomb = self._suite.bases.get("deflate/bomb.zlib", lambda: _zlib(bytes(1 << 24)))
        self._no(
            "compressed-bomb",
            compressed(bomb),
            "carrier.too-large",
            "16 KB that inflate to 16 MiB; no payload is that large.",
            "itxt",
            "deflate",
            "bomb",
        )
        large = MAGIC + bytes(61_440 - len(MAGIC))
        for name, container in (("largest", large), ("too-large", large + b"\0")):
            stream = self._suite.bases.get(f"deflate/{name}.zlib", lambda c=container: _zlib(base64.b64encode(c)))  # type: ignore[misc]
            if name == "largest":
                self._ok(
                    name, compressed(stream), "61,440 bytes, the most that a carrier takes.", "limits", container=large
                )
            else:
                self._no(name, compressed(stream), "carrier.too-large", "A byte more than a carrier takes.", "limits")
        stranger = bytes(61_441)
        stream = self._suite.bases.get("deflate/stranger.zlib", lambda: _zlib(base64.b64encode(stranger)))
        self._no(
            "too-large-without-magic",
            compressed(stream),
            "carrier.too-large",
            "A byte more than a carrier takes, and no magic number: the size is looked at first.",
            "limits",
            "order",
        )
        exact = self._suite.bases.get("deflate/exact.zlib", lambda: _zlib(text + b" " * (122_880 - len(text))))
        self._ok("text-longest", compressed(exact), "122,880 bytes of text, most of them blanks.", "limits")
        blanks = self._suite.bases.get("deflate/blanks.zlib", lambda: _zlib(text + b" " * (122_881 - len(text))))
        self._no(
            "text-too-long",
            compressed(blanks),
            "carrier.too-large",
            "122,881 bytes of text, which is not read even though most of them are blanks.",
            "limits",
        )

    def _texts(self) -> None:
        text = base64.b64encode(self._container)

        def texted(content: bytes) -> bytes:
            return png(self._picture, itxt(b"", text=content))

        for name, content, rationale in (
            ("line-breaks", b"\n".join(text[i : i + 64] for i in range(0, len(text), 64)), "Lines of 64 characters."),
            ("trailing-nul", text + b"\0", "A NUL behind the text, which iTXt forbids."),
            ("trailing-mixture", text + b"\0 \0\t\0\n\0\r", "NULs and white space by turns behind the text."),
            ("white-space", b" \t" + text + b"\r\n", "White space before and behind the text."),
        ):
            self._ok(f"text-{name}", texted(content), rationale, "base64")
        for name, content, rationale in (
            ("empty", b"", "No text at all."),
            ("binary", self._container, "The container itself instead of its base64."),
            ("url-alphabet", base64.urlsafe_b64encode(MAGIC + b"\xff\xff\xfe" * 20), "The alphabet for addresses."),
            ("hexadecimal", MAGIC.hex().encode(), "Hexadecimal digits are base64 of something else."),
            ("nul-inside", text[:8] + b"\0" + text[8:], "A NUL within the text."),
            ("cut", text[: len(text) // 4 * 4 - 5], "The text is cut off, so that its padding is missing."),
            ("no-magic", base64.b64encode(b"GMT" + self._container), "The container has no magic number."),
        ):
            self._no(f"text-{name}", texted(content), "carrier", rationale, "base64")

    def _other_text_chunks(self) -> None:
        """What editors make of our text: tEXt, and zTXt as libvips writes it."""
        text = base64.b64encode(self._container)
        plain = chunk(b"tEXt", b"gamutmeta\0" + text)
        compressed = chunk(b"zTXt", b"gamutmeta\0\0" + deflated(text))
        bomb = self._suite.bases.get("deflate/bomb.zlib", lambda: _zlib(bytes(1 << 24)))
        self._ok("text-chunk", png(self._picture, plain), "The text in a tEXt chunk.", "text")
        self._ok("compressed-text-chunk", png(self._picture, compressed), "The text in a zTXt chunk.", "text")
        for name, chunks, error, rationale in (
            ("twice-text", itxt(self._other) + plain, "carrier.duplicate", "One in iTXt, one in tEXt."),
            ("twice-compressed-text", compressed + itxt(self._other), "carrier.duplicate", "One in zTXt, one in iTXt."),
            ("text-chunk-empty", chunk(b"tEXt", b"gamutmeta\0"), "carrier", "A tEXt chunk without text."),
            (
                "text-chunk-damaged",
                chunk(b"tEXt", b"gamutmeta\0" + text[1:]),
                "carrier",
                "Damaged base64.",
            ),
            (
                "compressed-text-chunk-empty",
                chunk(b"zTXt", b"gamutmeta\0"),
                "carrier",
                "A zTXt chunk of nothing.",
            ),
            (
                "compressed-text-chunk-method",
                chunk(b"zTXt", b"gamutmeta\0\1" + deflated(text)),
                "carrier",
                "A compression method that PNG does not know.",
            ),
            (
                "compressed-text-chunk-cut",
                chunk(b"zTXt", b"gamutmeta\0\0" + deflated(text)[:-9]),
                "carrier",
                "The compressed text is cut off.",
            ),
            (
                "compressed-text-chunk-bomb",
                chunk(b"zTXt", b"gamutmeta\0\0" + bomb),
                "carrier.too-large",
                "A zTXt chunk that inflates to more than any text may have.",
            ),
        ):
            self._no(name, png(self._picture, chunks), error, rationale, "text")

    def _hosts(self) -> None:
        whole = png(self._picture, itxt(self._container))
        at = whole.index(b"iTXt") - 4
        picture = whole.index(b"IDAT") - 4
        for name, end, rationale in (
            ("signature", 8, "behind the signature"),
            ("ihdr", 20, "within IHDR"),
            ("behind-ihdr", 33, "behind IHDR"),
            ("length", at + 2, "within the length of the chunk with the payload"),
            ("chunk", at + 50, "within the chunk with the payload"),
            ("crc", picture - 1, "within the CRC of the chunk with the payload"),
            ("behind-chunk", picture, "behind the chunk with the payload, before any picture"),
            ("picture", picture + 30, "within the picture"),
        ):
            self._no(f"cut-{name}", whole[:end], "carrier", f"The file ends {rationale}.", "truncation")
        self._no(
            "cut-end",
            whole[:picture] + IEND[:-1],
            "carrier",
            "There is no picture, and the file ends within the CRC of IEND.",
            "truncation",
        )
        self._ok(
            "picture-crc",
            whole[: -len(IEND) - 4] + bytes(4) + IEND,
            "The CRC of the first chunk of the picture must be there, and is not checked.",
            "host",
        )
        ours = itxt(self._container)
        for name, chunks, rationale in (
            ("twice-then-cut", ours + ours + ours[:-1], "Two payloads, and behind them the file ends within a chunk"),
            ("twice-then-garbage", ours + ours + bytes(12), "Two payloads, and what follows them is no chunk"),
        ):
            self._no(
                name,
                whole[:33] + chunks,
                "carrier",
                f"{rationale}: payloads are counted when the walk has ended.",
                "several",
                "order",
            )
        self._ok(
            "cut-behind-picture",
            whole[: -len(IEND)],
            "The end of the file is missing; extraction looks no further than the first chunk of the picture.",
            "truncation",
        )
        self._no(
            "signature-cut", whole[:7], "carrier.unsupported", "Seven of eight bytes of the signature.", "truncation"
        )
        self._no(
            "ihdr-missing",
            SIGNATURE + itxt(self._container) + IEND,
            "carrier",
            "The first chunk is not IHDR.",
            "host",
        )
        self._ok(
            "idat-missing",
            SIGNATURE + whole[8:33] + itxt(self._container) + IEND,
            "A file without picture; that is found by whoever decodes it.",
            "host",
        )
        self._no(
            "chunk-type",
            png(self._picture, chunk(b"a1b2", b"x") + itxt(self._container)),
            "carrier",
            "What should be a chunk type is not made of letters.",
            "host",
        )
        self._no(
            "chunk-length-2-31",
            png(self._picture, chunk(b"tEXt", b"x", length=0x80000000) + itxt(self._container)),
            "carrier",
            "A chunk of 2 GiB.",
            "host",
            "bomb",
        )
        self._no(
            "payload-length-2-31",
            png(self._picture, chunk(b"iTXt", b"gamutmeta\0\0\0\0\0", length=0x7FFFFFFF)),
            "carrier",
            "The chunk with the payload says that it has 2 GiB.",
            "host",
            "bomb",
        )
        self._ok(
            "trailing",
            whole + itxt(self._other),
            "Bytes behind the end of the file proper.",
            "place",
        )


def _zlib(data: bytes) -> bytes:
    import zlib  # noqa: PLC0415 - needed only to make the bases

    return zlib.compress(data, 9)
