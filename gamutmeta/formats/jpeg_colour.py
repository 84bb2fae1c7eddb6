"""What the header of a JPEG says of its colours, and whether its segments contradict each other there.

Decoders ask JFIF's and Adobe's segments first, and the names of the components without these. Programs add and remove
the segments (jhead puts a JFIF segment into every file that it cleans), and the same coded data get other colours.

References:
    ITU-T T.871, clause 10.1 (JFIF's APP0); ITU-T T.872, clause 6.5.3 (Adobe's APP14); ITU-T T.81, Annex B.2.2 (frame
    header); libjpeg's order between them, as in annex A.5 of ``spec/gamutmeta-1.md`` and section 5.3 of
    ``spec/gamutmeta-2.md``.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from gamutmeta.formats.jpeg import iter_header

__all__ = ["colour_contradiction", "holds_ycc"]

_APP0, _APP14 = 0xE0, 0xEE
_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_DCT_FRAMES: Final = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
_NAMES = {True: "RGB", False: "YCbCr"}


class _Header(NamedTuple):
    """What stands before the first scan.

    Attributes:
        marker: of the first frame header; 0 if there is none.
        frame: its content.
        has_jfif: whether there is a whole JFIF segment.
        transform: of the last of Adobe's segments; None if there is none.
    """

    marker: int
    frame: bytes
    has_jfif: bool
    transform: int | None

    @property
    def is_of_three(self) -> bool:
        """Whether the frame header is there, and has three components."""
        return len(self.frame) >= 15 and self.frame[5] == 3

    @property
    def is_named_rgb(self) -> bool:
        """Whether the components are named R, G and B."""
        return self.frame[6:15:3] == b"RGB"


def holds_ycc(data: bytes) -> bool:
    """Whether a JPEG holds YCbCr samples of 8 bits (spec/gamutmeta-2.md, section 5.3): by JFIF and Adobe, as libjpeg.

    Args:
        data: a JPEG file; nothing behind the first start of scan is read.

    Raises:
        CarrierError: damaged before its first scan.
    """
    header = _read(data)
    if not header.is_of_three or header.marker not in _DCT_FRAMES or header.frame[0] != 8:
        return False
    if header.has_jfif:
        return True
    return not header.is_named_rgb if header.transform is None else header.transform != 0


def colour_contradiction(data: bytes) -> str | None:
    """What a JPEG of three components says of its colours that its frame header does not, in words; None if nothing.

    Args:
        data: the file; nothing behind the first start of scan is read.

    Raises:
        CarrierError: it is damaged.
    """
    header = _read(data)
    if not header.is_of_three or not (header.has_jfif or header.transform is not None):
        return None
    told = False if header.has_jfif else header.transform == 0
    if told == header.is_named_rgb:
        return None
    whose = "JFIF" if header.has_jfif else "Adobe"
    return (
        f"its {whose} segment says {_NAMES[told]}, but its components are named as those of "
        f"{_NAMES[header.is_named_rgb]}"
    )


def _read(data: bytes) -> _Header:
    marker, frame, has_jfif, transform = 0, b"", False, None
    for segment in iter_header(data):
        content = data[segment.start : segment.end]
        if segment.marker in _FRAMES:
            if marker == 0:  # the first one, and be it empty
                marker, frame = segment.marker, content
        elif segment.marker == _APP0 and len(content) >= 14 and content.startswith(b"JFIF\0"):
            has_jfif = True
        elif segment.marker == _APP14 and len(content) >= 12 and content.startswith(b"Adobe"):
            transform = content[11]
    return _Header(marker, frame, has_jfif, transform)
