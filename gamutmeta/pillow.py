"""The Pillow plugin: the only module that uses Pillow's registry.

:func:`register` wraps the built-in open and save handlers of JPEG, MPO, PNG and TIFF and adds ``Image.gamut_expand``.
Opening only remembers where a picture came from; nothing is parsed until ``gamut_expand`` is called, so that
``Image.open`` never fails because of a payload. Saving takes ``gamut=``.

The payload is never put into ``im.info``: Pillow copies that through every edit, and it would become wrong. It is
stored only on the object that ``Image.open`` returned; a copy, crop or resize loses it, and operations that change that
object in place are detected by comparing sizes and pixels. The edits in :mod:`gamutmeta.edit` keep the payload usable.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from threading import RLock
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np
from PIL import Image, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin

from gamutmeta import carriers
from gamutmeta.carriers import host_format
from gamutmeta.container import Payload
from gamutmeta.errors import (
    BindingError,
    CarrierError,
    GamutMetaError,
    NoPayloadError,
    PayloadError,
)
from gamutmeta.formats.source import sources_remembered
from gamutmeta.measure.likeness import likeness_of
from gamutmeta.model.descriptor import SampleCoding
from gamutmeta.photo.decoding import decoding
from gamutmeta.photo.pixels import decode_srgb, has_ycc_samples, open_srgb
from gamutmeta.pipeline.binding import binding_of_codes, binding_of_file, check_size
from gamutmeta.pipeline.limited import pictures_limited
from gamutmeta.pipeline.srgb_file import SrgbFile, find_payload
from gamutmeta.runtime.strips import row_strips
from gamutmeta.runtime.warn import warn

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamutmeta.choices import Device, Space
    from gamutmeta.container import Limits
    from gamutmeta.photo.wide import WideImage

    OpenHandler = Callable[[IO[bytes], str | bytes], Any]
    SaveHandler = Callable[[Image.Image, IO[bytes], str | bytes], None]

__all__ = ["bytes_of", "gamut_expand", "register", "require_unchanged", "unregister"]

# The built-in plugins must be there before ours: they would replace a handler registered earlier.
_FORMATS = (
    JpegImagePlugin.JpegImageFile.format,
    MpoImagePlugin.MpoImageFile.format,
    PngImagePlugin.PngImageFile.format,
    TiffImagePlugin.TiffImageFile.format,
)

_NO_HOSTS = {"CMYK", "LAB", "HSV", "F", "I", "I;16", "I;16B", "I;16L"}
"""Modes that no reader of payloads takes: four colours, other colours, and more than 8 bits (specification, 7.1)."""

_ORIGIN = "_gamutmeta_origin"
_METHOD = "gamut_expand"


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a picture was read from."""

    fp: IO[bytes]
    start: int
    filename: str | bytes
    data: bytes | None = None
    """All of a stream in memory, such as Pillow makes of a download and closes as soon as the picture is decoded."""


@dataclass(slots=True)
class _Registration:
    """Our handlers and those that were there before, by format.

    Attributes:
        openers, savers, multi_savers: pairs (ours, the one before).
        active: false once it was undone. Another library may have wrapped a handler of ours and so keep calling it.
    """

    openers: dict[str, tuple[OpenHandler, OpenHandler]] = field(default_factory=dict)
    savers: dict[str, tuple[SaveHandler, SaveHandler]] = field(default_factory=dict)
    multi_savers: dict[str, tuple[SaveHandler, SaveHandler]] = field(default_factory=dict)
    active: bool = True


_registration: _Registration | None = None
_REGISTERING = RLock()


