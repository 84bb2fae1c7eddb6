"""OpenEXR files, through OpenImageIO: linear light, multiplied by the transparency.

References:
    OpenEXR, "Technical Introduction" (premultiplied colours, data window and display window) and "Standard Attributes"
    (chromaticities; without them the primaries of BT.709).
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from gamutmeta.color.icc import described_profile
from gamutmeta.color.icc_curves import ParametricCurve
from gamutmeta.color.spaces import assumable_space
from gamutmeta.errors import PhotoError
from gamutmeta.photo.floats import float_channels
from gamutmeta.photo.picture import FURTHER_PICTURES, MAX_CHANNELS, PREMULTIPLIED, Picture, check_size
from gamutmeta.runtime.extras import openimageio_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["EXR_SIGNATURE", "read_exr"]

EXR_SIGNATURE = b"\x76\x2f\x31\x01"

_LINEAR = ParametricCurve(1.0)


def read_exr(file: BinaryIO, max_pixels: int) -> Picture:
    """Read the first part of an OpenEXR file, within its display window.

    Args:
        file: the file, at any position.
        max_pixels: limit on width x height.

    Raises:
        PhotoError: too large, damaged, or without channels of colour.
        MissingExtraError: OpenImageIO is not installed.
    """
    oiio: Any = openimageio_for("reading OpenEXR")
    file.seek(0)
    # OpenImageIO reads files by their names.
    with tempfile.TemporaryDirectory(prefix="gamutmeta-") as folder:
        path = Path(folder) / "picture.exr"
        path.write_bytes(file.read())
        source = oiio.ImageInput.open(str(path))
        if source is None:
            raise PhotoError(f"damaged OpenEXR: {oiio.geterror()}")
        spec = source.spec()
        check_size(spec.full_width, spec.full_height, max_pixels)
        check_size(spec.width, spec.height, max_pixels)
        if spec.nchannels > 4 * MAX_CHANNELS:
            raise PhotoError(f"OpenEXR with {spec.nchannels} channels is not a photograph")
        wanted = _channels(spec)
        samples = source.read_image("float")
        problem, has_more = source.geterror(), bool(source.seek_subimage(1, 0))
        source.close()
    if samples is None or problem:
        raise PhotoError(f"damaged OpenEXR: {problem}")
    notes: list[str] = [FURTHER_PICTURES] if has_more else []
    if len(wanted) < spec.nchannels:
        notes.append("further channels were left out")
    has_alpha = len(wanted) in {2, 4}
    shown = _displayed(np.asarray(samples, np.float32)[..., wanted], spec)
    rgb, alpha, is_gray = float_channels(shown, (PREMULTIPLIED,) if has_alpha else (), notes)
    picture = Picture(rgb, 32, is_gray, alpha, notes=notes)
    _take_colour(picture, spec)
    return picture


def _channels(spec: Any) -> list[int]:
    """Where red, green and blue are, or grey, and transparency behind them."""
    places = {str(name): place for place, name in reversed(list(enumerate(spec.channelnames)))}
    if {"RY", "BY"} & places.keys():
        raise PhotoError("OpenEXR with subsampled chroma (Y, RY, BY) is not supported; save it as RGB")
    for names in ("RGB", "Y"):
        if set(names) <= places.keys():
            return [places[name] for name in (*names, "A") if name in places]
    raise PhotoError(f"OpenEXR without channels R, G and B, or Y; it has {', '.join(map(str, spec.channelnames))}")


def _displayed(samples: NDArray[np.float32], spec: Any) -> NDArray[np.float32]:
    """The display window. What of it is not stored is black, and transparent."""
    window = (spec.full_x, spec.full_y, spec.full_width, spec.full_height)
    if window == (spec.x, spec.y, spec.width, spec.height):
        return samples
    result = np.zeros((spec.full_height, spec.full_width, samples.shape[2]), np.float32)
    left, upper = spec.x - spec.full_x, spec.y - spec.full_y
    rows = slice(max(upper, 0), min(upper + spec.height, spec.full_height))
    columns = slice(max(left, 0), min(left + spec.width, spec.full_width))
    if rows.start < rows.stop and columns.start < columns.stop:
        result[rows, columns] = samples[
            rows.start - upper : rows.stop - upper, columns.start - left : columns.stop - left
        ]
    return result


def _take_colour(picture: Picture, spec: Any) -> None:
    told = spec.getattribute("chromaticities")
    if told is not None:
        numbers = [float(number) for number in told]
        pairs = tuple(zip(numbers[::2], numbers[1::2], strict=True))
        profile = described_profile(pairs[:3], pairs[3], (_LINEAR, _LINEAR, _LINEAR)) if len(pairs) == 4 else None
        if profile is not None:
            picture.space = profile
            return
        picture.notes.append("chromaticities: no colours of an RGB space; ignored")
    picture.space = assumable_space("linear-srgb")
