"""Which device expands, and what is said where one is missing."""

from __future__ import annotations

import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from gamutmeta.errors import DeviceError, MissingExtraError  # noqa: E402
from gamutmeta.gpu.devices import gpu_expander  # noqa: E402
from gamutmeta.model.descriptor import Descriptor  # noqa: E402
from gamutmeta.model.expand import expand  # noqa: E402

_Device = torch.device

without_cuda = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")


def test_the_cpu_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    assert gpu_expander("cpu") is None


def test_unknown_devices_are_refused() -> None:
    with pytest.raises(DeviceError, match="unknown device 'tpu'; use auto, cpu, cuda"):
        gpu_expander("tpu")


@without_cuda
def test_cuda_asked_for_in_vain() -> None:
    with pytest.raises(DeviceError, match="torch finds no CUDA device"):
        gpu_expander("cuda")
    assert gpu_expander("auto") is None


@pytest.mark.parametrize("missing", ["torch", "triton"])
def test_a_missing_library_is_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.delitem(sys.modules, "gamutmeta.gpu.expand", raising=False)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingExtraError, match=rf"expanding on a GPU needs {missing}; pip install 'gamutmeta\[gpu\]'"):
        gpu_expander("cuda")
    assert gpu_expander("auto") is None


def test_with_cuda_it_is_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("triton")
    if not torch.cuda.is_available():
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch, "device", lambda name: _Device("cpu" if name == "cuda" else name))
    codes = np.arange(36, dtype=np.uint8).reshape(3, 4, 3)
    on_gpu = gpu_expander("auto")
    assert on_gpu is not None
    found = on_gpu(Descriptor(), {}, codes)
    assert found is not None
    assert np.abs(found.astype(int) - expand(Descriptor(), {}, codes)).max() <= 1
