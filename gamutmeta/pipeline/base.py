"""The base of a reduction: the user's own sRGB export, which stays as it is, byte for byte, and gets the payload."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gamutmeta import carriers
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.errors import CarrierError, PhotoError
from gamutmeta.formats.exif import orientation_of, with_declared_space
from gamutmeta.measure.alignment import alignment_of
from gamutmeta.photo.alpha import is_opaque
from gamutmeta.photo.signed import notes_on_signature
from gamutmeta.photo.srgb_in import NO_SPACE, read_srgb
from gamutmeta.pipeline.placing import placings
from gamutmeta.runtime.words import counted

if TYPE_CHECKING:
    import os

    import numpy as np
    from numpy.typing import NDArray

    from gamutmeta.carriers import HostFormat
    from gamutmeta.choices import Carrier
    from gamutmeta.color.adaptation import Adaptation
    from gamutmeta.photo.srgb_in import SrgbPicture
    from gamutmeta.photo.wide import WideImage

__all__ = ["Base", "read_base"]

_REMEDY = "export an 8-bit sRGB JPEG, PNG or TIFF in colour"
_DUMMY = carriers.MAGIC + bytes(64)


@dataclass(frozen=True, slots=True, eq=False)
class Base:
    """An sRGB picture that was made by somebody else, and is to carry a payload.

    Attributes:
        name: of its file, for messages.
        format: kind of file.
        data: the file, without any payload.
        picture: what it shows.
        notes: what is worth knowing about it.
    """

    name: str
    format: HostFormat
    data: bytes
    picture: SrgbPicture
    notes: tuple[str, ...]

    def require(self, format_: HostFormat, target: str) -> None:
        """Refuse to write another kind of file.

        Raises:
            PhotoError: `format_`, which `target` asks for, is not that of the base.
        """
        if format_ != self.format:
            raise PhotoError(
                f"{target}: the base {self.name} is a {self.format.upper()} and stays as it is;"
                f" name a {self.format.upper()} as output, not a {format_.upper()}"
            )

    def require_room(self, carrier: Carrier | None) -> None:
        """Refuse a file that cannot take a payload, before a long fit.

        Raises:
            CarrierError: as for :func:`gamutmeta.carriers.embed`.
        """
        if carrier != "sidecar":
            try:
                carriers.embed(self.data, _DUMMY, carrier=carrier)
            except CarrierError as error:
                raise type(error)(f"base {self.name}: {error}") from error

    def placed(self, wide: WideImage, adaptation: Adaptation) -> tuple[NDArray[np.uint16], list[str]]:
        """The photograph on the raster of the base, and notes.

        Args:
            wide: in ROMM RGB.
            adaptation: of the reduction.

        Returns:
            ROMM RGB, uint16 (H, W, 3), turned as the base is stored.

        Raises:
            PhotoError: sizes differ, or the base does not show the same picture at the same place.
        """
        height, width = self.picture.codes.shape[:2]
        found = placings(wide, orientation_of(self.picture.exif))
        fitting = [(array, note) for array, note in found if array.shape == self.picture.codes.shape]
        if not fitting:
            there = " or ".join(dict.fromkeys(f"{array.shape[1]}x{array.shape[0]}" for array, _ in found))
            raise PhotoError(
                f"base {self.name}: it has {width}x{height} pixels, the photograph {there};"
                " export both at the same size and with the same crop"
            )
        alignments = []
        for array, note in fitting:
            clipped, _ = reduce_to_codes(array, adaptation)
            alignment = alignment_of(clipped, self.picture.codes)
            if alignment.is_same:
                return array, [*([note] if note else []), *self._left_out(wide)]
            alignments.append(alignment)
        if alignments[0].shift is not None:
            right, down = alignments[0].shift
            across = f"{counted(abs(right), 'pixel')} to the {'right' if right > 0 else 'left'}"
            problem = f"its picture lies {across} and {abs(down)} {'down' if down > 0 else 'up'} of the photograph's"
        else:
            problem = f"it shows another picture or crop: {alignments[0].agreement:.0%} of the details are in place"
        raise PhotoError(f"base {self.name}: {problem}; export the photograph and the base with the same crop")

    def _left_out(self, wide: WideImage) -> list[str]:
        """Notes of what the photograph has and the file will not."""
        own = self.picture
        # Which space each block names is of no account.
        exif, own_exif = (with_declared_space(block, "srgb") for block in (wide.exif, own.exif))
        lost = {
            "EXIF": exif not in {None, own_exif},
            "XMP": wide.xmp not in {None, own.xmp},
            "IPTC-IIM": wide.photoshop is not None,
            "transparency": own.alpha is None and not is_opaque(wide.alpha),
        }
        names = ", ".join(name for name, is_lost in lost.items() if is_lost)
        return [f"not copied from the photograph: {names}; the file keeps what the base has"] if names else []


def read_base(source: str | os.PathLike[str] | bytes) -> Base:
    """Read a base. A payload that it carries is left out.

    Args:
        source: path or bytes of an 8-bit sRGB JPEG, PNG or TIFF in colour.

    Raises:
        PhotoError: it is no such file. ProfileError: its colours are others than sRGB.
        CarrierError: it is damaged, or of another kind.
        OSError: it cannot be read.
    """
    data, name = (source, "file") if isinstance(source, bytes) else (Path(source).read_bytes(), Path(source).name)
    notes: list[str] = []
    try:
        notes += notes_on_signature(data)
        format_ = carriers.host_format(data)
        present = carriers.find(data)
        if present:
            notes.append(f"the payload of the base ({', '.join(present)}) was replaced")
            data = carriers.strip(data)
        picture = read_srgb(data)
    except (PhotoError, CarrierError) as error:
        raise type(error)(f"base {name}: {error}; {_REMEDY}") from error
    if not picture.names_space:
        notes.append(f"the base {NO_SPACE}")
    if picture.has_further_pictures:
        notes.append("the base contains further pictures; the payload restores the first one only")
    return Base(name, format_, data, picture, tuple(notes))
