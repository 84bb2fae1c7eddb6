"""Metadata on their way into a file: made true of it, and cut down to what its kind can store."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from gamutmeta.color.icc import parse_profile
from gamutmeta.errors import ProfileError
from gamutmeta.formats.comments import user_comment, xmp_of_comments
from gamutmeta.formats.exif import (
    EXIF_PREFIX,
    NO_MAKER_NOTES,
    has_maker_notes,
    orientation_of,
    shortened_exif,
    tree_for_tiff,
    upright_exif,
    with_declared_space,
)
from gamutmeta.formats.exif_pixels import with_pixel_dimensions
from gamutmeta.formats.exif_tree import pack_tree
from gamutmeta.formats.jpeg import MAX_CONTENT
from gamutmeta.formats.photoshop import without_paths, xmp_of_resources
from gamutmeta.formats.xmp import Facts, checked_xmp, current_xmp, filled_xmp
from gamutmeta.formats.xmp_extended import split_xmp
from gamutmeta.photo.jpeg_out import XMP_TOO_LONG
from gamutmeta.photo.kinds import KINDS
from gamutmeta.runtime.warn import warn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gamutmeta.formats.comments import Comment
    from gamutmeta.formats.xmp_packet import NewProperty

__all__ = ["Metadata", "Target", "fitted", "warn_of"]

_WITH_RESOURCES = {"jpeg", "tiff", "png"}
_WITH_COMMENTS = {"jpeg", "png"}
_NAMED = 6
"""Fields that a note names one by one."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a file says about a photograph beside its pixels and their colour space.

    Attributes:
        exif: EXIF block, as :mod:`gamutmeta.formats.exif` carries it.
        xmp: XMP packet.
        photoshop: Photoshop image resources that describe the photograph, IPTC-IIM among them; see
            :func:`gamutmeta.formats.photoshop.kept_resources`.
        comments: of a JPEG, and texts of a PNG.
        notes: what of it was left out, or is otherwise worth knowing.
    """

    exif: bytes | None = None
    xmp: bytes | None = None
    photoshop: bytes | None = None
    comments: tuple[Comment, ...] = ()
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        blocks = {"exif": self.exif, "xmp": self.xmp, "photoshop": self.photoshop}
        parts = [f"{name} {len(block):,} bytes" for name, block in blocks.items() if block is not None]
        parts += [
            f"{len(found)} {name}" for name, found in (("comments", self.comments), ("notes", self.notes)) if found
        ]
        return f"<Metadata {', '.join(parts) or 'none'}>"

    def everything(self) -> dict[str, Any]:
        """All of it, as keyword arguments of :class:`gamutmeta.photo.wide.WideImage`."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def options(self, kind: str) -> dict[str, Any]:
        """Keyword arguments for the function that writes a kind of file."""
        options: dict[str, Any] = {"exif": self.exif, "xmp": self.xmp}
        if kind in _WITH_RESOURCES:
            options["photoshop"] = self.photoshop
        if kind in _WITH_COMMENTS:
            options["comments"] = self.comments
        return options


@dataclass(frozen=True, slots=True)
class Target:
    """The file that metadata are for.

    Attributes:
        kind: name of its kind, see :data:`gamutmeta.photo.kinds.KINDS`.
        size: width and height of its pixels, as they are stored.
        space: name of its colour space.
        icc: its ICC profile.
        bits: bits per channel.
        has_alpha: it stores transparency.
        is_turned: its pixels were turned upright on the way into it.
    """

    kind: str
    size: tuple[int, int]
    space: str
    icc: bytes | None
    bits: int = 8
    has_alpha: bool = False
    is_turned: bool = False


