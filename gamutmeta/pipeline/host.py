"""The sRGB picture that is to carry a payload: made from the photograph, or the user's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta.color.convert import requantise
from gamutmeta.color.jfif import shown_codes
from gamutmeta.color.subsampling import BLOCKS, fit_subsampled
from gamutmeta.color.sycc import reduce_to_sycc
from gamutmeta.fit.gate import gate_for, gate_for_base
from gamutmeta.model.descriptor import Descriptor, SampleCoding
from gamutmeta.photo.alpha import is_opaque
from gamutmeta.photo.carried import Metadata
from gamutmeta.photo.jpeg_out import NO_TRANSPARENCY
from gamutmeta.photo.pixels import decode_srgb, decode_sycc, srgb_metadata
from gamutmeta.pipeline.binding import binding_of_codes, binding_of_jpeg
from gamutmeta.pipeline.model_quality import measure_models
from gamutmeta.pipeline.reduced import Encoding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.carriers import HostFormat
    from gamutmeta.color.adaptation import Adaptation
    from gamutmeta.container import Binding
    from gamutmeta.photo.wide import WideImage
    from gamutmeta.pipeline.base import Base
    from gamutmeta.pipeline.options import ReduceOptions

__all__ = ["Host", "given_host", "made_host", "makes_samples"]

_PIXELS = 1 << 20
"""That are examined."""

_HELD = 1.0
"""dB by which the samples of a JPEG alone must be nearer to the photograph, out of gamut, than what viewers show.

