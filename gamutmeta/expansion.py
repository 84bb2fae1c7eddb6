"""Gamut expansion: sRGB file -> carrier -> payload -> model(pixels) -> wide-gamut photograph."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta import carriers
from gamutmeta.color.convert import requantise
from gamutmeta.container import Limits, Payload
from gamutmeta.errors import BindingError, NoPayloadError, UnsupportedFileError
from gamutmeta.gpu.choice import gpu_expander
from gamutmeta.model.expand import expand as expand_pixels
from gamutmeta.photo.files import check_output
from gamutmeta.photo.host import read_metadata
from gamutmeta.photo.kinds import settled
from gamutmeta.photo.pixels import decode_srgba
from gamutmeta.photo.wide import WideImage
from gamutmeta.photo.write import write_photo
from gamutmeta.report import Report

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

__all__ = ["Attached", "attached_payload", "check_binding", "expand", "expand_decoded", "expand_file"]


@dataclass(frozen=True, slots=True)
class Attached:
    """A payload and where it was found.

    Attributes:
        payload: decoded.
        carrier: "app11", "com", "itxt", "tiff" or "sidecar".
        size: bytes of the container.
    """

    payload: Payload
    carrier: str
    size: int


def attached_payload(
    data: bytes,
    path: str | os.PathLike[str] | None = None,
    *,
    sidecar: str | os.PathLike[str] | None = None,
    limits: Limits | None = None,
) -> Attached:
    """The payload of an sRGB file.

    Args:
        data: the file's bytes.
        path: its path; if the file carries nothing, a sidecar beside it is used.
        sidecar: use this sidecar and nothing else.
        limits: of the payload.

    Raises:
        NoPayloadError: if there is none.
        CarrierError: if the file is damaged or carries two.
        PayloadError: if the payload is damaged.
    """
    if sidecar is not None:
        container, carrier = carriers.read_sidecar(sidecar), "sidecar"
    else:
        try:
            found = carriers.extract(data)
            container, carrier = found.container, found.carrier
        except NoPayloadError:
            beside = None if path is None else carriers.sidecar_path(path)
            if beside is None or not beside.is_file():
                raise
            container, carrier = carriers.read_sidecar(beside), "sidecar"
    return Attached(Payload.from_bytes(container, limits or Limits()), carrier, len(container))


def check_binding(payload: Payload, data: bytes, codes: NDArray[np.uint8]) -> None:
    """Make sure that the payload was made for this very picture.

    Args:
        payload: of the picture.
        data: the bytes of the file it came with; looked at only if the payload is bound to the coded data of a JPEG.
        codes: the decoded picture, uint8 (H, W, 3).

    Raises:
        BindingError: if the size or the digest differ.
    """
    height, width = codes.shape[:2]
    if (payload.width, payload.height) != (width, height):
        raise BindingError(
            f"the payload was made for {payload.width}x{payload.height} pixels, this picture has {width}x{height}",
        )
    if payload.binding.kind == "jpeg":
        try:
            host = carriers.host_format(data)
        except UnsupportedFileError as error:
            raise BindingError(
                "the payload is bound to the coded data of a JPEG, but the input is not a JPEG file"
            ) from error
        if host != "jpeg":
            raise BindingError(f"the payload is bound to the coded data of a JPEG, but this is a {host.upper()} file")
        digest, what = carriers.coded_digest(data), "coded picture data"
    else:
        digest, what = carriers.samples_digest(codes), "pixels"
    if digest != payload.binding.digest:
        raise BindingError(f"the {what} differ from those the payload was made for (digest mismatch)")


def expand_decoded(
    attached: Attached,
    data: bytes,
    codes: NDArray[np.uint8],
    *,
    check: bool = True,
    threads: int | None = None,
    alpha: NDArray[np.uint8] | None = None,
    device: str = "cpu",
) -> WideImage:
    """Expand a file whose pixels are decoded already.

    Args:
        attached: its payload.
        data: its bytes, for the digest, EXIF and XMP.
        codes: its pixels, uint8 (H, W, 3).
        check: as for :func:`expand`.
        threads: as for :func:`expand`.
        alpha: its transparency, uint8 (H, W), or None.
        device: as for :func:`expand`.

    Returns:
        The photograph in ROMM RGB.
    """
    payload, on_gpu = attached.payload, gpu_expander(device)
    if check:
        check_binding(payload, data, codes)
    array = None if on_gpu is None else on_gpu(payload.descriptor, payload.weights(), codes)
    if array is None:
        array = expand_pixels(payload.descriptor, payload.weights(), codes, threads=threads)
    notes: tuple[str, ...] = (
        ("the payload contains no model: the result is the clipped picture",) if payload.descriptor.is_empty else ()
    )
    metadata = read_metadata(data)
    notes += metadata.notes
    wide_alpha = None if alpha is None else requantise(alpha, np.uint16)
    return WideImage(array, "prophoto", exif=metadata.exif, xmp=metadata.xmp, notes=notes, alpha=wide_alpha)


def expand(
    source: str | os.PathLike[str] | bytes,
    *,
    space: str = "prophoto",
    sidecar: str | os.PathLike[str] | None = None,
    check: bool = True,
    threads: int | None = None,
    limits: Limits | None = None,
    device: str = "cpu",
) -> WideImage:
    """Restore the wide-gamut photograph from an sRGB file, with its transparency if it has any.

    Args:
        source: path or bytes of a JPEG, PNG or TIFF with a payload (or with a sidecar beside it).
        space: colour space of the result, see :data:`gamutmeta.color.spaces.SPACES`.
        sidecar: take the payload from this sidecar.
        check: refuse a payload that was made for another picture. False expands it anyway; positions are
            relative to the picture, so a resized picture gets roughly the right colours.
        threads: None for one per core.
        limits: of the payload.
        device: where to compute: "cpu", "cuda" (needs the extra ``gpu``), or "auto" for CUDA if it is available.
            Samples may differ by one 16-bit code between devices. Models that the GPU's kernel does not support
            (the paper's, or one with an affine that is not axis-aligned) are computed on the CPU.

    Raises:
        GamutMetaError: NoPayloadError, CarrierError, PayloadError, BindingError, PhotoError or DeviceError, as it
            applies; MissingExtraError if CUDA is requested and a library is missing.
        OSError: if the file cannot be read.
    """
    data, path = (source, None) if isinstance(source, bytes) else (Path(source).read_bytes(), source)
    attached = attached_payload(data, path, sidecar=sidecar, limits=limits)
    codes, alpha = decode_srgba(data)
    wide = expand_decoded(attached, data, codes, check=check, threads=threads, alpha=alpha, device=device)
    del codes  # As large as the picture; what follows is, too.
    return wide.convert(space)


def expand_file(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    space: str = "prophoto",
    depth: int | None = None,
    quality: int | None = None,
    sidecar: str | os.PathLike[str] | None = None,
    check: bool = True,
    overwrite: bool = False,
    threads: int | None = None,
    device: str = "cpu",
) -> Report:
    """Restore the wide-gamut photograph and write it, with transparency, EXIF, XMP and the ICC profile of `space`.

    Args:
        source: JPEG, PNG or TIFF with a payload (or with a sidecar beside it).
        target: its suffix selects the kind of file, see :func:`gamutmeta.photo.write.write_photo`.
        space: as for :func:`expand`.
        depth: bits per channel; None for the kind's own.
        quality: 1 to 100, of JPEG, AVIF, HEIC and JPEG XL; None for the kind's own.
        sidecar: as for :func:`expand`.
        check: as for :func:`expand`.
        overwrite: whether `target` may exist.
        threads: None for one per core.
        device: as for :func:`expand`.

    Raises:
        OutputExistsError: if `target` exists and `overwrite` is false.
        GamutMetaError, OSError: as for :func:`expand`.
    """
    start = time.perf_counter()
    check_output(target, overwrite=overwrite)
    settled(target, space=space, depth=depth, quality=quality)
    data = Path(source).read_bytes()
    attached = attached_payload(data, source, sidecar=sidecar)
    codes, alpha = decode_srgba(data)
    wide = expand_decoded(attached, data, codes, check=check, threads=threads, alpha=alpha, device=device)
    # Each is as large as the picture, and no longer needed.
    del codes, alpha
    wide = wide.convert(space)
    write_photo(wide, target, depth=depth, quality=quality, overwrite=overwrite)
    return Report(
        file=str(source),
        output=str(target),
        carrier=attached.carrier,
        model=str(attached.payload.descriptor),
        payload_bytes=attached.size,
        file_bytes=len(data),
        seconds=time.perf_counter() - start,
        notes=wide.notes,
    )
