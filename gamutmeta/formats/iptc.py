"""IPTC-IIM: the datasets of captions, keywords and by-lines, and what they are called in XMP.

References:
    IPTC-NAA Information Interchange Model 4.2, section 1.5 (datasets); IPTC Photo Metadata Standard 2023.1, appendix
    A (the fields of IIM and XMP that belong together).
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Literal, NamedTuple

from gamutmeta.formats.xmp_packet import NewProperty

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Dataset", "checked_iptc", "iter_datasets", "xmp_of_iptc"]

_MARK = 0x1C
_UTF_8 = b"\x1b%G"
"""What dataset 1:90 holds where texts are UTF-8."""
_MAX_DATASETS = 100_000

_DC = "http://purl.org/dc/elements/1.1/"
_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
_CORE = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"

_Form = Literal["text", "Seq", "Bag", "Alt"]
_FIELDS: dict[int, tuple[str, str, _Form]] = {
    4: (_CORE, "IntellectualGenre", "text"),
    5: (_DC, "title", "Alt"),
    10: (_PHOTOSHOP, "Urgency", "text"),
    12: (_CORE, "SubjectCode", "Bag"),
    15: (_PHOTOSHOP, "Category", "text"),
    20: (_PHOTOSHOP, "SupplementalCategories", "Bag"),
    25: (_DC, "subject", "Bag"),
    40: (_PHOTOSHOP, "Instructions", "text"),
    80: (_DC, "creator", "Seq"),
    85: (_PHOTOSHOP, "AuthorsPosition", "text"),
    90: (_PHOTOSHOP, "City", "text"),
    92: (_CORE, "Location", "text"),
    95: (_PHOTOSHOP, "State", "text"),
    100: (_CORE, "CountryCode", "text"),
    101: (_PHOTOSHOP, "Country", "text"),
    103: (_PHOTOSHOP, "TransmissionReference", "text"),
    105: (_PHOTOSHOP, "Headline", "text"),
    110: (_PHOTOSHOP, "Credit", "text"),
    115: (_PHOTOSHOP, "Source", "text"),
    116: (_DC, "rights", "Alt"),
    120: (_DC, "description", "Alt"),
    122: (_PHOTOSHOP, "CaptionWriter", "text"),
}
"""Dataset of record 2 -> namespace, name and form of the property."""
_VERSION, _DATE, _TIME = 0, 55, 60
_DATE_CREATED = (_PHOTOSHOP, "DateCreated")


class Dataset(NamedTuple):
    """One dataset.

    Attributes:
        record: 1 for the envelope, 2 for the photograph.
        number: of the dataset in its record.
        value: its bytes.
    """

    record: int
    number: int
    value: bytes


def iter_datasets(iptc: bytes) -> Iterator[Dataset]:
    """The datasets, up to the first byte that begins none."""
    position = 0
    for _ in range(_MAX_DATASETS):
        found = _dataset_at(iptc, position)
        if found is None:
            return
        dataset, position = found
        yield dataset


def checked_iptc(iptc: bytes | None) -> bytes | None:
    """The bytes of whole datasets, without padding behind them; None if there are none.

    Args:
        iptc: as a file stores it. The 32-bit words of TIFF's tag may be in the other byte order.
    """
    if not iptc:
        return None
    if iptc[0] != _MARK and len(iptc) % 4 == 0 and iptc[3] == _MARK:
        iptc = struct.pack(f"<{len(iptc) // 4}I", *struct.unpack(f">{len(iptc) // 4}I", iptc))
    end = 0
    for _ in range(_MAX_DATASETS):
        found = _dataset_at(iptc, end)
        if found is None:
            break
        end = found[1]
    return iptc[:end] or None


def xmp_of_iptc(iptc: bytes) -> tuple[list[NewProperty], tuple[str, ...]]:
    """The datasets as properties of XMP, and the numbers of those that have none ("2:118").

    Texts that are not marked as UTF-8 and are none are read as Latin-1.
    """
    values: dict[int, list[bytes]] = {}
    others: list[str] = []
    is_utf_8 = False
    for record, number, value in iter_datasets(iptc):
        if record == 1:
            is_utf_8 |= (number, value) == (90, _UTF_8)
        elif record == 2 and (number in _FIELDS or number in {_VERSION, _DATE, _TIME}):
            values.setdefault(number, []).append(value)
        else:
            others.append(f"{record}:{number:02}")
    properties = []
    for number, (uri, name, form) in _FIELDS.items():
        texts = [_text(value, is_utf_8=is_utf_8) for value in values.get(number, ())]
        if any(texts):
            properties.append(NewProperty(uri, name, tuple(texts if form in {"Seq", "Bag"} else texts[:1]), form))
    if date := _date(values.get(_DATE, [b""])[0], values.get(_TIME, [b""])[0]):
        properties.append(NewProperty(*_DATE_CREATED, (date,)))
    return properties, tuple(dict.fromkeys(others))


def _dataset_at(iptc: bytes, position: int) -> tuple[Dataset, int] | None:
    """A dataset, and where the next one begins."""
    head = iptc[position : position + 5]
    if len(head) < 5 or head[0] != _MARK:
        return None
    start, size = position + 5, int.from_bytes(head[3:5], "big")
    if size & 0x8000:  # the length of the length
        start += size & 0x7FFF
        size = int.from_bytes(iptc[position + 5 : start], "big") if start - position <= 13 else len(iptc)
    if start + size > len(iptc):
        return None
    return Dataset(head[1], head[2], iptc[start : start + size]), start + size


def _text(value: bytes, *, is_utf_8: bool) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode(errors="replace") if is_utf_8 else value.decode("latin-1")


def _date(date: bytes, time: bytes) -> str:
    day = re.fullmatch(rb"(\d{4})(\d\d)(\d\d)", date)
    if not day:
        return ""
    text = b"-".join(day.groups()).decode()
    hour = re.fullmatch(rb"(\d\d)(\d\d)(\d\d)(?:([+-]\d\d)(\d\d))?", time)
    if not hour:
        return text
    zone = b":".join(hour.group(4, 5)).decode() if hour[4] else ""
    return f"{text}T{b':'.join(hour.group(1, 2, 3)).decode()}{zone}"
