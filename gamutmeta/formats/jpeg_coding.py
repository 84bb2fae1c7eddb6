"""How the picture of a JPEG is coded, as far as its header says: whether its samples are YCbCr of 8 bits."""

from __future__ import annotations

from typing import Final

from gamutmeta.formats.jpeg import iter_header

__all__ = ["holds_ycc"]

_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_DCT_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
_APP0, _APP14 = 0xE0, 0xEE


def holds_ycc(data: bytes) -> bool:
    """Whether a JPEG holds YCbCr samples of 8 bits (spec/gamutmeta-2.md, section 5.3): by JFIF and Adobe, as libjpeg.

    Args:
        data: a JPEG file; nothing behind the first start of scan is read.

    Raises:
        CarrierError: damaged before its first scan.
    """
    frame, has_jfif, transform = b"", False, None
    for segment in iter_header(data):
        content = data[segment.start : segment.end]
        if segment.marker in _FRAMES and not frame:
            frame = bytes((segment.marker,)) + content
        elif segment.marker == _APP0 and len(content) >= 14 and content.startswith(b"JFIF\0"):
            has_jfif = True
        elif segment.marker == _APP14 and len(content) >= 12 and content.startswith(b"Adobe"):
            transform = content[11]
    if len(frame) < 16 or frame[0] not in _DCT_FRAMES or (frame[1], frame[6]) != (8, 3):
        return False
    if has_jfif:
        return True
    return frame[7:16:3] != b"RGB" if transform is None else transform != 0
