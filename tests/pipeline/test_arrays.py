"""Arrays of any library in and out."""

from __future__ import annotations

import importlib
import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pipeline.test_conformance import CODES, container

from gamutmeta import expand_array
from gamutmeta.container import Payload
from gamutmeta.errors import BindingError, DeviceError, MissingExtraError, PhotoError
from gamutmeta.model.expand import expand
from gamutmeta.pipeline import arrays

PAYLOAD = Payload.from_bytes(container())
EXPECTED = expand(PAYLOAD.descriptor, PAYLOAD.weights(), CODES)


class Elsewhere:
    """An array on a device of DLPack, which nobody can read here."""

    def __init__(self, kind: int) -> None:
        self._kind = kind

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._kind, 0

    def __dlpack__(self, *, stream: Any = None) -> Any:
        raise AssertionError("was read")


class Wrapped:
    """An array of a library that knows DLPack and the array API's namespace: a stand-in for JAX and CuPy."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.array.__dlpack_device__()

    def __dlpack__(self, **settings: Any) -> Any:
        return self.array.__dlpack__(**settings)

    def __array_namespace__(self) -> type[Wrapped]:
        return Wrapped

    @staticmethod
    def from_dlpack(array: Any) -> Wrapped:
        return Wrapped(np.from_dlpack(array))


@pytest.mark.parametrize("payload", [PAYLOAD, PAYLOAD.to_bytes()])
def test_numpy_in_numpy_out(payload: Payload | bytes) -> None:
    found = expand_array(payload, CODES)
    assert type(found) is np.ndarray
    np.testing.assert_array_equal(found, EXPECTED)


def test_torch_in_torch_out() -> None:
    torch = pytest.importorskip("torch")
    found = expand_array(PAYLOAD, torch.from_numpy(CODES))
    assert found.dtype == torch.uint16
    np.testing.assert_array_equal(found.numpy(), EXPECTED)


def test_another_library_gets_its_own() -> None:
    found = expand_array(PAYLOAD, Wrapped(CODES))
    assert isinstance(found, Wrapped)
    np.testing.assert_array_equal(found.array, EXPECTED)


def test_a_picture_of_another_size_is_refused() -> None:
    turned = CODES.swapaxes(0, 1)
    with pytest.raises(BindingError, match="made for 3x2 pixels, this picture has 2x3"):
        expand_array(PAYLOAD, turned)
    assert expand_array(PAYLOAD, turned, check=False).shape == turned.shape


@pytest.mark.parametrize("codes", [CODES.astype(np.uint16), CODES[..., :2], CODES[0], CODES[:0]])
def test_other_arrays_are_refused(codes: Any) -> None:
    with pytest.raises(PhotoError, match=r"must be uint8 of shape \(height, width, 3\), not"):
        expand_array(PAYLOAD, codes, check=False)


def test_arguments_in_another_order_are_told() -> None:
    with pytest.raises(TypeError, match="the payload comes first, as a Payload or bytes of one, not ndarray"):
        expand_array(CODES, container())  # type: ignore[arg-type]


def test_what_is_no_array_or_lies_elsewhere_is_refused() -> None:
    with pytest.raises(DeviceError, match="supports DLPack, not list"):
        expand_array(PAYLOAD, [1, 2])  # type: ignore[type-var]
    with pytest.raises(DeviceError, match="not on a DLPack device of type 8"):
        expand_array(PAYLOAD, Elsewhere(8))


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match="needs torch"):
        expand_array(PAYLOAD, Elsewhere(2))


def test_a_torch_without_cuda_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("triton")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(DeviceError, match="torch finds no CUDA device"):
        expand_array(PAYLOAD, Elsewhere(2))


def test_the_way_of_the_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it but the GPU: the kernel's twin takes a tensor in main memory that says it is elsewhere."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("triton")
    module = importlib.import_module("gamutmeta.gpu.expand")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(arrays, "_CUDA", (1,))
    monkeypatch.setattr(module, "supports", lambda _: False)
    for codes in (torch.from_numpy(CODES), Wrapped(CODES)):
        found = expand_array(PAYLOAD, codes)
        assert type(found) is type(codes)
        np.testing.assert_array_equal(np.from_dlpack(getattr(found, "array", found)), EXPECTED)
    with pytest.raises(BindingError):
        expand_array(replace(PAYLOAD, width=4), Wrapped(CODES))


def test_main_memory_needs_no_torch() -> None:
    program = """
import sys, numpy as np, gamutmeta
from gamutmeta.container import Binding, Payload
from gamutmeta.model.descriptor import Descriptor
payload = Payload(2, 1, Binding("rgb8", bytes(16)), Descriptor(), ())
gamutmeta.expand_array(payload, np.zeros((1, 2, 3), np.uint8))
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)
