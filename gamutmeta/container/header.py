r"""The outermost layer of a container: fixed header, sections, checksum. All integers are big-endian.

::

    offset
         0  8 bytes  magic                89 47 4D 54 0D 0A 1A 0A  ("\x89GMT\r\n\x1a\n")
         8  u8       min_reader_version   oldest reader that can read this: 1, or 2 if the descriptor needs it
         9  u8       writer_version       version of the format that was written, not less than the one before
        10  u8       critical_flags       a reader refuses a container with a bit that it does not know; none is defined
        11  u8       ignorable_flags      a reader ignores bits that it does not know; none is defined, written 0
        12  u32      total_length         of the container, this header and the checksum included
        16  u32      descriptor_length
        20  u32      tensor_length        of the tensors before compression
        24  u32      compressed_length    of the tensors as stored
        28           descriptor
                     tensors              one zstd frame, or nothing for an empty model
                     u32 checksum         CRC-32 of all bytes before it (the one of PNG and zlib)

The magic works as PNG's does: its first byte is not text, and a transfer that converts line ends damages it.

Bytes 0 to 15 and the checksum in the last four bytes stay what and where they are in all future versions. So a reader
checks magic, total length and checksum before it looks at the versions and flags, and can tell a damaged container
(ChecksumError) from one that is sound but newer than itself (VersionError).
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, NamedTuple

from gamutmeta.container.limits import DEFAULT_LIMITS
from gamutmeta.envelope import MAGIC
from gamutmeta.errors import ChecksumError, PayloadError, VersionError

if TYPE_CHECKING:
    from gamutmeta.container.limits import Limits

__all__ = [
    "CHECKSUM_BYTES",
    "HEADER_BYTES",
    "MAGIC",
    "VERSION",
    "Sections",
    "Versions",
    "join_sections",
    "split_sections",
    "versions_of",
]

VERSION = 2
"""The newest version of the format that is read. What needs no more than version 1 is written in version 1."""

_HEADER = struct.Struct(">8s4B4I")
_CHECKSUM = struct.Struct(">I")
HEADER_BYTES = _HEADER.size
CHECKSUM_BYTES = _CHECKSUM.size

_KNOWN_CRITICAL_FLAGS = 0

_HEADER_FIELD_ENDS = (
    (8, "header.magic"),
    (9, "header.min_reader_version"),
    (10, "header.writer_version"),
    (11, "header.critical_flags"),
    (12, "header.ignorable_flags"),
    (16, "header.total_length"),
    (20, "header.descriptor_length"),
    (24, "header.tensor_length"),
    (28, "header.compressed_length"),
)


class Sections(NamedTuple):
    """What stands between header and checksum.

    Attributes:
        descriptor: canonical msgpack map.
        tensor_length: bytes of all tensors before compression.
        frame: the tensors compressed; empty if there are none.
        version: that a reader needs.
    """

    descriptor: bytes
    tensor_length: int
    frame: bytes
    version: int = 1


class _Header(NamedTuple):
    magic: bytes
    min_reader_version: int
    writer_version: int
    critical_flags: int
    ignorable_flags: int
    total_length: int
    descriptor_length: int
    tensor_length: int
    compressed_length: int


def join_sections(sections: Sections) -> bytes:
    """Build a container.

    Raises:
        LimitError: if it would be larger than the format allows.
    """
    descriptor, tensor_length, frame, version = sections
    total_length = HEADER_BYTES + len(descriptor) + len(frame) + CHECKSUM_BYTES
    DEFAULT_LIMITS.check_sections(descriptor_length=len(descriptor), tensor_length=tensor_length)
    DEFAULT_LIMITS.check_container(total_length)
    header = _Header(MAGIC, version, version, 0, 0, total_length, len(descriptor), tensor_length, len(frame))
    body = _HEADER.pack(*header) + descriptor + frame
    return body + _CHECKSUM.pack(zlib.crc32(body))


def split_sections(data: bytes, limits: Limits) -> Sections:
    """Take a container apart after checking all that can be checked from outside.

    Raises:
        PayloadError: if magic or lengths are wrong, or bytes are missing or left over.
        ChecksumError: if the checksum does not match.
        VersionError: if it asks for a newer reader or has an unknown critical flag.
        LimitError: if a declared length exceeds its limit.
    """
    if not data.startswith(MAGIC[: len(data)]):
        raise PayloadError("header.magic", "these bytes are not a gamutmeta container")
    if len(data) < HEADER_BYTES:
        raise _truncated(next(name for end, name in _HEADER_FIELD_ENDS if len(data) < end), len(data))
    header = _Header._make(_HEADER.unpack_from(data))
    _check_length(header, data, limits)
    if zlib.crc32(data[:-CHECKSUM_BYTES]) != _CHECKSUM.unpack_from(data, len(data) - CHECKSUM_BYTES)[0]:
        raise ChecksumError("checksum", "does not match: the payload is damaged")
    _check_version(header)
    parts = HEADER_BYTES + header.descriptor_length + header.compressed_length + CHECKSUM_BYTES
    if header.total_length != parts:
        raise PayloadError("header.total_length", f"is {header.total_length:,}, but the parts add up to {parts:,}")
    limits.check_sections(descriptor_length=header.descriptor_length, tensor_length=header.tensor_length)
    middle = HEADER_BYTES + header.descriptor_length
    frame = data[middle:-CHECKSUM_BYTES]
    return Sections(data[HEADER_BYTES:middle], header.tensor_length, frame, header.min_reader_version)


class Versions(NamedTuple):
    """Versions and flags of a container, see the top of this module."""

    min_reader: int
    writer: int
    critical_flags: int
    ignorable_flags: int


def versions_of(data: bytes) -> Versions:
    """The versions and flags of a container that :func:`split_sections` takes, or that is only too new for it."""
    return Versions(*data[8:12])


def _check_length(header: _Header, data: bytes, limits: Limits) -> None:
    """Hold the declared total length against the limit and the bytes at hand."""
    total = header.total_length
    limits.check_container(total)
    if total < HEADER_BYTES + CHECKSUM_BYTES:
        raise PayloadError("header.total_length", f"{total} bytes do not hold header and checksum")
    if len(data) > total:
        raise PayloadError("header.total_length", f"says {total:,} bytes, but there are {len(data):,}")
    if len(data) < total:
        descriptor_end = HEADER_BYTES + header.descriptor_length
        ends = ((descriptor_end, "descriptor"), (descriptor_end + header.compressed_length, "tensors"))
        raise _truncated(next((name for end, name in ends if len(data) < end), "checksum"), len(data), total)


def _check_version(header: _Header) -> None:
    if not 1 <= header.min_reader_version <= header.writer_version:
        versions = f"{header.min_reader_version} and {header.writer_version}"
        raise PayloadError("header.min_reader_version", f"{versions} are not versions of one reader and its writer")
    if header.min_reader_version > VERSION:
        problem = f"needs a reader of version {header.min_reader_version}, this one reads up to {VERSION}"
        raise VersionError("header.min_reader_version", problem)
    unknown = header.critical_flags & ~_KNOWN_CRITICAL_FLAGS
    if unknown:
        raise VersionError("header.critical_flags", f"uses features that this reader does not know (0x{unknown:02x})")


def _truncated(field: str, length: int, total: int | None = None) -> PayloadError:
    whole = "" if total is None else f" of {total:,}"
    return PayloadError(field, f"the payload ends here, after {length:,}{whole} bytes")
