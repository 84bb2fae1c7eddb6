"""The binding of a payload to its picture: its computation, and its check.

The check is that of section 8.2 of the specification (``spec/gamutmeta-1.md``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamutmeta import carriers
from gamutmeta.container import Binding
from gamutmeta.errors import BindingError, UnsupportedFileError
from gamutmeta.photo.picture import MAX_PIXELS
from gamutmeta.photo.pixels import decode_srgb

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gamutmeta.container import Payload

__all__ = ["binding_of_codes", "binding_of_file", "binding_of_jpeg", "check_binding", "check_size"]


def binding_of_jpeg(data: bytes) -> Binding:
    """The binding to the coded data of a JPEG file, which stays valid when metadata change.

    Raises:
        CarrierError: the file is damaged or ends early.
    """
    return Binding("jpeg", carriers.coded_digest(data))


def binding_of_codes(codes: NDArray[np.uint8]) -> Binding:
    """The binding to pixels, sRGB uint8 (H, W, 3), which stays valid when a lossless file is coded again.

    Raises:
        CarrierError: an array of another shape or type.
    """
    return Binding("rgb8", carriers.samples_digest(codes))


def binding_of_file(data: bytes, *, max_pixels: int = MAX_PIXELS) -> Binding:
    """The binding to the picture in a file: to the coded data of a JPEG, or to the pixels of a PNG or TIFF.

    Args:
        data: the whole file.
        max_pixels: limit on width x height of a PNG or TIFF, which are decoded for it.

    Raises:
        UnsupportedFileError: not a JPEG, PNG or TIFF.
        CarrierError: the JPEG is damaged or ends early.
        PhotoError: as for :func:`gamutmeta.photo.pixels.decode_srgb`.
    """
    if carriers.host_format(data) == "jpeg":
        return binding_of_jpeg(data)
    return binding_of_codes(decode_srgb(data, max_pixels=max_pixels))


def check_binding(payload: Payload, data: bytes, codes: NDArray[np.uint8]) -> None:
    """Check that the payload was made for this picture, in the order of section 8.2 of the specification.

    Args:
        payload: the payload.
        data: the bytes of the host file; read only if the payload is bound to the coded data of a JPEG.
        codes: the decoded picture, uint8 (H, W, 3).

    Raises:
        BindingError: if the size or the digest differ, or the payload is bound to a JPEG and `data` is none.
        CarrierError: if the payload is bound to a JPEG, and the JPEG is damaged or ends early.
    """
    height, width = codes.shape[:2]
    check_size(payload, width, height)
    if payload.binding.kind == "jpeg":
        try:
            host = carriers.host_format(data)
        except UnsupportedFileError as error:
            raise BindingError("the payload is bound to the coded data of a JPEG, but there is no JPEG file") from error
        if host != "jpeg":
            raise BindingError(f"the payload is bound to the coded data of a JPEG, but this is a {host.upper()} file")
        found, what = binding_of_jpeg(data), "coded picture data"
    else:
        found, what = binding_of_codes(codes), "pixels"
    if found != payload.binding:
        raise BindingError(f"the {what} differ from those the payload was made for (digest mismatch)")


def check_size(payload: Payload, width: int, height: int) -> None:
    """Check that the payload was made for a picture of this size, in pixels.

    Raises:
        BindingError: if the size differs.
    """
    if (payload.width, payload.height) != (width, height):
        raise BindingError(
            f"the payload was made for {payload.width}x{payload.height} pixels, this picture has {width}x{height}",
        )
