"""What only a GPU can show: that the kernel runs there, that steps are recorded, and that arrays stay there."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("triton")

from fit.test_engine import colourful, gain_og, payload_of  # noqa: E402
from gpu.test_expand import DESCRIPTORS, assert_within_tolerance, clipped_codes, is_known, weights_of  # noqa: E402
from gpu.test_pipeline import CODES, clipping, picture  # noqa: E402

import gamutmeta  # noqa: E402
from gamutmeta.color.gamut import reduce_to_codes  # noqa: E402
from gamutmeta.container import encode  # noqa: E402
from gamutmeta.fit.config import PRESETS  # noqa: E402
from gamutmeta.fit.engine import fit  # noqa: E402
from gamutmeta.fit.gpu.static_step import StaticStep  # noqa: E402
from gamutmeta.fit.many import FitInput, fit_many  # noqa: E402
from gamutmeta.gpu.expand import EitherExpander, expand_strips  # noqa: E402
from gamutmeta.gpu.kernel_expander import KernelExpander  # noqa: E402
from gamutmeta.gpu.torch_expander import TorchExpander  # noqa: E402
from gamutmeta.model.expand import expand as expand_on_host  # noqa: E402
from gamutmeta.model.tables import Tables  # noqa: E402

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]


@pytest.mark.parametrize("precision", ["ieee", "tf32x3"])
@pytest.mark.parametrize("name", DESCRIPTORS)
def test_a_megapixel_equals_the_host(name: str, precision: str) -> None:
    descriptor, codes = DESCRIPTORS[name], clipped_codes(1000, 1000)
    weights = weights_of(descriptor)
    assert is_known(descriptor, weights, 1000, 1000)
    tables = Tables.build(descriptor, weights, 1000, 1000)
    there = torch.from_numpy(codes).cuda()
    out = torch.empty(there.shape, dtype=torch.uint16, device="cuda")
    found = KernelExpander(tables, there.device, precision=precision)(there, out).cpu().numpy()
    assert_within_tolerance(found, expand_on_host(descriptor, weights, codes))


def test_it_is_the_same_every_time() -> None:
    descriptor, codes = DESCRIPTORS["balanced"], clipped_codes(700, 900)
    device, tables = torch.device("cuda"), Tables.build(descriptor, weights_of(descriptor), 700, 900)
    runs = [expand_strips(KernelExpander(tables, device), device, codes, math.inf) for _ in range(2)]
    np.testing.assert_array_equal(*runs)


@pytest.mark.parametrize("name", DESCRIPTORS)
def test_operations_of_torch_equal_the_host(name: str) -> None:
    descriptor, codes = DESCRIPTORS[name], clipped_codes(300, 400)
    weights, device = weights_of(descriptor), torch.device("cuda")
    found = expand_strips(TorchExpander(Tables.build(descriptor, weights, 300, 400), device), device, codes, math.inf)
    assert_within_tolerance(found, expand_on_host(descriptor, weights, codes))


def test_the_kernel_is_what_expands() -> None:
    descriptor, codes, device = DESCRIPTORS["balanced"], clipped_codes(30, 40), torch.device("cuda")
    expander = EitherExpander(Tables.build(descriptor, weights_of(descriptor), 30, 40), device)
    expand_strips(expander, device, codes, math.inf)
    assert expander.notes == ()


def test_the_street_on_cuda() -> None:
    found, expected = gamutmeta.expand(picture(), device="cuda"), gamutmeta.expand(picture()).array
    assert np.abs(found.array.astype(int) - expected).max() <= 1
    assert [note.partition(":")[0] for note in found.notes] == ["device cuda"]


def test_a_tensor_stays_on_the_gpu() -> None:
    found = gamutmeta.expand_array(clipping(), torch.from_numpy(CODES).cuda())
    assert (found.device.type, found.dtype) == ("cuda", torch.uint16)
    assert np.abs(found.cpu().numpy().astype(int) - gamutmeta.expand_array(clipping(), CODES)).max() <= 1


def test_an_array_of_cupy_stays_one() -> None:
    cupy = pytest.importorskip("cupy")
    found = gamutmeta.expand_array(clipping(), cupy.asarray(CODES))
    assert isinstance(found, cupy.ndarray)
    assert np.abs(found.get().astype(int) - gamutmeta.expand_array(clipping(), CODES)).max() <= 1


def test_steps_are_recorded_and_do_as_those_that_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    wide, config = colourful(), replace(PRESETS["balanced"], steps=200)
    codes, _ = reduce_to_codes(wide, config.adaptation)
    played: list[bool] = []
    play = StaticStep._play
    monkeypatch.setattr(
        StaticStep, "_play", lambda self, name, work: (played.append(name in self._recorded), play(self, name, work))
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # that recording failed
        recorded = fit(codes, wide, config, device="cuda")
    assert sum(played) > 190
    monkeypatch.setattr(StaticStep, "_record", lambda _: None)
    eager = fit(codes, wide, config, device="cuda")
    difference = gain_og(recorded, wide, codes, config) - gain_og(eager, wide, codes, config)
    assert abs(difference) < 0.1


@pytest.mark.parametrize("precision", ["ieee", "tf32x3", "tf32"])
def test_the_fits_kernels_do_as_torch_does(precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wide, config = colourful(), replace(PRESETS["balanced"], steps=200)
    codes, _ = reduce_to_codes(wide, config.adaptation)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # that the kernels failed
        a, b = (fit(codes, wide, config, device="cuda", precision=precision) for _ in range(2))
    assert (a.device, len(a.notes)) == ("cuda", 1), "what was tried, and not that the CPU took its place"
    assert encode(payload_of(a, wide)) == encode(payload_of(b, wide))
    init = StaticStep.__init__
    monkeypatch.setattr(StaticStep, "__init__", lambda *args, **how: init(*args, **how | {"fused": False}))
    by_torch = fit(codes, wide, config, device="cuda")
    assert gain_og(a, wide, codes, config) == pytest.approx(gain_og(by_torch, wide, codes, config), abs=0.7)


def test_several_pictures_are_fitted_as_well_as_alone() -> None:
    config = replace(PRESETS["balanced"], steps=200)
    wides = [colourful(120 + 20 * number, 160 - 10 * number) for number in range(4)]
    pictures = [FitInput(reduce_to_codes(wide, config.adaptation)[0], wide) for wide in wides]
    for one, together in zip(pictures, fit_many(pictures, config, device="cuda"), strict=True):
        codes, wide, _ = one
        alone = gain_og(fit(codes, wide, config, device="cuda"), wide, codes, config)
        assert gain_og(together, wide, codes, config) == pytest.approx(alone, abs=0.7)
