"""From an sRGB file with a payload to its page."""

from __future__ import annotations

import os
import time
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gamutmeta import carriers
from gamutmeta.errors import PhotoError
from gamutmeta.formats.source import sources_remembered
from gamutmeta.photo.host_metadata import read_metadata
from gamutmeta.photo.pixels import encode_srgb_file
from gamutmeta.pipeline.comparison import compare, read_reference
from gamutmeta.pipeline.limited import pictures_limited
from gamutmeta.pipeline.srgb_file import SrgbFile
from gamutmeta.runtime.files import as_private_as, atomic_write, check_output
from gamutmeta.runtime.inputs import require_paths
from gamutmeta.view.html import page_html
from gamutmeta.view.reference import reference_data

if TYPE_CHECKING:
    from gamutmeta.choices import AssumedSpace, ExpandedSamples, RawStyle
    from gamutmeta.container import Limits, Payload
    from gamutmeta.report import Report

__all__ = ["write_page"]

_ALONE = "no payload was used: the page shows what the JPEG's YCbCr samples hold"
"""As :meth:`gamutmeta.pipeline.srgb_file.SrgbFile.expand` says it, which only a reference needs."""


def write_page(
    path: str | os.PathLike[str],
    page: str | os.PathLike[str],
    *,
    reference: str | os.PathLike[str] | None = None,
    samples: ExpandedSamples = "payload",
    sidecar: str | os.PathLike[str] | None = None,
    assume_space: AssumedSpace | None = None,
    raw_style: RawStyle = "neutral",
    check: bool = True,
    limits: Limits | None = None,
    overwrite: bool = False,
) -> Report:
    """Write a page that shows an sRGB file as it is and as it is restored.

    The file is put into the page byte for byte, and the page's own decoder restores it. A TIFF, which browsers do not
    show, is put in as a PNG of the same samples, for which the payload is valid as well.

    Args:
        path: JPEG, PNG or TIFF with a payload (or with a sidecar beside it).
        page: the HTML file.
        reference: the original photograph, of the same size; the page then shows it and the errors as well.
        samples: as for :func:`gamutmeta.expand`; with "extended" the page shows what the samples of a JPEG hold.
        sidecar: take the payload from this sidecar.
        assume_space: the colour space of a reference that names none.
        raw_style: how a raw reference is developed; as when the file was reduced.
        check: refuse a payload that was made for another picture.
        limits: of the payload, and of the pictures that the files announce; see :func:`gamutmeta.expand`.
        overwrite: whether `page` may exist.

    Returns:
        Figures as of :func:`gamutmeta.pipeline.verify.verify_file` with a reference, sizes without one.

    Raises:
        OutputExistsError: if `page` exists and `overwrite` is false.
        TypeError: if `path` or `page` is no path.
        PhotoError: if the reference has another size.
        GamutMetaError, OSError: as for :func:`gamutmeta.pipeline.expand.expand`.
    """
    start = time.perf_counter()
    require_paths("write open files and bytes to a file first", path=path, page=page)
    check_output(page, overwrite=overwrite)
    path = Path(path)
    with sources_remembered(), pictures_limited(limits):
        file = SrgbFile.read(path, sidecar=sidecar, limits=limits, check=check, samples=samples)
        original = None
        if reference is not None:
            original = read_reference(file, reference, assume_space=assume_space, raw_style=raw_style)
    report = file.report()
    shown: dict[str, Any] = {"name": _title(path), "unbound": not check}
    if reference is not None and original is not None:
        comparison = compare(file, original)
        report = comparison.report
        shown["reference"] = reference_data(_title(Path(reference)), comparison)
    picture, notes = file.data, report.notes
    if original is None:  # else the report has them
        said = _ALONE if samples == "extended" else file.note_on_binding
        notes = (*(() if said is None else (said,)), *file.notes)
    if carriers.host_format(file.data) == "tiff":
        picture = _as_png(file)
        notes = (*notes, "browsers do not show TIFF: the page contains a PNG of the same samples")
    elif samples == "extended":
        # It is a payload without a model, which tells the page's decoder to take the samples and nothing else.
        shown |= {"sidecar": _text(file.found.payload), "alone": True}
    elif file.found.carrier == "sidecar":
        shown["sidecar"] = _text(file.found.payload)
    html = page_html(_title(path), picture, shown).encode()
    with as_private_as(path, *(() if reference is None else (reference,))):
        atomic_write(page, html, overwrite=overwrite)
    return replace(report, output=str(page), seconds=time.perf_counter() - start, notes=notes)


def _title(path: Path) -> str:
    """The file's name as text, which a name need not be."""
    return os.fsencode(path.name).decode(errors="replace")


def _text(payload: Payload) -> str:
    return b64encode(payload.to_bytes()).decode("ascii")


def _as_png(file: SrgbFile) -> bytes:
    """A PNG of a TIFF's samples, with its orientation and payload.

    Raises:
        PhotoError: if the payload is bound to the coded data of a JPEG, which no TIFF has.
    """
    payload = file.found.payload
    if payload.binding.kind != "rgb8":
        raise PhotoError("browsers do not show TIFF, and this payload belongs to a JPEG: view the JPEG instead")
    metadata = read_metadata(file.data)
    png = encode_srgb_file(file.srgb, "png", alpha=file.alpha, exif=metadata.exif)
    return carriers.embed(png, payload.to_bytes())
