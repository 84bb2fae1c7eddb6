"""Gamut reduction: photograph -> sRGB pixels as a reader decodes them -> fit -> payload -> file."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from gamutmeta import carriers
from gamutmeta.color.convert import requantise
from gamutmeta.color.gamut import Rounding, is_gray, reduce_to_codes
from gamutmeta.color.icc import profile_bytes
from gamutmeta.color.quality import Quality, quality_figures
from gamutmeta.container import Binding, Payload
from gamutmeta.errors import CarrierError, MissingExtraError, PhotoError, UnsupportedFileError
from gamutmeta.fit.config import FitConfig, preset_named
from gamutmeta.gate import gate_for
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.model.quality import measure_models
from gamutmeta.photo.alpha import is_opaque, with_alpha
from gamutmeta.photo.files import atomic_write, check_output
from gamutmeta.photo.jpeg_out import NO_TRANSPARENCY
from gamutmeta.photo.memory import give_back
from gamutmeta.photo.pixels import decode_srgb, encode_srgb_file
from gamutmeta.photo.read import read_photo
from gamutmeta.photo.wide import WideImage
from gamutmeta.preload import REDUCTION, preload
from gamutmeta.report import Report

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from PIL import Image

    from gamutmeta.fit.engine import FitResult

__all__ = ["FORMATS", "FileFormat", "Reduction", "format_of", "reduce", "reduce_file"]

FileFormat = Literal["jpeg", "png", "tiff"]
Subsampling = Literal["4:4:4", "4:2:2", "4:2:0"]

FORMATS: Mapping[str, FileFormat] = carriers.SUFFIXES
"""File format of the sRGB picture by file name extension."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the sRGB picture is coded; quality, subsampling and progressive are for JPEG."""

    format: FileFormat
    quality: int
    subsampling: Subsampling
    progressive: bool

    def encode(
        self, codes: NDArray[np.uint8], exif: bytes | None, xmp: bytes | None, alpha: NDArray[np.uint8] | None = None
    ) -> bytes:
        """The picture as a file."""
        return encode_srgb_file(
            codes,
            self.format,
            quality=self.quality,
            subsampling=self.subsampling,
            progressive=self.progressive,
            exif=exif,
            xmp=xmp,
            alpha=alpha,
        )


@dataclass(frozen=True, slots=True)
class Reduction:
    """An sRGB picture and the payload that restores the photograph from it.

    Attributes:
        pixels: the sRGB picture before coding, uint8 (H, W, 3).
        payload: bound to the coded picture.
        report: the figures, measured on the picture as a reader decodes it.
        encoding: how the file is coded.
        exif, xmp: the photograph's.
        coded: the coded file without the payload, where the fit needed it (JPEG).
        alpha: transparency of the sRGB picture, uint8 (H, W); None without any, and for a JPEG, which cannot store it.
    """

    pixels: NDArray[np.uint8]
    payload: Payload
    report: Report
    encoding: Encoding
    exif: bytes | None = None
    xmp: bytes | None = None
    coded: bytes | None = None
    alpha: NDArray[np.uint8] | None = None

    @property
    def image(self) -> Image.Image:
        """The sRGB picture for Pillow, RGB or RGBA, with ICC profile and EXIF in ``info``.

        Once the plugin is registered, ``image.save(path, gamut=payload)`` stores both.
        """
        from PIL import Image  # noqa: PLC0415 - only for those who ask for it

        image = Image.fromarray(with_alpha(self.pixels, self.alpha))
        image.info["icc_profile"] = profile_bytes("srgb")
        if self.exif is not None:
            image.info["exif"] = self.exif
        return image

    def to_bytes(self, carrier: str | None = None) -> bytes:
        """The sRGB file with the payload in it.

        Args:
            carrier: None for the format's own (APP11, iTXt or tag); "com" for the compatible one of JPEG; "sidecar"
                leaves the payload out.
        """
        data = self.coded or self.encoding.encode(self.pixels, self.exif, self.xmp, self.alpha)
        return data if carrier == "sidecar" else carriers.embed(data, self.payload.to_bytes(), carrier=carrier)

    def save(self, path: str | os.PathLike[str], *, carrier: str | None = None, overwrite: bool = False) -> int:
        """Write the sRGB file with its payload, and return its size; see :meth:`to_bytes`.

        Raises:
            OutputExistsError: if the file, or its sidecar, exists and `overwrite` is false.
        """
        with_sidecar = carrier == "sidecar"
        beside = carriers.sidecar_path(path)
        if with_sidecar:
            check_output(beside, overwrite=overwrite)
        data = self.to_bytes(carrier)
        atomic_write(path, data, overwrite=overwrite)
        if with_sidecar:
            atomic_write(beside, self.payload.to_bytes(), overwrite=overwrite)
        return len(data)


