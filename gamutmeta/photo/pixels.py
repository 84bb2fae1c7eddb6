"""8-bit sRGB pictures, as they carry payloads: one decoder, one encoder.

Fitting and expansion both decode here, so they see the same pixels.
"""

from __future__ import annotations

import contextlib
import io
import struct
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gamutmeta.color.convert import requantise
from gamutmeta.color.icc import profile_bytes
from gamutmeta.errors import CarrierError, PhotoError
from gamutmeta.formats.jpeg_colour import holds_ycc
from gamutmeta.photo.carried import Metadata, Target, fitted, warn_of
from gamutmeta.photo.decoding import decoding
from gamutmeta.photo.jpeg_out import write_jpeg
from gamutmeta.photo.kinds import KINDS
from gamutmeta.photo.picture import MAX_PIXELS, channels_of
from gamutmeta.photo.pillow_in import array_of, copied_pixels, open_pillow
from gamutmeta.photo.png_out import write_png
from gamutmeta.photo.png_plain import plain_samples
from gamutmeta.photo.tiff_out import write_tiff
from gamutmeta.photo.tiff_packed import is_packed, packed_codes, packed_size
from gamutmeta.runtime.memory import trim_heap

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

    from gamutmeta.formats.comments import Comment
    from gamutmeta.photo.picture import Channels

__all__ = [
    "announced_size",
    "decode_srgb",
    "decode_srgba",
    "decode_sycc",
    "encode_srgb_file",
    "has_ycc_samples",
    "open_srgb",
    "srgb_metadata",
]

_FORMATS = ("JPEG", "PNG", "TIFF")
_BITS_PER_SAMPLE = 258
"""TIFF tag."""


def decode_srgb(data: bytes, *, max_pixels: int = MAX_PIXELS) -> NDArray[np.uint8]:
    """Decode a JPEG, PNG or TIFF file with 8 bits per sample, or fewer.

    The pixels are as the file stores them: EXIF orientation is not applied, an ICC profile is not looked at. Grey and
    palette pictures are expanded, transparency is left out. Of several pictures the first is decoded.

    Args:
        data: the file.
        max_pixels: limit on width x height; ``PIL.Image.MAX_IMAGE_PIXELS`` counts as well if it was lowered.

    Returns:
        uint8, shape (height, width, 3), contiguous and writable.

    Raises:
        PhotoError: the file is damaged, too large, of another kind, or its pixels are CMYK or have 16 bits.
    """
    return decode_srgba(data, max_pixels=max_pixels)[0]


def decode_srgba(data: bytes, *, max_pixels: int = MAX_PIXELS) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """Decode as :func:`decode_srgb`, together with the transparency.

    Returns:
        The pixels, and transparency as uint8 of shape (height, width), None if the picture has none. Colours are not
        multiplied by it, in no kind of file.

    Raises:
        PhotoError: as for :func:`decode_srgb`.
    """
    with decoding("the picture cannot be decoded"):
        rgb, alpha, _ = _decoded(data, max_pixels)
        trim_heap()
        eight = None if alpha is None else requantise(alpha, np.uint8)
        return np.ascontiguousarray(rgb, np.uint8), eight


def decode_sycc(data: bytes, *, max_pixels: int = MAX_PIXELS) -> NDArray[np.uint8]:
    """The YCbCr samples of a JPEG, as libjpeg reconstructs them and before it converts and clamps them.

    Args:
        data: the file.
        max_pixels: as for :func:`decode_srgb`.

    Returns:
        Y, Cb and Cr at full size, uint8, shape (height, width, 3), contiguous and writable.

    Raises:
        PhotoError: the file is damaged, too large, or no JPEG with YCbCr samples.
    """
    with decoding("the picture cannot be decoded"), open_srgb(data, max_pixels) as image:
        if not _is_ycc(data):
            raise PhotoError(
                "only a JPEG that is coded as YCbCr has samples outside sRGB, and this picture is none; "
                "a PNG or TIFF cannot tell what its last codes hold without its payload"
            )
        image.draft("YCbCr", None)
        samples = copied_pixels(image)
        trim_heap()
        return samples


def announced_size(data: bytes) -> tuple[int, int]:
    """Width and height of a JPEG, PNG or TIFF file, as it announces them. Nothing is decoded.

    Raises:
        PhotoError: the file is damaged, too large, or of another kind.
    """
    with decoding("the picture cannot be decoded"):
        if is_packed(data):
            return packed_size(data)
        with open_srgb(data) as image:
            return image.size


def has_ycc_samples(data: bytes) -> bool:
    """Whether a file is a JPEG that is coded as YCbCr. Nothing is decoded.

    Raises:
        PhotoError: the file is damaged, too large, or no JPEG, PNG or TIFF.
    """
    announced_size(data)
    return _is_ycc(data)


def _is_ycc(data: bytes) -> bool:
    """Whether a file that can be opened is a JPEG with YCbCr samples. One of another kind is none.

    Nor is a JPEG with garbage between its segments, which decoders skip: no payload can be in it.
    """
    with contextlib.suppress(CarrierError):
        return data.startswith(b"\xff\xd8\xff") and holds_ycc(data)
    return False


