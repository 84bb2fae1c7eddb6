"""The binding of a payload to its picture: its computation, and its check.

The check is that of section 8.2 of the specification (``spec/gamutmeta-1.md``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamutmeta import carriers
from gamutmeta.color.jfif import shown_codes
from gamutmeta.container import Binding
from gamutmeta.errors import BindingError, UnsupportedFileError
from gamutmeta.formats.jpeg_colour import colour_contradiction, holds_ycc
from gamutmeta.measure.likeness import Likeness, compare_likeness
from gamutmeta.model.descriptor import SampleCoding
from gamutmeta.photo.pixels import announced_size, decode_srgb, decode_srgba, decode_sycc
from gamutmeta.photo.size import FREE_PIXELS, MAX_PIXELS
from gamutmeta.pipeline.extended import are_clipped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gamutmeta.container import Payload

__all__ = ["binding_of_codes", "binding_of_file", "binding_of_jpeg", "check_binding", "check_size", "decode_for"]


def decode_for(
    payload: Payload, data: bytes, *, check: bool = False
) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """Decode a file to the samples that a payload takes.

    Args:
        payload: of the picture.
        data: the file.
        check: whether another picture will be refused: one that announces far more pixels is refused here, before they
            are decoded.

    Returns:
        sRGB or YCbCr, uint8 (H, W, 3), and transparency, uint8 (H, W) or None.

    Raises:
        BindingError: if the payload takes the YCbCr samples of a JPEG, and this file has none; or the size differs.
        PhotoError: if the picture cannot be decoded.
    """
    if check:
        _refuse_larger(payload, data)
    if payload.descriptor.samples is SampleCoding.SRGB:
        return decode_srgba(data)
    _require_samples(payload, data)
    return decode_sycc(data), None


def _refuse_larger(payload: Payload, data: bytes) -> None:
    """Refuse a picture that is not worth decoding: it is large, and larger than the payload's.

    What is wrong with other pictures is said after decoding, in the order of the specification.
    """
    if payload.likeness is not None:
        return
    width, height = announced_size(data)
    if width * height > max(FREE_PIXELS, payload.width * payload.height):
        check_size(payload, width, height)


def binding_of_jpeg(data: bytes) -> Binding:
    """The binding to the coded data of a JPEG file, which stays valid when metadata change.

    Raises:
        CarrierError: the file is damaged or ends early.
        BindingError: it says in two ways whether it is YCbCr or RGB, so that its colours depend on its metadata.
    """
    binding = Binding("jpeg", carriers.coded_digest(data))
    contradiction = colour_contradiction(data)
    if contradiction is not None:
        raise BindingError(
            f"the JPEG contradicts itself: {contradiction}, and programs that add or remove such segments change its "
            "colours; take the file as it was, or save it as an ordinary JPEG (YCbCr)"
        )
    return binding


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
        CarrierError, BindingError: as for :func:`binding_of_jpeg`.
        PhotoError: as for :func:`gamutmeta.photo.pixels.decode_srgb`.
    """
    if carriers.host_format(data) == "jpeg":
        return binding_of_jpeg(data)
    return binding_of_codes(decode_srgb(data, max_pixels=max_pixels))


def check_binding(payload: Payload, data: bytes, codes: NDArray[np.uint8]) -> str | None:
    """Make sure that the payload was made for this picture.

    The digest decides. If it differs and the payload has a likeness of its picture, that decides: a picture that was
    re-encoded or resized is still the same one (specification, version 2).

    Args:
        payload: of the picture.
        data: the bytes of the file it came with; looked at only if the payload is bound to the coded data of a JPEG.
        codes: the decoded picture, uint8 (H, W, 3), as the payload's model takes it.

    Returns:
        None if it is the very picture, else a note for people: what was done to it.

    Raises:
        BindingError: if the picture is another one.
        CarrierError: as for :func:`binding_of_jpeg`.
    """
    try:
        _check_digest(payload, data, codes)
    except BindingError as error:
        if payload.likeness is None:
            raise
        _require_samples(payload, data)
        return _check_likeness(payload, payload.likeness, data, codes, error)
    return None


def _check_digest(payload: Payload, data: bytes, codes: NDArray[np.uint8]) -> None:
    """Make sure that size and digest are those of the payload's picture."""
    height, width = codes.shape[:2]
    check_size(payload, width, height)
    if payload.binding.kind == "jpeg":
        _require_jpeg(data)
        found, what = binding_of_jpeg(data), "coded picture data"
    else:
        found, what = binding_of_codes(codes), "pixels"
    if found != payload.binding:
        raise BindingError(f"the {what} differ from those the payload was made for (digest mismatch)")
    _require_samples(payload, data)  # after damage and digest, as section 7.1 of version 2 wants it


def _require_samples(payload: Payload, data: bytes) -> None:
    """Refuse whatever is no JPEG for a payload bound to one, and a JPEG without YCbCr for a payload that takes these.

    Raises:
        BindingError: if it is another file, or none.
        CarrierError: if it is damaged before its first scan.
    """
    if payload.binding.kind != "jpeg":
        return
    _require_jpeg(data)
    if payload.descriptor.samples is SampleCoding.SYCC and not holds_ycc(data):
        raise BindingError("the payload takes the YCbCr samples of a JPEG, but this one is not coded as YCbCr")


def _require_jpeg(data: bytes) -> None:
    """Refuse whatever is no JPEG.

    Raises:
        BindingError: if it is another file, or none.
    """
    try:
        host = carriers.host_format(data)
    except UnsupportedFileError as error:
        raise BindingError("the payload is bound to the coded data of a JPEG, but there is no JPEG file") from error
    if host != "jpeg":
        raise BindingError(f"the payload is bound to the coded data of a JPEG, but this is a {host.upper()} file")


def _check_likeness(
    payload: Payload, likeness: bytes, data: bytes, codes: NDArray[np.uint8], error: BindingError
) -> str:
    """Make sure that the picture looks like the payload's; `error` says why it is not the very same."""
    is_sycc = payload.descriptor.samples is SampleCoding.SYCC
    verdict = compare_likeness(likeness, (payload.width, payload.height), shown_codes(codes) if is_sycc else codes)
    if not verdict.alike:
        raise BindingError(f"{error}, and the picture does not look the same ({verdict.measure})")
    if verdict.kind is Likeness.RECODED:
        what = "re-encoded, or slightly damaged,"
    else:
        height, width = codes.shape[:2]
        what = f"resized from {payload.width}x{payload.height} to {width}x{height} pixels"
    note = f"the picture was {what} after the payload was made; it looks the same, so the payload was used"
    if is_sycc and are_clipped(data, codes):
        # At low qualities that is true of all JPEGs, also of those of which nothing was lost.
        within = "hardly any of its samples lies outside sRGB by more than coding noise can make"
        return f"{note}: {within}; if they were clipped, only part of the colours is restored"
    return f"{note}: the colours may be less exact"


def check_size(payload: Payload, width: int, height: int) -> None:
    """Check that the payload was made for a picture of this size, in pixels.

    Raises:
        BindingError: if the size differs.
    """
    if (payload.width, payload.height) != (width, height):
        raise BindingError(
            f"the payload was made for {payload.width}x{payload.height} pixels, this picture has {width}x{height}",
        )
