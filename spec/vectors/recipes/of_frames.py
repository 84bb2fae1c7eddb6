"""Vectors of the tensors: frames of other writers, frames that are none, values. All are bare containers."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from spec.vectors.recipes import frames
from spec.vectors.recipes.models import Model, weights
from spec.vectors.recipes.pictures import saturated

if TYPE_CHECKING:
    from spec.vectors.recipes.suite import Suite

__all__ = ["add"]

_PICTURE = saturated(9, 7)
_MODEL = weights("frame", {"head": 2, "gate": 32, "grid": (2, 5, 6), "rgb": 0, "mlp": (5,)})
_SIZE = len(_MODEL.raw)
_LARGE = weights("frame-large", {"head": 1, "grid": (4, 18, 20), "rgb": 2, "mlp": (24, 24)})
"""More than 1,024 bytes."""
_EXACT = weights("frame-1024", {"head": 2, "grid": (1, 2, 506), "rgb": 0, "bias": False})
"""Just 1,024 bytes, the smallest window that a frame can have."""


def add(suite: Suite) -> None:
    """Add all of them."""
    _other_writers(suite)
    _compressed(suite)
    _headers(suite)
    _blocks(suite)
    _values(suite)


def _ok(suite: Suite, name: str, model: Model, frame: bytes, rationale: str, *tags: str) -> None:
    container = model.container(_PICTURE, frame=frame)
    suite.expands(f"frame-{name}", container, _PICTURE, container, rationale, "zstd", *tags)


def _no(
    suite: Suite, name: str, frame: bytes, rationale: str, *tags: str, model: Model = _MODEL, error: str = "payload"
) -> None:
    container = model.container(_PICTURE, frame=frame)
    suite.refuses(f"frame-{name}", container, _PICTURE, error, rationale, "zstd", *tags)


def _other_writers(suite: Suite) -> None:
    raw = _MODEL.raw
    for level in (-5, 1, 3, 9, 19, 22):
        frame = suite.bases.zstd(f"large-level-{level}", _LARGE.raw, level)
        _ok(suite, f"level-{level}".replace("--", "-minus-"), _LARGE, frame, f"libzstd's level {level}.", "levels")
    cut = suite.bases.zstd("large-two-blocks", _LARGE.raw, 22, cuts=(len(_LARGE.tensors[0]),))
    _ok(suite, "two-blocks", _LARGE, cut, "A new block behind the first tensor, as the writer here makes it.", "blocks")
    cuts = tuple(range(100, len(_LARGE.raw), 100))
    many = suite.bases.zstd("large-many-blocks", _LARGE.raw, 19, cuts=cuts)
    _ok(suite, "many-blocks", _LARGE, many, "A new block every 100 bytes, some repeating earlier tables.", "blocks")
    _ok(suite, "raw", _MODEL, frames.raw_frame(raw), "One raw block.", "blocks")
    each = [frames.block(raw[i : i + 1], last=i == _SIZE - 1) for i in range(_SIZE)]
    _ok(suite, "raw-bytes", _MODEL, frames.frame(_SIZE, each), "A raw block for every byte.", "blocks")
    empty = [frames.block(b"", last=False), frames.block(raw, last=False), frames.block(b"")]
    _ok(suite, "empty-blocks", _MODEL, frames.frame(_SIZE, empty), "Empty raw blocks first and last.", "blocks")
    constant = Model(_MODEL.entries, _MODEL.encodings, [bytes((3,)) * len(tensor) for tensor in _MODEL.tensors])
    _ok(suite, "rle", constant, frames.frame(_SIZE, [frames.rle_block(3, _SIZE)]), "One RLE block.", "blocks")
    mixed = Model(_MODEL.entries, _MODEL.encodings, [bytes((9,)) * 60, *_MODEL.tensors[1:]])
    halves = [frames.rle_block(9, 60, last=False), frames.block(mixed.raw[60:])]
    _ok(suite, "rle-and-raw", mixed, frames.frame(_SIZE, halves), "An RLE block, then a raw one.", "blocks")
    nothing = [frames.rle_block(0, 0, last=False), *halves]
    _ok(
        suite,
        "rle-of-nothing",
        mixed,
        frames.frame(_SIZE, nothing),
        "An RLE block that repeats its byte no times.",
        "blocks",
    )
    for field_bytes in (4, 8):
        frame = frames.frame(_SIZE, [frames.block(raw)], field_bytes=field_bytes)
        _ok(
            suite,
            f"size-in-{field_bytes}-bytes",
            _MODEL,
            frame,
            f"The content size takes {field_bytes} bytes where one would do.",
            "header",
        )
    unused = bytearray(frames.raw_frame(raw))
    unused[4] |= 0x10
    _ok(suite, "unused-bit", _MODEL, bytes(unused), "The bit that Zstandard leaves unused means nothing.", "header")
    exact = weights("frame-256", {"head": 2, "grid": (1, 2, 122), "rgb": 0, "bias": False})
    smaller = weights("frame-255", {"head": 2, "grid": (1, 3, 81), "rgb": 0, "bias": False})
    _ok(suite, "256-bytes", exact, frames.raw_frame(exact.raw), f"{len(exact.raw)} bytes.", "header")
    _ok(suite, "255-bytes", smaller, frames.raw_frame(smaller.raw), f"{len(smaller.raw)} bytes.", "header")


def _compressed(suite: Suite) -> None:
    """Compressed blocks put together by hand: literals repeated or raw, sequences of codes that are all the same."""
    raw = _MODEL.raw
    twos = Model(_MODEL.entries, _MODEL.encodings, [bytes((2,)) * len(tensor) for tensor in _MODEL.tensors])
    repeated = frames.repeated_literals(2, _SIZE) + b"\0"
    _ok(
        suite,
        "rle-literals",
        twos,
        frames.frame(_SIZE, [frames.compressed_block(repeated)]),
        "RLE literals.",
        "compressed",
    )
    # Four literals, a match of 34 bytes, 22 literals more: the grid. A raw block with the rest.
    grid = _MODEL.tensors[0]
    for name, middle, code, bits, rationale in (
        ("one-sequence", (grid[:4] * 9)[:34], 2, 3, "One sequence: 34 bytes from four bytes back."),
        ("repeat-offset", grid[3:4] * 34, 0, 0, "One sequence with the first repeat offset, which begins as 1."),
        ("repeat-offset-2", (grid[:4] * 9)[:34], 1, 0, "The second repeat offset begins as 4."),
    ):
        model = Model(_MODEL.entries, _MODEL.encodings, [grid[:4] + middle + grid[38:], *_MODEL.tensors[1:]])
        sequence = frames.one_sequence(literals=4, match=34, offset_code=code, offset_bits=bits)
        block = frames.compressed_block(frames.literals(grid[:4] + grid[38:]) + sequence, last=False)
        frame = frames.frame(_SIZE, [block, frames.block(raw[60:])])
        _ok(suite, name, model, frame, rationale, "compressed")
    _across_blocks(suite)
    _huffman(suite)


def _across_blocks(suite: Suite) -> None:
    """Matches that begin in the block before, and repeat offsets that it leaves behind."""
    grid, rest = _MODEL.tensors[0], _MODEL.raw[60:]
    first = frames.block(grid[:10], last=False)
    for name, offset, code, bits, literals, rationale in (
        ("match-across-blocks", 9, 3, 4, 2, "A match of 34 bytes begins in the block before, and runs into itself."),
        ("repeat-offset-2-no-literals", 4, 0, 0, 0, "Without literals the first repeat offset means the second, 4."),
        ("repeat-offset-3-no-literals", 8, 1, 0, 0, "Without literals the second repeat offset means the third, 8."),
    ):
        known = bytearray(grid[: 10 + literals])
        for _ in range(34):
            known.append(known[-offset])
        model = Model(_MODEL.entries, _MODEL.encodings, [bytes(known) + grid[len(known) :], *_MODEL.tensors[1:]])
        sequence = frames.one_sequence(literals=literals, match=34, offset_code=code, offset_bits=bits)
        block = frames.literals(grid[10 : 10 + literals] + grid[len(known) :]) + sequence
        blocks = [first, frames.compressed_block(block, last=False), frames.block(rest)]
        _ok(suite, name, model, frames.frame(_SIZE, blocks), rationale, "compressed")
    twice = bytearray(grid[:10])
    blocks = [first]
    for repeat in (False, True):
        twice += (head := grid[len(twice) : len(twice) + 4])
        for _ in range(10):
            twice.append(twice[-7])
        sequence = frames.one_sequence(literals=4, match=10, offset_code=3, offset_bits=2, repeat=repeat)
        blocks.append(frames.compressed_block(frames.literals(head) + sequence, last=False))
    model = Model(_MODEL.entries, _MODEL.encodings, [bytes(twice) + grid[len(twice) :], *_MODEL.tensors[1:]])
    blocks.append(frames.block(model.raw[len(twice) :]))
    rationale = "A sequence with the three codes of the block before."
    _ok(suite, "repeated-codes", model, frames.frame(_SIZE, blocks), rationale, "compressed")


def _huffman(suite: Suite) -> None:
    """Literals in Huffman codes of four bytes, whose weights are given directly."""
    tensors = [bytes((i * i + i // 3) % 4 for i in range(len(tensor))) for tensor in _MODEL.tensors]
    model = Model(_MODEL.entries, _MODEL.encodings, tensors)
    raw = model.raw
    for streams in (1, 4):
        block = frames.huffman_literals(raw, streams=streams) + b"\0"
        rationale = f"Literals in {streams} Huffman-coded stream{'s' * (streams > 1)}, their weights given directly."
        frame = frames.frame(_SIZE, [frames.compressed_block(block)])
        _ok(suite, f"huffman-{streams}", model, frame, rationale, "compressed")
        halves = [
            frames.compressed_block(frames.huffman_literals(raw[:50], streams=streams) + b"\0", last=False),
            frames.block(raw[50:60], last=False),
            frames.compressed_block(frames.huffman_literals(raw[60:], streams=streams, with_tree=False) + b"\0"),
        ]
        rationale = "Literals in the Huffman codes of an earlier block, with a raw block between the two."
        _ok(suite, f"huffman-{streams}-treeless", model, frames.frame(_SIZE, halves), rationale, "compressed")


def _unsound_blocks(raw: bytes) -> list[tuple[str, bytes, str]]:
    """Names, contents and rationales of compressed blocks that every decoder must refuse."""
    rest = frames.literals(raw[:4] + raw[38:])

    def sequence(code: int, bits: int) -> bytes:
        return frames.one_sequence(literals=4, match=34, offset_code=code, offset_bits=bits)

    treeless = (0b11 | 20 << 4 | 4 << 14).to_bytes(3, "little") + b"\1\2\3\4"
    return [
        ("offset-too-far", rest + sequence(3, 0), "A sequence reaches five bytes back, where only four are."),
        (
            "repeat-offset-too-far",
            rest + sequence(1, 1),
            "The third repeat offset begins as 8, and only four bytes are there.",
        ),
        ("offset-far-too-far", rest + sequence(16, 0), "A sequence reaches 65,533 bytes back, where only four are."),
        ("literals-missing", frames.literals(raw[:3]) + sequence(0, 0), "A sequence takes four literals of three."),
        ("literals-cut", frames.literals(raw)[:-9] + b"\0", "The literals are longer than the block."),
        (
            "treeless-literals",
            treeless + b"\0",
            "Literals with the Huffman table of a block before, and there is none.",
        ),
        ("repeated-tables", rest + b"\x01\xfc\x01", "Sequences with the tables of a block before, and there is none."),
        ("no-bit-stream", rest + b"\x01\x54\x04\x00\x1f", "A sequence without its bit stream."),
        ("no-end-mark", rest + b"\x01\x54\x04\x02\x1f\x00", "A bit stream without its end mark."),
    ]


def _headers(suite: Suite) -> None:
    raw = _MODEL.raw
    block = frames.block(raw)
    sound = frames.raw_frame(raw)
    size = bytes((_SIZE,))
    _no(suite, "none", b"", "Tensors are declared, and no frame is there.")
    _no(suite, "uncompressed", raw, "The tensors as they are, without a frame.")
    _no(suite, "magic-alone", frames.MAGIC, "Nothing but the magic number of a frame.", "truncation")
    _no(suite, "header-alone", frames.header(_SIZE), "A frame without blocks.", "truncation")
    _no(suite, "cut-block", sound[:-1], "The last byte of the last block is missing.", "truncation")
    _no(suite, "cut-block-header", sound[:8], "The header of the first block is cut off.", "truncation")
    _no(suite, "byte-behind", sound + b"\0", "A byte behind the frame.")
    _no(suite, "twice", sound + sound, "Two frames.")
    _no(suite, "frame-of-nothing-behind", sound + frames.frame(0, [frames.block(b"")]), "A second frame, of nothing.")
    split = frames.raw_frame(raw[:50]) + frames.raw_frame(raw[50:])
    _no(suite, "two-halves", split, "Two frames that hold half of the tensors each.")
    skippable = struct.pack("<II", 0x184D2A50, 4) + b"skip"
    _no(suite, "skippable-before", skippable + sound, "A skippable frame before the frame.")
    _no(suite, "skippable-behind", sound + skippable, "A skippable frame behind the frame.")
    _no(suite, "skippable-alone", skippable, "Nothing but a skippable frame.")
    legacy = b"\x27\xb5\x2f\xfd" + sound[4:]
    _no(suite, "old-magic", legacy, "The magic number of a version of Zstandard before its specification.")
    _no(suite, "magicless", sound[4:], "A frame without its magic number.")
    for name, descriptor, rest, rationale in (
        ("no-size", 0x00, b"\x58", "The frame does not state its content size."),
        ("window-and-size", 0x80, b"\x58" + struct.pack("<I", _SIZE), "The frame has a window, of 2 MiB."),
        ("checksum", 0x24, size, "The frame has a checksum of its own."),
        ("dictionary", 0x21, b"\x07" + size, "The frame names a dictionary."),
        ("reserved-bit", 0x28, size, "A reserved bit is set."),
        ("size-less", 0x20, bytes((_SIZE - 1,)), "The frame states a byte less than the header of the container."),
        ("size-more", 0x20, bytes((_SIZE + 1,)), "The frame states a byte more than the header of the container."),
        ("size-zero", 0x20, b"\0", "The frame states a content size of 0."),
    ):
        # XXH64 is not needed: what has a checksum is refused whatever it says.
        behind = bytes(4) if name == "checksum" else b""
        frame = frames.MAGIC + bytes((descriptor,)) + rest + block + behind
        _no(suite, name, frame, rationale, "header")
    for name, claim in (("2-30", 1 << 30), ("2-62", 1 << 62), ("2-64", (1 << 64) - 1)):
        frame = frames.MAGIC + b"\xe0" + struct.pack("<Q", claim)
        _no(suite, f"claims-{name}", frame, f"A frame of 13 bytes that claims to hold {claim:,}.", "bomb")
    _no(
        suite,
        "window-1024",
        frames.MAGIC + b"\x40\x00" + struct.pack("<H", 1024 - 256) + frames.block(_EXACT.raw),
        "The frame has a window, just as large as what it holds, and is not a single segment.",
        "header",
        model=_EXACT,
    )
    _no(
        suite,
        "dictionary-0",
        frames.MAGIC + b"\x21\x00" + size + block,
        "The frame has a field for a dictionary, though it says that there is none.",
        "header",
    )


def _blocks(suite: Suite) -> None:
    raw = _MODEL.raw
    head = frames.header(_SIZE)
    for name, blocks, rationale in (
        ("holds-less", [frames.block(raw[:-1])], "The blocks hold a byte less than the frame states."),
        ("holds-more", [frames.block(raw + b"\0")], "The blocks hold a byte more than the frame states."),
        ("holds-nothing", [frames.block(b"")], "The blocks hold nothing."),
        ("rle-more", [frames.rle_block(0, _SIZE + 1)], "An RLE block repeats its byte once too often."),
        ("rle-bomb", [frames.rle_block(0, (1 << 21) - 1)], "An RLE block of 4 bytes that makes 2 MiB."),
        (
            "rle-bombs",
            [*[frames.rle_block(0, 1 << 17, last=False)] * 64, frames.rle_block(0, 1)],
            "64 RLE blocks that make 8 MiB.",
        ),
        ("last-missing", [frames.block(raw, last=False)], "No block is the last."),
        ("behind-the-last", [frames.block(raw), frames.block(b"")], "A block behind the last."),
        ("reserved-type", [(len(raw) << 3 | 3 << 1 | 1).to_bytes(3, "little") + raw], "A block of the reserved type."),
        ("garbage", [frames.compressed_block(raw)], "A block that says that it is compressed, and is not."),
        (
            "compressed-of-nothing",
            [
                frames.compressed_block(b""),
            ],
            "A compressed block without content.",
        ),
    ):
        _no(suite, name, head + b"".join(blocks), rationale, "blocks")
    for name, content, rationale in _unsound_blocks(raw):
        _no(suite, name, head + frames.compressed_block(content), rationale, "blocks", "compressed")
    # Literal lengths of 0 and match lengths of 32,771 and 15 bits more, which are not there.
    sequences = b"\0\xff\xff\xff\x54\0\0\x33\x01"
    huge = Model({"head": 2, "grid": (15, 256, 256), "rgb": 0}, (6, 7, 7), (bytes(983_040), bytes(54), bytes(3)))
    for name, model in (("sequences-bomb", _MODEL), ("sequences-bomb-large", huge)):
        _no(
            suite,
            name,
            frames.frame(len(model.raw), [frames.compressed_block(sequences)]),
            "98,047 matches of 32 KB in 9 bytes, with nothing to copy; a bound on the output must bound "
            "the work as well.",
            "compressed",
            "bomb",
            model=model,
        )
    frame = suite.bases.zstd("large-level-19", _LARGE.raw, 19)
    for name, end in (("half", len(frame) // 2), ("last-byte", len(frame) - 1)):
        _no(
            suite,
            f"compressed-cut-{name}",
            frame[:end],
            f"A compressed frame without its {name}.",
            "truncation",
            model=_LARGE,
        )
    empty = Model()
    for name, data, rationale in (
        ("frame", frames.frame(0, [frames.block(b"")]), "A frame of nothing."),
        ("byte", b"\0", "A byte."),
        ("sound", frames.raw_frame(raw), "The frame of another model."),
    ):
        _no(suite, f"empty-model-{name}", data, f"Without a model there is no frame. {rationale}", model=empty)


def _values(suite: Suite) -> None:
    halves = weights("frame-halves", {"head": 1, "rgb": 0}, "f16")
    for name, pattern in {
        "infinity": 0x7C00,
        "minus-infinity": 0xFC00,
        "quiet-nan": 0x7E00,
        "signalling-nan": 0x7C01,
        "minus-nan": 0xFFFF,
    }.items():
        for place, index in (("first", 0), ("last", 11)):
            raw = bytearray(halves.raw)
            raw[2 * index : 2 * index + 2] = struct.pack("<H", pattern)
            _no(
                suite,
                f"f16-{name}-{place}",
                frames.raw_frame(bytes(raw)),
                f"The {place} float16 number is {name.replace('-', ' ')}.",
                "values",
                model=halves,
            )
