"""An sRGB file that was read: its pixels, the payload that belongs to it, and the photograph that they restore."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Self, cast, get_args

import numpy as np

from gamutmeta import carriers
from gamutmeta.choices import ExpandedSamples
from gamutmeta.color.convert import requantise
from gamutmeta.color.jfif import shown_codes
from gamutmeta.color.spaces import space_named
from gamutmeta.container import Limits, Payload
from gamutmeta.errors import BindingError, GamutMetaError, PhotoError
from gamutmeta.gpu.devices import gpu_expander
from gamutmeta.model.descriptor import Descriptor, SampleCoding
from gamutmeta.model.expand import expand as expand_pixels
from gamutmeta.photo.host_metadata import read_metadata
from gamutmeta.photo.pixels import decode_sycc
from gamutmeta.photo.streamed import StreamedPhotograph
from gamutmeta.photo.wide import WideImage
from gamutmeta.photo.write import is_streamed
from gamutmeta.pipeline.binding import binding_of_jpeg, check_binding, decode_for
from gamutmeta.pipeline.limited import check_work
from gamutmeta.pipeline.streaming import ExpandedRows
from gamutmeta.report import Report
from gamutmeta.runtime.inputs import Readable, bytes_of, is_path, name_of

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

    from gamutmeta.choices import Device, Space, SpaceName
    from gamutmeta.color.adaptation import Adaptation
    from gamutmeta.gpu.devices import Expander
    from gamutmeta.photo.carried import Metadata

__all__ = ["EXPANDED_SAMPLES", "FoundPayload", "SrgbFile", "find_payload"]

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

    @cached_property
    def note_on_binding(self) -> str | None:
        """The same where the payload is used in any case: that it was made for another picture is told, not refused."""
        if self.found.carrier is None:  # no payload was looked for
            return None
        try:
            return self.binding_note
        except BindingError as error:
            made_for = "the payload was made for another picture, or for this one before it was changed"
            return f"{made_for}: the colours may be wrong ({error})"
        except GamutMetaError as error:
            return f"whether the payload was made for this picture cannot be told: the colours may be wrong ({error})"

    def check(self) -> None:
        """Check that the payload was made for this file.

        Raises:
            BindingError, CarrierError: as for :func:`~gamutmeta.pipeline.binding.check_binding`.
        """
        _ = self.binding_note

    def expand(self, *, check: bool = True, threads: int | None = None, device: Device = "cpu") -> WideImage:
        """The photograph in ROMM RGB, with transparency, EXIF and XMP; see :func:`expand` for arguments and errors."""
        on_gpu = gpu_expander(device)
        if check:
            self.check()
        return self._expanded(on_gpu, threads)

    def expand_for(
        self,
        path: str | os.PathLike[str],
        *,
        space: Space,
        depth: int | None,
        check: bool,
        threads: int | None,
        device: Device,
    ) -> WideImage | StreamedPhotograph:
        """The photograph of :meth:`expand`, for a file that is to be written.

        If the file's writer asks for some rows at a time, they are computed then, on its threads, and in `space`. A
        number of threads means that many, so the picture is computed beforehand, in ROMM RGB; so it is by a GPU.

        Args:
            path: of the file.
            space: as for :func:`gamutmeta.pipeline.expand.expand`, like the others.
            depth: bits per channel; None for the kind's own.
            check: as there.
            threads: as there.
            device: as there.

        Raises:
            GamutMetaError: as there.
        """
        on_gpu = gpu_expander(device)
        if check:
            self.check()
        if threads is not None or on_gpu is not None or not is_streamed(path, depth=depth):
            return self._expanded(on_gpu, threads)
        payload, target = self.found.payload, space_named(space)
        rows = ExpandedRows(payload.descriptor, payload.weights(), self.codes, target)
        return StreamedPhotograph(rows, cast("SpaceName", target.name), self._metadata(), self._alpha())

    def _expanded(self, on_gpu: Expander | None, threads: int | None) -> WideImage:
        payload = self.found.payload
        array, of_gpu = (None, ()) if on_gpu is None else on_gpu(payload.descriptor, payload.weights(), self.codes)
        if array is None:
            array = expand_pixels(payload.descriptor, payload.weights(), self.codes, threads=threads)
        return WideImage(array, "prophoto", alpha=self._alpha(), **self._metadata(of_gpu).everything())

    def _alpha(self) -> NDArray[np.uint16] | None:
        return None if self.alpha is None else requantise(self.alpha, np.uint16)

    def _metadata(self, of_gpu: tuple[str, ...] = ()) -> Metadata:
        """EXIF and XMP of the file, and notes on its payload."""
        payload = self.found.payload
        notes: tuple[str, ...] = ()
        if payload.descriptor.is_empty:
            on_srgb = payload.descriptor.samples is SampleCoding.SRGB
            result = "the clipped picture" if on_srgb else "what the JPEG's YCbCr samples hold"
            result = result if payload.descriptor.shoulder is None else "what the picture's last codes hold"
            why = "no payload was used" if self.found.carrier is None else "the payload contains no model"
            notes = (f"{why}: the result is {result}",)
        said = self.note_on_binding
        notes += self.notes + (() if said is None else (said,)) + of_gpu
        metadata = read_metadata(self.data)
        return replace(metadata, notes=notes + metadata.notes)

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
