from __future__ import annotations

import sys
from dataclasses import replace
from importlib import resources
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gamutmeta.color.gamut import out_of_gamut, reduce_to_codes
from gamutmeta.color.spaces import PROPHOTO, apply_matrix, decode_table, reduction_matrix
from gamutmeta.color.sycc import reduce_to_sycc
from gamutmeta.container import Binding, Payload, encode
from gamutmeta.errors import DeviceError, FitError, MissingExtraError
from gamutmeta.fit.config import PRESETS, FitConfig
from gamutmeta.fit.engine import FitResult, fit
from gamutmeta.measure.quality import measure
from gamutmeta.model.descriptor import Descriptor, SampleCoding
from gamutmeta.model.expand import expand
from gamutmeta.native.library import built_library
from gamutmeta.photo.read import read_photo

if TYPE_CHECKING:
    from ctypes import CDLL

QUICK = {
    "balanced": replace(PRESETS["balanced"], steps=120, batch=2048),
    "paper": replace(PRESETS["paper"], steps=150, batch=2048),
}


def colourful(height: int = 120, width: int = 160) -> np.ndarray:
    """A smooth picture, about half of it outside sRGB."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    planes = [0.5 + 0.45 * np.sin(5 * x + 2 * y), 0.5 + 0.45 * np.cos(4 * y - x), 0.4 + 0.4 * np.sin(3 * (x + y))]
    return (np.stack(planes, -1) * 65535).astype(np.uint16)


def payload_of(result: FitResult, wide: np.ndarray) -> Payload:
    return Payload(wide.shape[1], wide.shape[0], Binding("rgb8", bytes(16)), result.descriptor, result.tensors)


def gain_og(result: FitResult, wide: np.ndarray, codes: np.ndarray, config: FitConfig) -> float:
    restored = expand(result.descriptor, payload_of(result, wide).weights(), codes)
    clipped = expand(Descriptor(adaptation=config.adaptation, samples=result.descriptor.samples), {}, codes)
    return measure(wide, restored, config.adaptation).psnr_og - measure(wide, clipped, config.adaptation).psnr_og


def needs_torch(name: str) -> None:
    """Skip the paper's model where torch is not installed."""
    if name == "paper":
        pytest.importorskip("torch")


@pytest.fixture
def machine() -> CDLL:
    """The machine code, if it was built."""
    try:
        return built_library()
    except OSError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("name", QUICK)
def test_a_short_fit_restores_colour(name: str) -> None:
    needs_torch(name)
    wide, config = colourful(), QUICK[name]
    codes, og = reduce_to_codes(wide, config.adaptation)
    assert og > 1000
    result = fit(codes, wide, config, device="cpu")
    assert gain_og(result, wide, codes, config) > 6
    assert (result.device, result.steps) == ("cpu", config.steps)
    assert 0 < result.samples <= wide.shape[0] * wide.shape[1]


def test_every_way_to_fit_is_as_good_and_the_same_each_time(machine: CDLL) -> None:
    del machine
    wide, config = colourful(), QUICK["balanced"]
    codes, _ = reduce_to_codes(wide, config.adaptation)
    by_machine, again, by_numpy = (fit(codes, wide, config, device="cpu", compiled=c) for c in (True, True, False))
    assert encode(payload_of(by_machine, wide)) == encode(payload_of(again, wide))
    results = [by_machine, by_numpy]
    if find_spec("torch"):
        from gamutmeta.fit.torch_engine import fit_by_torch  # noqa: PLC0415 - torch is optional

        results.append(fit_by_torch(codes, wide, config, device="cpu"))
    gains = [gain_og(result, wide, codes, config) for result in results]
    # Sums in another order, and other random numbers, lead elsewhere, but not to another quality.
    assert gains[1:] == pytest.approx([gains[0]] * (len(gains) - 1), abs=1.5)


def test_extended_samples_are_fitted_by_machine_code_and_by_numpy(machine: CDLL) -> None:
    del machine
    wide, config = colourful(), QUICK["balanced"]
    codes = reduce_to_sycc(wide, config.adaptation)
    gains = []
    for compiled in (True, False):
        result = fit(codes, wide, config, gate=None, samples=SampleCoding.SYCC, device="cpu", compiled=compiled)
        gains.append(gain_og(result, wide, codes, config))
    assert gains[0] > 3
    assert gains[1] == pytest.approx(gains[0], abs=1.5)


