"""Gamut reduction: photograph -> sRGB pixels as a reader decodes them -> fit -> payload -> file."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gamutmeta import carriers
from gamutmeta.color.gamut import Rounding, has_outside, is_gray, reduce_to_codes
from gamutmeta.container import Payload
from gamutmeta.envelope import LIKENESS_BYTES
from gamutmeta.errors import PhotoError
from gamutmeta.fit.config import MIN_BYTES
from gamutmeta.gpu.devices import uses_cuda
from gamutmeta.measure.likeness import likeness_of
from gamutmeta.measure.quality import quality_figures
from gamutmeta.measure.visible import VisibleChange
from gamutmeta.model.descriptor import Descriptor
from gamutmeta.photo.read import read_photo
from gamutmeta.pipeline.base import read_base
from gamutmeta.pipeline.colour_map import useful_map
from gamutmeta.pipeline.fitted import best_payload, fit_model, measured
from gamutmeta.pipeline.host import given_host, made_host, makes_samples
from gamutmeta.pipeline.limited import pictures_limited
from gamutmeta.pipeline.map_limits import MAP_BYTES
from gamutmeta.pipeline.options import ReduceOptions
from gamutmeta.pipeline.photograph import photograph_for
from gamutmeta.pipeline.preload import REDUCTION, preload
from gamutmeta.pipeline.reduced import Reduction
from gamutmeta.pipeline.restored import restored_before
from gamutmeta.pipeline.saving import check_outputs
from gamutmeta.pipeline.shoulder import with_shoulder
from gamutmeta.report import Report
from gamutmeta.runtime.files import as_private_as
from gamutmeta.runtime.inputs import require_paths
from gamutmeta.runtime.steps import log_written, step

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

    from gamutmeta.choices import AssumedSpace, Carrier, Device, HostFormat, Preset, RawStyle, Samples, Subsampling
    from gamutmeta.container import Limits
    from gamutmeta.fit.config import FitConfig
    from gamutmeta.photo.wide import WideImage
    from gamutmeta.pipeline.base import Base
    from gamutmeta.pipeline.host import Host
    from gamutmeta.runtime.inputs import Readable

_NO_SHOULDER = "a JPEG has no shoulder, which is for PNG and TIFF: the visible change asked for was not used"

_LIKENESS_ROOM = 7 + LIKENESS_BYTES
"""What a likeness adds to a container: its key, the head of its value, and the value."""

__all__ = ["Reduction", "read_and_reduce", "reduce", "reduce_file", "reduce_file_with", "reduce_with", "save_reduced"]


def reduce(
    wide: WideImage | Readable,
    *,
    preset: Preset | FitConfig = "balanced",
    max_bytes: int | None = None,
    base: str | os.PathLike[str] | bytes | None = None,
    resize: int | None = None,
    format: HostFormat | None = None,  # noqa: A002 - Pillow's word for it
    quality: int = 95,
    subsampling: Subsampling = "4:4:4",
    progressive: bool = False,
    samples: Samples = "extended",
    visible_change: float = 0.0,
    show_wide: bool = False,
    map_bytes: int = MAP_BYTES,
    device: Device = "auto",
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
        base: your own sRGB export of the photograph, path or bytes; see
            :class:`~gamutmeta.pipeline.options.ReduceOptions`.
        resize: most pixels of the longer side, for the web; None to keep the size. See there.
        format: "png" or "tiff" (lossless), or "jpeg"; None for that of the base, or PNG.
        quality: of JPEG, 1..100.
        subsampling: of JPEG's chroma.
        progressive: JPEG only.
        samples: of a JPEG, see :class:`~gamutmeta.pipeline.options.ReduceOptions`.
        visible_change: of a PNG or TIFF, see there. The report's notes say where it was not used.
        show_wide: put a gain map into a JPEG with which browsers show Display P3 colours, see there.
        map_bytes: upper limit for that map, see there.
        device: "auto", "cpu" or "cuda", see :class:`~gamutmeta.pipeline.options.ReduceOptions`.
        seed: same seed, same payload on one device.
        rounding: of the 8-bit codes; a base has its own.

    Raises:
        FitError: for an unknown preset, or a limit that is not a whole number from 400 to 61,440.
        DeviceError: if the device is unknown, or not there.
        MissingExtraError: if torch is needed and not installed: for the preset ``paper``, and for CUDA.
        PhotoError: if the picture cannot be coded, or is no WideImage; if the base cannot be used, is of another kind
            than `format`, or shows another picture.
        CarrierError, OSError: if the base cannot be read.
    """
    options = ReduceOptions(
        preset=preset,
        max_bytes=max_bytes,
        base=base,
        resize=resize,
        quality=quality,
        subsampling=subsampling,
        progressive=progressive,
        samples=samples,
        visible_change=visible_change,
        show_wide=show_wide,
        map_bytes=map_bytes,
        device=device,
        seed=seed,
    )
    return reduce_with(wide, options, format, rounding)


