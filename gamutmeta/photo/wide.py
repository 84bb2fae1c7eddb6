"""A wide-gamut photograph with 16 bits per channel, for which Pillow has no mode."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gamutmeta.color.convert import convert_space, requantise
from gamutmeta.color.icc import profile_bytes
from gamutmeta.color.spaces import space_named
from gamutmeta.errors import PhotoError
from gamutmeta.formats.exif import orientation_of, with_declared_space
from gamutmeta.formats.photoshop import iptc_of
from gamutmeta.photo.alpha import with_alpha
from gamutmeta.photo.carried import Metadata
from gamutmeta.photo.notebook import as_html, as_png
from gamutmeta.photo.write import write_photo

if TYPE_CHECKING:
    import os

    from numpy.typing import DTypeLike, NDArray
    from PIL import Image

    from gamutmeta.formats.comments import Comment

__all__ = ["WideImage"]


class WideImage:
    """A photograph in a named RGB space, 16 bits per channel.

    Treat it as immutable: methods return new objects, and may share the array. The pixels are as the file stores them;
    `orientation` says how to turn them for display.

    Args:
        array: uint16, shape (height, width, 3); encoded values, 65,535 is white.
        space: name of a known space, a key of :data:`gamutmeta.color.spaces.SPACES`.
        exif: EXIF block in the form of Pillow's ``info["exif"]``: ``b"Exif"``, two NULs, and a TIFF structure.
        xmp: XMP packet.
        notes: what was assumed or left out when the photograph was read.
        photoshop: Photoshop image resources, IPTC-IIM among them; see `iptc`.
        comments: of a JPEG, and texts of a PNG (:class:`gamutmeta.formats.comments.Comment`).
        alpha: transparency, uint16, shape (height, width); 0 is transparent, 65,535 opaque. It is straight
            (unassociated): colours in `array` are not multiplied by it, and stay what they are where nothing of them
            can be seen. None for a photograph without any.

    Raises:
        PhotoError: an array has another shape or type, or the space is unknown.
    """

    __slots__ = ("alpha", "array", "comments", "exif", "notes", "photoshop", "space", "xmp")

    array: NDArray[np.uint16]
    space: str
    exif: bytes | None
    xmp: bytes | None
    notes: tuple[str, ...]
    alpha: NDArray[np.uint16] | None
    photoshop: bytes | None
    comments: tuple[Comment, ...]

    def __init__(
        self,
        array: NDArray[np.uint16],
        space: str = "prophoto",
        *,
        exif: bytes | None = None,
        xmp: bytes | None = None,
        notes: tuple[str, ...] = (),
        alpha: NDArray[np.uint16] | None = None,
        photoshop: bytes | None = None,
        comments: tuple[Comment, ...] = (),
    ) -> None:
        shape, dtype = getattr(array, "shape", None), getattr(array, "dtype", None)
        if shape is None or dtype != np.uint16 or len(shape) != 3 or shape[2] != 3 or 0 in shape:
            raise PhotoError(f"a photograph must be a uint16 array of shape (height, width, 3), not {dtype} of {shape}")
        if alpha is not None and (alpha.dtype != np.uint16 or alpha.shape != shape[:2]):
            raise PhotoError(
                f"transparency must be a uint16 array of shape {shape[:2]}, not {alpha.dtype} of {alpha.shape}"
            )
        self.array = np.ascontiguousarray(array, np.uint16)
        self.space = space_named(space).name
        self.exif = exif
        self.xmp = xmp
        self.notes = tuple(notes)
        self.photoshop = photoshop
        self.comments = tuple(comments)
        self.alpha = None if alpha is None else np.ascontiguousarray(alpha)

    @classmethod
    def open(cls, path: str | os.PathLike[str], **options: Any) -> WideImage:
        """Read a photograph from a file; see :func:`gamutmeta.photo.read.read_photo` for options and errors."""
        from gamutmeta.photo.read import read_photo  # noqa: PLC0415  # it imports this module

        return read_photo(path, **options)

    @property
    def width(self) -> int:
        """Columns of the array."""
        return int(self.array.shape[1])

    @property
    def height(self) -> int:
        """Rows of the array."""
        return int(self.array.shape[0])

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, as Pillow's ``size``."""
        return self.width, self.height

    @property
    def orientation(self) -> int:
        """EXIF orientation, 1 to 8; 1 is upright."""
        return orientation_of(self.exif)

    @property
    def metadata(self) -> Metadata:
        """EXIF, XMP, IPTC-IIM and comments together, as they travel from file to file."""
        return Metadata(self.exif, self.xmp, self.photoshop, self.comments, self.notes)

    @property
    def iptc(self) -> bytes | None:
        """The datasets of IPTC-IIM, byte for byte; None if there are none."""
        return iptc_of(self.photoshop)

    @property
    def icc_profile(self) -> bytes:
        """ICC profile of the space."""
        return profile_bytes(self.space)

    def convert(self, space: str) -> WideImage:
        """The photograph in another known space; colours outside it are clipped.

        Raises:
            PhotoError: the space is unknown.
        """
        target = space_named(space)
        array = convert_space(self.array, space_named(self.space), target, np.uint16)
        exif = with_declared_space(self.exif, target.name)
        metadata = replace(self.metadata, exif=exif)
        return WideImage(array, target.name, alpha=self.alpha, **metadata.everything())

    def to_pillow(self, space: str = "display-p3") -> Image.Image:
        """A Pillow image with 8 bits per channel, RGBA with transparency and RGB without.

        ICC profile, EXIF and XMP are in its `info`.

        Args:
            space: the known space of its pixels; colours outside it are clipped.

        Raises:
            PhotoError: the space is unknown.
        """
        from PIL import Image  # noqa: PLC0415  # keeps the import of this class light

        target = space_named(space)
        array = convert_space(self.array, space_named(self.space), target, np.uint8)
        alpha = None if self.alpha is None else requantise(self.alpha, np.uint8)
        image = Image.fromarray(with_alpha(array, alpha))
        image.info["icc_profile"] = profile_bytes(target.name)
        exif = with_declared_space(self.exif, target.name)
        if exif is not None:
            image.info["exif"] = exif
        if self.xmp is not None:
            image.info["xmp"] = self.xmp
        return image

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        depth: int | None = None,
        quality: int | None = None,
        overwrite: bool = False,
    ) -> None:
        """Write the photograph; see :func:`gamutmeta.photo.write.write_photo` for kinds of files and errors."""
        write_photo(self, path, depth=depth, quality=quality, overwrite=overwrite)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:  # noqa: FBT001
        """The array itself, as numpy 2 defines the protocol; a copy only if asked for or needed for `dtype`."""
        needs_copy = dtype is not None and np.dtype(dtype) != self.array.dtype
        if needs_copy and copy is False:
            raise ValueError(f"uint16 cannot become {np.dtype(dtype)} without a copy")
        if needs_copy or copy:
            return np.array(self.array, dtype)
        return self.array

    def __repr__(self) -> str:
        transparency = "" if self.alpha is None else " with transparency"
        return f"<WideImage {self.width}x{self.height} 16-bit {self.space}{transparency}>"

    def _repr_png_(self) -> bytes:
        """What notebooks show where there is no HTML: upright, in Display P3, at most 1,200 pixels long."""
        return as_png(self)

    def _repr_html_(self) -> str:
        """What notebooks show: the picture, at most 600 pixels long, and figures."""
        return as_html(self)
