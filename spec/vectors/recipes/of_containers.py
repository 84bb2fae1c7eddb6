"""Vectors of the container's outer layer: magic, lengths, checksum, versions, flags, limits. Bare containers, all."""

from __future__ import annotations

import itertools
import struct
from typing import TYPE_CHECKING

from spec.vectors.recipes import frames
from spec.vectors.recipes.containers import HEADER_BYTES, MAGIC, container, resealed
from spec.vectors.recipes.models import Model, weights
from spec.vectors.recipes.pictures import saturated

if TYPE_CHECKING:
    from spec.vectors.recipes.suite import Suite

__all__ = ["add"]

_PICTURE = saturated(5, 4)
_MODEL = weights("container", {"head": 2, "gate": 0, "rgb": 0})
_WHOLE = _MODEL.container(_PICTURE)
_DESCRIPTOR_END = HEADER_BYTES + len(_MODEL.descriptor(_PICTURE))

_FIELD_ENDS = {
    "magic": 8,
    "min-reader-version": 9,
    "writer-version": 10,
    "critical-flags": 11,
    "ignorable-flags": 12,
    "total-length": 16,
    "descriptor-length": 20,
    "tensor-length": 24,
    "compressed-length": 28,
}


def add(suite: Suite) -> None:
    """Add all of them."""
    _sound(suite)
    _truncated(suite)
    _damaged(suite)
    _versions(suite)
    _lengths(suite)


def _refused(suite: Suite, name: str, data: bytes, error: str, rationale: str, *tags: str, since: int = 1) -> None:
    suite.refuses(f"container-{name}", data, _PICTURE, error, rationale, *tags, since=since)


def _sound(suite: Suite) -> None:
    for name, data, rationale in (
        ("plain", _WHOLE, "The container that the damaged ones are made of."),
        (
            "newer-writer",
            _MODEL.container(_PICTURE, versions=(1, 2)),
            "A newer writer whose containers this version can read, as it says itself.",
        ),
        (
            "newest-writer",
            _MODEL.container(_PICTURE, versions=(1, 255)),
            "The writer's version is no limit for a reader.",
        ),
        (
            "ignorable-flags",
            _MODEL.container(_PICTURE, flags=(0, 0xFF)),
            "Flags of the ignorable kind are ignored where they are unknown.",
        ),
        (
            "newer-writer-ignorable-flag",
            _MODEL.container(_PICTURE, versions=(1, 7), flags=(0, 1)),
            "A newer writer with a flag of the ignorable kind.",
        ),
    ):
        suite.expands(f"container-{name}", data, _PICTURE, data, rationale, "header", "forward-compatible")
    largest = _of_size(61_440)
    suite.expands(
        "container-largest",
        largest,
        _PICTURE,
        largest,
        "61,440 bytes, the most that a container has.",
        "limits",
    )