def reduce_with(
    wide: WideImage | Readable,
    options: ReduceOptions,
    format: HostFormat | None = None,  # noqa: A002 - Pillow's word for it
    rounding: Rounding = Rounding.HALF_EVEN,
    *,
    base: Base | None = None,
    is_for_file: bool = False,
) -> Reduction:
    """:func:`reduce` with its options in one object; those on reading and the carrier play no part.

    Args:
        wide: as for :func:`reduce`.
        options: as for :func:`reduce`.
        format: as for :func:`reduce`.
        rounding: as for :func:`reduce`.
        base: that of the options, if it was read already.
        is_for_file: whether the file alone is wanted: the result has what was decoded in place of pixels and samples
            before coding, where these need not be made or kept.
    """
    start = time.perf_counter()
    uses_cuda(options.device)  # also where nothing is to be fitted, a device that is missing is an error
    wide, config = photograph_for(wide, options, format), options.config
    base = read_base(options.base) if base is None and options.base is not None else base
    host, original, reason, notes = _host(wide, options, base, format, None if is_for_file else rounding)
    codes, held = host.codes, host.held
    height, width = codes.shape[:2]
    binding = host.binding
    payload = Payload(width, height, binding, Descriptor(adaptation=config.adaptation), ())
    with ThreadPoolExecutor(1, thread_name_prefix="gamutmeta-measure") as pool:
        # On one thread, and beside the fit, which leaves all cores but one idle.
        clipping = pool.submit(measured, payload, original, codes, threads=1)
        fitted = None
        if reason is not None:
            notes.append(reason)
        else:
            notes += options.notes
            step("fitting the model")
            likeness = likeness_of(codes) if host.wants_likeness and config.max_bytes > MIN_BYTES else None
            room = 0 if likeness is None else _LIKENESS_ROOM
            within = replace(config, max_bytes=config.max_bytes - room)
            result = fit_model(original, codes, held, within, options, gate=host.gate(original, config.adaptation))
            notes += result.notes
            fitted = Payload(width, height, binding, result.descriptor, result.tensors, likeness)
        clipped = clipping.result()
    step("measuring the result")
    payload, kept, note = best_payload(payload, fitted, clipped, original, codes if held is None else held)
    seconds, seen = 0.0 if fitted is None else result.seconds, None
    if options.visible_change > 0 and host.encoding.format == "jpeg":
        notes.append(_NO_SHOULDER)
    elif options.visible_change > 0:
        seen = VisibleChange(0.0, 0.0)
    if seen is not None and fitted is not None:
        tried = with_shoulder(original, host.pixels, (fitted, kept), config, options)
        seconds, note = seconds + tried.seconds, [*note, tried.note]
        notes += [said for said in tried.of_fit if said not in notes]
        if tried.found is not None:
            (pixels, payload, kept, seen), note = tried.found, []
            host = replace(host, pixels=pixels, codes=pixels)
    notes += note
    made = None
    if options.show_wide:
        step("making the gain map")
        made, said = useful_map(codes, original, options.map_bytes)
        notes += said
    report = Report(
        preset=config.name,
        model=str(payload.descriptor),
        payload_bytes=len(payload.to_bytes()),
        **quality_figures(kept, clipped),
        visible_change=None if seen is None else seen.mean,
        visible_change_99=None if seen is None else seen.percentile_99,
        seconds=time.perf_counter() - start,
        fit_seconds=None if fitted is None else seconds,
        device=None if fitted is None else result.device,
        notes=tuple(notes),
        gain_map=None if made is None else made.figures,
    )
    return Reduction(
        host.pixels,
        payload,
        report,
        host.encoding,
        host.metadata,
        host.coded,
        host.alpha,
        host.sycc,
        None if made is None else made.jpeg,
    )


