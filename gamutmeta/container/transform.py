"""The payload of an edited picture: edits of geometry as affines, composed into the payload's own.

An edit is described by where the edited picture lies in the one before it, with both taken as unit squares and the
origin in the upper left corner.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from gamutmeta.container.limits import DEFAULT_LIMITS
from gamutmeta.errors import PhotoError
from gamutmeta.model.descriptor import IDENTITY, Affine

if TYPE_CHECKING:
    from gamutmeta.container.binding import Binding
    from gamutmeta.container.payload import Payload

__all__ = ["SOFT_GATE", "Box", "Flip", "Rotation", "edited_size", "softened", "transform_payload"]

Box = tuple[int, int, int, int]
"""Left, upper, right, lower in pixels; right and lower lie outside, as with Pillow."""

Flip = Literal["horizontal", "vertical", "transpose", "transverse"]
Rotation = Literal[90, 180, 270]

SOFT_GATE = 12
"""Width of the gate that takes the place of gate 0 where codes are no longer those of the fit.

Resampling mixes clipped pixels with their neighbours, and lossy coding adds noise, so that clipped codes are no longer
exactly 0 or 255. Measured on three photographs halved in size, mean PSNR of OG pixels and of all at widths 0, 8, 12,
16: 34.1, 38.8, 39.6, 40.1 dB and 41.3, 44.8, 45.1, 44.4 dB.
"""

_ROTATIONS: dict[int, Affine] = {
    90: (0.0, -1.0, 1.0, 1.0, 0.0, 0.0),
    180: (-1.0, 0.0, 1.0, 0.0, -1.0, 1.0),
    270: (0.0, 1.0, 0.0, -1.0, 0.0, 1.0),
}
"""Counter-clockwise, as Pillow's ROTATE_90 and its likes."""

_FLIPS: dict[str, Affine] = {
    "horizontal": (-1.0, 0.0, 1.0, 0.0, 1.0, 0.0),
    "vertical": (1.0, 0.0, 0.0, 0.0, -1.0, 1.0),
    "transpose": (0.0, 1.0, 0.0, 1.0, 0.0, 0.0),
    "transverse": (0.0, -1.0, 1.0, -1.0, 0.0, 1.0),
}
"""As Pillow's FLIP_LEFT_RIGHT, FLIP_TOP_BOTTOM, TRANSPOSE and TRANSVERSE."""


def transform_payload(
    payload: Payload,
    *,
    crop: Box | None = None,
    resize: tuple[int, int] | None = None,
    rotate: Rotation | None = None,
    flip: Flip | None = None,
    binding: Binding | None = None,
) -> Payload:
    """The payload for the picture after an edit. The model is not fitted again; only its positions are mapped.

    Several edits are done in the order crop, resize, rotate, flip; for another order call this several times.
    Coefficients are composed in double precision and rounded to single. A resize softens a gate of 0, see
    :func:`softened`.

    Args:
        payload: of the picture before the edit, in the orientation in which it is coded.
        crop: the part that is kept, inside the picture.
        resize: the new width and height.
        rotate: degrees counter-clockwise.
        flip: "horizontal" swaps left and right, "vertical" top and bottom, "transpose" rows and columns (a reflection
            in the diagonal from the upper left), "transverse" is the reflection in the other diagonal.
        binding: to the edited picture; None keeps that to the old one, so that the result must still be bound
            (:meth:`~gamutmeta.container.payload.Payload.bind`) before a reader takes it.

    Raises:
        PhotoError: if an edit cannot be done to a picture of that size, or is unknown.
        LimitError: if the edited picture is larger than readers accept by default.
    """
    size = (payload.width, payload.height)
    width, height = edited_size(size, crop=crop, resize=resize, rotate=rotate, flip=flip)
    if resize is not None:
        DEFAULT_LIMITS.check_picture(width, height)
    affine = payload.descriptor.affine or IDENTITY
    if crop is not None:
        left, upper, right, lower = crop
        part = ((right - left) / size[0], 0.0, left / size[0], 0.0, (lower - upper) / size[1], upper / size[1])
        affine = _composed(affine, part)
    if rotate is not None:
        affine = _composed(affine, _ROTATIONS[rotate])
    if flip is not None:
        affine = _composed(affine, _FLIPS[flip])
    descriptor = replace(payload.descriptor, affine=_rounded(affine))
    transformed = replace(payload.bind(width, height, binding or payload.binding), descriptor=descriptor)
    is_resampled = resize is not None and resize != edited_size(size, crop=crop)
    return softened(transformed) if is_resampled else transformed


def softened(payload: Payload) -> Payload:
    """The payload with :data:`SOFT_GATE` in place of gate 0, for a picture that was resampled or coded with loss."""
    if payload.descriptor.gate != 0:
        return payload
    return replace(payload, descriptor=replace(payload.descriptor, gate=SOFT_GATE))


def edited_size(
    size: tuple[int, int],
    *,
    crop: Box | None = None,
    resize: tuple[int, int] | None = None,
    rotate: int | None = None,
    flip: str | None = None,
) -> tuple[int, int]:
    """Width and height after edits, see :func:`transform_payload`.

    Raises:
        PhotoError: if they cannot be done.
    """
    width, height = size
    if crop is not None:
        left, upper, right, lower = _integers("a box", crop, 4)
        if not (0 <= left < right <= width and 0 <= upper < lower <= height):
            raise PhotoError(f"the box {left},{upper},{right},{lower} is not a part of {width}x{height} pixels")
        width, height = right - left, lower - upper
    if resize is not None:
        width, height = _integers("a size", resize, 2)
        if min(width, height) < 1:
            raise PhotoError(f"a picture cannot have {width}x{height} pixels")
    if rotate is not None and rotate not in _ROTATIONS:
        raise PhotoError(f"a picture can be rotated by {', '.join(map(str, _ROTATIONS))} degrees, not by {rotate}")
    if flip is not None and flip not in _FLIPS:
        raise PhotoError(f"a picture can be flipped {', '.join(_FLIPS)}, not {flip}")
    is_turned = (rotate in {90, 270}) != (flip in {"transpose", "transverse"})
    return (height, width) if is_turned else (width, height)


def _integers(what: str, values: tuple[int, ...], count: int) -> tuple[int, ...]:
    if len(values) != count or any(type(value) is not int for value in values):
        raise PhotoError(f"{what} is {count} integers, not {values!r}")
    return values


def _composed(outer: Affine, inner: Affine) -> Affine:
    """First `inner`, then `outer`."""
    a, b, c, d, e, f = outer
    p, q, r, s, t, w = inner
    return (a * p + b * s, a * q + b * t, a * r + b * w + c, d * p + e * s, d * q + e * t, d * r + e * w + f)


def _rounded(affine: Affine) -> Affine:
    """To the nearest single-precision numbers."""
    a, b, c, d, e, f = struct.unpack("6f", struct.pack("6f", *affine))
    return a, b, c, d, e, f