def register() -> None:
    """Teach Pillow ``gamut_expand()`` and ``save(gamut=...)``. Calling it again changes nothing.

    The save handlers of JPEG, PNG and TIFF then take ``gamut=`` (a :class:`~gamutmeta.container.Payload` or the bytes
    of one) and ``gamut_carrier=`` ("app11", "com", "itxt" or "tiff"). In every other format Pillow ignores them without
    a word, as it does all options it does not know.

    Raises:
        GamutMetaError: if ``Image.Image`` has another ``gamut_expand`` already.
    """
    global _registration  # noqa: PLW0603 - Pillow's registry is global, and so is our entry in it
    with _REGISTERING:
        if _registration is not None:
            return
        if hasattr(Image.Image, _METHOD):
            raise GamutMetaError(f"PIL.Image.Image has a method {_METHOD!r} already; it is not replaced")
        registration = _Registration()
        for name in filter(None, _FORMATS):
            _register_format(registration, name)
        setattr(Image.Image, _METHOD, gamut_expand)
        _registration = registration


def _register_format(registration: _Registration, name: str) -> None:
    """Wrap the handlers of a format; one that somebody has removed from Pillow's registry is left out."""
    factory, accept = Image.OPEN.get(name, (None, None))
    if factory is not None:
        opener = _opener(registration, cast("OpenHandler", factory))
        registration.openers[name] = (opener, cast("OpenHandler", factory))
        Image.register_open(name, cast("Any", opener), accept)
    saver = Image.SAVE.get(name)
    if saver is not None:
        registration.savers[name] = (_saver(registration, saver), saver)
        Image.register_save(name, registration.savers[name][0])
    saver = Image.SAVE_ALL.get(name)
    if saver is not None:
        registration.multi_savers[name] = (_multi_saver(registration, saver), saver)
        Image.register_save_all(name, registration.multi_savers[name][0])


def unregister() -> None:
    """Undo :func:`register`.

    A handler that somebody else has replaced, wrapped or removed since is left alone; one of ours that is wrapped so
    does nothing any more but call the one before it.
    """
    global _registration  # noqa: PLW0603 - see register
    with _REGISTERING:
        if _registration is None:
            return
        # Told by identity: functools.wraps copies every mark that a function could bear.
        for name, (opener, factory) in _registration.openers.items():
            there, accept = Image.OPEN.get(name, (None, None))
            if there is opener:
                Image.OPEN[name] = (cast("Any", factory), accept)
        for registry, handlers in ((Image.SAVE, _registration.savers), (Image.SAVE_ALL, _registration.multi_savers)):
            for name, (ours, before) in handlers.items():
                if registry.get(name) is ours:
                    registry[name] = before
        if getattr(Image.Image, _METHOD, None) is gamut_expand:
            delattr(Image.Image, _METHOD)
        _registration.active = False
        _registration = None


def gamut_expand(
    image: Image.Image,
    *,
    space: Space = "prophoto",
    sidecar: str | os.PathLike[str] | None = None,
    check: bool = True,
    threads: int | None = None,
    limits: Limits | None = None,
    device: Device = "cpu",
) -> WideImage:
    """Restore the wide-gamut photograph of a picture opened with Pillow.

    Equal to :func:`gamutmeta.expand` of the file. The coded raster is expanded; EXIF orientation is carried along.

    Args:
        image: as ``Image.open`` gave it, unchanged.
        space: the colour space wanted.
        sidecar: take the payload from this sidecar.
        check: refuse a payload that was made for another picture.
        threads: None for one per core.
        limits: as for :func:`gamutmeta.expand`.
        device: "cpu", "cuda" or "auto", see :func:`gamutmeta.expand`.

    Raises:
        NoPayloadError: if the file has no payload, or `image` is a copy and no longer the file's.
        BindingError: if `image` was changed in place, shows a further picture of its file (``seek``), or the payload
            belongs to another picture.
        GamutMetaError: as for :func:`gamutmeta.expand`.
    """
    with sources_remembered(), pictures_limited(limits):
        data, path = bytes_of(image)
        found = find_payload(data, path, sidecar=sidecar, limits=limits)
        require_unchanged(image, data)
        wide = SrgbFile.of(data, found, check=check).expand(check=check, threads=threads, device=device)
    return wide.convert(space)


