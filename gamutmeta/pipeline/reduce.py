"""Gamut reduction: photograph -> sRGB pixels as a reader decodes them -> fit -> payload -> file."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta import carriers
from gamutmeta.color.convert import requantise
from gamutmeta.color.gamut import Rounding, is_gray, reduce_to_codes
from gamutmeta.color.sycc import reduce_to_sycc
from gamutmeta.container import Payload
from gamutmeta.envelope import LIKENESS_BYTES
from gamutmeta.errors import MissingExtraError, PhotoError
from gamutmeta.fit.config import MIN_BYTES
from gamutmeta.fit.gate import gate_for
from gamutmeta.measure.likeness import likeness_of
from gamutmeta.measure.quality import Quality, quality_figures
from gamutmeta.model.descriptor import Descriptor, SampleCoding
from gamutmeta.photo.alpha import is_opaque
from gamutmeta.photo.jpeg_out import NO_TRANSPARENCY
from gamutmeta.photo.pixels import decode_srgb, decode_sycc, srgb_metadata
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage
from gamutmeta.pipeline.binding import binding_of_codes, binding_of_jpeg
from gamutmeta.pipeline.model_quality import measure_models
from gamutmeta.pipeline.options import ReduceOptions
from gamutmeta.pipeline.preload import REDUCTION, preload
from gamutmeta.pipeline.reduced import Encoding, Reduction
from gamutmeta.pipeline.saving import check_outputs
from gamutmeta.report import Report
from gamutmeta.runtime.memory import trim_heap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gamutmeta.carriers import HostFormat
    from gamutmeta.fit.config import FitConfig
    from gamutmeta.fit.engine import FitResult
    from gamutmeta.photo.jpeg_out import Subsampling
    from gamutmeta.pipeline.options import Samples
    from gamutmeta.runtime.inputs import Readable

_LIKENESS_ROOM = 7 + LIKENESS_BYTES
"""What a likeness adds to a container: its key, the head of its value, and the value."""

__all__ = ["Reduction", "read_and_reduce", "reduce", "reduce_file", "reduce_file_with", "reduce_with", "save_reduced"]


def reduce(
    wide: WideImage | Readable,
    *,
    preset: str | FitConfig = "balanced",
    max_bytes: int | None = None,
    format: HostFormat = "png",  # noqa: A002 - Pillow's word for it
    quality: int = 95,
    subsampling: Subsampling = "4:4:4",
    progressive: bool = False,
    samples: Samples = "extended",
    device: str = "auto",
    seed: int = 0,
    rounding: Rounding = Rounding.HALF_EVEN,
) -> Reduction:
    """Reduce a photograph to sRGB and fit the payload that restores it.

    The model is fitted to, and measured on, the picture as a reader will decode it: for JPEG the decoded file.

    Args:
        wide: the photograph, or what :func:`gamutmeta.read_photo` reads: a path, bytes, or a binary file that is open.
            Other spaces than ProPhoto are converted first.
        preset: name of a preset, or a configuration.
        max_bytes: upper limit for the container, 400 to 61,440 bytes; None for the preset's own. It is rounded down to
            a rung of a ladder, see :meth:`gamutmeta.fit.config.FitConfig.within`, and the report's notes say so.
        format: "png" or "tiff" (lossless), or "jpeg".
        quality: of JPEG, 1..100.
        subsampling: of JPEG's chroma.
        progressive: JPEG only.
        samples: of a JPEG, see :class:`~gamutmeta.pipeline.options.ReduceOptions`.
        device: "auto" (CUDA when present), "cpu" or "cuda".
        seed: same seed, same payload on one device.
        rounding: of the 8-bit codes.

    Raises:
        FitError: for an unknown preset, or a limit that is not a whole number from 400 to 61,440.
        DeviceError: if the device is unknown, or not there.
        MissingExtraError: if torch is not installed.
        PhotoError: if the picture cannot be coded, or is no WideImage.
    """
    options = ReduceOptions(
        preset=preset,
        max_bytes=max_bytes,
        quality=quality,
        subsampling=subsampling,
        progressive=progressive,
        samples=samples,
        device=device,
        seed=seed,
    )
    return reduce_with(wide, options, format, rounding)


def reduce_with(
    wide: WideImage | Readable,
    options: ReduceOptions,
    format: HostFormat = "png",  # noqa: A002 - Pillow's word for it
    rounding: Rounding = Rounding.HALF_EVEN,
) -> Reduction:
    """:func:`reduce` with its options in one object; those on reading and the carrier play no part."""
    start = time.perf_counter()
    if not isinstance(wide, WideImage):
        wide = _read(wide, options)
    config = options.config
    original = wide.convert("prophoto").array
    pixels, og_pixels = reduce_to_codes(original, config.adaptation, rounding)
    notes, reason = list(wide.notes), _nothing_to_restore(original, og_pixels)
    sycc = None
    if options.samples == "extended" and format == "jpeg" and reason is None:
        if config.model == "grid":
            sycc = reduce_to_sycc(original, config.adaptation)
        else:
            notes.append(f"the preset {config.name} knows no extended samples: the JPEG has plain ones")
    encoding = Encoding(format, options.quality, options.subsampling, options.progressive, sycc is not None)
    alpha = None if format == "jpeg" or wide.alpha is None else requantise(wide.alpha, np.uint8)
    metadata = srgb_metadata(wide.metadata, format, wide.size, has_alpha=alpha is not None)
    notes += metadata.notes
    coded = encoding.encode(pixels if sycc is None else sycc, metadata) if format == "jpeg" else None
    codes = pixels if coded is None else decode_srgb(coded)
    held = None if sycc is None or coded is None else decode_sycc(coded)
    height, width = codes.shape[:2]
    binding = binding_of_codes(codes) if coded is None else binding_of_jpeg(coded)
    payload = Payload(width, height, binding, Descriptor(adaptation=config.adaptation), ())
    if format == "jpeg" and not is_opaque(wide.alpha):
        notes.append(NO_TRANSPARENCY)
    with ThreadPoolExecutor(1, thread_name_prefix="gamutmeta-measure") as pool:
        # On one thread, and beside the fit, which leaves all cores but one idle.
        clipping = pool.submit(_measured, payload, original, codes, threads=1)
        fitted = None
        if reason is not None:
            notes.append(reason)
        else:
            notes += options.notes
            likeness = None if held is None or config.max_bytes <= MIN_BYTES else likeness_of(codes)
            room = 0 if likeness is None else _LIKENESS_ROOM
            within = replace(config, max_bytes=config.max_bytes - room)
            result = _fit(original, codes, held, within, options, is_coded=coded is not None)
            fitted = Payload(width, height, binding, result.descriptor, result.tensors, likeness)
        clipped = clipping.result()
    payload, kept, note = _best(payload, fitted, clipped, original, codes if held is None else held)
    notes += note
    report = Report(
        preset=config.name,
        model=str(payload.descriptor),
        payload_bytes=len(payload.to_bytes()),
        **quality_figures(kept, clipped),
        seconds=time.perf_counter() - start,
        fit_seconds=None if fitted is None else result.seconds,
        device=None if fitted is None else result.device,
        notes=tuple(notes),
    )
    return Reduction(pixels, payload, report, encoding, metadata, coded, alpha, sycc)


def reduce_file(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    preset: str | FitConfig = "balanced",
    max_bytes: int | None = None,
    quality: int = 95,
    subsampling: Subsampling = "4:4:4",
    progressive: bool = False,
    samples: Samples = "extended",
    carrier: str | None = None,
    device: str = "auto",
    seed: int = 0,
    assume_space: str | None = None,
    raw_style: str = "neutral",
    overwrite: bool = False,
) -> Report:
    """Reduce the file of a photograph to an sRGB file with a payload.

    EXIF, XMP and the orientation are kept, and transparency in a PNG or TIFF. Nothing is written unless everything
    succeeded.

    Args:
        source: any photograph :func:`gamutmeta.photo.read.read_photo` reads.
        target: .jpg, .png or .tif.
        preset: as for :func:`reduce`.
        max_bytes: as for :func:`reduce`.
        quality: as for :func:`reduce`.
        subsampling: as for :func:`reduce`.
        progressive: as for :func:`reduce`.
        samples: as for :func:`reduce`.
        carrier: None for the format's own, "com" for JPEG's comment, "sidecar" for a file next to `target`.
        device: as for :func:`reduce`.
        seed: as for :func:`reduce`.
        assume_space: the colour space of a photograph that names none.
        raw_style: how a raw photograph is developed, see :data:`gamutmeta.photo.raw_in.RAW_STYLES`.
        overwrite: whether `target` may exist.

    Raises:
        OutputExistsError: if `target` (or the sidecar) exists and `overwrite` is false.
        UnsupportedFileError: if `target` is of another kind, CarrierError if `carrier` does not fit it.
        GamutMetaError: as for :func:`reduce` and :func:`gamutmeta.photo.read.read_photo`.
        OSError: if a file cannot be read or written.
    """
    options = ReduceOptions(
        preset=preset,
        max_bytes=max_bytes,
        quality=quality,
        subsampling=subsampling,
        progressive=progressive,
        samples=samples,
        carrier=carrier,
        device=device,
        seed=seed,
        assume_space=assume_space,
        raw_style=raw_style,
    )
    return reduce_file_with(source, target, options, overwrite=overwrite)


def reduce_file_with(
    source: str | os.PathLike[str], target: str | os.PathLike[str], options: ReduceOptions, *, overwrite: bool = False
) -> Report:
    """:func:`reduce_file` with its options in one object."""
    start = time.perf_counter()
    # The photograph is released before the file is written.
    reduction = read_and_reduce(source, target, options, overwrite=overwrite)[1]
    report = save_reduced(reduction, target, options, overwrite=overwrite)
    return replace(report, file=str(source), seconds=time.perf_counter() - start)


def read_and_reduce(
    source: str | os.PathLike[str], target: str | os.PathLike[str], options: ReduceOptions, *, overwrite: bool = False
) -> tuple[WideImage, Reduction]:
    """The first part of :func:`reduce_file`: read the photograph, and reduce it for `target`."""
    format_ = carriers.format_of(target)
    carrier = carriers.carrier_for(format_, options.carrier, file=Path(target).name)
    check_outputs(target, carrier, overwrite=overwrite)
    if Path(source).resolve() == Path(target).resolve():
        raise PhotoError(f"{source}: the output would replace the photograph itself")
    preload(source, REDUCTION)
    wide = read_photo(source, assume_space=options.assume_space, raw_style=options.raw_style)
    return wide, reduce_with(wide, options, format_)


def save_reduced(
    reduction: Reduction, target: str | os.PathLike[str], options: ReduceOptions, *, overwrite: bool = False
) -> Report:
    """The second part of :func:`reduce_file`: write what :func:`read_and_reduce` made for `target`."""
    size = reduction.save(target, carrier=options.carrier, overwrite=overwrite)
    carrier = carriers.carrier_for(reduction.encoding.format, options.carrier)
    return replace(reduction.report, output=str(target), carrier=carrier, file_bytes=size)


def _read(source: Readable, options: ReduceOptions) -> WideImage:
    is_readable = isinstance(source, str | os.PathLike | bytes | bytearray | memoryview) or hasattr(source, "read")
    if not is_readable:
        name = f"{type(source).__module__}.{type(source).__qualname__}"
        raise PhotoError(f"reduce needs a gamutmeta.WideImage, which has a colour space, or a file, not {name}")
    return read_photo(source, assume_space=options.assume_space, raw_style=options.raw_style)


def _nothing_to_restore(original: NDArray[np.uint16], og_pixels: int) -> str | None:
    """Why there is no model for a photograph, for people; None if it needs one."""
    if is_gray(original):
        return "the photograph is grey: nothing is outside sRGB, and the payload contains no model"
    return None if og_pixels else "no colour of the photograph is outside sRGB: the payload contains no model"


def _fit(
    original: NDArray[np.uint16],
    codes: NDArray[np.uint8],
    held: NDArray[np.uint8] | None,
    config: FitConfig,
    options: ReduceOptions,
    *,
    is_coded: bool,
) -> FitResult:
    """Fit to the YCbCr samples `held` of an extended JPEG, or else to the sRGB `codes`, lossless or not."""
    try:
        from gamutmeta.fit.engine import fit  # noqa: PLC0415 - torch takes more than a second to import
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise MissingExtraError("fitting a payload", "torch", "fit") from error
    samples = SampleCoding.SRGB if held is None else SampleCoding.SYCC
    gate = None if is_coded else 0
    if is_coded and held is None:
        gate = gate_for(original, codes, config.adaptation)
    result = fit(
        codes if held is None else held,
        original,
        config,
        gate=gate,
        samples=samples,
        device=options.device,
        seed=options.seed,
    )
    trim_heap()
    return result


def _measured(
    payload: Payload, original: NDArray[np.uint16], codes: NDArray[np.uint8], *, threads: int | None = None
) -> Quality:
    """How well a payload restores the original from the samples that it takes."""
    model, adaptation = (payload.descriptor, payload.weights()), payload.descriptor.adaptation
    return measure_models(original, codes, [model], adaptation, threads=threads)[0]


def _best(
    empty: Payload, fitted: Payload | None, clipped: Quality, original: NDArray[np.uint16], codes: NDArray[np.uint8]
) -> tuple[Payload, Quality, list[str]]:
    """The payload that is kept, how well it restores, and what is to be told of the choice.

    Args:
        empty: the payload that means clipping.
        fitted: the one with the model, if there is one.
        clipped: the figures of clipping.
        original: the photograph.
        codes: the samples that the fitted model takes.
    """
    if fitted is None:
        return empty, clipped, []
    restored = _measured(fitted, original, codes)
    if fitted.descriptor.samples is SampleCoding.SYCC:
        alone = replace(
            empty, descriptor=replace(empty.descriptor, samples=SampleCoding.SYCC), likeness=fitted.likeness
        )
        held = _measured(alone, original, codes)
        if _is_better(held, clipped) and not _is_better(restored, held):
            note = "the fitted model was not better than the JPEG's samples alone: the payload contains no model"
            return alone, held, [note]
    if _is_better(restored, clipped):
        return fitted, restored, []
    return empty, clipped, ["the fitted model was not better than clipping: the payload contains no model"]


def _is_better(restored: Quality, clipped: Quality) -> bool:
    """Whether to store the model: it is better on the out-of-gamut pixels, and not worse in any other figure."""
    return restored.psnr > clipped.psnr and restored.psnr_og > clipped.psnr_og