def reduce_file(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    preset: Preset | FitConfig = "balanced",
    max_bytes: int | None = None,
    base: str | os.PathLike[str] | bytes | None = None,
    resize: int | None = None,
    quality: int = 95,
    subsampling: Subsampling = "4:4:4",
    progressive: bool = False,
    samples: Samples = "extended",
    visible_change: float = 0.0,
    show_wide: bool = False,
    map_bytes: int = MAP_BYTES,
    carrier: Carrier | None = None,
    device: Device = "auto",
    seed: int = 0,
    assume_space: AssumedSpace | None = None,
    raw_style: RawStyle = "neutral",
    limits: Limits | None = None,
    overwrite: bool = False,
) -> Report:
    """Reduce the file of a photograph to an sRGB file with a payload.

    EXIF, XMP and the orientation are kept, and transparency in a PNG or TIFF; with a base, those of the base. Nothing
    is written unless everything succeeded. A new file is readable by nobody who may not read the photograph. A file
    that carries a payload is restored first, since its own pixels are clipped; a note says so.

    Args:
        source: any photograph :func:`gamutmeta.photo.read.read_photo` reads.
        target: .jpg, .png or .tif.
        preset: as for :func:`reduce`.
        max_bytes: as for :func:`reduce`.
        base: as for :func:`reduce`. It gives the sRGB file its picture and its metadata.
        resize: as for :func:`reduce`.
        quality: as for :func:`reduce`.
        subsampling: as for :func:`reduce`.
        progressive: as for :func:`reduce`.
        samples: as for :func:`reduce`.
        visible_change: as for :func:`reduce`.
        show_wide: as for :func:`reduce`.
        map_bytes: as for :func:`reduce`.
        carrier: None for the format's own, "com" for JPEG's comment, "sidecar" for a file next to `target`.
        device: as for :func:`reduce`.
        seed: as for :func:`reduce`.
        assume_space: the colour space of a photograph that names none.
        raw_style: how a raw photograph is developed, see :data:`gamutmeta.photo.raw_in.RAW_STYLES`.
        limits: of the photograph that the file announces (`pixels`, `picture_pixels`, `pixels_per_byte`), checked
            before anything is decoded; and of the payload of a file that was reduced before.
        overwrite: whether `target` may exist.

    Raises:
        OutputExistsError: if `target` (or the sidecar) exists and `overwrite` is false.
        UnsupportedFileError: if `target` is of another kind, CarrierError if `carrier` does not fit it.
        GamutMetaError: as for :func:`reduce` and :func:`gamutmeta.photo.read.read_photo`.
        TypeError: if one of the two is no path; :func:`reduce` takes open files and bytes.
        OSError: if a file cannot be read or written.
    """
    options = ReduceOptions(
        preset=preset,
        max_bytes=max_bytes,
        base=base,
        resize=resize,
        quality=quality,
        subsampling=subsampling,
        progressive=progressive,
        samples=samples,
        visible_change=visible_change,
        show_wide=show_wide,
        map_bytes=map_bytes,
        carrier=carrier,
        device=device,
        seed=seed,
        assume_space=assume_space,
        raw_style=raw_style,
        limits=limits,
    )
    return reduce_file_with(source, target, options, overwrite=overwrite)


def reduce_file_with(
    source: str | os.PathLike[str], target: str | os.PathLike[str], options: ReduceOptions, *, overwrite: bool = False
) -> Report:
    """:func:`reduce_file` with its options in one object."""
    start = time.perf_counter()
    # The photograph is released before the file is written.
    reduction = read_and_reduce(source, target, options, overwrite=overwrite)[1]
    with as_private_as(source):
        report = save_reduced(reduction, target, options, overwrite=overwrite)
    base = None if options.base is None or isinstance(options.base, bytes) else str(options.base)
    report = replace(report, file=str(source), base=base, seconds=time.perf_counter() - start)
    log_written(target, source, report.seconds)
    return report


