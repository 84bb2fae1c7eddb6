from __future__ import annotations

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from fit.test_engine import QUICK, colourful, gain_og, payload_of  # noqa: E402

from gamutmeta.color.gamut import reduce_to_codes  # noqa: E402
from gamutmeta.container import encode  # noqa: E402
from gamutmeta.errors import DeviceError  # noqa: E402
from gamutmeta.fit.torch_engine import choose_device, fit_by_torch  # noqa: E402
from gamutmeta.gpu.devices import MEASURED_CARDS  # noqa: E402


def test_the_grid_model_is_fitted_as_the_plain_twin() -> None:
    wide, config = colourful(), QUICK["balanced"]
    codes, _ = reduce_to_codes(wide, config.adaptation)
    a, b, other = (fit_by_torch(codes, wide, config, device="cpu", seed=seed) for seed in (0, 0, 1))
    assert gain_og(a, wide, codes, config) > 6
    assert encode(payload_of(a, wide)) == encode(payload_of(b, wide)) != encode(payload_of(other, wide))
    assert (a.device, a.steps) == ("cpu", config.steps)


def test_a_soft_gate_reaches_the_descriptor() -> None:
    wide, config = colourful(60, 80), replace(QUICK["balanced"], steps=12)
    codes, _ = reduce_to_codes(wide, config.adaptation)
    assert fit_by_torch(codes, wide, config, gate=32, device="cpu").descriptor.gate == 32


def test_devices() -> None:
    assert choose_device("cpu").type == "cpu"
    assert choose_device("auto").type == "cpu" or MEASURED_CARDS
    with pytest.raises(DeviceError, match="unknown device 'tpu'"):
        choose_device("tpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_cuda_asked_for_in_vain() -> None:
    with pytest.raises(DeviceError, match="no CUDA device"):
        choose_device("cuda")
