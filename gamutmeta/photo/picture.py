"""The result of every reader of photo files: decoded samples, and what the file says about their colours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gamutmeta.color.cicp import VideoCurve
from gamutmeta.errors import PhotoError
from gamutmeta.formats.c2pa import MANIFEST_NOTE
from gamutmeta.formats.comments import COMMENT, Comment, about_photograph
from gamutmeta.formats.exif import MAX_PACKET, checked_exif, upright_exif, with_orientation
from gamutmeta.formats.exif_pixels import with_pixel_dimensions
from gamutmeta.formats.exif_resolution import with_resolution
from gamutmeta.formats.photoshop import kept_resources
from gamutmeta.formats.xmp import checked_xmp, xmp_orientation
from gamutmeta.formats.xmp_extended import joined_xmp
from gamutmeta.photo.alpha import sixteen_bits, straightened
from gamutmeta.photo.carried import Metadata
from gamutmeta.photo.size import MAX_PIXELS, check_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gamutmeta.color.icc import MatrixProfile
    from gamutmeta.color.spaces import RgbSpace
    from gamutmeta.formats.jpeg_metadata import JpegMetadata
    from gamutmeta.formats.png_metadata import PngMetadata

__all__ = [
    "FURTHER_PICTURES",
    "MAX_CHANNELS",
    "MAX_PIXELS",
    "PREMULTIPLIED",
    "STRAIGHT",
    "UNSPECIFIED",
    "Channels",
    "Picture",
    "channels_of",
    "check_size",
    "heeding_xmp",
]

MAX_CHANNELS = 8
"""More channels than red, green, blue, transparency and a few masks are no photograph."""

FURTHER_PICTURES = "the file contains further pictures; only the first one was read"
"""A note."""

UNSPECIFIED, PREMULTIPLIED, STRAIGHT = 0, 1, 2
"""Meanings of a further channel: the values of TIFF's ExtraSamples (TIFF 6.0, section 18)."""


class Channels(NamedTuple):
    """Colour and transparency of a decoded array.

    Attributes:
        rgb: shape (height, width, 3), integers or float32; a view where possible, and grey repeats its one channel.
        alpha: uint16, shape (height, width); None without transparency.
        is_gray: there is one channel of colour.
    """

    rgb: NDArray[Any]
    alpha: NDArray[np.uint16] | None
    is_gray: bool


