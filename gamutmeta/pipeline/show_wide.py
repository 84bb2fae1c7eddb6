"""A gain map for a JPEG that carries wide-gamut colour already: browsers that apply it show the colour."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from gamutmeta import carriers
from gamutmeta.errors import NoPayloadError, PhotoError
from gamutmeta.formats.second_picture import with_colour_map, without_colour_map
from gamutmeta.photo.host_metadata import read_metadata
from gamutmeta.photo.pixels import has_ycc_samples
from gamutmeta.photo.signed import notes_on_signature
from gamutmeta.pipeline.colour_map import useful_map
from gamutmeta.pipeline.extended import outside_share
from gamutmeta.pipeline.limited import pictures_limited
from gamutmeta.pipeline.map_limits import MAP_BYTES, check_map_bytes
from gamutmeta.pipeline.saving import check_outputs, save_with_payload
from gamutmeta.pipeline.srgb_file import SrgbFile, find_payload
from gamutmeta.report import Report
from gamutmeta.runtime.files import atomic_write
from gamutmeta.runtime.inputs import require_paths

if TYPE_CHECKING:
    import os

    from gamutmeta.choices import ExpandedSamples
    from gamutmeta.container import Limits
    from gamutmeta.pipeline.extended import OutsideShare

__all__ = ["show_wide_file"]

_NO_PAYLOAD = "the JPEG has no payload, and "
_NOTHING = "hardly any of its samples lies outside sRGB, so there is nothing for a gain map to show"
_NOTE = "no payload was used: the gain map shows what the JPEG's own samples hold"


def show_wide_file(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    map_bytes: int = MAP_BYTES,
    samples: ExpandedSamples = "payload",
    sidecar: str | os.PathLike[str] | None = None,
    limits: Limits | None = None,
    overwrite: bool = False,
) -> Report:
    """Give a JPEG a gain map with which browsers that apply it show Display P3 colours on such screens.

    The colours are those that :func:`gamutmeta.expand` restores by the file's payload, or else those in its extended
    samples, if more lies outside sRGB there than coding noise can make. Picture, payload and metadata stay as they are,
    byte for byte. An earlier map of this kind is replaced.

    Args:
        source: a JPEG with a payload (or with a sidecar beside it), or with extended samples.
        target: .jpg; it may be `source`, with `overwrite`. A payload in a sidecar is copied to a sidecar beside it.
        map_bytes: upper limit for all that the map adds to the file, 1,000 to 60,000.
        samples: "payload", or "extended": take what lies outside sRGB in the samples for colours in any case, and use
            no payload; at low qualities coding noise can make as much.
        sidecar: take the payload from this sidecar.
        limits: as for :func:`gamutmeta.expand`.
        overwrite: whether `target` may exist.

    Returns:
        The figures; `gain_map` is None, and a note says why, if no map was made.

    Raises:
        OutputExistsError: if `target` exists and `overwrite` is false.
        PhotoError: if the file is no JPEG, or has no wide-gamut colour.
        MultiPictureError: if it has further pictures of another kind.
        GamutMetaError: as for :func:`gamutmeta.expand`.
        TypeError: if one of the two is no path.
        OSError: if a file cannot be read or written.
    """
    start = time.perf_counter()
    require_paths("write open files and bytes to a file first", source=source, target=target)
    check_map_bytes(map_bytes)
    data = Path(source).read_bytes()
    if carriers.host_format(data) != "jpeg" or carriers.format_of(target) != "jpeg":
        raise PhotoError("a gain map that shows wide-gamut colour can be stored in a JPEG only")
    bare = without_colour_map(data)
    with pictures_limited(limits):
        file, said = _wide(bare, source, samples, sidecar, limits)
        # A payload that lies beside the source goes along.
        beside = file.found.carrier == "sidecar" and Path(source).resolve() != Path(target).resolve()
        check_outputs(target, "sidecar" if beside else None, overwrite=overwrite)
        wide = file.expand()
        made, notes = useful_map(file.srgb, wide.array, map_bytes)
        notes += notes_on_signature(data) if made is not None or bare != data else ()
    written = bare if made is None else with_colour_map(bare, made.jpeg)
    if beside:
        container = carriers.read_sidecar(carriers.sidecar_path(source) if sidecar is None else sidecar)
        save_with_payload(target, written, container, "sidecar", overwrite=overwrite)
    else:
        atomic_write(target, written, overwrite=overwrite)
    return Report(
        file=str(source),
        output=str(target),
        carrier=file.found.carrier,
        payload_bytes=None if file.found.carrier is None else file.found.size,
        file_bytes=len(written),
        gain_map=None if made is None else made.figures,
        seconds=time.perf_counter() - start,
        notes=(*said, *_on_colours(wide.notes, bare), *notes) if file.found.carrier else (*said, *notes),
    )


def _on_colours(notes: tuple[str, ...], data: bytes) -> list[str]:
    """Without the notes on metadata, and on what lies behind the picture: all of it stays in the file."""
    of_metadata = read_metadata(data).notes
    return [note for note in notes if note not in of_metadata]


def _wide(
    data: bytes,
    path: str | os.PathLike[str],
    samples: ExpandedSamples,
    sidecar: str | os.PathLike[str] | None,
    limits: Limits | None,
) -> tuple[SrgbFile, tuple[str, ...]]:
    """The file with its payload, or with its extended samples, and notes on the second."""
    if samples != "payload":
        file = SrgbFile.read(data, sidecar=sidecar, samples=samples)
        return file, (_NOTE, *file.notes)
    try:
        return SrgbFile.of(data, find_payload(data, path, sidecar=sidecar, limits=limits), str(path)), ()
    except NoPayloadError:
        if not has_ycc_samples(data):
            raise PhotoError(f"{_NO_PAYLOAD}{_NOTHING}") from None
        share = outside_share(data)
        if share.is_within_noise:
            raise PhotoError(f"{_NO_PAYLOAD}{_NOTHING if share.is_nothing else _unknown(share)}") from None
        return SrgbFile.of_samples(data, str(path)), (_NOTE,)


def _unknown(share: OutsideShare) -> str:
    """Why nothing is made of samples outside sRGB that may be noise."""
    return (
        f"{share.outside_percent:.1f} % of its pixels lie outside sRGB, hardly any of them by more than the noise that "
        f"coding at its quality can make (about {share.noise_codes:.0f} codes): whether these are colours cannot be "
        "told; if it was written with extended samples, pass samples='extended' to take them for colours"
    )
