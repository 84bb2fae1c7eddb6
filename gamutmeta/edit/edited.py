"""An sRGB picture in memory together with its payload: the input and the result of edits."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from gamutmeta import carriers
from gamutmeta.color.convert import requantise
from gamutmeta.color.jfif import shown_codes
from gamutmeta.container.transform import softened
from gamutmeta.errors import BindingError, PhotoError
from gamutmeta.formats.second_picture import find_colour_map, with_colour_map
from gamutmeta.measure.likeness import likeness_of
from gamutmeta.model.descriptor import SampleCoding
from gamutmeta.model.expand import expand as expand_pixels
from gamutmeta.photo.alpha import is_opaque, with_alpha
from gamutmeta.photo.carried import Metadata, warn_of
from gamutmeta.photo.host_metadata import read_metadata
from gamutmeta.photo.jpeg_out import NO_TRANSPARENCY, sycc_image, write_jpeg
from gamutmeta.photo.pixels import decode_srgb, open_srgb, srgb_metadata
from gamutmeta.photo.png_out import write_png
from gamutmeta.photo.tiff_out import write_tiff
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline.binding import binding_of_codes, binding_of_jpeg, check_binding, decode_for
from gamutmeta.pipeline.colour_map import useful_map
from gamutmeta.pipeline.limited import check_work, pictures_limited
from gamutmeta.pipeline.map_limits import MAP_BYTES, MAX_MAP_BYTES
from gamutmeta.pipeline.options import notes_on_unused
from gamutmeta.pipeline.saving import check_outputs, save_with_payload, with_payload
from gamutmeta.pipeline.srgb_file import find_payload
from gamutmeta.report import Report
from gamutmeta.runtime.inputs import require_paths
from gamutmeta.runtime.warn import warn

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

    from gamutmeta.choices import Carrier, HostFormat, Space, Subsampling
    from gamutmeta.container import Binding, Limits, Payload
    from gamutmeta.formats.comments import Comment
    from gamutmeta.pipeline.colour_map import MadeMap

__all__ = ["Edited"]


@dataclass(frozen=True, slots=True)
class Edited:
    """An edited sRGB picture and its payload.

    Attributes:
        image: mode RGB, or RGBA with transparency; YCbCr if the payload takes the YCbCr samples of a JPEG, which hold
            colours outside sRGB. ICC profile, EXIF and XMP are in its ``info``.
        map_bytes: limit for the gain map that a JPEG of it gets, as the file that was edited had one; None without.
        payload: bound to these samples. ``image.save(path, gamut=payload)`` stores both once the Pillow plugin is
            registered; :meth:`save` needs no plugin.
        notes: what of the metadata was left out so far.
        photoshop: Photoshop image resources, as in :class:`gamutmeta.WideImage`.
        comments: likewise.
    """

    image: Image.Image
    payload: Payload
    map_bytes: int | None = None
    notes: tuple[str, ...] = ()
    photoshop: bytes | None = None
    comments: tuple[Comment, ...] = ()

    @classmethod
    def of(cls, image: Image.Image, payload: Payload, **kept: Any) -> Edited:
        """A picture and the payload of just that picture, which is bound to it here; and the other attributes."""
        return cls(image, payload.bind(*image.size, _binding_of(image)), **kept)

    @classmethod
    def of_file(
        cls,
        data: bytes,
        path: str | os.PathLike[str] | None = None,
        *,
        sidecar: str | os.PathLike[str] | None = None,
        limits: Limits | None = None,
    ) -> Edited:
        """The picture of a file as it is coded, and its payload.

        Args:
            data: a JPEG, PNG or TIFF file.
            path: as for :func:`gamutmeta.pipeline.srgb_file.find_payload`.
            sidecar: likewise.
            limits: likewise.

        Raises:
            BindingError: if the payload was made for another picture.
            GamutMetaError: as for :func:`gamutmeta.expand`.
        """
        payload = find_payload(data, path, sidecar=sidecar, limits=limits).payload
        codes, alpha = decode_for(payload, data, check=True)
        is_ycc = payload.descriptor.samples is SampleCoding.SYCC
        image = sycc_image(codes) if is_ycc else Image.fromarray(with_alpha(codes, alpha))
        note = check_binding(payload, data, codes)
        if note is not None:
            warn(note, stacklevel=3)
        with open_srgb(data) as original:
            icc = original.info.get("icc_profile")
        metadata = read_metadata(data)
        info = {"icc_profile": icc, "exif": metadata.exif, "xmp": metadata.xmp}
        image.info.update({key: value for key, value in info.items() if value})
        kept = {"notes": metadata.notes, "photoshop": metadata.photoshop, "comments": metadata.comments}
        return cls.of(image, payload, map_bytes=_map_bytes(data), **kept)

    def __repr__(self) -> str:
        return f"<Edited {self.image.width}x{self.image.height} {self.image.mode}, {self.payload!r}>"

    @property
    def metadata(self) -> Metadata:
        """What the picture's file says about the photograph, together."""
        info = self.image.info
        return Metadata(info.get("exif"), info.get("xmp"), self.photoshop, self.comments, self.notes)

    def expand(
        self, *, space: Space = "prophoto", threads: int | None = None, limits: Limits | None = None
    ) -> WideImage:
        """The wide-gamut photograph, edited.

        Args:
            space: colour space of the result.
            threads: None for one per core.
            limits: of the work (`multiply_adds`); a picture that was made larger takes more.

        Raises:
            BindingError: if `image` was changed since the edit.
            LimitError: if it is too much work.
            PhotoError: if the space is unknown.
        """
        self.require_unchanged()
        with pictures_limited(limits):
            check_work(self.payload.descriptor, *self.image.size)
        codes, alpha = _planes(self.image)
        array = expand_pixels(self.payload.descriptor, self.payload.weights(), codes, threads=threads)
        wide_alpha = None if alpha is None else requantise(alpha, np.uint16)
        wide = WideImage(array, "prophoto", alpha=wide_alpha, **self.metadata.everything())
        return wide.convert(space)

    def to_bytes(
        self,
        format: HostFormat = "png",  # noqa: A002 - Pillow's word for it
        *,
        quality: int = 95,
        subsampling: Subsampling = "4:4:4",
        progressive: bool = False,
        carrier: Carrier | None = None,
    ) -> bytes:
        """The picture as a file with its payload.

        Args:
            format: "jpeg", "png" or "tiff".
            quality: of JPEG, 1..100.
            subsampling: of JPEG's chroma.
            progressive: JPEG only.
            carrier: None for the format's own, "com" for JPEG's comment, "sidecar" to leave the payload out.

        Raises:
            BindingError: if `image` was changed since the edit.
            PhotoError: if the picture cannot be coded, or its YCbCr samples would be lost in a PNG or TIFF, or its
                shoulder in a JPEG.
            CarrierError: if the carrier does not fit the format.

        Warns:
            GamutMetaWarning: a model that was fitted to lossless samples, or a transparent picture, goes into a JPEG;
                or metadata were left out; or options of JPEG were chosen for another kind of file.
        """
        data, _, _, notes = self._coded(format, quality, subsampling, carrier, progressive=progressive)
        warn_of(notes)
        return data

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        quality: int = 95,
        subsampling: Subsampling = "4:4:4",
        progressive: bool = False,
        carrier: Carrier | None = None,
        overwrite: bool = False,
    ) -> Report:
        """Write the picture with its payload; the suffix of `path` selects the format. See :meth:`to_bytes`.

        Raises:
            OutputExistsError: if the file, or its sidecar, exists and `overwrite` is false.
            UnsupportedFileError: if it is another suffix.
            TypeError: if it is no path.
        """
        require_paths("write the result of to_bytes(format) into an open file", path=path)
        format_ = carriers.format_of(path)
        used = carriers.carrier_for(format_, carrier, file=Path(path).name)
        check_outputs(path, carrier, overwrite=overwrite)
        data, payload, made, notes = self._coded(format_, quality, subsampling, carrier, progressive=progressive)
        container = payload.to_bytes()
        save_with_payload(path, data, container, carrier, overwrite=overwrite)
        return Report(
            output=str(path),
            carrier=used,
            model=str(payload.descriptor),
            payload_bytes=len(container),
            file_bytes=len(data),
            gain_map=None if made is None else made.figures,
            notes=self.notes + notes,
        )

    def _coded(
        self, format_: HostFormat, quality: int, subsampling: Subsampling, carrier: Carrier | None, *, progressive: bool
    ) -> tuple[bytes, Payload, MadeMap | None, tuple[str, ...]]:
        """The file, the payload as it is bound to it, the gain map in it, and notes: what was left out or not used."""
        self.require_unchanged()
        info, (samples, alpha) = self.image.info, _planes(self.image)
        is_ycc = self.image.mode == "YCbCr"
        if is_ycc and format_ != "jpeg":
            raise PhotoError(
                "the picture's colours outside sRGB are in the YCbCr samples of a JPEG, which a "
                f"{format_.upper()} file cannot store: save it as .jpg, or expand it"
            )
        if self.payload.descriptor.shoulder is not None and format_ == "jpeg":
            raise PhotoError(
                "a JPEG cannot keep the last codes of a PNG or TIFF, which hold the picture's colours outside sRGB: "
                "save it as .png or .tif, or expand it and reduce it again"
            )
        icc = info.get("icc_profile")
        metadata = srgb_metadata(self.metadata, format_, self.image.size, icc=icc, has_alpha=alpha is not None)
        unused = notes_on_unused(format_, quality=quality, subsampling=subsampling, progressive=progressive)
        options: dict[str, Any] = {"icc": icc, **metadata.options(format_)}
        file, payload = io.BytesIO(), self.payload
        if format_ == "jpeg":
            if not is_opaque(alpha):
                warn(NO_TRANSPARENCY, stacklevel=3)
            options |= {"quality": quality, "subsampling": subsampling, "progressive": progressive}
            write_jpeg(file, samples, is_ycc=is_ycc, **options)
            payload = softened(payload)
            coded = file.getvalue()
            likeness = likeness_of(decode_srgb(coded)) if is_ycc else None
            payload = payload.bind(payload.width, payload.height, binding_of_jpeg(coded), likeness)
            if self.payload.descriptor.gate == 0:
                warn(
                    "the payload was fitted to lossless samples, so a JPEG restores colours less exactly", stacklevel=3
                )
        else:
            write = write_png if format_ == "png" else write_tiff
            write(file, samples, alpha=alpha, **options)
        data, made = file.getvalue(), None
        if self.map_bytes is not None and format_ == "jpeg":
            made = self._made_map(data, payload)
            data = data if made is None else with_colour_map(data, made.jpeg)
        elif self.map_bytes is not None:
            said = f"a {format_.upper()} file cannot store it"
            warn(f"the gain map that shows wide-gamut colour was left out: {said}", stacklevel=3)
        return with_payload(data, payload.to_bytes(), carrier), payload, made, unused + metadata.notes

    def _made_map(self, data: bytes, payload: Payload) -> MadeMap | None:
        """The gain map with which a JPEG shows what its payload restores."""
        assert self.map_bytes is not None  # noqa: S101 - asked before
        check_work(payload.descriptor, payload.width, payload.height)
        samples = decode_for(payload, data)[0]
        wide = expand_pixels(payload.descriptor, payload.weights(), samples)
        shown = samples if payload.descriptor.samples is SampleCoding.SRGB else shown_codes(samples)
        made, notes = useful_map(shown, wide, self.map_bytes)
        for note in notes:
            warn(note, stacklevel=4)
        return made

    def require_unchanged(self) -> None:
        """Make sure that the payload still belongs to the picture.

        Raises:
            BindingError: if `image` was changed since the edit.
        """
        if self.image.mode not in {"RGB", "RGBA", "YCbCr"} or self.payload.binding != _binding_of(self.image):
            raise BindingError("the picture was changed after the edit, so its payload does not fit it any more")


def _map_bytes(data: bytes) -> int | None:
    """What a new gain map of an edited JPEG may take: as much as its old one, and as one has by default at least."""
    found = find_colour_map(data) if carriers.host_format(data) == "jpeg" else None
    return None if found is None else min(max(found.size, MAP_BYTES), MAX_MAP_BYTES)


def _binding_of(image: Image.Image) -> Binding:
    return binding_of_codes(_planes(image)[0])


def _planes(image: Image.Image) -> tuple[NDArray[np.uint8], NDArray[np.uint8] | None]:
    """Colours (H, W, 3), sRGB or YCbCr, and transparency (H, W) if there is any."""
    samples = np.asarray(image)
    return (samples, None) if image.mode in {"RGB", "YCbCr"} else (samples[..., :3], samples[..., 3])
