"""The result of a gamut reduction: an sRGB picture and the payload that restores the photograph."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gamutmeta.color.icc import profile_bytes
from gamutmeta.errors import CarrierError, UnsupportedFileError
from gamutmeta.formats.second_picture import with_colour_map
from gamutmeta.formats.signature import SUFFIXES, format_of
from gamutmeta.photo.alpha import with_alpha
from gamutmeta.photo.jpeg_out import sycc_image
from gamutmeta.photo.pixels import encode_srgb_file
from gamutmeta.pipeline.saving import save_with_payload, with_payload
from gamutmeta.runtime.inputs import write_into

if TYPE_CHECKING:
    from typing import BinaryIO

    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from gamutmeta.choices import Carrier, HostFormat, Subsampling
    from gamutmeta.container import Payload
    from gamutmeta.photo.carried import Metadata
    from gamutmeta.report import Report

__all__ = ["Encoding", "Reduction"]


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the sRGB picture is coded; all but the format is for JPEG.

    Attributes:
        format: of the file.
        quality: 1 to 100.
        subsampling: of the chroma.
        progressive: whether it has several scans.
        is_ycc: whether the samples are YCbCr and may hold colours outside sRGB.
    """

    format: HostFormat
    quality: int
    subsampling: Subsampling
    progressive: bool
    is_ycc: bool = False

    def encode(self, codes: NDArray[np.uint8], metadata: Metadata, alpha: NDArray[np.uint8] | None = None) -> bytes:
        """The picture as a file; `codes` are sRGB, or YCbCr if `is_ycc`."""
        return encode_srgb_file(
            codes,
            self.format,
            quality=self.quality,
            subsampling=self.subsampling,
            progressive=self.progressive,
            alpha=alpha,
            is_ycc=self.is_ycc,
            **metadata.options(self.format),
        )


@dataclass(frozen=True, slots=True)
class Reduction:
    """An sRGB picture and the payload that restores the photograph.

    Attributes:
        pixels: the sRGB picture before coding, or that of the base, uint8 (H, W, 3).
        payload: bound to the coded picture.
        report: the figures, measured on the picture as a reader decodes it.
        encoding: how the file is coded; of a base, which is not coded here, only the format says something.
        metadata: the photograph's, as they are written into the file.
        coded: the coded file without the payload, where the fit needed it (JPEG), and every base.
        alpha: transparency of the sRGB picture, uint8 (H, W); None without any, and for a JPEG, which cannot hold it.
        sycc: the YCbCr samples before coding, which hold colours outside sRGB, uint8 (H, W, 3); None for clipped ones.
        gain_map: the JPEG of the gain map with which browsers show Display P3 colours; None without one.
    """

    pixels: NDArray[np.uint8]
    payload: Payload
    report: Report
    encoding: Encoding
    metadata: Metadata
    coded: bytes | None = None
    alpha: NDArray[np.uint8] | None = None
    sycc: NDArray[np.uint8] | None = None
    gain_map: bytes | None = None

    def __repr__(self) -> str:
        height, width = self.pixels.shape[:2]
        size = f"payload of {self.report.payload_bytes:,} bytes"
        return f"<Reduction {width}x{height} {self.encoding.format}, {self.report.preset}, {size}>"

    @property
    def exif(self) -> bytes | None:
        """EXIF block of the file."""
        return self.metadata.exif

    @property
    def xmp(self) -> bytes | None:
        """XMP packet of the file."""
        return self.metadata.xmp

    @property
    def image(self) -> Image.Image:
        """The sRGB picture for Pillow, with ICC profile and EXIF in ``info``.

        Its mode is RGB or RGBA; of a JPEG with extended samples it is YCbCr, since RGB would lose them. Such a picture
        can be saved as a JPEG, and ``image.convert("RGB")`` is what viewers show. Once the plugin is registered,
        ``image.save(path, gamut=payload)`` stores picture and payload.
        """
        from PIL import Image  # noqa: PLC0415 - only for those who ask for it

        shown = Image.fromarray(with_alpha(self.pixels, self.alpha))
        image = shown if self.sycc is None else sycc_image(self.sycc)
        image.info["icc_profile"] = profile_bytes("srgb")
        if self.exif is not None:
            image.info["exif"] = self.exif
        return image

    def to_bytes(self, carrier: Carrier | None = None) -> bytes:
        """The sRGB file with the payload in it.

        Args:
            carrier: None for the format's own (APP11, iTXt or tag); "com" for the compatible one of JPEG; "sidecar"
                leaves the payload out.
        """
        codes = self.pixels if self.sycc is None else self.sycc
        data = self.coded or self.encoding.encode(codes, self.metadata, self.alpha)
        if self.gain_map is not None:
            data = with_colour_map(data, self.gain_map)
        return with_payload(data, self.payload.to_bytes(), carrier)

    def save(
        self, path: str | os.PathLike[str] | BinaryIO, *, carrier: Carrier | None = None, overwrite: bool = False
    ) -> int:
        """Write the sRGB file with its payload, and return its size; see :meth:`to_bytes`.

        Args:
            path: of the file, or a binary file that is open for writing.
            carrier: as for :meth:`to_bytes`; "sidecar" writes the payload into a file beside it, which needs a path.
            overwrite: whether the files may exist.

        Raises:
            OutputExistsError: if the file, or its sidecar, exists and `overwrite` is false.
            CarrierError: if the carrier does not fit the format, or is a sidecar of an open file.
            UnsupportedFileError: if the suffix of `path` is not that of the format, which was chosen for the fit.
            TypeError: if it is neither a path nor a binary file.
        """
        if not isinstance(path, str | os.PathLike):
            if carrier == "sidecar":
                raise CarrierError(
                    "a sidecar lies beside the picture, and an open file has no place; "
                    "write to_bytes('sidecar') and payload.to_bytes() yourself, or save to a path"
                )
            data = self.to_bytes(carrier)
            write_into(path, data)
            return len(data)
        self._check_suffix(path)
        data = self.to_bytes(carrier)
        save_with_payload(path, data, self.payload.to_bytes(), carrier, overwrite=overwrite)
        return len(data)

    def _check_suffix(self, path: str | os.PathLike[str]) -> None:
        """Refuse a name of another format: the payload fits the samples of this one alone."""
        asked = format_of(path)
        if asked != self.encoding.format:
            suffix = next(suffix for suffix, name in SUFFIXES.items() if name == self.encoding.format)
            raise UnsupportedFileError(
                f"{Path(path).name}: the reduction is a {self.encoding.format.upper()}; name the file {suffix}, or "
                f"call reduce() with format={asked!r}"
            )