def encode_srgb_file(
    pixels: NDArray[np.uint8],
    format: Literal["jpeg", "png", "tiff"] = "jpeg",  # noqa: A002  # Pillow's word for it
    *,
    quality: int = 95,
    subsampling: str = "4:4:4",
    progressive: bool = False,
    exif: bytes | None = None,
    xmp: bytes | None = None,
    photoshop: bytes | None = None,
    comments: tuple[Comment, ...] = (),
    alpha: NDArray[np.uint8] | None = None,
    is_ycc: bool = False,
) -> bytes:
    """Encode 8-bit sRGB pixels as a file; the same arguments give the same bytes.

    Args:
        pixels: uint8, shape (height, width, 3), sRGB.
        format: kind of file.
        quality: of a JPEG, 1 to 100.
        subsampling: of a JPEG's chroma channels: ``"4:4:4"``, ``"4:2:2"`` or ``"4:2:0"``.
        progressive: write a JPEG in several scans.
        exif: EXIF block as in :class:`gamutmeta.photo.wide.WideImage`; its colour space is set to sRGB.
        xmp: XMP packet.
        photoshop: Photoshop image resources, as in :class:`gamutmeta.photo.wide.WideImage`.
        comments: likewise.
        alpha: transparency, uint8, shape (height, width), for a PNG or TIFF; `pixels` are not multiplied by it.
        is_ycc: whether the pixels are YCbCr samples, which a JPEG stores as they are.

    Returns:
        The file.

    Raises:
        PhotoError: an array or an option is not of this kind, transparency is for a JPEG, or the EXIF block is
            damaged.

    Warns:
        GamutMetaWarning: metadata were left out.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
        raise PhotoError(f"pixels must be uint8 of shape (height, width, 3), not {pixels.dtype} of {pixels.shape}")
    if alpha is not None and (alpha.dtype != np.uint8 or alpha.shape != pixels.shape[:2]):
        raise PhotoError(f"transparency must be uint8 of shape {pixels.shape[:2]}, not {alpha.dtype} of {alpha.shape}")
    if alpha is not None and format == "jpeg":
        raise PhotoError("a JPEG cannot store transparency")
    if is_ycc and format != "jpeg":
        raise PhotoError(f"YCbCr samples can be stored in a JPEG, not in a {format.upper()} file")
    height, width = pixels.shape[:2]
    metadata = srgb_metadata(
        Metadata(exif, xmp, photoshop, comments), format, (width, height), has_alpha=alpha is not None
    )
    warn_of(metadata.notes)
    options: dict[str, Any] = {"icc": profile_bytes("srgb"), **metadata.options(format)}
    file = io.BytesIO()
    try:
        if format == "jpeg":
            options |= {"quality": quality, "subsampling": subsampling, "progressive": progressive}
            write_jpeg(file, pixels, is_ycc=is_ycc, **options)
        elif format == "png":
            write_png(file, pixels, alpha=alpha, **options)
        elif format == "tiff":
            write_tiff(file, pixels, alpha=alpha, **options)
        else:
            raise PhotoError(f"an sRGB picture can be written as jpeg, png or tiff, not {format}")
    except CarrierError as error:
        raise PhotoError(str(error)) from error
    trim_heap()
    return file.getvalue()


def srgb_metadata(
    metadata: Metadata, kind: str, size: tuple[int, int], *, icc: bytes | None = None, has_alpha: bool = False
) -> Metadata:
    """Metadata as :func:`encode_srgb_file` writes them; `notes` tells what was left out.

    Args:
        metadata: of the photograph.
        kind: ``"jpeg"``, ``"png"`` or ``"tiff"``; others are for that function to refuse.
        size: width and height of the pixels.
        icc: the file's ICC profile; gamutmeta's own if None.
        has_alpha: the file stores transparency.

    Raises:
        PhotoError: the EXIF block is damaged.
    """
    if kind not in KINDS:
        return metadata
    target = Target(kind, size, "srgb", icc or profile_bytes("srgb"), has_alpha=has_alpha)
    try:
        return fitted(metadata, target)
    except CarrierError as error:
        raise PhotoError(str(error)) from error


def open_srgb(data: bytes, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Open a JPEG, PNG or TIFF file with Pillow, whichever handlers are registered there; nothing is decoded.

    Raises:
        PhotoError: it is too large.
        Exception: whatever Pillow raises for a damaged file, or one of another kind.
    """
    return open_pillow(data, _FORMATS, max_pixels)


def _decoded(data: bytes, max_pixels: int) -> Channels:
    if is_packed(data):
        return packed_codes(data, max_pixels)
    with open_srgb(data, max_pixels) as image:
        _check_depth(image, data)
        plain = plain_samples(data) if image.format == "PNG" else None
        return channels_of(array_of(image) if plain is None else plain, 8, [])


def _check_depth(image: Image.Image, data: bytes) -> None:
    """Refuse what Pillow would silently turn into 8 bits.

    Raises:
        PhotoError: more than 8 bits per sample.
    """
    depths: tuple[int, ...] = (8,)
    if image.format == "PNG":
        # Signature, length and type of IHDR, width, height, bit depth.
        depths = struct.unpack_from("B", data, 8 + 8 + 8)
    elif image.format == "TIFF":
        depths = image.tag_v2.get(_BITS_PER_SAMPLE, (1,))  # type: ignore[attr-defined]  # a TiffImageFile
    if max(depths) > 8:
        raise PhotoError(f"the {image.format} picture has {max(depths)} bits per sample, not 8")
