"""Gamut expansion: sRGB file -> carrier -> payload -> model(pixels) -> wide-gamut photograph."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Self, get_args

import numpy as np

from gamutmeta import carriers
from gamutmeta.choices import ExpandedSamples
from gamutmeta.color.convert import requantise
from gamutmeta.color.jfif import shown_codes
from gamutmeta.container import Limits, Payload
from gamutmeta.errors import PhotoError
from gamutmeta.formats.source import sources_remembered
from gamutmeta.gpu.devices import gpu_expander
from gamutmeta.model.descriptor import Descriptor, SampleCoding
from gamutmeta.model.expand import expand as expand_pixels
from gamutmeta.photo.host_metadata import read_metadata
from gamutmeta.photo.kinds import check_side, depth_and_quality
from gamutmeta.photo.pixels import decode_sycc
from gamutmeta.photo.wide import WideImage
from gamutmeta.photo.write import write_noting
from gamutmeta.pipeline.binding import binding_of_jpeg, check_binding, decode_for
from gamutmeta.pipeline.limited import check_work, pictures_limited
from gamutmeta.report import Report
from gamutmeta.runtime.files import as_private_as, check_output
from gamutmeta.runtime.inputs import Readable, bytes_of, is_path, name_of, require_paths
from gamutmeta.runtime.steps import log_written, step

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

    from gamutmeta.choices import Device, Space
    from gamutmeta.color.adaptation import Adaptation

__all__ = ["EXPANDED_SAMPLES", "ExpandedSamples", "FoundPayload", "SrgbFile", "expand", "expand_file", "find_payload"]

EXPANDED_SAMPLES: tuple[ExpandedSamples, ...] = get_args(ExpandedSamples)

_NO_USE_OF_SIDECAR = "sidecar has no effect with samples='extended', which uses no payload"


@dataclass(frozen=True, slots=True)
class FoundPayload:
    """A payload and where it was found.

    Attributes:
        payload: decoded.
        carrier: "app11", "com", "itxt", "tiff" or "sidecar"; None if no payload was looked for.
        size: bytes of the container.
    """

    payload: Payload
    carrier: str | None
    size: int

    def __repr__(self) -> str:
        return f"<FoundPayload {self.carrier}, {self.size:,} bytes>"


def find_payload(
    data: bytes,
    path: str | os.PathLike[str] | None = None,
    *,
    sidecar: str | os.PathLike[str] | None = None,
    limits: Limits | None = None,
) -> FoundPayload:
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
    found = carriers.extract_or_sidecar(data, path, sidecar=sidecar)
    return FoundPayload(Payload.from_bytes(found.container, limits or Limits()), found.carrier, len(found.container))


@dataclass(frozen=True, eq=False)
class SrgbFile:
    """An sRGB file and the payload that belongs to it, read and decoded once.

    Attributes:
        data: the file's bytes.
        found: its payload.
        codes: the samples that the payload's model takes, uint8 (H, W, 3): sRGB, or a JPEG's YCbCr.
        alpha: transparency, uint8 (H, W); None without any.
        path: of the file; None for bytes.
        notes: on how it was read, for people.
    """

    data: bytes
    found: FoundPayload
    codes: NDArray[np.uint8]
    alpha: NDArray[np.uint8] | None = None
    path: str | None = None
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        width, height = self.size
        return f"<SrgbFile {width}x{height} {self.path or 'in memory'}, {self.found!r}>"

    @classmethod
    def read(
        cls,
        source: Readable,
        *,
        sidecar: str | os.PathLike[str] | None = None,
        limits: Limits | None = None,
        check: bool = False,
        samples: ExpandedSamples = "payload",
    ) -> Self:
        """Read a JPEG, PNG or TIFF with a payload (or with a sidecar beside it).

        Args:
            source: its path or bytes, or a binary file that is open.
            sidecar: take the payload from this sidecar.
            limits: of the payload.
            check: refuse a payload that was made for another picture.
            samples: as for :func:`expand`.

        Raises:
            GamutMetaError: NoPayloadError, CarrierError, PayloadError, PhotoError or BindingError, as it applies.
            OSError: if a file cannot be read.
        """
        data, path = bytes_of(source), name_of(source) if is_path(source) else None
        if samples not in EXPANDED_SAMPLES:
            raise PhotoError(f"the samples to expand can be {' or '.join(EXPANDED_SAMPLES)}, not {samples!r}")
        if samples == "extended":
            file = cls.of_samples(data, path)
            return file if sidecar is None else replace(file, notes=(_NO_USE_OF_SIDECAR,))
        found = find_payload(data, path, sidecar=sidecar, limits=limits)
        file = cls.of(data, found, path, check=check)
        if check:
            file.check()
        return file

    @classmethod
    def of(cls, data: bytes, found: FoundPayload, path: str | None = None, *, check: bool = False) -> Self:
        """Decode a file whose payload was found already; with `check`, not if it is far larger than the payload says.

        Raises:
            LimitError: if its model is too much work for the payload's picture, or for this one.
            BindingError, PhotoError: as for :func:`gamutmeta.pipeline.binding.decode_for`.
        """
        payload = found.payload
        check_work(payload.descriptor, payload.width, payload.height)
        codes, alpha = decode_for(payload, data, check=check)
        height, width = codes.shape[:2]
        check_work(payload.descriptor, width, height)
        return cls(data, found, codes, alpha, path)

    @classmethod
    def of_samples(cls, data: bytes, path: str | None = None) -> Self:
        """A JPEG whose YCbCr samples are taken for extended ones, whatever payload it carries.

        Raises:
            PhotoError: if it cannot be decoded, or is no JPEG with YCbCr samples.
        """
        codes = decode_sycc(data)
        height, width = codes.shape[:2]
        alone = Payload(width, height, binding_of_jpeg(data), Descriptor(samples=SampleCoding.SYCC), ())
        return cls(data, FoundPayload(alone, None, 0), codes, path=path)

    @cached_property
    def srgb(self) -> NDArray[np.uint8]:
        """The pixels as viewers show them, uint8 (H, W, 3)."""
        is_srgb = self.found.payload.descriptor.samples is SampleCoding.SRGB
        return self.codes if is_srgb else shown_codes(self.codes)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, as Pillow's ``size``."""
        height, width = self.codes.shape[:2]
        return width, height

    @property
    def adaptation(self) -> Adaptation:
        """Chromatic adaptation of the reduction."""
        return self.found.payload.descriptor.adaptation

    @cached_property
    def binding_note(self) -> str | None:
        """What :func:`gamutmeta.pipeline.binding.check_binding` says."""
        return check_binding(self.found.payload, self.data, self.codes)

    def check(self) -> None:
        """Check that the payload was made for this file.

        Raises:
            BindingError, CarrierError: as for :func:`~gamutmeta.pipeline.binding.check_binding`.
        """
        _ = self.binding_note

    def expand(self, *, check: bool = True, threads: int | None = None, device: Device = "cpu") -> WideImage:
        """The photograph in ROMM RGB, with transparency, EXIF and XMP; see :func:`expand` for arguments and errors."""
        payload, on_gpu = self.found.payload, gpu_expander(device)
        if check:
            self.check()
        array, of_gpu = (None, ()) if on_gpu is None else on_gpu(payload.descriptor, payload.weights(), self.codes)
        if array is None:
            array = expand_pixels(payload.descriptor, payload.weights(), self.codes, threads=threads)
        notes: tuple[str, ...] = ()
        if payload.descriptor.is_empty:
            on_srgb = payload.descriptor.samples is SampleCoding.SRGB
            result = "the clipped picture" if on_srgb else "what the JPEG's YCbCr samples hold"
            result = result if payload.descriptor.shoulder is None else "what the picture's last codes hold"
            why = "no payload was used" if self.found.carrier is None else "the payload contains no model"
            notes = (f"{why}: the result is {result}",)
        said = vars(self).get("binding_note")  # if the binding was checked, here or before
        notes += self.notes + (() if said is None else (said,)) + of_gpu
        metadata = read_metadata(self.data)
        alpha = None if self.alpha is None else requantise(self.alpha, np.uint16)
        metadata = replace(metadata, notes=notes + metadata.notes)
        return WideImage(array, "prophoto", alpha=alpha, **metadata.everything())

    def clipped(self, out: NDArray[np.uint16] | None = None) -> NDArray[np.uint16]:
        """The pixels expanded without the payload: ROMM RGB, uint16 (H, W, 3), in `out` if it is given."""
        return expand_pixels(Descriptor(adaptation=self.adaptation), {}, self.srgb, out=out)

    def report(self) -> Report:
        """Names and sizes of the file and its payload."""
        return Report(
            file=self.path,
            carrier=self.found.carrier,
            model=str(self.found.payload.descriptor),
            payload_bytes=None if self.found.carrier is None else self.found.size,
            file_bytes=len(self.data),
        )


