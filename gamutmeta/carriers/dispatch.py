"""The functions find, extract, embed, strip and deviations, for all kinds of host files."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol

from gamutmeta.carriers import jpeg_carrier, png_carrier, tiff_carrier
from gamutmeta.carriers.container_bytes import Extracted
from gamutmeta.carriers.names import carrier_for
from gamutmeta.carriers.sidecar import read_sidecar, sidecar_beside
from gamutmeta.errors import CarrierError, NoPayloadError, PayloadExistsError
from gamutmeta.formats.signature import SIGNATURE_BYTES
from gamutmeta.formats.signature import host_format as host_format_of_bytes
from gamutmeta.formats.source import Source
from gamutmeta.runtime.inputs import bytes_of, opened, position_kept

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from gamutmeta.choices import Carrier
    from gamutmeta.formats.signature import HostFormat
    from gamutmeta.formats.source import BytesLike
    from gamutmeta.runtime.inputs import Readable

__all__ = ["deviations", "embed", "extract", "extract_from_file", "extract_or_sidecar", "find", "host_format", "strip"]


class _Host(Protocol):
    """What each host file's module offers."""

    def extract(self, source: Source, /) -> Extracted: ...
    def find(self, data: bytes, /) -> list[str]: ...
    def deviations(self, data: bytes, /) -> list[str]: ...
    def embed(self, data: bytes, container: bytes, carrier: str, /) -> bytes: ...
    def strip(self, data: bytes, /) -> bytes: ...


_HOSTS: Final[Mapping[HostFormat, _Host]] = MappingProxyType(
    {"jpeg": jpeg_carrier, "png": png_carrier, "tiff": tiff_carrier}
)


def host_format(source: Readable) -> HostFormat:
    """The kind of a file that can carry a payload, by its first bytes.

    Args:
        source: path or bytes of the file (of bytes the first eight do), or a binary file that is open, from where it
            stands on. An open file that can be searched is left where it was.

    Raises:
        UnsupportedFileError: it is not a JPEG, PNG or TIFF.
        PhotoError: it is none of these, or a file that was opened for text.
        OSError: it cannot be read.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        return host_format_of_bytes(source)
    with position_kept(source), opened(source) as fp:
        return host_format_of_bytes(fp.read(SIGNATURE_BYTES))


def find(source: Readable) -> list[str]:
    """Name the carrier of every payload in a file, duplicates and damaged ones included.

    Args:
        source: path or bytes of the whole file, or a binary file that is open, from where it stands on.

    Returns:
        Names from `CARRIERS`, in file order; empty if there is no payload.

    Raises:
        UnsupportedFileError: not a JPEG, PNG or TIFF.
        CarrierError: the file is damaged.
    """
    data = bytes_of(source)
    return _HOSTS[host_format_of_bytes(data)].find(data)


def extract(source: Readable) -> Extracted:
    """Take the container out of a file.

    Args:
        source: path or bytes of the file, or a binary file that is open, from where it stands on. No more is read than
            `extract_from_file` reads, if it can be searched; an open file is then left where it was.

    Raises:
        OSError: the file cannot be read.
        PhotoError: it is none of these, or a file that was opened for text.
        CarrierError: as for `extract_from_file`.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        return _extract(Source.of(source))
    with position_kept(source), opened(source) as fp:
        return extract_from_file(fp)


def extract_or_sidecar(
    source: BytesLike | BinaryIO,
    path: str | os.PathLike[str] | None = None,
    *,
    sidecar: str | os.PathLike[str] | None = None,
) -> Extracted:
    """Take the container out of a file or, if it carries none, out of the sidecar beside it. The one look-up of it.

    Args:
        source: the file's bytes, or an open file, of which no more is read than `extract_from_file` reads.
        path: the file's path, which names its sidecar; None for a file that can have none.
        sidecar: take it from this sidecar, whatever the file carries.

    Raises:
        NoPayloadError: neither carries a payload.
        OSError: the sidecar cannot be read.
        CarrierError: as for `extract` and `read_sidecar`.
    """
    if sidecar is None:
        try:
            return _extract(Source.of(source))
        except NoPayloadError:
            beside = None if path is None else sidecar_beside(path)
            if beside is None:
                raise
            sidecar = beside
    return Extracted(read_sidecar(sidecar), "sidecar")


