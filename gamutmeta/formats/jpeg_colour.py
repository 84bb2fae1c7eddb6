"""Whether the segments of a JPEG contradict what its frame header says of the colours: YCbCr or RGB.

Decoders ask JFIF's and Adobe's segments first, and the names of the components without these. Programs add and remove
the segments (jhead puts a JFIF segment into every file that it cleans), and the same coded data get other colours.

References:
    ITU-T T.871, clause 10.1 (JFIF's APP0); ITU-T T.872, clause 6.5.3 (Adobe's APP14); ITU-T T.81, Annex B.2.2 (frame
    header); libjpeg's order between them, as in annex A.5 of ``spec/gamutmeta-1.md``.
"""

from __future__ import annotations

from typing import Final

from gamutmeta.formats.jpeg import iter_header

__all__ = ["colour_contradiction"]

_APP0, _APP14 = 0xE0, 0xEE
_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_NAMES = {True: "RGB", False: "YCbCr"}


def colour_contradiction(data: bytes) -> str | None:
    """What a JPEG of three components says of its colours that its frame header does not, in words; None if nothing.

    Args:
        data: the file; nothing behind the first start of scan is read.

    Raises:
        CarrierError: it is damaged.
    """
    frame, jfif, adobe = b"", False, b""
    for piece in iter_header(data):
        content = data[piece.start : piece.end]
        if piece.marker in _FRAMES and not frame:
            frame = content
        elif piece.marker == _APP0 and len(content) >= 14 and content.startswith(b"JFIF\0"):
            jfif = True
        elif piece.marker == _APP14 and len(content) >= 12 and content.startswith(b"Adobe"):
            adobe = content
    if len(frame) < 15 or frame[5] != 3 or not (jfif or adobe):
        return None
    is_rgb = frame[6:15:3] == b"RGB"
    told = False if jfif else adobe[11] == 0
    if told == is_rgb:
        return None
    whose = "JFIF" if jfif else "Adobe"
    return f"its {whose} segment says {_NAMES[told]}, but its components are named as those of {_NAMES[is_rgb]}"