@pytest.mark.parametrize("name", QUICK)
def test_the_same_seed_gives_the_same_bytes(name: str) -> None:
    needs_torch(name)
    wide, config = colourful(60, 80), replace(QUICK[name], steps=30)
    codes, _ = reduce_to_codes(wide, config.adaptation)
    a, b, other = (encode(payload_of(fit(codes, wide, config, seed=s, device="cpu"), wide)) for s in (5, 5, 6))
    assert a == b
    assert a != other


@pytest.mark.parametrize("name", QUICK)
def test_a_fit_can_start_from_given_values(name: str) -> None:
    needs_torch(name)
    wide, config = colourful(60, 80), replace(QUICK[name], steps=60)
    codes, _ = reduce_to_codes(wide, config.adaptation)
    before = fit(codes, wide, config, gate=None, device="cpu")
    specs = before.descriptor.tensor_specs()
    start = {spec.name: tensor.decode() for spec, tensor in zip(specs, before.tensors, strict=True)}
    short = replace(config, steps=2)
    gains = [
        gain_og(fit(codes, wide, short, gate=None, device="cpu", start=each), wide, codes, config)
        for each in (None, start)
    ]
    assert gains[1] > gains[0] + 1


def test_a_soft_gate_reaches_the_descriptor() -> None:
    wide, config = colourful(60, 80), replace(QUICK["balanced"], steps=12)
    codes, _ = reduce_to_codes(wide, config.adaptation)
    assert fit(codes, wide, config, gate=32, device="cpu").descriptor.gate == 32


def noisy(height: int = 600, width: int = 800) -> np.ndarray:
    """A picture whose colours cannot be foretold: the grid would cost very much."""
    rng = np.random.default_rng(0)
    return np.clip(colourful(height, width) + rng.normal(0, 6000, (height, width, 3)), 0, 65535).astype(np.uint16)


@pytest.mark.parametrize("max_bytes", [400, 450, 700, 1000, 1500, 3000, 10_000])
def test_the_cap_is_kept(max_bytes: int) -> None:
    wide = noisy()
    config = replace(QUICK["balanced"].within(max_bytes), rate_weight=1e-9)
    codes, _ = reduce_to_codes(wide, config.adaptation)
    result = fit(codes, wide, config, device="cpu")
    assert len(encode(payload_of(result, wide))) <= max_bytes
    assert gain_og(result, wide, codes, config) > 1


@settings(max_examples=10, deadline=None)
@given(st.integers(400, 61_440), st.integers(1, 40), st.integers(1, 40), st.integers(0, 5))
def test_any_cap_is_kept_on_any_picture(max_bytes: int, height: int, width: int, seed: int) -> None:
    wide = np.random.default_rng(seed).integers(0, 65536, (height, width, 3), np.uint16)
    config = replace(QUICK["balanced"].within(max_bytes), steps=10)
    codes, og = reduce_to_codes(wide, config.adaptation)
    assume(og)
    assert len(encode(payload_of(fit(codes, wide, config, device="cpu"), wide))) <= max_bytes


@pytest.mark.slow
def test_more_bytes_are_never_worse_on_a_real_photograph() -> None:
    """Every rung of the ladder, and caps between."""
    wide = read_photo(resources.files("gamutmeta.demo") / "carrots.tif").array
    codes, _ = reduce_to_codes(wide, PRESETS["balanced"].adaptation)
    gains, sizes = [], []
    for max_bytes in (400, 619, 620, 961, 1_500, 2_400, 3_800, 6_000, 9_600, 16_000, 28_000, 61_440):
        config = PRESETS["balanced"].within(max_bytes)
        result = fit(codes, wide, config, device="cpu")
        gains.append(gain_og(result, wide, codes, config))
        sizes.append(len(encode(payload_of(result, wide))))
        assert sizes[-1] <= max_bytes
    assert gains == sorted(gains)
    assert sizes == sorted(sizes)
    assert gains[-1] > gains[0] + 8


