"""The container: header, descriptor, frame, checksum. Every field can be given a value that it should not have."""

from __future__ import annotations

import struct
import zlib

__all__ = ["HEADER_BYTES", "MAGIC", "container", "resealed"]

MAGIC = b"\x89GMT\r\n\x1a\n"
HEADER_BYTES = 28


def container(
    descriptor: bytes,
    tensor_length: int = 0,
    frame: bytes = b"",
    *,
    magic: bytes = MAGIC,
    versions: tuple[int, int] = (1, 1),
    flags: tuple[int, int] = (0, 0),
    total_length: int | None = None,
    descriptor_length: int | None = None,
    compressed_length: int | None = None,
) -> bytes:
    """Put a container together; lengths are right unless given, and the checksum is.

    Args:
        descriptor: the map.
        tensor_length: of all tensors before compression.
        frame: the tensors compressed.
        magic: eight bytes.
        versions: oldest reader, writer.
        flags: critical, ignorable.
        total_length: what the header says of it.
        descriptor_length: likewise.
        compressed_length: likewise.
    """
    lengths = (
        HEADER_BYTES + len(descriptor) + len(frame) + 4 if total_length is None else total_length,
        len(descriptor) if descriptor_length is None else descriptor_length,
        tensor_length,
        len(frame) if compressed_length is None else compressed_length,
    )
    body = magic + bytes((*versions, *flags)) + struct.pack(">4I", *lengths) + descriptor + frame
    return body + struct.pack(">I", zlib.crc32(body))


def resealed(data: bytes) -> bytes:
    """The same bytes with the right checksum in place of their last four."""
    return data[:-4] + struct.pack(">I", zlib.crc32(data[:-4]))