def extract_from_file(fp: BinaryIO) -> Extracted:
    """Take the container out of an open file, reading no more than its metadata.

    JPEG is read up to the first start of scan (APP11 goes before COM), PNG up to the first IDAT, and of TIFF the
    header, the first directory and the value.

    Args:
        fp: seekable binary file; it is read from its beginning, and its position is restored.

    Raises:
        UnsupportedFileError: not a JPEG, PNG or TIFF.
        NoPayloadError: there is no payload.
        DuplicatePayloadError: there are two of one kind.
        CarrierError: the file or the payload's wrapping is damaged.
    """
    position = fp.tell()
    try:
        return _extract(Source(fp))
    finally:
        fp.seek(position)


def deviations(source: Readable) -> list[str]:
    """Say where a payload is wrapped or placed otherwise than writers do it, though readers take it.

    Args:
        source: path or bytes of the whole file, from which `extract` takes a payload, or an open one, as there.

    Returns:
        Sentences for people, without capital letter and full stop; empty if all is as it is written here.

    Raises:
        CarrierError: as for `extract`.
    """
    data = bytes_of(source)
    extract(data)
    return _HOSTS[host_format_of_bytes(data)].deviations(data)


def embed(source: Readable, container: BytesLike, *, carrier: Carrier | None = None, replace: bool = False) -> bytes:
    """Splice a container into a file without touching the picture.

    Args:
        source: path or bytes of the whole file, or a binary file that is open, from where it stands on.
        container: bytes with the magic number, at most `MAX_CONTAINER` of them.
        carrier: a name from `CARRIERS` that fits the file; by default the first one that does.
        replace: remove every payload that the file already carries, of any kind, instead of refusing.

    Returns:
        The file with the container in it.

    Raises:
        UnsupportedFileError: not a JPEG, PNG or TIFF.
        PayloadExistsError: there is a payload already.
        PayloadTooLargeError: the container does not fit the carrier.
        MultiPictureError: a JPEG whose index of further pictures (MPF) cannot be kept right.
        CarrierError: the carrier does not fit the file, the file is damaged, or the container has no magic number.
    """
    data = bytes_of(source)
    host = host_format_of_bytes(data)
    if carrier == "sidecar":
        raise CarrierError("carrier 'sidecar' is a file of its own beside the picture; nothing is embedded")
    carrier = carrier_for(host, carrier)
    present = _HOSTS[host].find(data)
    if present and not replace:
        there = ", ".join(present)
        raise PayloadExistsError(f"the file already carries a payload ({there}); pass replace=True to replace it")
    bare = _HOSTS[host].strip(data) if present else data
    return _HOSTS[host].embed(bare, bytes(container), carrier)


def strip(source: Readable) -> bytes:
    """Remove every payload from a file, duplicates and damaged ones included.

    Of JPEG and PNG whole segments and chunks are cut out, and the index of a JPEG's further pictures is corrected, so
    that `strip(embed(x, c)) == x`. The same is true of TIFF as long as nothing was appended after `embed`; otherwise
    the payload's bytes are overwritten with zeros.

    Args:
        source: path or bytes of the whole file, or a binary file that is open, from where it stands on. It is not
            changed.

    Returns:
        The file without payload; the same bytes if it carries none.

    Raises:
        UnsupportedFileError: not a JPEG, PNG or TIFF.
        MultiPictureError: a JPEG that carries a payload, and whose index of further pictures (MPF) cannot be read.
        CarrierError: the file is damaged.
    """
    data = bytes_of(source)
    return _HOSTS[host_format_of_bytes(data)].strip(data)


def _extract(source: Source) -> Extracted:
    return _HOSTS[host_format_of_bytes(source.peek(0, SIGNATURE_BYTES))].extract(source)
