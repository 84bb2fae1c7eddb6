"""What lies behind the first picture of a JPEG file and is no picture of its index (MPF).

Cameras put previews there that their maker notes point at, and phones put films and data of their own.

References:
    ITU-T T.81, section B.1.1.3 (EOI); CIPA DC-007-2009 (MPF), section 5.2.3.3; ISO/IEC 14496-12, section 4.3 (brands of
    films).
"""

from __future__ import annotations

import io
import re
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from gamutmeta.errors import CarrierError, MultiPictureError
from gamutmeta.formats.jpeg import iter_picture
from gamutmeta.formats.mpf import find_index, misplaced
from gamutmeta.runtime.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gamutmeta.formats.jpeg import Segment

__all__ = ["note_on_rest", "rest_of"]

_PADDING = b"\0\r\n "
_FILM = re.compile(rb"ftyp(?:3g|M4V|avc1|hvc1|iso|mp4|qt)")
_PICTURE = b"\xff\xd8\xff"
_SAMSUNG = b"SEFT"
"""What Samsung's phones end their data with."""


def note_on_rest(file: bytes | BinaryIO) -> str | None:
    """A note on the data that are lost where only the pictures are read; None if there are none.

    Args:
        file: a JPEG file, at any position.
    """
    parts = rest_of(_bytes_of(file))
    if not parts:
        return None
    signs = {
        "a film": any(_FILM.search(part) for part in parts),
        "a JPEG picture (a preview, say)": any(part.lstrip(_PADDING).startswith(_PICTURE) for part in parts),
        "data of a Samsung phone": parts[-1].rstrip(_PADDING).endswith(_SAMSUNG),
    }
    found = " and ".join(name for name, is_there in signs.items() if is_there) or "data of an unknown kind"
    size = sum(map(len, parts))
    return f"{counted(size, 'byte')} behind the picture {'was' if size == 1 else 'were'} left out: {found}"


def rest_of(data: bytes) -> list[bytes]:
    """The parts behind the first picture that are no picture of its index, and more than padding, in file order.

    Args:
        data: a JPEG file; one that is damaged, or cut off before EOI, has none.
    """
    try:
        picture = list(iter_picture(data))
    except CarrierError:
        return []
    position, parts = picture[-1].end, []
    if position == len(data):
        return []
    for start, end in sorted(_indexed(data, picture)):
        parts.append(data[position:start])
        position = max(position, end)
    parts.append(data[position:])
    return [part for part in parts if part.strip(_PADDING)]


def _indexed(data: bytes, picture: Sequence[Segment]) -> list[tuple[int, int]]:
    """Start and end of the further pictures that the index leads to."""
    with suppress(MultiPictureError):
        index = find_index(data, picture)
        if index is not None:
            wrong = misplaced(data, index)
            return [
                # A size that is not stated.
                (entry.start, entry.start + (entry.size or len(data)))
                for entry in index.entries
                if entry.start is not None and entry not in wrong
            ]
    return []


def _bytes_of(file: bytes | BinaryIO) -> bytes:
    if isinstance(file, bytes):
        return file
    if isinstance(file, io.BytesIO):
        return file.getvalue()  # no copy
    file.seek(0)
    return file.read()