def bytes_of(image: Image.Image) -> tuple[bytes, str | None]:
    """The bytes a picture was read from, and their path if they have one.

    Raises:
        NoPayloadError: if `image` is no picture that ``Image.open`` gave.
        CarrierError: if its stream is closed, and was not that of a file which is still there.
    """
    origin: _Origin | None = getattr(image, _ORIGIN, None)
    # A picture opened before register() still knows its file name.
    filename = origin.filename if origin else getattr(image, "filename", "")
    path = os.fsdecode(filename)
    if path:
        return Path(path).read_bytes(), path
    if origin is None:
        raise NoPayloadError(
            "this picture does not come from Image.open: copies, crops and conversions lose the payload; "
            "gamutmeta.edit keeps it (and a picture opened from a stream needs gamutmeta.register() before)",
        )
    if origin.data is not None:
        return origin.data, None
    if origin.fp.closed:
        return _read_again(origin.fp), None
    position = origin.fp.tell()
    origin.fp.seek(origin.start)
    data = origin.fp.read()
    origin.fp.seek(position)
    return data, None


def _read_again(closed: IO[bytes]) -> bytes:
    """The bytes of a stream that is closed, if it was that of a file."""
    name = getattr(closed, "name", None)
    if isinstance(name, str | bytes | os.PathLike):
        with suppress(OSError):
            return Path(os.fsdecode(name)).read_bytes()
    raise CarrierError(
        "the stream this picture was read from is closed, so that its payload cannot be read: open the picture by its "
        "path, or call gamut_expand() before the stream is closed"
    )


def require_unchanged(image: Image.Image, data: bytes) -> None:
    """Refuse a picture that thumbnail(), draft(), paste() or the like changed in place: it is no longer the file's.

    Args:
        image: as :func:`bytes_of` takes it.
        data: the bytes it was read from.

    Raises:
        BindingError: if it was changed, or is not the first picture of its file.
        PhotoError: if the bytes are no picture any more (the file was changed meanwhile), or of another kind.
    """
    frame = image.tell()
    if frame:
        raise BindingError(
            f"the payload belongs to the first picture of the file, and this is picture {frame + 1} (call seek(0))"
        )
    with decoding("the picture cannot be read again"), open_srgb(data) as fresh:
        _refuse_changed(image, fresh)


def _refuse_changed(image: Image.Image, fresh: Image.Image) -> None:
    if (image.size, image.mode) != (fresh.size, fresh.mode):
        raise BindingError(
            f"the picture was changed in memory to {image.width}x{image.height} {image.mode}; "
            f"its file has {fresh.width}x{fresh.height} {fresh.mode}",
        )
    decoded_already = not getattr(image, "tile", None)
    if decoded_already and not _equal(image, fresh):
        raise BindingError("the picture was changed in memory after it was opened; its payload fits the unchanged file")


def _equal(first: Image.Image, second: Image.Image) -> bool:
    """Whether two pictures of one size have the same pixels; compared strip by strip."""
    boxes = ((0, rows.start, first.width, rows.stop) for rows in row_strips(first.height, first.width))
    return all(np.array_equal(np.asarray(first.crop(box)), np.asarray(second.crop(box))) for box in boxes)


def _opener(registration: _Registration, original: OpenHandler) -> OpenHandler:
    def open_and_remember(fp: IO[bytes], filename: str | bytes) -> Any:
        if not registration.active:
            return original(fp, filename)
        start = fp.tell()
        image = original(fp, filename)
        # Not copied: the stream shares its bytes with whoever asks for all of them.
        data = fp.getvalue()[start:] if isinstance(fp, BytesIO) else None
        setattr(image, _ORIGIN, _Origin(fp, start, filename, data))
        return image

    return open_and_remember