def fitted(metadata: Metadata, target: Target) -> Metadata:
    """The metadata as they are to be written. What is fitted to a file already stays as it is, and has no notes.

    Args:
        metadata: of the photograph.
        target: what they are written into.

    Returns:
        The metadata; `notes` tells what was left out here, and nothing else.

    Raises:
        CarrierError: the EXIF block is damaged.
    """
    exif, xmp, photoshop = metadata.exif, metadata.xmp, metadata.photoshop
    notes: tuple[str, ...] = ()
    if target.is_turned:
        exif, (xmp, notes) = upright_exif(exif), checked_xmp(xmp, upright=True)
        photoshop, said = without_paths(photoshop)
        notes += said
    result, said = _in_xmp(replace(metadata, xmp=xmp, photoshop=photoshop), target.kind)
    xmp, notes = result.xmp, notes + said
    exif = with_pixel_dimensions(with_declared_space(exif, target.space), *target.size)
    xmp, more = current_xmp(xmp, _facts(target, orientation_of(exif)))
    result = replace(result, exif=exif, xmp=xmp, notes=_once((*notes, *more), metadata.notes))
    fit = {"jpeg": _fitted_to_jpeg, "tiff": _fitted_to_tiff}.get(target.kind)
    return result if fit is None else fit(result)


def warn_of(notes: Iterable[str], prefix: str = "", *, stacklevel: int = 2) -> None:
    """Warn of what is left out where no report can tell it; not of maker notes, which every camera's file has.

    Args:
        notes: as of :func:`fitted`.
        prefix: put before each of them.
        stacklevel: as of :func:`warnings.warn`, from the caller.
    """
    for note in notes:
        if note != NO_MAKER_NOTES:
            warn(prefix + note, stacklevel=stacklevel + 1)


def _in_xmp(metadata: Metadata, kind: str) -> tuple[Metadata, tuple[str, ...]]:
    """What a kind of file has no other room for goes into the XMP packet."""
    properties: list[NewProperty] = []
    photoshop, comments = metadata.photoshop, metadata.comments
    notes: tuple[str, ...] = ()
    if photoshop is not None and kind not in _WITH_RESOURCES:
        properties, notes = xmp_of_resources(photoshop)
        photoshop = None
    if comments and kind != "png":
        named, others = xmp_of_comments(comments)
        known = {(new.uri, new.name) for new in properties}
        properties += [new for new in named if (new.uri, new.name) not in known]
        if others and kind not in _WITH_COMMENTS:
            properties.append(user_comment(others))
        comments = tuple(others) if kind in _WITH_COMMENTS else ()
    xmp, said = filled_xmp(metadata.xmp, properties)
    return replace(metadata, xmp=xmp, photoshop=photoshop, comments=comments), notes + said


def _fitted_to_jpeg(metadata: Metadata) -> Metadata:
    if metadata.xmp is not None and split_xmp(metadata.xmp) is None:
        metadata = replace(metadata, xmp=None, notes=(*metadata.notes, XMP_TOO_LONG))
    if metadata.exif is None:
        return metadata
    exif, lost = shortened_exif(metadata.exif, MAX_CONTENT)
    if not lost:
        return metadata
    names = ", ".join(lost[:_NAMED]) + (f" and {len(lost) - _NAMED} more" if len(lost) > _NAMED else "")
    note = f"the EXIF block is too long for a JPEG, whose segments hold 64 KB; left out: {names}"
    return replace(metadata, exif=exif, notes=(*metadata.notes, note))


def _fitted_to_tiff(metadata: Metadata) -> Metadata:
    if metadata.exif is None:
        return metadata
    tree = tree_for_tiff(metadata.exif)
    notes = metadata.notes
    if has_maker_notes(metadata.exif):
        notes += (NO_MAKER_NOTES,)
    exif = EXIF_PREFIX + pack_tree(tree) if any(tree.directories) else None
    return replace(metadata, exif=exif, notes=notes)


def _facts(target: Target, orientation: int) -> Facts:
    kind = KINDS[target.kind]
    channels = 4 if target.has_alpha and kind.has_alpha else 3
    return Facts(kind.mime, *target.size, target.bits, channels, target.space, _description(target.icc), orientation)


def _description(icc: bytes | None) -> str:
    try:
        return parse_profile(icc).description if icc else ""
    except ProfileError:
        return ""


def _once(notes: Iterable[str], said: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(note for note in dict.fromkeys(notes) if note not in said)
