"""The metadata of gain maps in JPEG files: ISO 21496-1, the binary form in APP2 segments.

A gain map is a small second picture. A reader enlarges it, turns its codes into logarithmic gains, and multiplies the
first picture, the *base*, by them: to the full extent where the screen's headroom reaches the *alternate* headroom.

References:
    ISO 21496-1:2025, annex C (the binary form) and clause 6 (what the fields mean).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from gamutmeta.errors import CarrierError
from gamutmeta.formats.jpeg import APP2, iter_header
from gamutmeta.formats.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gamutmeta.formats.jpeg import Segment
    from gamutmeta.formats.source import SourceLike

__all__ = [
    "SIGNATURE",
    "VERSION_CONTENT",
    "Channel",
    "GainMapMetadata",
    "announces_gain_map",
    "is_gain_map_segment",
    "metadata_of",
]

SIGNATURE: Final = b"urn:iso:std:iso:ts:21496:-1\0"
"""What the content of the APP2 segment begins with, in the base and in the map."""

VERSION_CONTENT: Final = SIGNATURE + struct.pack(">HH", 0, 0)
"""The segment's content in the base: minimum version and the writer's version, and nothing else."""

_THREE_CHANNELS, _BASE_SPACE = 0x80, 0x40
_LARGEST_DENOMINATOR = 1 << 20


@dataclass(frozen=True, slots=True)
class Channel:
    """How codes of one channel of the map become gains.

    Attributes:
        low, high: gains of the codes 0 and 255, as logarithms to the base 2.
        gamma: of the codes; 1 is a straight line.
        base_offset, alternate_offset: added to linear values before the gain, and subtracted behind it.
    """

    low: float
    high: float
    gamma: float = 1.0
    base_offset: float = 1 / 64
    alternate_offset: float = 1 / 64


@dataclass(frozen=True, slots=True)
class GainMapMetadata:
    """The metadata of a gain map.

    Attributes:
        channels: one that is for all three, or three.
        base_headroom, alternate_headroom: of the screens that the base and the alternate are made for, in stops.
        uses_base_space: whether the arithmetic is in the primaries of the base, else in those of the map's profile.
    """

    channels: tuple[Channel, ...]
    base_headroom: float
    alternate_headroom: float
    uses_base_space: bool = True

    @property
    def acts_without_headroom(self) -> bool:
        """Whether screens without headroom get the alternate picture, and not the base."""
        return self.base_headroom > self.alternate_headroom

    def pack(self) -> bytes:
        """The content of the map's APP2 segment.

        Raises:
            CarrierError: a number does not fit its fraction of 32 bits.
        """
        flags = (_THREE_CHANNELS if len(self.channels) == 3 else 0) | (_BASE_SPACE if self.uses_base_space else 0)
        head = struct.pack(">HHB", 0, 0, flags)
        numbers = [_unsigned(self.base_headroom), _unsigned(self.alternate_headroom)]
        for channel in self.channels:
            numbers += [_signed(channel.low), _signed(channel.high), _unsigned(channel.gamma)]
            numbers += [_signed(channel.base_offset), _signed(channel.alternate_offset)]
        return SIGNATURE + head + b"".join(numbers)

    @classmethod
    def unpack(cls, content: bytes) -> GainMapMetadata:
        """Read the content of a map's APP2 segment.

        Raises:
            CarrierError: it is too short, has a denominator of 0, or needs a newer reader.
        """
        body = content[len(SIGNATURE) :]
        try:
            minimum, _, flags = struct.unpack_from(">HHB", body)
            if not content.startswith(SIGNATURE) or minimum > 0:
                raise CarrierError("JPEG: the gain map's metadata (ISO 21496-1) need a newer reader")
            count = 3 if flags & _THREE_CHANNELS else 1
            signs = "II" + "iiIii" * count
            pairs = struct.unpack_from(">" + "".join(f"{sign}I" for sign in signs), body, 5)
            values = [above / below for above, below in zip(pairs[::2], pairs[1::2], strict=True)]
        except (struct.error, ZeroDivisionError) as error:
            raise CarrierError("JPEG: the gain map's metadata (ISO 21496-1) are damaged") from error
        channels = tuple(Channel(*values[at : at + 5]) for at in range(2, len(values), 5))
        return cls(channels, values[0], values[1], bool(flags & _BASE_SPACE))


def is_gain_map_segment(data: bytes, segment: Segment) -> bool:
    """Whether a segment belongs to ISO 21496-1."""
    return segment.marker == APP2 and data.startswith(SIGNATURE, segment.start)


def announces_gain_map(source: SourceLike) -> bool:
    """Whether the header of a JPEG file has a segment of ISO 21496-1; no more than the header is read.

    Raises:
        CarrierError: the file is damaged.
    """
    opened = Source.of(source)
    return any(
        segment.marker == APP2 and opened.peek(segment.start, len(SIGNATURE)) == SIGNATURE
        for segment in iter_header(opened)
    )


def metadata_of(jpeg: bytes, header: Iterable[Segment] | None = None) -> GainMapMetadata | None:
    """The metadata in a JPEG file that is a gain map; None if there are none, or only a version as in a base.

    Args:
        jpeg: the map.
        header: its segments, if they are known already.

    Raises:
        CarrierError: the file or the metadata are damaged.
    """
    for segment in iter_header(jpeg) if header is None else header:
        if is_gain_map_segment(jpeg, segment) and segment.end - segment.start > len(VERSION_CONTENT):
            return GainMapMetadata.unpack(jpeg[segment.start : segment.end])
    return None


def _fraction(value: float) -> Fraction:
    return Fraction(value).limit_denominator(_LARGEST_DENOMINATOR)


def _signed(value: float) -> bytes:
    return _packed(">iI", value)


def _unsigned(value: float) -> bytes:
    return _packed(">II", value)


def _packed(layout: str, value: float) -> bytes:
    try:
        fraction = _fraction(value)
        return struct.pack(layout, fraction.numerator, fraction.denominator)
    except (struct.error, ValueError, OverflowError) as error:
        raise CarrierError(f"JPEG: {value} does not fit the metadata of a gain map (ISO 21496-1)") from error