JPEGs with extended samples are 2.7 to 9 dB nearer; exports with plain ones, whose samples lie outside sRGB by the noise
of their coding, 0 to 0.3 dB. A model of the latter was 0 to 0.3 dB better with plain samples."""


@dataclass(frozen=True, slots=True, eq=False)
class Host:
    """A picture that is to carry a payload.

    Attributes:
        pixels: sRGB before coding, uint8 (H, W, 3); of a base, as it is decoded.
        encoding: how the file is coded.
        metadata: of the file.
        coded: the file without the payload; None where it can be coded later.
        codes: sRGB as a reader decodes it, uint8 (H, W, 3).
        sycc: YCbCr before coding, which is to hold colours outside sRGB, uint8 (H, W, 3); None for plain samples.
        held: the same as a reader decodes it.
        alpha: transparency, uint8 (H, W); None without any.
        is_base: whether it is the user's own.
        wants_likeness: whether the payload is to follow the picture when it is re-encoded or resized.
        notes: what was left out.
    """

    pixels: NDArray[np.uint8]
    encoding: Encoding
    metadata: Metadata
    coded: bytes | None
    codes: NDArray[np.uint8]
    sycc: NDArray[np.uint8] | None = None
    held: NDArray[np.uint8] | None = None
    alpha: NDArray[np.uint8] | None = None
    is_base: bool = False
    wants_likeness: bool = False
    notes: tuple[str, ...] = ()

    @property
    def binding(self) -> Binding:
        """What binds a payload to it."""
        is_jpeg = self.coded is not None and self.encoding.format == "jpeg"
        return binding_of_jpeg(self.coded) if is_jpeg and self.coded is not None else binding_of_codes(self.codes)

    def gate(self, original: NDArray[np.uint16], adaptation: Adaptation) -> int | None:
        """The gate that suits a model for it; `original` is the photograph, ROMM RGB, uint16 (H, W, 3)."""
        if self.held is not None:
            return None
        is_lossless = self.encoding.format != "jpeg"
        if self.is_base:
            return gate_for_base(original, self.codes, adaptation, is_lossless=is_lossless)
        return 0 if is_lossless else gate_for(original, self.codes, adaptation)


def makes_samples(options: ReduceOptions, format_: HostFormat) -> bool:
    """Whether a picture that has colours outside sRGB is written with extended samples."""
    return format_ == "jpeg" and options.samples == "extended" and options.config.model == "grid"


def made_host(
    wide: WideImage, pixels: NDArray[np.uint8] | None, options: ReduceOptions, format_: HostFormat, *, has_model: bool
) -> Host:
    """The photograph, clipped and coded.

    Args:
        wide: in ROMM RGB.
        pixels: its sRGB codes, uint8 (H, W, 3); None for a JPEG with extended samples of which nobody wants to know
            what it was before coding. The result has the decoded picture in their place.
        options: of the reduction.
        format_: of the file.
        has_model: whether a model is going to be fitted; else there is nothing for extended samples to hold.
    """
    is_jpeg, config, sycc = format_ == "jpeg", options.config, None
    notes = [*options.notes_on_unused(format_)]
    if has_model and makes_samples(options, format_):
        sycc = reduce_to_sycc(wide.array, config.adaptation)
    elif has_model and is_jpeg and options.samples == "extended":
        notes.append(f"the preset {config.name} knows no extended samples: the JPEG has plain ones")
    encoding = Encoding(format_, options.quality, options.subsampling, options.progressive, sycc is not None)
    alpha = None if is_jpeg or wide.alpha is None else requantise(wide.alpha, np.uint8)
    metadata = srgb_metadata(wide.metadata, format_, wide.size, has_alpha=alpha is not None)
    notes += metadata.notes
    if pixels is not None and not is_jpeg:
        return Host(pixels, encoding, metadata, None, pixels, alpha=alpha, notes=tuple(notes))
    if not is_opaque(wide.alpha):
        notes.append(NO_TRANSPARENCY)
    said = tuple(notes)
    if sycc is None:
        assert pixels is not None  # noqa: S101 - see above
        coded = encoding.encode(pixels, metadata)
        return Host(pixels, encoding, metadata, coded, decode_srgb(coded), notes=said)
    is_subsampled = options.subsampling in BLOCKS
    to_code = fit_subsampled(sycc, BLOCKS[options.subsampling], config.adaptation) if is_subsampled else sycc
    if pixels is None:
        sycc = None  # as large as the picture
    coded = encoding.encode(to_code, metadata)
    del to_code
    held = decode_sycc(coded)
    codes = shown_codes(held)
    if sycc is None or pixels is None:
        pixels, sycc = codes, held
    return Host(pixels, encoding, metadata, coded, codes, sycc, held, wants_likeness=True, notes=said)


def given_host(base: Base, options: ReduceOptions, original: NDArray[np.uint16]) -> Host:
    """The user's own picture, as it is.

    Args:
        base: the picture.
        options: of the reduction.
        original: the photograph on its raster, ROMM RGB, uint16 (H, W, 3).
    """
    picture, config = base.picture, options.config
    is_new = options.samples == "extended" and config.model == "grid"
    samples = picture.samples if is_new else None
    if samples is not None and not _hold_colours(samples, picture.codes, original, config.adaptation):
        samples = None
    return Host(
        pixels=picture.codes,
        encoding=Encoding(base.format, options.quality, options.subsampling, options.progressive, samples is not None),
        metadata=Metadata(picture.exif, picture.xmp),
        coded=base.data,
        codes=picture.codes,
        sycc=samples,
        held=samples,
        alpha=picture.alpha,
        is_base=True,
        wants_likeness=is_new and base.format == "jpeg",
        notes=options.notes_on_unused(base.format),
    )


def _hold_colours(
    samples: NDArray[np.uint8], codes: NDArray[np.uint8], original: NDArray[np.uint16], adaptation: Adaptation
) -> bool:
    """Whether the samples of a JPEG hold colours outside sRGB, and not only noise of its coding; by some rows."""
    rows = slice(None, None, -(-samples.shape[0] * samples.shape[1] // _PIXELS) | 1)
    held, clipped = (
        measure_models(original[rows], part[rows], [(Descriptor(samples=kind, adaptation=adaptation), {})], adaptation)[
            0
        ]
        for kind, part in ((SampleCoding.SYCC, samples), (SampleCoding.SRGB, codes))
    )
    return held.psnr_og > clipped.psnr_og + _HELD
