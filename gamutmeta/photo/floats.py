"""Floating-point samples: 1 is white, and values beyond [0, 1] mean something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gamutmeta.errors import PhotoError
from gamutmeta.photo.picture import MAX_CHANNELS, PREMULTIPLIED, STRAIGHT, Channels
from gamutmeta.runtime.strips import row_strips

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["float_channels"]

_FAR = 65504
"""The largest number of 16 bits; infinity counts as that."""


def float_channels(samples: NDArray[np.floating[Any]], extra: Sequence[int], notes: list[str]) -> Channels:
    """Tell colour and transparency of a decoded array apart, as :func:`gamutmeta.photo.picture.channels_of` does.

    Args:
        samples: any float type, shape (height, width) or (height, width, channels).
        extra: what the channels behind grey or RGB are, as the values of TIFF's ExtraSamples.
        notes: gets a note if channels are left out.

    Returns:
        The colours as float32, finite, not clipped, and not multiplied by the transparency.

    Raises:
        PhotoError: for another shape, or if a value is not a number.
    """
    if samples.ndim == 2:
        samples = samples[:, :, None]
    channels = samples.shape[2]
    if not 1 <= channels <= MAX_CHANNELS:
        raise PhotoError(f"samples of shape {samples.shape} are not a picture")
    if any(np.isnan(samples[rows]).any() for rows in row_strips(*samples.shape[:2])):
        raise PhotoError("the picture has samples that are not a number (NaN); save it without them, or with 16 bits")
    colours = channels - len(extra) if channels - len(extra) in {1, 3} else (1 if channels < 3 else 3)
    meanings = [*extra, *[0] * channels][: channels - colours]
    place = next((i for i, meaning in enumerate(meanings) if meaning in {PREMULTIPLIED, STRAIGHT}), None)
    if len(meanings) > (place is not None):
        notes.append("further channels were left out")
    rgb = np.clip(samples[..., :colours], -_FAR, _FAR).astype(np.float32)
    alpha = None
    if place is not None:
        opacity = np.clip(samples[..., colours + place], 0, 1).astype(np.float32)
        alpha = np.rint(opacity * 65535).astype(np.uint16)
        if meanings[place] == PREMULTIPLIED:
            np.divide(rgb, opacity[..., None], out=rgb, where=opacity[..., None] > 0)
    if colours == 1:
        rgb = np.broadcast_to(rgb, (*samples.shape[:2], 3))
    return Channels(rgb, alpha, colours == 1)