@dataclass(slots=True)
class Picture:
    """A decoded photograph whose colours are not interpreted yet.

    A file's statements on colour come in the order `icc`, `cicp`, `space`; a reader fills in the one that counts.

    Attributes:
        samples: uint8 or uint16, shape (height, width, 3); grey pictures repeat their one channel. Or float32, where 1
            is white, and values beyond [0, 1] are colours outside the space or light above white.
        bits: significant bits; the largest code is 2^bits - 1.
        is_gray: the file has one channel of colour.
        alpha: transparency, uint16, shape (height, width); `samples` are not multiplied by it. None without any.
        icc: embedded ICC profile.
        icc_problem: why the file's ICC profile could not be taken out.
        cicp: H.273 code points of primaries and transfer characteristics.
        video: what the transfer characteristics of video stand for in this kind of file.
        space: a space the file names in another way.
        exif: EXIF block, as :mod:`gamutmeta.formats.exif` carries it.
        xmp: XMP packet.
        photoshop: Photoshop image resources that describe the photograph, IPTC-IIM among them.
        comments: of a JPEG, and texts of a PNG.
        notes: what was left out or is otherwise worth knowing.
        assumption: what had to be assumed about the colours, if anything.
    """

    samples: NDArray[Any]
    bits: int
    is_gray: bool = False
    alpha: NDArray[np.uint16] | None = None
    icc: bytes | None = None
    icc_problem: str | None = None
    cicp: tuple[int, int] | None = None
    video: VideoCurve = VideoCurve.DISPLAY
    space: RgbSpace | MatrixProfile | None = None
    exif: bytes | None = None
    xmp: bytes | None = None
    photoshop: bytes | None = None
    comments: tuple[Comment, ...] = ()
    notes: list[str] = field(default_factory=list)
    assumption: str | None = None

    @property
    def is_float(self) -> bool:
        """Whether the samples are floating-point numbers."""
        return bool(self.samples.dtype.kind == "f")

    def take_exif(self, block: bytes | None, *, upright: bool = False) -> None:
        """Keep the file's EXIF block; a note tells of one that is damaged.

        Args:
            block: with or without its ``Exif`` prefix; None or empty for none.
            upright: the pixels were turned already: its orientation becomes 1, its size that of the pixels, and its
                thumbnail is left out.
        """
        checked = checked_exif(block)
        if upright:
            height, width = self.samples.shape[:2]
            self.exif = with_pixel_dimensions(upright_exif(checked), width, height)
        else:
            self.exif = checked
        if block and checked is None:
            self.notes.append("the EXIF block is damaged and was left out")

    def take_xmp(self, packet: bytes | str | None, *, upright: bool = False) -> None:
        """Keep the file's XMP packet, and tell in notes what of it is left out. Call it after :meth:`take_exif`.

        Args:
            packet: None or empty for none. Its orientation counts where the EXIF block has none.
            upright: the pixels were turned already: its orientation is left out.
        """
        self.xmp, notes = checked_xmp(packet, upright=upright)
        self.notes += notes
        if not upright:
            self.exif = heeding_xmp(self.exif, self.xmp)

    def take_jpeg(self, found: JpegMetadata) -> None:
        """Keep what the segments of a JPEG say; call it after :meth:`take_exif`."""
        xmp = found.xmp
        if xmp is not None:
            xmp, notes = joined_xmp(xmp, found.extended, MAX_PACKET)
            self.notes += notes
        self.take_xmp(xmp)
        self.photoshop = kept_resources(found.resources)
        self.comments = tuple(Comment(COMMENT, text) for text in found.comments)
        self.exif = with_resolution(self.exif, found.density)
        if found.is_signed:
            self.notes.append(MANIFEST_NOTE)

    def take_png(self, found: PngMetadata) -> None:
        """Keep what the chunks of a PNG say."""
        self.notes += found.notes
        self.take_exif(found.exif)
        self.take_xmp(found.xmp)
        self.photoshop = kept_resources(found.resources)
        self.comments = about_photograph(found.texts)
        self.exif = with_resolution(self.exif, found.density)

    @property
    def metadata(self) -> Metadata:
        """EXIF, XMP, Photoshop's resources, comments and notes."""
        return Metadata(self.exif, self.xmp, self.photoshop, self.comments, tuple(self.notes))


def heeding_xmp(exif: bytes | None, xmp: bytes | None) -> bytes | None:
    """The EXIF block with the orientation of an XMP packet, if it has none of its own.

    Args:
        exif: as :func:`~gamutmeta.formats.exif.checked_exif` gives it.
        xmp: the packet.
    """
    orientation = xmp_orientation(xmp)
    return exif if orientation is None else with_orientation(exif, orientation)


def channels_of(
    samples: NDArray[np.unsignedinteger[Any]],
    bits: int,
    notes: list[str],
    extra: Sequence[int] | None = None,
) -> Channels:
    """Tell colour and transparency of a decoded array apart.

    Args:
        samples: uint8 or uint16, shape (height, width) or (height, width, channels).
        bits: significant bits.
        notes: gets a note if channels are left out.
        extra: what the channels behind grey or RGB are, as the values of TIFF's ExtraSamples; None where a second or
            fourth one is straight transparency.

    Raises:
        PhotoError: for another shape.
    """
    if samples.ndim == 2:
        samples = samples[:, :, None]
    channels = samples.shape[2] if samples.ndim == 3 else 0
    if not 1 <= channels <= MAX_CHANNELS:
        raise PhotoError(f"samples of shape {samples.shape} are not a picture")
    if extra is None or channels - len(extra) not in {1, 3}:
        extra = (STRAIGHT,) if channels in {2, 4} else (UNSPECIFIED,) * (channels - (1 if channels < 3 else 3))
    colours = channels - len(extra)
    place = next((i for i, meaning in enumerate(extra) if meaning in {PREMULTIPLIED, STRAIGHT}), None)
    if len(extra) > (place is not None):
        notes.append("further channels were left out")
    rgb, alpha = samples[:, :, :colours], None
    if place is not None:
        codes = samples[:, :, colours + place]
        alpha = sixteen_bits(codes, bits)
        if extra[place] == PREMULTIPLIED:
            rgb = straightened(rgb, codes, bits)
    if colours == 1:
        rgb = np.broadcast_to(rgb, (*samples.shape[:2], 3))
    return Channels(rgb, alpha, colours == 1)