@pytest.mark.slow
def test_presets_spend_more_for_more() -> None:
    wide = read_photo(resources.files("gamutmeta.demo") / "carrots.tif").array
    codes, _ = reduce_to_codes(wide, PRESETS["balanced"].adaptation)
    gains = [
        gain_og(fit(codes, wide, PRESETS[name], device="cpu"), wide, codes, PRESETS[name])
        for name in ("small", "balanced", "best")
    ]
    assert gains[0] > 18
    assert gains[1] > gains[0] + 2
    assert gains[2] > gains[1] + 2


@pytest.mark.slow
def test_in_gamut_colours_stay_what_clipping_makes_of_them() -> None:
    """Without a code of 0 or 255 bit for bit; all of them together within a decibel."""
    wide = read_photo(resources.files("gamutmeta.demo") / "carrots.tif").array
    config = PRESETS["balanced"]
    codes, _ = reduce_to_codes(wide, config.adaptation)
    result = fit(codes, wide, config, device="cpu")
    restored = expand(result.descriptor, payload_of(result, wide).weights(), codes)
    clipped = expand(Descriptor(adaptation=config.adaptation), {}, codes)
    inner = ~((codes == 0) | (codes == 255)).any(-1)
    assert 0.5 < inner.mean() < 0.99
    np.testing.assert_array_equal(restored[inner], clipped[inner])
    linear = decode_table(PROPHOTO, 65536)
    in_gamut = ~out_of_gamut(apply_matrix(reduction_matrix(config.adaptation), linear[wide]))
    before, after = (np.square(linear[p][in_gamut] - linear[wide][in_gamut]).mean() for p in (clipped, restored))
    assert 10 * np.log10(after / before) < 1


def test_a_cap_that_cannot_be_kept_is_an_error() -> None:
    needs_torch("paper")
    wide = colourful(60, 80)
    config = replace(QUICK["paper"], steps=2, max_bytes=500)
    codes, _ = reduce_to_codes(wide, config.adaptation)
    with pytest.raises(FitError, match="only 500 are allowed"):
        fit(codes, wide, config, device="cpu")


def test_a_single_pixel_can_be_fitted() -> None:
    wide = np.array([[[60000, 2000, 100]]], np.uint16)
    config = replace(QUICK["balanced"], steps=300)
    codes, _ = reduce_to_codes(wide, config.adaptation)
    assert gain_og(fit(codes, wide, config, device="cpu"), wide, codes, config) > 10


def test_devices() -> None:
    wide, config = colourful(20, 30), replace(QUICK["balanced"], steps=2)
    codes, _ = reduce_to_codes(wide, config.adaptation)
    assert fit(codes, wide, config, device="auto").device == "cpu"
    with pytest.raises(DeviceError, match="unknown device 'tpu'"):
        fit(codes, wide, config, device="tpu")


@pytest.mark.parametrize(("name", "device", "extra"), [("paper", "cpu", "torch"), ("balanced", "cuda", "gpu")])
def test_what_needs_torch_says_so(monkeypatch: pytest.MonkeyPatch, name: str, device: str, extra: str) -> None:
    for module in [module for module in sys.modules if module.startswith("gamutmeta.fit.")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "torch", None)
    wide, config = colourful(20, 30), QUICK[name]
    codes, _ = reduce_to_codes(wide, config.adaptation)
    with pytest.raises(MissingExtraError, match=rf"pip install 'gamutmeta\[{extra}\]'"):
        fit(codes, wide, config, device=device)


@pytest.mark.gpu
@pytest.mark.parametrize("name", QUICK)
def test_cuda_fits_as_the_cpu_does(name: str) -> None:
    if not pytest.importorskip("torch").cuda.is_available():
        pytest.skip("needs a CUDA device")
    wide, config = colourful(), QUICK[name]
    codes, _ = reduce_to_codes(wide, config.adaptation)
    a, b = (fit(codes, wide, config, device="cuda") for _ in range(2))
    assert encode(payload_of(a, wide)) == encode(payload_of(b, wide))
    on_cpu = gain_og(fit(codes, wide, config, device="cpu"), wide, codes, config)
    assert gain_og(a, wide, codes, config) == pytest.approx(on_cpu, abs=1.0)