def read_and_reduce(
    source: str | os.PathLike[str], target: str | os.PathLike[str], options: ReduceOptions, *, overwrite: bool = False
) -> tuple[WideImage, Reduction]:
    """The first part of :func:`reduce_file`: read the photograph, and reduce it for `target`."""
    instead = "for open files and bytes call gamutmeta.reduce(source, ...), and save() or to_bytes() of its result"
    require_paths(instead, source=source, target=target)
    uses_cuda(options.device)  # before the photograph is read
    format_ = carriers.format_of(target)
    carrier = carriers.carrier_for(format_, options.carrier, file=Path(target).name)
    check_outputs(target, carrier, overwrite=overwrite)
    if Path(source).resolve() == Path(target).resolve():
        raise PhotoError(f"{source}: the output would replace the photograph itself")
    base = None
    if options.base is not None:
        if not isinstance(options.base, bytes) and Path(options.base).resolve() == Path(target).resolve():
            raise PhotoError(f"{target}: the output would replace the base itself")
        with pictures_limited(options.limits):
            base = read_base(options.base)
        base.require(format_, Path(target).name)
        base.require_room(carrier)
    step("reading the photograph")
    preload(source, REDUCTION)
    with pictures_limited(options.limits):
        wide = restored_before(source, limits=options.limits)
        if wide is None:
            wide = read_photo(source, assume_space=options.assume_space, raw_style=options.raw_style)
    return wide, reduce_with(wide, options, format_, base=base, is_for_file=True)


def save_reduced(
    reduction: Reduction, target: str | os.PathLike[str], options: ReduceOptions, *, overwrite: bool = False
) -> Report:
    """The second part of :func:`reduce_file`: write what :func:`read_and_reduce` made for `target`."""
    step("writing the file")
    size = reduction.save(target, carrier=options.carrier, overwrite=overwrite)
    carrier = carriers.carrier_for(reduction.encoding.format, options.carrier)
    return replace(reduction.report, output=str(target), carrier=carrier, file_bytes=size)


def _host(
    wide: WideImage, options: ReduceOptions, base: Base | None, format_: HostFormat | None, rounding: Rounding | None
) -> tuple[Host, NDArray[np.uint16], str | None, list[str]]:
    """The picture that is to carry a payload, the photograph on its raster, why there is no model for it, and notes.

    Without a rounding, the picture before coding is not wanted.
    """
    step("clipping and coding the picture")
    original, notes = wide.array, list(wide.notes)
    kind = format_ or ("png" if base is None else base.format)
    if options.show_wide and kind != "jpeg":
        raise PhotoError(f"a gain map that shows wide-gamut colour is for a JPEG, not for a {kind.upper()} file")
    if base is not None:
        base.require(kind, "format")
        original, said = base.placed(wide, options.config.adaptation)
        notes += [*base.notes, *said]
    adaptation, pixels = options.config.adaptation, None
    needs_pixels = rounding is not None or base is not None or not makes_samples(options, kind)
    if needs_pixels or is_gray(original) or not has_outside(original, adaptation):
        pixels, og_pixels = reduce_to_codes(original, adaptation, rounding or Rounding.HALF_EVEN)
        reason = _nothing_to_restore(original, og_pixels)
    else:
        reason = None
    if pixels is None or base is None:
        host = made_host(wide, pixels, options, kind, has_model=reason is None)
    else:
        host = given_host(base, options, original)
        # What the user changed is to be undone, too, even where no colour is outside sRGB.
        reason = reason if np.array_equal(pixels, base.picture.codes) else None
    return host, original, reason, [*notes, *host.notes]


def _nothing_to_restore(original: NDArray[np.uint16], og_pixels: int) -> str | None:
    """Why there is no model for a photograph, for people; None if it needs one."""
    if is_gray(original):
        return "the photograph is grey: nothing is outside sRGB, and the payload contains no model"
    return None if og_pixels else "no colour of the photograph is outside sRGB: the payload contains no model"
