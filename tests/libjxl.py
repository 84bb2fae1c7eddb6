"""JPEG XL files by libjxl itself, for what no command or binding writes: premultiplied colours, a black channel."""

from __future__ import annotations

import ctypes
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    import numpy as np

_UINT8, _UINT16 = 2, 3
_ALPHA, _BLACK = 0, 4


class _BasicInfo(ctypes.Structure):
    _fields_ = (
        ("have_container", ctypes.c_int),
        ("xsize", ctypes.c_uint32),
        ("ysize", ctypes.c_uint32),
        ("bits_per_sample", ctypes.c_uint32),
        ("exponent_bits_per_sample", ctypes.c_uint32),
        ("tones", ctypes.c_float * 2),
        ("relative_to_max_display", ctypes.c_int),
        ("linear_below", ctypes.c_float),
        ("uses_original_profile", ctypes.c_int),
        ("have_preview", ctypes.c_int),
        ("have_animation", ctypes.c_int),
        ("orientation", ctypes.c_int),
        ("num_color_channels", ctypes.c_uint32),
        ("num_extra_channels", ctypes.c_uint32),
        ("alpha_bits", ctypes.c_uint32),
        ("alpha_exponent_bits", ctypes.c_uint32),
        ("alpha_premultiplied", ctypes.c_int),
        ("rest", ctypes.c_uint8 * 512),
    )


class _PixelFormat(ctypes.Structure):
    _fields_ = (
        ("num_channels", ctypes.c_uint32),
        ("data_type", ctypes.c_int),
        ("endianness", ctypes.c_int),
        ("align", ctypes.c_size_t),
    )


class _ExtraChannel(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("bits_per_sample", ctypes.c_uint32),
        ("exponent_bits_per_sample", ctypes.c_uint32),
        ("dim_shift", ctypes.c_uint32),
        ("name_length", ctypes.c_uint32),
        ("alpha_premultiplied", ctypes.c_int),
        ("rest", ctypes.c_uint8 * 256),
    )


def _library() -> str:
    """The libjxl in the wheel of imagecodecs; older ones of the system (0.7) abort on premultiplied colours."""
    imagecodecs = pytest.importorskip("imagecodecs")
    importlib.import_module("imagecodecs._jpegxl")
    folder = Path(imagecodecs.__file__).parents[1] / "imagecodecs.libs"
    found = next(folder.glob("libjxl-*.so*"), None)
    if found is None:
        pytest.skip("this imagecodecs has no libjxl of its own")
    return str(found)


def encoded(
    samples: np.ndarray, *, premultiplied: bool = False, black: np.ndarray | None = None, linear: bool = False
) -> bytes:
    """A lossless file of samples, uint8 or uint16, shape (height, width, channels); a second or fourth one is alpha."""
    lib: Any = ctypes.CDLL(_library())
    for function in ("JxlEncoderCreate", "JxlEncoderFrameSettingsCreate"):
        getattr(lib, function).restype = ctypes.c_void_p
    encoder = ctypes.c_void_p(lib.JxlEncoderCreate(None))
    info = _BasicInfo()
    lib.JxlEncoderInitBasicInfo(ctypes.byref(info))
    bits = 8 * samples.itemsize
    info.ysize, info.xsize, channels = samples.shape
    info.bits_per_sample, info.uses_original_profile = bits, 1
    info.num_color_channels = 1 if channels < 3 else 3
    if channels in {2, 4}:
        info.num_extra_channels, info.alpha_bits, info.alpha_premultiplied = 1, bits, premultiplied
    if black is not None:
        info.num_extra_channels = 1
    _check(lib.JxlEncoderSetBasicInfo(encoder, ctypes.byref(info)))
    if info.num_extra_channels:
        extra = _ExtraChannel()
        lib.JxlEncoderInitExtraChannelInfo(_ALPHA if black is None else _BLACK, ctypes.byref(extra))
        extra.bits_per_sample, extra.alpha_premultiplied = bits, premultiplied
        _check(lib.JxlEncoderSetExtraChannelInfo(encoder, ctypes.c_size_t(0), ctypes.byref(extra)))
    color = (ctypes.c_uint8 * 512)()
    set_color = lib.JxlColorEncodingSetToLinearSRGB if linear else lib.JxlColorEncodingSetToSRGB
    set_color(ctypes.byref(color), int(channels < 3))
    _check(lib.JxlEncoderSetColorEncoding(encoder, ctypes.byref(color)))
    frame = ctypes.c_void_p(lib.JxlEncoderFrameSettingsCreate(encoder, None))
    _check(lib.JxlEncoderSetFrameLossless(frame, 1))
    form = _PixelFormat(channels, _UINT8 if bits == 8 else _UINT16, 0, 0)
    _check(lib.JxlEncoderAddImageFrame(frame, ctypes.byref(form), *_bytes(samples)))
    if black is not None:
        _check(lib.JxlEncoderSetExtraChannelBuffer(frame, ctypes.byref(form), *_bytes(black), ctypes.c_uint32(0)))
    lib.JxlEncoderCloseInput(encoder)
    out = ctypes.create_string_buffer(1 << 20)
    place, left = ctypes.c_void_p(ctypes.addressof(out)), ctypes.c_size_t(len(out))
    _check(lib.JxlEncoderProcessOutput(encoder, ctypes.byref(place), ctypes.byref(left)))
    lib.JxlEncoderDestroy(encoder)
    return out.raw[: len(out) - left.value]


def _bytes(samples: np.ndarray) -> tuple[ctypes.c_char_p, ctypes.c_size_t]:
    data = samples.tobytes()
    return ctypes.c_char_p(data), ctypes.c_size_t(len(data))


def _check(status: object) -> None:
    if cast("int", status):
        raise RuntimeError("libjxl refuses")
