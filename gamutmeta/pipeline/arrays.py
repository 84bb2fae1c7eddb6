"""Expansion of pixels that are already in memory, in an array of any library that supports DLPack.

An array on a CUDA device stays there: for an array of torch, CuPy or JAX, the result is one of the same library.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

import numpy as np

from gamutmeta.container import DEFAULT_LIMITS, Payload
from gamutmeta.errors import DeviceError, PhotoError
from gamutmeta.gpu.devices import gpu_module, uses_cuda
from gamutmeta.model.descriptor import SampleCoding
from gamutmeta.model.expand import expand as expand_on_host
from gamutmeta.pipeline.binding import check_size
from gamutmeta.pipeline.limited import check_work, pictures_limited

if TYPE_CHECKING:
    from types import ModuleType

    from gamutmeta.container import Limits

__all__ = ["expand_array"]

_CPU, _CUDA = (1, 3), (2, 13)
"""Types of devices in DLPack: main memory, pinned or not, and memory that CUDA kernels can access, managed or not."""


class _Exchangeable(Protocol):
    """An array of any library that supports DLPack."""

    def __dlpack__(self, *, stream: Any = None) -> Any: ...

    def __dlpack_device__(self) -> tuple[Any, int]: ...


_Array = TypeVar("_Array", bound=_Exchangeable)


def expand_array(
    payload: Payload | bytes,
    codes: _Array,
    *,
    samples: SampleCoding | str = SampleCoding.SRGB,
    check: bool = True,
    limits: Limits | None = None,
) -> _Array:
    """Expand 8-bit sRGB pixels to 16-bit ROMM RGB, on the device they are on.

    On a CUDA device some pixels of the result are compared with the CPU's, so it is complete when it is returned. Where
    they differ, or the GPU fails, the CPU expands the picture, with a :class:`~gamutmeta.errors.GamutMetaWarning`.

    Only the size is checked, not the digest, which would need the pixels in main memory. If you have the file, check
    the digest with :func:`gamutmeta.pipeline.binding.check_binding`, or call :func:`gamutmeta.expand`.

    Args:
        payload: of the picture, or the bytes of one.
        codes: the coded raster (before EXIF orientation), uint8 (H, W, 3), in main memory or on a CUDA device, of any
            library that supports DLPack: numpy, torch, CuPy, JAX. Any strides.
        samples: what the codes are: "srgb", or "sycc" for the YCbCr samples of a JPEG before a decoder converts and
            clamps them, which :func:`gamutmeta.photo.pixels.decode_sycc` gives. A payload takes one of the two, its
            ``descriptor.samples``.
        check: refuse a payload that was made for a picture of another size.
        limits: of the payload, if it comes as bytes, and of what it costs on this picture (`multiply_adds`).

    Returns:
        ROMM RGB, uint16 (H, W, 3), of the same library and on the same device. For a library that has no
        ``from_dlpack`` it is an array of numpy or torch, which support DLPack.

    Raises:
        BindingError: if the size differs.
        PayloadError: if the payload is damaged, or beyond the limits (LimitError).
        PhotoError: if `codes` have another type or shape, or `samples` are not those that the payload takes.
        DeviceError: if they are not an array that supports DLPack, or on another device; if they are on a CUDA device
            and torch finds none, or it does not give them back.
        MissingExtraError: if they are on a CUDA device, and torch is not installed.
        TypeError: if `payload` is neither a payload nor bytes.
    """
    if not isinstance(payload, (Payload, bytes, bytearray, memoryview)):
        raise TypeError(f"the payload comes first, as a Payload or bytes of one, not {type(payload).__name__}")
    model = payload if isinstance(payload, Payload) else Payload.from_bytes(payload, limits or DEFAULT_LIMITS)
    if samples != model.descriptor.samples:
        raise PhotoError(f"the payload takes samples {model.descriptor.samples.value!r}, not {str(samples)!r}")
    on_cuda = _is_on_cuda(codes)
    with pictures_limited(limits):
        expanded = _expand_on_cuda(model, codes, check=check) if on_cuda else _expand_on_host(model, codes, check=check)
    return cast("_Array", _as_of(codes, expanded))


def _is_on_cuda(codes: _Exchangeable) -> bool:
    if not hasattr(codes, "__dlpack__"):
        raise DeviceError(f"the pixels must be an array that supports DLPack, not {type(codes).__name__}")
    kind = int(codes.__dlpack_device__()[0])
    if kind not in (*_CPU, *_CUDA):
        raise DeviceError(
            f"the pixels must be in main memory or on a CUDA device, not on a DLPack device of type {kind}"
        )
    return kind in _CUDA


def _expand_on_host(payload: Payload, codes: Any, *, check: bool) -> Any:
    pixels: Any = codes if isinstance(codes, np.ndarray) else np.from_dlpack(codes)
    _check(payload, pixels.shape, str(pixels.dtype), check=check)
    return expand_on_host(payload.descriptor, payload.weights(), pixels)


def _expand_on_cuda(payload: Payload, codes: Any, *, check: bool) -> Any:
    uses_cuda("cuda")
    pixels = gpu_module("dlpack").tensor_of(codes)
    _check(payload, tuple(pixels.shape), str(pixels.dtype).removeprefix("torch."), check=check)
    return gpu_module("checked").expand_tensor(payload.descriptor, payload.weights(), pixels)


def _check(payload: Payload, shape: tuple[int, ...], dtype: str, *, check: bool) -> None:
    if dtype != "uint8" or len(shape) != 3 or shape[2] != 3 or 0 in shape:
        raise PhotoError(f"the pixels must be uint8 of shape (height, width, 3), not {dtype} of shape {shape}")
    if check:
        check_size(payload, shape[1], shape[0])
    check_work(payload.descriptor, shape[1], shape[0])


def _as_of(codes: Any, expanded: Any) -> Any:
    """`expanded` as an array of the library of `codes`, sharing its memory."""
    if isinstance(expanded, type(codes)):
        return expanded
    library: ModuleType | None = (
        codes.__array_namespace__()
        if hasattr(codes, "__array_namespace__")
        else sys.modules.get(type(codes).__module__.partition(".")[0])
    )
    return expanded if library is None or not hasattr(library, "from_dlpack") else library.from_dlpack(expanded)
