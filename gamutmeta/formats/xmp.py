"""XMP packets on their way from one file to another.

References:
    Adobe XMP part 3 (2020).
"""

from __future__ import annotations

import re

__all__ = ["checked_xmp"]

_GAIN_MAP_NAMESPACES = (b"http://ns.adobe.com/hdr-gain-map/1.0/", b"http://ns.google.com/photos/1.0/container/")
# (?<!\s) lets a match begin at the first of many spaces only: trying all of them takes quadratic time.
_XMP_EXTENSION = re.compile(rb'(?<!\s)\s*xmpNote:HasExtendedXMP="[0-9A-Fa-f]*"')
_XMP_ORIENTATION = re.compile(rb'(?<!\s)\s*tiff:Orientation="[0-9]"|<tiff:Orientation>[0-9]</tiff:Orientation>')


def checked_xmp(xmp: bytes | str | None, *, upright: bool = False) -> tuple[bytes | None, str | None]:
    """An XMP packet without what is not true of the picture alone.

    Args:
        xmp: the packet.
        upright: the pixels were turned already; remove the orientation.

    Returns:
        The packet, or None, and a note on what was left out, if any.
    """
    if isinstance(xmp, str):
        xmp = xmp.encode()
    xmp = xmp.rstrip(b"\0") if xmp else None
    if not xmp:
        return None, None
    if any(namespace in xmp for namespace in _GAIN_MAP_NAMESPACES):
        return None, "the XMP packet describes further pictures in the file and was left out"
    if upright:
        xmp = _XMP_ORIENTATION.sub(b"", xmp)
    return _XMP_EXTENSION.sub(b"", xmp), None