def reduce(
    wide: WideImage,
    *,
    preset: str | FitConfig = "balanced",
    format: FileFormat = "png",  # noqa: A002 - Pillow's word for it
    quality: int = 95,
    subsampling: Subsampling = "4:4:4",
    progressive: bool = False,
    device: str = "auto",
    seed: int = 0,
    rounding: Rounding = Rounding.HALF_EVEN,
) -> Reduction:
    """Reduce a photograph to sRGB and fit the payload that restores it.

    The model is fitted to, and measured on, the picture as a reader will decode it: for JPEG the decoded file.

    Args:
        wide: the photograph; other spaces than ProPhoto are converted first.
        preset: name of a preset, or a configuration.
        format: "png" or "tiff" (lossless), or "jpeg".
        quality: of JPEG, 1..100.
        subsampling: of JPEG's chroma.
        progressive: JPEG only.
        device: "auto" (CUDA when present), "cpu" or "cuda".
        seed: same seed, same payload on one device.
        rounding: of the 8-bit codes.

    Raises:
        FitError: for an unknown preset or device.
        MissingExtraError: if torch is not installed.
        PhotoError: if the picture cannot be coded, or is no WideImage.
    """
    start = time.perf_counter()
    kind: type[object] = type(wide)
    if not issubclass(kind, WideImage):
        name = f"{kind.__module__}.{kind.__qualname__}"
        raise PhotoError(f"reduce needs a gamutmeta.WideImage, which has a colour space, not {name}")
    config = preset_named(preset) if isinstance(preset, str) else preset
    original = wide.convert("prophoto").array
    pixels, og_pixels = reduce_to_codes(original, config.adaptation, rounding)
    encoding = Encoding(format, quality, subsampling, progressive)
    coded = encoding.encode(pixels, wide.exif, wide.xmp) if format == "jpeg" else None
    codes = pixels if coded is None else decode_srgb(coded)
    empty = Descriptor(adaptation=config.adaptation)
    height, width = codes.shape[:2]
    binding = (
        Binding("rgb8", carriers.samples_digest(codes))
        if coded is None
        else Binding("jpeg", carriers.coded_digest(coded))
    )
    payload = Payload(width, height, binding, empty, ())
    notes, result = list(wide.notes), None
    if format == "jpeg" and not is_opaque(wide.alpha):
        notes.append(NO_TRANSPARENCY)
    with ThreadPoolExecutor(1, thread_name_prefix="gamutmeta-measure") as pool:
        # On one thread, and beside the fit, which leaves all cores but one idle.
        clipping = pool.submit(measure_models, original, codes, [(empty, {})], config.adaptation, threads=1)
        if is_gray(original):
            notes.append("the photograph is grey: nothing is outside sRGB, and the payload contains no model")
        elif og_pixels == 0:
            notes.append("no colour of the photograph is outside sRGB: the payload contains no model")
        else:
            gate = 0 if coded is None else gate_for(original, codes, config.adaptation)
            result = _fit(codes, original, config, gate=gate, device=device, seed=seed)
        [clipped] = clipping.result()
    kept = clipped
    if result:
        fitted = Payload(width, height, binding, result.descriptor, result.tensors)
        [restored] = measure_models(original, codes, [(fitted.descriptor, fitted.weights())], config.adaptation)
        if _is_better(restored, clipped):
            payload, kept = fitted, restored
        else:
            notes.append("the fitted model was not better than clipping: the payload contains no model")
    report = Report(
        preset=config.name,
        model=str(payload.descriptor),
        payload_bytes=len(payload.to_bytes()),
        **quality_figures(kept, clipped),
        seconds=time.perf_counter() - start,
        fit_seconds=result.seconds if result else None,
        device=result.device if result else None,
        notes=tuple(notes),
    )
    alpha = None if format == "jpeg" or wide.alpha is None else requantise(wide.alpha, np.uint8)
    return Reduction(pixels, payload, report, encoding, wide.exif, wide.xmp, coded, alpha)


def reduce_file(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    preset: str | FitConfig = "balanced",
    quality: int = 95,
    subsampling: Subsampling = "4:4:4",
    progressive: bool = False,
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
        quality: as for :func:`reduce`.
        subsampling: as for :func:`reduce`.
        progressive: as for :func:`reduce`.
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
    start = time.perf_counter()
    format_ = format_of(target)
    if carrier is not None and carrier not in carriers.carriers_of(format_):
        raise CarrierError(f"carrier {carrier!r} does not fit a {format_.upper()} file: {Path(target).name}")
    check_output(target, overwrite=overwrite)
    if Path(source).resolve() == Path(target).resolve():
        raise PhotoError(f"{source}: the output would replace the photograph itself")
    if carrier == "sidecar":
        check_output(carriers.sidecar_path(target), overwrite=overwrite)
    preload(source, REDUCTION)
    reduction = reduce(
        read_photo(source, assume_space=assume_space, raw_style=raw_style),
        preset=preset,
        format=format_,
        quality=quality,
        subsampling=subsampling,
        progressive=progressive,
        device=device,
        seed=seed,
    )
    size = reduction.save(target, carrier=carrier, overwrite=overwrite)
    return replace(
        reduction.report,
        file=str(source),
        output=str(target),
        carrier=carrier or carriers.default_carrier(format_),
        file_bytes=size,
        seconds=time.perf_counter() - start,
    )


def format_of(path: str | os.PathLike[str]) -> FileFormat:
    """The file format that a file name asks for.

    Raises:
        UnsupportedFileError: if it is none that carries payloads.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise UnsupportedFileError(f"{Path(path).name}: the sRGB file must end in {', '.join(FORMATS)}")
    return FORMATS[suffix]


def _fit(
    codes: NDArray[np.uint8],
    original: NDArray[np.uint16],
    config: FitConfig,
    *,
    gate: int | None,
    device: str,
    seed: int,
) -> FitResult:
    try:
        from gamutmeta.fit.engine import fit  # noqa: PLC0415 - torch takes more than a second to import
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise MissingExtraError("fitting a payload", "torch", "fit") from error
    result = fit(codes, original, config, gate=gate, device=device, seed=seed)
    give_back()
    return result


def _is_better(restored: Quality, clipped: Quality) -> bool:
    """Whether the model is worth keeping: no worse on any count, better on the out-of-gamut pixels."""
    return restored.psnr > clipped.psnr and restored.psnr_og > clipped.psnr_og
