"""From decoded samples and what the file says about their colours to 16-bit ROMM RGB."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gamutmeta.color.convert import OUTSIDE, convert_space, floats_to_prophoto, to_prophoto
from gamutmeta.color.icc import GrayProfile, MatrixProfile
from gamutmeta.color.spaces import PROPHOTO, conversion_matrix, decode_table
from gamutmeta.photo.encodings import TableProfile, encoding_of
from gamutmeta.runtime.strips import for_each_strip

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gamutmeta.photo.encodings import Encoding
    from gamutmeta.photo.picture import Picture

__all__ = ["romm_of"]

_NEUTRAL = 32
"""16-bit codes between red, green and blue that the rounding of a grey profile's tables explains."""


def romm_of(picture: Picture, assume_space: str | None) -> NDArray[np.uint16]:
    """The picture in ROMM RGB.

    Args:
        picture: its `notes` and `assumption` tell afterwards how it was understood, and how much was clipped.
        assume_space: a space for a picture that names none, or one that cannot be used, see
            :func:`gamutmeta.color.spaces.assumable_space`; sRGB if None.

    Returns:
        uint16, shape (height, width, 3), contiguous.

    Raises:
        ProfileError: the ICC profile is damaged or does not fit the picture, and `assume_space` is None.
        PhotoError: the picture has a high dynamic range, and `assume_space` is None.
        MissingExtraError: the profile has lookup tables, and imagecodecs is not installed.
    """
    clipped: list[int] = []
    convert = _of_floats if picture.is_float else _converted
    result = convert(picture, encoding_of(picture, assume_space), clipped)
    count = sum(clipped)
    if count:
        share = 100 * count / (result.size // 3)
        # Two digits, and never as a power of ten.
        percent = f"{share:.0f}" if share >= 9.95 else f"{share:.2g}" if share >= 0.001 else "less than 0.001"
        pixels, lie, were = ("1 pixel", "lies", "was") if count == 1 else (f"{count:,} pixels", "lie", "were")
        picture.notes.append(f"{pixels} ({percent} %) {lie} outside {PROPHOTO.title} and {were} clipped to it")
    return result


def _converted(picture: Picture, encoding: Encoding, clipped: list[int]) -> NDArray[np.uint16]:
    codes = 1 << picture.bits
    if isinstance(encoding, TableProfile):
        return _through_tables(picture, encoding, clipped)
    if isinstance(encoding, MatrixProfile):
        matrix = np.eye(3) if picture.is_gray else encoding.matrix_to(PROPHOTO)
        return to_prophoto(picture.samples, encoding.decode_tables(codes), matrix, clipped)
    if isinstance(encoding, GrayProfile):
        return to_prophoto(picture.samples, encoding.decode_tables(codes), np.eye(3))
    tables = np.broadcast_to(decode_table(encoding, codes), (3, codes))
    if picture.is_gray:
        # Grey is grey in every space; the matrix would round it to almost grey.
        return to_prophoto(picture.samples, tables, np.eye(3))
    if picture.bits in {8, 16}:
        return np.ascontiguousarray(convert_space(picture.samples, encoding, PROPHOTO, np.uint16, clipped))
    return to_prophoto(picture.samples, tables, conversion_matrix(encoding, PROPHOTO), clipped)


def _of_floats(picture: Picture, encoding: Encoding, clipped: list[int]) -> NDArray[np.uint16]:
    if isinstance(encoding, TableProfile):
        inside = np.clip(picture.samples, 0, 1)
        clipped.append(int(np.count_nonzero((np.abs(picture.samples - inside) > OUTSIDE).any(axis=-1))))
        return _through_tables(
            replace(picture, samples=np.rint(inside * 65535).astype(np.uint16), bits=16), encoding, []
        )
    if isinstance(encoding, MatrixProfile):
        decoders, matrix = [_continued(curve) for curve in encoding.curves], encoding.matrix_to(PROPHOTO)
    elif isinstance(encoding, GrayProfile):
        decoders, matrix = [_continued(encoding.decode)] * 3, np.eye(3)
    else:
        decoders, matrix = [encoding.decode] * 3, conversion_matrix(encoding, PROPHOTO)
    return floats_to_prophoto(picture.samples, decoders, np.eye(3) if picture.is_gray else matrix, clipped)


def _continued(curve: Callable[[NDArray[Any]], NDArray[Any]]) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """A profile's curve, which ends at 0 and 1, continued as a straight line of slope 1."""

    def decode(encoded: NDArray[Any]) -> NDArray[Any]:
        inside = np.clip(encoded, 0, 1)
        return np.asarray(curve(inside) + (encoded - inside))

    return decode


def _through_tables(picture: Picture, evaluate: TableProfile, clipped: list[int]) -> NDArray[np.uint16]:
    if picture.is_gray:
        return _gray_through_tables(picture, evaluate)
    height, width, _ = picture.samples.shape
    result = np.empty((height, width, 3), np.uint16)
    scale = np.float32(1 / ((1 << picture.bits) - 1))

    def work(rows: slice) -> None:
        encoded = evaluate(picture.samples[rows] * scale)
        linear = PROPHOTO.decode(encoded)
        clipped.append(int(np.count_nonzero(((linear < -OUTSIDE) | (linear > 1 + OUTSIDE)).any(axis=-1))))
        result[rows] = np.rint(np.clip(encoded, 0, 1) * 65535)

    for_each_strip(work, height, width)
    return result


def _gray_through_tables(picture: Picture, evaluate: TableProfile) -> NDArray[np.uint16]:
    """Every code once. A toned print's grey is no grey, and stays what it is."""
    codes = 1 << picture.bits
    scale = np.linspace(0, 1, codes, dtype=np.float32).reshape(1, codes)
    encoded = evaluate(scale if evaluate.is_gray else np.repeat(scale[..., None], 3, axis=2))[0]
    table = np.rint(np.clip(encoded, 0, 1) * 65535).astype(np.uint16)
    if np.ptp(table.astype(np.int32), axis=1).max() <= _NEUTRAL:
        table = np.broadcast_to(table[:, 1:2], table.shape)
    result = np.empty(picture.samples.shape, np.uint16)

    def work(rows: slice) -> None:
        result[rows] = table[picture.samples[rows, :, 0]]

    for_each_strip(work, *picture.samples.shape[:2])
    return result
