"""Whether a file is signed with Content Credentials (C2PA): whatever is put into it or taken out breaks the signature.

References:
    C2PA Technical Specification 2.1, section 11.5 (external manifests) and annex A (embedding into JPEG, PNG and TIFF).
"""

from __future__ import annotations

from gamutmeta.errors import CarrierError, PhotoError
from gamutmeta.formats.c2pa import MANIFEST_NOTE
from gamutmeta.formats.xmp import PROVENANCE_NOTE
from gamutmeta.photo.host_metadata import read_metadata

__all__ = ["notes_on_signature"]

_NOTE = "the file is signed (C2PA), and the change breaks the signature: sign it again"


def notes_on_signature(data: bytes) -> tuple[str, ...]:
    """A note, for people, on a JPEG, PNG or TIFF file that is to be changed and kept otherwise; none if it is unsigned.

    Args:
        data: the file before the change.
    """
    try:
        is_signed = not {MANIFEST_NOTE, PROVENANCE_NOTE}.isdisjoint(read_metadata(data).notes)
    except (CarrierError, PhotoError):
        # It is damaged, which is told by those who need what is damaged.
        return ()
    return (_NOTE,) if is_signed else ()
