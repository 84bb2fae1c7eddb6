"""A wide-gamut photograph with 16 bits per channel, for which Pillow has no mode."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from gamutmeta.color.convert import convert_space, requantise
from gamutmeta.color.icc import profile_bytes
from gamutmeta.color.spaces import space_named
from gamutmeta.errors import PhotoError
from gamutmeta.formats.exif import orientation_of, with_declared_space
from gamutmeta.formats.photoshop import iptc_of
from gamutmeta.photo.alpha import with_alpha
from gamutmeta.photo.carried import Metadata, warn_of
from gamutmeta.photo.float_codes import as_codes, codes_of_linear, encoded_floats, is_taken, linear_floats
from gamutmeta.photo.kinds import kind_of
from gamutmeta.photo.notebook import as_html, as_png
from gamutmeta.photo.write import photo_bytes, write_photo
from gamutmeta.runtime.inputs import write_into

if TYPE_CHECKING:
    from typing import BinaryIO

    from numpy.typing import DTypeLike, NDArray
    from PIL import Image

    from gamutmeta.choices import PhotoFormat, Space, SpaceName
    from gamutmeta.formats.comments import Comment
    from gamutmeta.runtime.inputs import Readable

__all__ = ["WideImage"]


class WideImage:
    """A photograph in a named RGB space, 16 bits per channel.

    Treat it as immutable: methods return new objects, and may share the array. The pixels are as the file stores them;
    `orientation` says how to turn them for display.

    Args:
        array: encoded values (with the curve of `space`, not linear light; see :meth:`from_linear`), shape (height,
            width, 3): uint16, of which 65,535 is white, or any float type, of which 0 is black and 1 is white. Floats
            are rounded to 16 bits; those outside [0, 1] are clipped, and `notes` counts their pixels.
        space: name of a known space, a key or alias of :data:`gamutmeta.color.spaces.SPACES`.
        exif: EXIF block in the form of Pillow's ``info["exif"]``: ``b"Exif"``, two NULs, and a TIFF structure.
        xmp: XMP packet.
        notes: what was assumed or left out when the photograph was read.
        photoshop: Photoshop image resources, IPTC-IIM among them; see `iptc`.
        comments: of a JPEG, and texts of a PNG (:class:`gamutmeta.formats.comments.Comment`).
        alpha: transparency, uint16 or float as `array`, shape (height, width); 0 is transparent, 65,535 or 1 opaque. It
            is straight (unassociated): colours in `array` are not multiplied by it, and stay what they are where
            nothing of them can be seen. None for a photograph without any.

    Raises:
        PhotoError: an array has another shape or type, or a value that is not a number; or the space is unknown.
    """

    __slots__ = ("alpha", "array", "comments", "exif", "notes", "photoshop", "space", "xmp")

    array: NDArray[np.uint16]
    space: SpaceName
    exif: bytes | None
    xmp: bytes | None
    notes: tuple[str, ...]
    alpha: NDArray[np.uint16] | None
    photoshop: bytes | None
    comments: tuple[Comment, ...]

    def __init__(
        self,
        array: NDArray[np.uint16] | NDArray[np.floating[Any]],
        space: Space = "prophoto",
        *,
        exif: bytes | None = None,
        xmp: bytes | None = None,
        notes: tuple[str, ...] = (),
        alpha: NDArray[np.uint16] | NDArray[np.floating[Any]] | None = None,
        photoshop: bytes | None = None,
        comments: tuple[Comment, ...] = (),
    ) -> None:
        self.space = cast("SpaceName", space_named(space).name)
        shape, dtype = getattr(array, "shape", None), getattr(array, "dtype", None)
        if shape is None or not is_taken(dtype) or len(shape) != 3 or shape[2] != 3 or 0 in shape:
            raise PhotoError(
                f"a photograph must be a uint16 or float array of shape (height, width, 3), not {dtype} of {shape}"
            )
        if alpha is not None and not (is_taken(alpha.dtype) and alpha.shape == shape[:2]):
            raise PhotoError(
                f"transparency must be a uint16 or float array of shape {shape[:2]}, not {alpha.dtype} of {alpha.shape}"
            )
        self.array, clipped = as_codes(array)
        self.alpha = None if alpha is None else as_codes(alpha)[0]
        self.exif = exif
        self.xmp = xmp
        self.notes = (*notes, *clipped)
        self.photoshop = photoshop
        self.comments = tuple(comments)

    @classmethod
    def open(cls, source: Readable, **options: Any) -> WideImage:
        """Read a photograph from a path, bytes or an open file.

        See :func:`gamutmeta.photo.read.read_photo` for options and errors.
        """
        from gamutmeta.photo.read import read_photo  # noqa: PLC0415  # it imports this module

        return read_photo(source, **options)

    @classmethod
    def from_linear(cls, array: NDArray[np.floating[Any]], space: Space = "prophoto", **metadata: Any) -> WideImage:
        """A photograph of linear light, which is encoded with the curve of its space.

        Args:
            array: any float type, shape (height, width, 3); 1 is white. Values outside [0, 1] are clipped, and `notes`
                counts their pixels.
            space: of the values.
            metadata: `exif`, `xmp`, `notes`, `alpha`, `photoshop` and `comments`, as for the class.

        Raises:
            PhotoError: as for the class.
        """
        array = np.asarray(array)
        if not np.issubdtype(array.dtype, np.floating) or array.ndim != 3:
            raise PhotoError(
                f"linear light must be a float array of shape (height, width, 3), not {array.dtype} of {array.shape}"
            )
        codes, clipped = codes_of_linear(array, space_named(space))
        notes = (*metadata.pop("notes", ()), *clipped)
        return cls(codes, space, notes=notes, **metadata)

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
    def shape(self) -> tuple[int, int, int]:
        """Height, width and 3, as numpy's ``shape``."""
        return self.height, self.width, 3

    @property
    def dtype(self) -> np.dtype[np.uint16]:
        """That of the array, uint16."""
        return self.array.dtype

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

    def convert(self, space: Space) -> WideImage:
        """The photograph in another known space; colours outside it are clipped.

        Raises:
            PhotoError: the space is unknown.
        """
        target = space_named(space)
        array = convert_space(self.array, space_named(self.space), target, np.uint16)
        exif = with_declared_space(self.exif, target.name)
        metadata = replace(self.metadata, exif=exif)
        return WideImage(array, space, alpha=self.alpha, **metadata.everything())

    def to_float(self, space: Space | None = None) -> NDArray[np.float32]:
        """The encoded values as float32 on [0, 1], shape (height, width, 3): a copy.

        Args:
            space: convert to this known space first; colours outside it are clipped. None for the photograph's own.

        Raises:
            PhotoError: the space is unknown.
        """
        return encoded_floats(self.array if space is None else self.convert(space).array)

    def linear(self, space: Space | None = None) -> NDArray[np.float32]:
        """Linear light as float32, shape (height, width, 3); 1 is white.

        Args:
            space: known space of the values; None for the photograph's own. Colours outside it are not clipped: they
                have values below 0, or above 1.

        Raises:
            PhotoError: the space is unknown.
        """
        own = space_named(self.space)
        return linear_floats(self.array, own, own if space is None else space_named(space))

    def to_pillow(self, space: Space = "display-p3") -> Image.Image:
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
        path: str | os.PathLike[str] | BinaryIO,
        *,
        format: PhotoFormat | None = None,  # noqa: A002 - Pillow's word for it
        space: Space | None = None,
        depth: int | None = None,
        quality: int | None = None,
        overwrite: bool = False,
    ) -> None:
        """Write the photograph; see :func:`gamutmeta.photo.write.write_photo` for kinds of files and errors.

        Args:
            path: of the file, or a binary file that is open for writing.
            format: kind of an open file, as for :meth:`to_bytes`; None for what the suffix of its name asks for, or
                TIFF if it has no name. A path's suffix tells its kind.
            space: write the photograph in this known space; colours outside it are clipped. None for its own.
            depth: bits per channel.
            quality: for the kinds that can be lossy.
            overwrite: replace an existing file.
        """
        wide = self if space is None else self.convert(space)
        if isinstance(path, str | os.PathLike):
            if format is not None and kind_of(path) != format:
                raise PhotoError(f"{path}: the suffix asks for {kind_of(path)}, not {format}")
            write_photo(wide, path, depth=depth, quality=quality, overwrite=overwrite)
            return
        name = getattr(path, "name", None)
        kind = format or (kind_of(name) if isinstance(name, str) and Path(name).suffix else "tiff")
        write_into(path, wide.to_bytes(kind, depth=depth, quality=quality))

    def to_bytes(
        self,
        format: PhotoFormat = "tiff",  # noqa: A002 - Pillow's word for it
        *,
        space: Space | None = None,
        depth: int | None = None,
        quality: int | None = None,
    ) -> bytes:
        """The photograph as a file in memory.

        Args:
            format: "tiff", "png", "jpeg", "avif", "heic" or "jxl".
            space: as for :meth:`save`.
            depth: bits per channel; None for the kind's own.
            quality: for the kinds that can be lossy.

        Raises:
            PhotoError, MissingExtraError: as for :func:`gamutmeta.photo.write.write_photo`.

        Warns:
            GamutMetaWarning: as there.
        """
        wide = self if space is None else self.convert(space)
        data, notes = photo_bytes(wide, format, depth=depth, quality=quality)
        warn_of(notes)
        return data

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