def _saver(registration: _Registration, original: SaveHandler) -> SaveHandler:
    def save_with_gamut(image: Image.Image, fp: IO[bytes], filename: str | bytes) -> None:
        if not registration.active:
            original(image, fp, filename)
            return
        options: dict[str, Any] = cast("Any", image).encoderinfo
        gamut, carrier = options.pop("gamut", None), options.pop("gamut_carrier", None)
        if gamut is None:
            original(image, fp, filename)
            return
        payload = _payload_of(gamut)
        if image.mode in _NO_HOSTS:
            raise BindingError(
                f"gamut= is for sRGB pictures, and this one has the mode {image.mode}: convert it to RGB, or save it "
                "without gamut="
            )
        coded = BytesIO()
        original(image, coded, filename)
        data = coded.getvalue()
        fp.write(carriers.embed(data, _bound(payload, image, data).to_bytes(), carrier=carrier, replace=True))

    return save_with_gamut


def _payload_of(gamut: object) -> Payload:
    if isinstance(gamut, Payload):
        return gamut
    if isinstance(gamut, bytes | bytearray | memoryview):
        return Payload.from_bytes(bytes(gamut))
    raise PayloadError("gamut", f"must be a gamutmeta.Payload or the bytes of one, not {type(gamut).__name__}")


def _multi_saver(registration: _Registration, original: SaveHandler) -> SaveHandler:
    def save_without_gamut(image: Image.Image, fp: IO[bytes], filename: str | bytes) -> None:
        if registration.active and cast("Any", image).encoderinfo.get("gamut") is not None:
            raise CarrierError("gamut= works with a single picture; it cannot be combined with save_all=True")
        original(image, fp, filename)

    return save_without_gamut


def _bound(payload: Payload, image: Image.Image, data: bytes) -> Payload:
    """The payload, bound to the file just coded.

    A model with a soft gate that is bound to these very samples was fitted to a lossy coding, and its picture edited
    since (:mod:`gamutmeta.edit`): coding it again is what the gate is for. Any other change of coding gets a warning.

    Raises:
        BindingError: if the picture is provably not the one the payload was fitted to.
    """
    check_size(payload, image.width, image.height)
    own = binding_of_file(data)
    if own.kind == "jpeg" and image.mode != "L" and not has_ycc_samples(data):
        # Tools that put JFIF's marker in place of Adobe's change its colours, and readers then refuse the payload.
        raise BindingError(
            "gamut= needs a JPEG that is coded as YCbCr: that this one is RGB stands in a marker which tools remove; "
            "leave keep_rgb out"
        )
    if payload.descriptor.samples is SampleCoding.SYCC and (image.mode != "YCbCr" or own.kind != "jpeg"):
        raise BindingError(
            "gamut= takes the YCbCr samples of a JPEG, which hold colours outside sRGB; "
            f"a picture of mode {image.mode} saved as {host_format(data).upper()} has none: save the JPEG by "
            "Reduction.save, or reduce with samples='plain'"
        )
    if payload.descriptor.shoulder is not None and own.kind == "jpeg":
        raise BindingError(
            "gamut= takes colours outside sRGB from the last codes of a PNG or TIFF, which a JPEG does not keep: "
            "save it as PNG or TIFF, or reduce with format='jpeg'"
        )
    if payload.binding == own:
        return payload
    likeness = None if payload.descriptor.samples is SampleCoding.SRGB else likeness_of(decode_srgb(data))
    bound = payload.bind(payload.width, payload.height, own, likeness)
    if payload.binding.kind == "rgb8":
        samples = image if image.mode == "YCbCr" else image.convert("RGB")
        fitted = binding_of_codes(np.asarray(samples)) == payload.binding
        if not fitted or own.kind == "rgb8":
            raise BindingError("gamut= was made for other pixels than those of this picture (digest mismatch)")
        if payload.descriptor.gate or payload.descriptor.samples is SampleCoding.SYCC:
            return bound
    warn(
        "gamut= was fitted to another encoding of this picture, so it restores colours less exactly; "
        "gamutmeta.reduce(..., format=...) or reduce_file fit it to the very file",
        stacklevel=5,
    )
    return bound
