"""The edits: of pictures, and of files."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from gamutmeta import carriers
from gamutmeta.container import transform_payload
from gamutmeta.container.transform import edited_size
from gamutmeta.edit.edited import Edited
from gamutmeta.errors import PhotoError
from gamutmeta.formats.exif import orientation_of, upright_exif
from gamutmeta.formats.exif_pixels import with_pixel_dimensions, without_thumbnail
from gamutmeta.formats.photoshop import without_paths
from gamutmeta.formats.source import sources_remembered
from gamutmeta.formats.xmp import checked_xmp, edited_xmp
from gamutmeta.photo.upright import UPRIGHT
from gamutmeta.pillow import bytes_of, require_unchanged
from gamutmeta.pipeline.limited import pictures_limited
from gamutmeta.runtime.files import as_private_as, check_output
from gamutmeta.runtime.inputs import require_paths

if TYPE_CHECKING:
    import os

    from gamutmeta.choices import Carrier, Subsampling
    from gamutmeta.color.shoulder import Shoulder
    from gamutmeta.container import Limits
    from gamutmeta.container.transform import Box, Flip, Rotation
    from gamutmeta.report import Report

__all__ = ["Edited", "crop", "edit_file", "exif_transpose", "flip", "resize", "rotate90"]

LANCZOS = Image.Resampling.LANCZOS

_ROTATIONS = {90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_270}
_FLIPS = {
    "horizontal": Image.Transpose.FLIP_LEFT_RIGHT,
    "vertical": Image.Transpose.FLIP_TOP_BOTTOM,
    "transpose": Image.Transpose.TRANSPOSE,
    "transverse": Image.Transpose.TRANSVERSE,
}
_EDITS: dict[Image.Transpose, dict[str, Any]] = {
    **{transpose: {"rotate": degrees} for degrees, transpose in _ROTATIONS.items()},
    **{transpose: {"flip": direction} for direction, transpose in _FLIPS.items()},
}
"""What the operations of Pillow are called here."""


def crop(image: Image.Image | Edited, box: Box) -> Edited:
    """Cut out the part inside `box` (left, upper, right, lower; pixels), as ``Image.crop``.

    Args:
        image: as ``Image.open`` gave it, unchanged, or edited by one of these functions.
        box: inside the picture.

    Raises:
        NoPayloadError: if the picture carries no payload, or `image` is a copy.
        BindingError: if its payload was made for another picture, or `image` was changed.
        PhotoError: if the edit cannot be done, here because the box is not inside the picture.
        GamutMetaError: as for :func:`gamutmeta.expand`.
    """
    return _edited(_start(image), crop=box)


def resize(image: Image.Image | Edited, size: tuple[int, int], resample: Image.Resampling = LANCZOS) -> Edited:
    """Resample to `size` (width, height), as ``Image.resize``; raises as :func:`crop`."""
    return _edited(_start(image), resize=size, resample=resample)


def rotate90(image: Image.Image | Edited, times: int = 1) -> Edited:
    """Rotate counter-clockwise by quarter turns, as ``numpy.rot90``; raises as :func:`crop`."""
    rotations: tuple[Rotation | None, ...] = (None, 90, 180, 270)
    return _edited(_start(image), rotate=rotations[times % 4])


def flip(image: Image.Image | Edited, direction: Flip = "horizontal") -> Edited:
    """Mirror left and right ("horizontal"), top and bottom ("vertical") or in a diagonal; raises as :func:`crop`.

    Args:
        image: as for :func:`crop`.
        direction: "transpose" and "transverse" are Pillow's constants of these names.
    """
    return _edited(_start(image), flip=direction)


def exif_transpose(image: Image.Image | Edited) -> Edited:
    """Turn upright as EXIF says, as ``ImageOps.exif_transpose``; orientation is 1 then. Raises as :func:`crop`."""
    return _upright(_start(image))


def _upright(start: Edited) -> Edited:
    info = start.image.info
    turn = UPRIGHT.get(orientation_of(info.get("exif")))
    if turn is None:
        return start
    upright = _edited(start, **_EDITS[Image.Transpose[turn.pillow]])
    exif, (xmp, notes) = upright_exif(upright.image.info.get("exif")), checked_xmp(info.get("xmp"), upright=True)
    upright.image.info.update({key: value for key, value in (("exif", exif), ("xmp", xmp)) if value is not None})
    return replace(upright, notes=tuple(dict.fromkeys((*upright.notes, *notes))))


def edit_file(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    crop: Box | None = None,
    resize: tuple[int | None, int | None] | None = None,
    rotate: Rotation | None = None,
    flip: Flip | None = None,
    exif_transpose: bool = True,
    resample: Image.Resampling = LANCZOS,
    quality: int = 95,
    subsampling: Subsampling = "4:4:4",
    progressive: bool = False,
    carrier: Carrier | None = None,
    sidecar: str | os.PathLike[str] | None = None,
    limits: Limits | None = None,
    overwrite: bool = False,
) -> Report:
    """Edit a file with a payload, and write the result with its payload.

    Edits are done in the order exif_transpose, crop, resize, rotate, flip. ICC profile, EXIF and XMP are kept; of
    them what an edit makes wrong is left out or brought up to date: thumbnails and the size in pixels.
    Nothing is written unless everything succeeded.

    Args:
        source: JPEG, PNG or TIFF with a payload (or with a sidecar beside it).
        target: .jpg, .png or .tif; a JPEG cannot store transparency.
        crop: left, upper, right, lower, pixels.
        resize: width and height; one of them may be None to keep the aspect ratio.
        rotate: degrees counter-clockwise: 90, 180 or 270.
        flip: as for :func:`flip`.
        exif_transpose: turn the picture upright first, as viewers show it, and reset the orientation. A TIFF is always
            turned upright, as Pillow opens it.
        resample: the filter of `resize`.
        quality: of JPEG, 1..100.
        subsampling: of JPEG's chroma.
        progressive: JPEG only.
        carrier: as for :func:`gamutmeta.reduce_file`.
        sidecar: take the payload from this sidecar.
        limits: as for :func:`gamutmeta.expand`.
        overwrite: whether `target` may exist.

    Raises:
        OutputExistsError: if `target` (or the sidecar) exists and `overwrite` is false.
        GamutMetaError: as for :func:`crop` and :meth:`Edited.save`.
        TypeError: if one of the two is no path.
        OSError: if a file cannot be read or written.
    """
    begin = time.perf_counter()
    instead = "open it with Image.open after gamutmeta.register(), edit it with the functions here, and call to_bytes()"
    require_paths(instead, source=source, target=target)
    carriers.format_of(target)
    check_output(target, overwrite=overwrite)
    data = Path(source).read_bytes()
    with sources_remembered(), pictures_limited(limits):
        edited = _of_file(data, source, sidecar=sidecar, limits=limits)
    if exif_transpose:
        edited = _upright(edited)
    size = None if resize is None else _whole_size(edited_size(edited.image.size, crop=crop), resize)
    edited = _edited(edited, crop=crop, resize=size, rotate=rotate, flip=flip, resample=resample)
    with as_private_as(source), pictures_limited(limits):
        report = edited.save(
            target,
            quality=quality,
            subsampling=subsampling,
            progressive=progressive,
            carrier=carrier,
            overwrite=overwrite,
        )
    notes: tuple[str, ...] = ("the payload contains no model",) if edited.payload.descriptor.is_empty else ()
    notes += report.notes
    return replace(report, file=str(source), seconds=time.perf_counter() - begin, notes=notes)


def _start(image: Image.Image | Edited) -> Edited:
    """The picture with its payload, before the edit."""
    if isinstance(image, Edited):
        image.require_unchanged()
        return image
    data, path = bytes_of(image)
    start = _of_file(data, path)
    require_unchanged(image, data)
    return start


def _of_file(data: bytes, path: str | os.PathLike[str] | None, **where: Any) -> Edited:
    """The picture of a file as Pillow shows it: it turns a TIFF upright by itself, and no other format."""
    start = Edited.of_file(data, path, **where)
    return _upright(start) if carriers.host_format(data) == "tiff" else start


def _edited(start: Edited, *, resample: Image.Resampling = LANCZOS, **edits: Any) -> Edited:
    """Picture and payload after the edits of :func:`~gamutmeta.container.transform.transform_payload`."""
    if all(edit is None for edit in edits.values()):
        return start
    payload = transform_payload(start.payload, **edits)
    image = start.image
    if edits.get("crop") is not None:
        image = image.crop(edits["crop"])
    if edits.get("resize") is not None:
        sharp, shoulder = _resized(image, edits["resize"], resample), start.payload.descriptor.shoulder
        image = sharp if shoulder is None else _without_ringing(sharp, image, shoulder)
    if edits.get("rotate") is not None:
        image = image.transpose(_ROTATIONS[edits["rotate"]])
    if edits.get("flip") is not None:
        image = image.transpose(_FLIPS[edits["flip"]])
    exif, xmp = image.info.pop("exif", None), image.info.pop("xmp", None)
    exif = with_pixel_dimensions(without_thumbnail(exif), *image.size)
    xmp, notes = edited_xmp(xmp)
    photoshop, said = without_paths(start.photoshop)
    image.info.update({key: value for key, value in (("exif", exif), ("xmp", xmp)) if value is not None})
    notes = tuple(dict.fromkeys((*start.notes, *notes, *said)))
    kept = {"notes": notes, "photoshop": photoshop, "comments": start.comments}
    return Edited.of(image, payload, map_bytes=start.map_bytes, **kept)


def _resized(image: Image.Image, size: tuple[int, int], resample: Image.Resampling) -> Image.Image:
    """``Image.resize``, which weights colours by their transparency; but colours that cannot be seen stay as well."""
    resized = image.resize(size, resample)
    if image.mode != "RGBA":
        return resized
    # Pillow makes them black. What shows through nowhere may take its colour from anywhere.
    unweighted = image.convert("RGB").resize(size, resample)
    alpha = resized.getchannel("A")
    resized.paste(unweighted, mask=alpha.point([255] + [0] * 255))
    resized.putalpha(alpha)
    return resized


def _without_ringing(resized: Image.Image, image: Image.Image, shoulder: Shoulder) -> Image.Image:
    """A resized picture whose stretched codes are means of codes that were there.

    Filters such as Lanczos' go beyond both sides of an edge. In ordinary codes this makes edges crisp; among the last
    codes of a shoulder it would stand for light of which there was none.
    """
    smooth = _resized(image, resized.size, Image.Resampling.BILINEAR)
    bands = list(resized.split())
    for channel, (dark, bright) in enumerate(zip(shoulder.dark, shoulder.bright, strict=True)):
        stretched = bands[channel].point(
            [255 * (code < dark.codes or code > 255 - bright.codes) for code in range(256)]
        )
        bands[channel].paste(smooth.getchannel(channel), mask=stretched)
    result = Image.merge(resized.mode, bands)
    result.info = dict(resized.info)
    return result


def _whole_size(size: tuple[int, int], wanted: tuple[int | None, int | None]) -> tuple[int, int]:
    """The size wanted, with a missing side in proportion."""
    width, height = wanted
    if width is None and height is None:
        raise PhotoError("a size needs a width, a height or both")
    if width is None:
        width = max(1, round(size[0] * (height or 0) / size[1]))
    if height is None:
        height = max(1, round(size[1] * width / size[0]))
    return width, height
