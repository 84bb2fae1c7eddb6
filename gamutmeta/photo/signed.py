"""Whether a file is signed with Content Credentials (C2PA): whatever is put into it or taken out breaks the signature.

References:
    C2PA Technical Specification 2.1, section 11.5 (external manifests) and annex A (embedding into JPEG, PNG and TIFF).
"""

from __future__ import annotations

from gamutmeta.errors import CarrierError, PhotoError
from gamutmeta.formats.jpeg import APP11, iter_header
from gamutmeta.formats.png import iter_chunks
from gamutmeta.formats.signature import host_format
from gamutmeta.formats.tiff_ifd import read_ifd0
from gamutmeta.formats.xmp import PROVENANCE_NOTE
from gamutmeta.photo.host_metadata import read_metadata

__all__ = ["notes_on_signature"]

_STORE = bytes.fromhex("6332706100110010800000aa00389b71")
"""Content type of the JUMBF box with the manifests."""
_TYPE_AT = 24
"""Where it stands in an APP11 segment: behind its head, and the heads of the superbox and its description."""
_CHUNK = b"caBX"
_TAG = 52545

_NOTE = "the file is signed (C2PA), and the change breaks the signature: sign it again"


def notes_on_signature(data: bytes) -> tuple[str, ...]:
    """A note, for people, on a JPEG, PNG or TIFF file that is to be changed and kept otherwise; none if it is unsigned.

    Args:
        data: the file before the change.
    """
    try:
        is_signed = _has_manifest(data) or PROVENANCE_NOTE in read_metadata(data).notes
    except (CarrierError, PhotoError):
        # It is damaged, which is told by those who need what is damaged.
        return ()
    return (_NOTE,) if is_signed else ()


def _has_manifest(data: bytes) -> bool:
    kind = host_format(data)
    if kind == "jpeg":
        return any(
            segment.marker == APP11
            and data[segment.start + _TYPE_AT : segment.start + _TYPE_AT + len(_STORE)] == _STORE
            for segment in iter_header(data)
        )
    if kind == "png":
        return any(chunk.type == _CHUNK for chunk in iter_chunks(data))
    return any(entry.tag == _TAG for entry in read_ifd0(data).entries)
