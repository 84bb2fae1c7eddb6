"""Which directory of a TIFF file holds the picture, and the file as if that one came first.

The first directory often holds a thumbnail or the small end of a pyramid; the picture itself is then a further page, or
in a directory below one.

References:
    TIFF 6.0, section 8 (NewSubfileType, SubfileType); Adobe PageMaker 6.0 TIFF Technical Notes (SubIFDs);
    TIFF/EP (ISO 12234-2), which stores a thumbnail first.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, BinaryIO

from gamutmeta.errors import CarrierError
from gamutmeta.formats.tiff_ifd import MAX_ENTRIES, Ifd, iter_ifds, read_ifd_at, read_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gamutmeta.formats.tiff_ifd import Layout

__all__ = ["Page", "Pages", "as_first", "pages_of"]

_SUBFILE_TYPE, _OLD_SUBFILE_TYPE, _WIDTH, _HEIGHT, _PHOTOMETRIC, _SUB_IFDS = 254, 255, 256, 257, 262, 330
_REDUCED, _MASK = 1, 4
"""Bits of NewSubfileType."""
_OLD_REDUCED = 2
_NUMBERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
"""Field types of unsigned integers, and of offsets."""
_MOST = 64
"""Directories that are looked at; a pyramid has a dozen."""
_MOST_BYTES = 1 << 12


@dataclass(frozen=True, slots=True)
class Page:
    """One directory.

    Attributes:
        ifd: its entries.
        width, height: in pixels; 0 where they are not told.
        is_reduced: a smaller copy of another picture of the file.
        is_mask: a transparency mask of another picture of the file.
        photometric: PhotometricInterpretation; None where it is not told.
    """

    ifd: Ifd
    width: int
    height: int
    is_reduced: bool
    is_mask: bool
    photometric: int | None

    @property
    def is_picture(self) -> bool:
        """It stands for itself."""
        return not (self.is_reduced or self.is_mask)


@dataclass(frozen=True, slots=True)
class Pages:
    """The directories of a file.

    Attributes:
        main: the one that holds the picture.
        first: the one that the header leads to.
        pictures: how many stand for themselves, among those that were looked at.
        masks: how many are transparency masks.
        largest: size of the largest picture if that has over twice the pixels of `main`, as in "6000 x 4000".
    """

    main: Page
    first: Page
    pictures: int
    masks: int
    largest: str | None = None


def pages_of(source: BinaryIO) -> Pages:
    """Look at the directories of a file.

    The picture is the first page, unless that is a smaller copy or a mask, or the pages double in size from one to the
    next; then it is the largest picture in the directories below it, else the next page that is a picture, else the
    largest directory of all.

    Raises:
        CarrierError: the first directory is damaged. Damage further on ends the search.
    """
    pages: list[Page] = []
    below: list[Page] = []
    try:
        for ifd in iter_ifds(source):
            pages.append(_page(source, ifd))
            below += _below(source, ifd)
            if len(pages) + len(below) >= _MOST:
                break
    except CarrierError:
        if not pages:
            raise
    everything = [*pages, *below]
    first = pages[0]
    main = first
    if not first.is_picture:
        own = [page for page in below if page.is_picture]
        main = max(own, key=_area) if own else next((page for page in pages if page.is_picture), first)
        if not main.is_picture:
            main = max((page for page in everything if not page.is_mask), key=_area, default=first)
    elif _doubles(pages):
        return Pages(pages[-1], first, 1, sum(page.is_mask for page in everything))
    pictures = [page for page in everything if page.is_picture]
    largest = max(pictures, key=_area, default=main)
    size = f"{largest.width} x {largest.height}" if _area(largest) > 2 * _area(main) else None
    return Pages(main, first, len(pictures), sum(page.is_mask for page in everything), size)


def _doubles(pages: list[Page]) -> bool:
    """Whether the pages are a pyramid with its small end first, though nothing in the file says so."""
    return len(pages) > 2 and all(
        small.is_picture and abs(large.width - 2 * small.width) <= 1 and abs(large.height - 2 * small.height) <= 1
        for small, large in pairwise(pages)
    )


def _area(page: Page) -> int:
    return page.width * page.height


def _page(source: BinaryIO, ifd: Ifd) -> Page:
    kind, old = _number(source, ifd, _SUBFILE_TYPE), _number(source, ifd, _OLD_SUBFILE_TYPE)
    return Page(
        ifd,
        _number(source, ifd, _WIDTH) or 0,
        _number(source, ifd, _HEIGHT) or 0,
        is_reduced=bool(kind & _REDUCED) if kind is not None else old == _OLD_REDUCED,
        is_mask=bool((kind or 0) & _MASK),
        photometric=_number(source, ifd, _PHOTOMETRIC),
    )


def _below(source: BinaryIO, ifd: Ifd) -> Iterator[Page]:
    """The pages that SubIFDs leads to; those that are damaged are left out."""
    left = MAX_ENTRIES
    for offset in _numbers(source, ifd, _SUB_IFDS)[:_MOST]:
        try:
            page = _page(source, read_ifd_at(source, offset))
        except CarrierError:
            continue
        left -= len(page.ifd.entries) + 1
        if left < 0:
            return
        yield page


def _number(source: BinaryIO, ifd: Ifd, tag: int) -> int | None:
    return next(iter(_numbers(source, ifd, tag)), None)


def _numbers(source: BinaryIO, ifd: Ifd, tag: int) -> tuple[int, ...]:
    """The values of a field of integers; none where it is missing, damaged or of another type."""
    entry = next((entry for entry in ifd.entries if entry.tag == tag and entry.nbytes), None)
    if entry is None or entry.type not in _NUMBERS:
        return ()
    try:
        value = read_value(source, entry, max_bytes=_MOST_BYTES)
    except CarrierError:
        return ()
    return struct.unpack(f"{ifd.layout.order}{entry.count}{_NUMBERS[entry.type]}", value)


def as_first(file: BinaryIO, ifd: Ifd) -> BinaryIO:
    """The file as if its header led to another directory; nothing is copied, and closing it leaves `file` open."""
    return io.BufferedReader(_Redirected(file, ifd.layout, ifd.offset))


class _Redirected(io.RawIOBase):
    """A TIFF file but for the offset in its header."""

    def __init__(self, file: BinaryIO, layout: Layout, offset: int) -> None:
        self._file = file
        self._size = file.seek(0, io.SEEK_END)
        file.seek(0)
        self._head = file.read(layout.pointer) + struct.pack(layout.offset_format, offset)
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed's name of it is private
        wanted = len(buffer)
        data = self._head[self._position : self._position + wanted]
        if not data:
            self._file.seek(self._position)
            data = self._file.read(wanted)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)