def expand(
    source: Readable,
    *,
    space: Space = "prophoto",
    samples: ExpandedSamples = "payload",
    sidecar: str | os.PathLike[str] | None = None,
    check: bool = True,
    threads: int | None = None,
    limits: Limits | None = None,
    device: Device = "cpu",
) -> WideImage:
    """Restore the wide-gamut photograph from an sRGB file, with its transparency if it has any.

    Args:
        source: a JPEG, PNG or TIFF with a payload (or with a sidecar beside it): its path or bytes, or a binary file
            that is open, from where it stands on.
        space: colour space of the result, see :data:`gamutmeta.color.spaces.SPACES`.
        samples: "payload" for those that the payload takes. "extended" uses no payload: the YCbCr samples of a JPEG are
            taken as they are before a viewer clips them. Use it for a file written with extended samples whose payload
            was lost, and for JPEGs of cameras that write sYCC; in any other JPEG it adds coding noise.
        sidecar: take the payload from this sidecar.
        check: refuse a payload that was made for another picture. False expands it anyway; positions are
            relative to the picture, so a resized picture gets roughly the right colours.
        threads: None for one per core.
        limits: of the payload and of the picture that the file announces, checked before anything is decoded; and of
            the multiply-adds of both together, checked before anything is computed.
        device: where to compute: "cpu", "cuda" (needs the extra ``gpu``), or "auto" for the CPU, but CUDA on a card
            that was measured (none yet). Samples may differ by one 16-bit code between devices. With "cuda", models
            that the GPU's kernel does not support (the paper's, one with an affine that is not axis-aligned) are
            computed on the CPU, as is what the GPU fails to compute or gets wrong; notes say so, and what was tried on
            the card.

    Raises:
        GamutMetaError: NoPayloadError, CarrierError, PayloadError, BindingError, PhotoError or DeviceError, as it
            applies; MissingExtraError if CUDA is requested and a library is missing.
        OSError: if the file cannot be read.
    """
    with sources_remembered(), pictures_limited(limits):
        file = SrgbFile.read(source, sidecar=sidecar, limits=limits, check=check, samples=samples)
        wide = file.expand(check=check, threads=threads, device=device)
    del file  # As large as the picture; what follows is, too.
    return wide.convert(space)