def _of_size(size: int) -> bytes:
    """A sound container of exactly `size` bytes: a grid that is not compressed, in one block or in two."""
    for count, blocks in itertools.product(range(size // 2 - 100, size // 2), (1, 2)):
        small = weights("container-largest", {"head": 2, "gate": 0, "grid": (1, 2, 2)})
        grid = bytes((i * i // 7 + i) % 61 for i in range(2 * count))
        model = Model({**small.entries, "grid": (1, 2, count)}, small.encodings, (grid, *small.tensors[1:]))
        parts = (model.raw,) if blocks == 1 else (grid, b"".join(model.tensors[1:]))
        frame = frames.frame(len(model.raw), (frames.block(part, last=part is parts[-1]) for part in parts))
        data = model.container(_PICTURE, frame=frame)
        if len(data) == size:
            return data
    raise ValueError(size)


def _truncated(suite: Suite) -> None:
    for name, end in _FIELD_ENDS.items():
        for data, position in ((_WHOLE[: end - 1], "inside"), (_WHOLE[:end], "behind")):
            # Less than the magic number cannot be told from any other file.
            error = "payload" if len(data) >= len(MAGIC) else "carrier.unsupported"
            _refused(
                suite,
                f"cut-{position}-{name}",
                data,
                error,
                f"The bytes end {position} the field {name}.",
                "truncation",
            )
    for name, end in (
        ("inside-descriptor", HEADER_BYTES + 20),
        ("behind-descriptor", _DESCRIPTOR_END),
        ("inside-tensors", _DESCRIPTOR_END + 5),
        ("behind-tensors", len(_WHOLE) - 4),
        ("inside-checksum", len(_WHOLE) - 1),
    ):
        _refused(
            suite, f"cut-{name}", _WHOLE[:end], "payload", f"The bytes end {name.replace('-', ' the ')}.", "truncation"
        )
    _refused(suite, "longer", _WHOLE + b"\0", "payload", "A byte too many: the total length is exact.", "length")
    _refused(suite, "twice", _WHOLE + _WHOLE, "payload", "Two containers in a row are not one.", "length")
    _refused(suite, "empty-file", b"", "carrier.unsupported", "An empty file holds nothing.", "truncation")


def _damaged(suite: Suite) -> None:
    for name, position in (
        ("min-reader-version", 8),
        ("critical-flags", 10),
        ("descriptor-length", 19),
        ("tensor-length", 23),
        ("compressed-length", 27),
        ("descriptor", HEADER_BYTES + 3),
        ("tensors", _DESCRIPTOR_END + 9),
        ("checksum", len(_WHOLE) - 2),
    ):
        flipped = bytearray(_WHOLE)
        flipped[position] ^= 0x10
        _refused(
            suite,
            f"flipped-bit-{name}",
            bytes(flipped),
            "payload.checksum",
            f"One bit is wrong in {name}; the checksum is looked at before what it protects is believed.",
            "checksum",
        )
    zero = _WHOLE[:-4] + bytes(4)
    _refused(
        suite, "checksum-zero", zero, "payload.checksum", "A checksum of zero is not one that was left out.", "checksum"
    )
    reverse = _WHOLE[:-4] + _WHOLE[:-5:-1]
    _refused(suite, "checksum-little-endian", reverse, "payload.checksum", "The checksum is big-endian.", "checksum")
    for name, magic in (
        ("text-mode", b"\x89GMT\n\x1a\n\x00"),
        ("seven-bits", b"\x09GMT\r\n\x1a\n"),
        ("other-letter", b"\x89GMU\r\n\x1a\n"),
        ("png", b"\x89PNG\r\n\x1a\n"),
    ):
        error = "carrier" if name == "png" else "carrier.unsupported"
        _refused(
            suite,
            f"magic-{name}",
            container(_MODEL.descriptor(_PICTURE), 12, frames.raw_frame(_MODEL.raw), magic=magic),
            error,
            f"The magic number is not ours ({name}); the rest, the checksum included, is sound.",
            "magic",
        )


def _versions(suite: Suite) -> None:
    for name, versions, flags, error, rationale in (
        ("version-3", (3, 3), (0, 0), "payload.version", "A container for readers of version 3."),
        ("version-255", (255, 255), (0, 0), "payload.version", "A container for readers of version 255."),
        ("version-0", (0, 1), (0, 0), "payload", "There is no version 0."),
        ("versions-0", (0, 0), (0, 0), "payload", "There is no version 0, and no writer of it."),
        (
            "versions-descend",
            (2, 1),
            (0, 0),
            "payload",
            "No writer makes what only readers newer than itself can read.",
        ),
        ("writer-0", (1, 0), (0, 0), "payload", "A writer older than the oldest reader."),
        ("critical-flag-1", (1, 1), (1, 0), "payload.version", "An unknown flag of the critical kind, the lowest."),
        (
            "critical-flag-128",
            (1, 1),
            (128, 0),
            "payload.version",
            "An unknown flag of the critical kind, the highest.",
        ),
        (
            "critical-flag-version-2",
            (2, 2),
            (1, 0),
            "payload.version",
            "Version 2 knows no critical flag either; flags come before what the descriptor says.",
        ),
        ("critical-flag-newer-writer", (1, 2), (4, 0), "payload.version", "What makes it unreadable is the flag."),
    ):
        data = _MODEL.container(_PICTURE, versions=versions, flags=flags)
        _refused(suite, name, data, error, rationale, "versions")
    for writer in (2, 3):
        _refused(
            suite,
            "version-2" if writer == 2 else "version-2-newer-writer",
            _MODEL.container(_PICTURE, versions=(2, writer)),
            "payload",
            "Nothing in the descriptor needs version 2, so that the container has to be of version 1.",
            "versions",
            since=2,
        )
    # Bytes behind the first 16 may mean anything in another version.
    for version, error in ((2, "payload"), (3, "payload.version")):
        strange = container(
            b"", magic=MAGIC, versions=(version,) * 2, descriptor_length=0xFFFFFFFF, compressed_length=0xFFFFFFFF
        )
        _refused(
            suite,
            f"version-{version}-other-layout",
            strange,
            error,
            "A newer version may use the bytes behind the total length for something else; the version is looked at "
            "first.",
            "versions",
            since=2 if version == 2 else 1,
        )
    damaged = bytearray(_MODEL.container(_PICTURE, versions=(2, 2)))
    damaged[40] ^= 1
    _refused(
        suite,
        "version-2-damaged",
        bytes(damaged),
        "payload.checksum",
        "The checksum comes before the versions: a damaged byte must not look like a newer version.",
        "versions",
        "checksum",
    )


def _lengths(suite: Suite) -> None:
    descriptor, frame = _MODEL.descriptor(_PICTURE), frames.raw_frame(_MODEL.raw)

    def made(
        *, total_length: int | None = None, descriptor_length: int | None = None, compressed_length: int | None = None
    ) -> bytes:
        return container(
            descriptor,
            12,
            frame,
            total_length=total_length,
            descriptor_length=descriptor_length,
            compressed_length=compressed_length,
        )

    _refused(
        suite, "total-zero", made(total_length=0), "payload", "The total length is less than a header's.", "length"
    )
    _refused(
        suite, "total-31", made(total_length=31), "payload", "The total length leaves no room for a checksum.", "length"
    )
    _refused(
        suite,
        "total-less",
        made(total_length=len(_WHOLE) - 1),
        "payload",
        "The total length is a byte short.",
        "length",
    )
    _refused(
        suite, "total-more", made(total_length=len(_WHOLE) + 1), "payload", "The total length is a byte long.", "length"
    )
    _refused(
        suite,
        "total-2-32",
        made(total_length=0xFFFFFFFF),
        "payload.limit",
        "A container that claims 4 GiB is refused for that claim.",
        "bomb",
    )
    _refused(
        suite,
        "total-61441",
        made(total_length=61_441),
        "payload.limit",
        "A container that claims a byte more than any may have.",
        "limits",
    )
    _refused(
        suite,
        "descriptor-length-less",
        made(descriptor_length=len(descriptor) - 1),
        "payload",
        "The parts add up to less than the whole.",
        "length",
    )
    _refused(
        suite,
        "descriptor-length-2-32",
        made(descriptor_length=0xFFFFFFFF),
        "payload",
        "The parts add up to more than 32 bits hold; the sum must not wrap around.",
        "length",
        "bomb",
    )
    wrapped = made(descriptor_length=0xFFFFFFFF, compressed_length=len(descriptor) + len(frame) + 1)
    _refused(
        suite,
        "lengths-wrap-around",
        wrapped,
        "payload",
        "The parts add up to the whole in 32-bit arithmetic.",
        "length",
    )
    shifted = made(descriptor_length=len(descriptor) + 1, compressed_length=len(frame) - 1)
    _refused(
        suite,
        "boundary-shifted",
        shifted,
        "payload",
        "The boundary between descriptor and tensors is a byte late.",
        "length",
    )
    long_descriptor = container(b"\x80" + bytes(1024))
    _refused(
        suite,
        "descriptor-1025",
        long_descriptor,
        "payload.limit",
        "A descriptor of 1,025 bytes, one more than any may have.",
        "limits",
    )
    _refused(
        suite,
        "descriptor-1024",
        container(b"\x80" + bytes(1023)),
        "payload",
        "A descriptor of 1,024 bytes is not too long, but this one is an empty map with bytes behind it.",
        "limits",
    )
    _refused(suite, "descriptor-none", container(b""), "payload", "No descriptor at all.", "length")
    for length, error in (((1 << 20) + 1, "payload.limit"), (0xFFFFFFFF, "payload.limit"), (1 << 20, "payload")):
        _refused(
            suite,
            f"tensor-length-{length}",
            container(descriptor, length, frame),
            error,
            f"The header declares {length:,} bytes of tensors; at most 1,048,576 are looked at, and 12 would be right.",
            "limits",
            "bomb",
        )
    for length in (11, 13, 0):
        _refused(
            suite,
            f"tensor-length-{length}",
            container(descriptor, length, frame if length else b""),
            "payload",
            f"The header declares {length} bytes of tensors, but the model takes 12.",
            "length",
        )
    no_checksum = struct.pack(">8s4B4I", MAGIC, 1, 1, 0, 0, 32, 0, 0, 0)
    _refused(suite, "header-alone", no_checksum, "payload", "A header and not even a checksum.", "truncation")
    _refused(
        suite,
        "header-and-checksum",
        resealed(no_checksum + bytes(4)),
        "payload",
        "The smallest whole with a right checksum; its descriptor is missing.",
        "length",
    )