def expand_file(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    space: Space = "prophoto",
    depth: int | None = None,
    quality: int | None = None,
    samples: ExpandedSamples = "payload",
    sidecar: str | os.PathLike[str] | None = None,
    check: bool = True,
    overwrite: bool = False,
    threads: int | None = None,
    limits: Limits | None = None,
    device: Device = "cpu",
) -> Report:
    """Restore the wide-gamut photograph and write it, with transparency, EXIF, XMP and the ICC profile of `space`.

    Args:
        source: JPEG, PNG or TIFF with a payload (or with a sidecar beside it).
        target: its suffix selects the kind of file, see :func:`gamutmeta.photo.write.write_photo`.
        space: as for :func:`expand`.
        depth: bits per channel; None for the kind's own.
        quality: 1 to 100, of JPEG, AVIF, HEIC and JPEG XL; None for the kind's own.
        samples: as for :func:`expand`.
        sidecar: as for :func:`expand`.
        check: as for :func:`expand`.
        overwrite: whether `target` may exist.
        threads: None for one per core.
        limits: as for :func:`expand`.
        device: as for :func:`expand`.

    Raises:
        OutputExistsError: if `target` exists and `overwrite` is false.
        GamutMetaError, OSError: as for :func:`expand`.
        TypeError: if one of the two is no path; :func:`expand` takes open files and bytes.
    """
    start = time.perf_counter()
    instead = "for open files and bytes call gamutmeta.expand(source, ...), and save() or to_bytes() of its result"
    require_paths(instead, source=source, target=target)
    check_output(target, overwrite=overwrite)
    depth_and_quality(target, space=space, depth=depth, quality=quality)
    step("reading the file")
    with sources_remembered(), pictures_limited(limits):
        file = SrgbFile.read(source, sidecar=sidecar, limits=limits, check=check, samples=samples)
        check_side(target, *file.size)
        step("restoring the colours")
        wide = file.expand(check=check, threads=threads, device=device)
    report = replace(file.report(), output=str(target), notes=wide.notes)
    del file  # As large as the picture, and no longer needed.
    wide = wide.convert(space)
    step("writing the photograph")
    with as_private_as(source):
        lost = write_noting(wide, target, depth=depth, quality=quality, overwrite=overwrite)
    report = replace(report, notes=report.notes + lost, seconds=time.perf_counter() - start)
    log_written(target, source, report.seconds)
    return report
