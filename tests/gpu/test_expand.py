"""The Triton kernel, on a GPU where there is one, else in Triton's interpreter (conftest.py); and its twin of torch.

Everything is held against the plain forward pass of numpy.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import payloads

torch = pytest.importorskip("torch")
pytest.importorskip("triton")

from gamutmeta.color.shoulder import NONE, End, Shoulder  # noqa: E402
from gamutmeta.container import Payload  # noqa: E402
from gamutmeta.gpu import expand as module  # noqa: E402
from gamutmeta.gpu import torch_expander  # noqa: E402
from gamutmeta.gpu.checked import expand_checked, expand_tensor  # noqa: E402
from gamutmeta.gpu.expand import RowExpander, expand_strips, tables_for  # noqa: E402
from gamutmeta.gpu.kernel_expander import KernelExpander  # noqa: E402
from gamutmeta.gpu.torch_expander import TorchExpander  # noqa: E402
from gamutmeta.gpu.upload import supports  # noqa: E402
from gamutmeta.model.descriptor import Descriptor, FourierXY, Grid, Head, Rgb, RgbSource, SampleCoding  # noqa: E402
from gamutmeta.model.expand import expand as expand_on_host  # noqa: E402
from gamutmeta.model.reference import expand_reference  # noqa: E402
from gamutmeta.model.tables import Tables  # noqa: E402
from gamutmeta.pipeline.conformance import expand_vector, extract_container, read_ppm  # noqa: E402
from spec.vectors.make import FOLDER  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")

GRID, RGB = Grid(3, 5, 7), Rgb(2)
SHOULDER = Shoulder((End(3, 16), NONE, End(1, 8)), (End(2, 16), End(4, 9), NONE))
DESCRIPTORS = {
    "empty": Descriptor(),
    "balanced": Descriptor(head=Head.SRGB_EXCESS, grid=GRID, rgb=RGB, hidden=(24, 24), gate=0),
    "soft": Descriptor(head=Head.SRGB_EXCESS, grid=GRID, rgb=RGB, hidden=(9, 5, 3), gate=32),
    "ungated": Descriptor(head=Head.SRGB_EXCESS, grid=GRID, rgb=RGB, hidden=(17,)),
    "linear": Descriptor(head=Head.SRGB_EXCESS, rgb=Rgb(0), gate=0),
    "grid-residual": Descriptor(head=Head.WIDE_RESIDUAL, grid=Grid(1, 2, 2), hidden=(4,), bias=False),
    "place": Descriptor(head=Head.WIDE_RESIDUAL, xy=FourierXY(3), hidden=(6,)),
    "extended": Descriptor(head=Head.SRGB_EXCESS, grid=GRID, rgb=RGB, hidden=(24, 24), samples=SampleCoding.SYCC),
    "samples alone": Descriptor(samples=SampleCoding.SYCC),
    "shoulder": Descriptor(head=Head.SRGB_EXCESS, grid=GRID, rgb=RGB, hidden=(12, 12), gate=0, shoulder=SHOULDER),
    "shoulder alone": Descriptor(shoulder=SHOULDER),
    "all": Descriptor(head=Head.SRGB_EXCESS, grid=Grid(9, 3, 2), xy=FourierXY(2), rgb=Rgb(1), hidden=(2, 65), gate=9),
}
CROP, TURN, SHEAR = (0.5, 0.0, 0.25, 0.0, 0.125, 0.5), (0.0, -1.0, 1.0, 1.0, 0.0, 0.0), (1.0, 0.25, 0.0, 0.0, 1.0, 0.0)

INDEX = json.loads((FOLDER / "index.json").read_bytes())
QUICK = re.compile(r"expand/(gate-(0|32)$|inputs-|overflow-|layers-none|sycc-grid-colour$|shoulder-gate-12-mixed$)")
VECTORS = [
    pytest.param(vector, id=vector["id"], marks=() if QUICK.match(vector["id"]) else pytest.mark.slow)
    for vector in INDEX["vectors"]
    if (vector["result"], vector["operation"]) == ("ok", "expand")
]


def weights_of(descriptor: Descriptor) -> dict[str, NDArray[np.float32]]:
    rng = np.random.default_rng(0)
    return {
        spec.name: (rng.standard_normal(spec.shape) / np.sqrt(max(1, spec.shape[-1]))).astype(np.float32)
        for spec in descriptor.tensor_specs()
    }


def clipped_codes(height: int, width: int) -> NDArray[np.uint8]:
    return np.clip(np.random.default_rng(0).integers(-80, 336, (height, width, 3)), 0, 255).astype(np.uint8)


KINDS: dict[str, Callable[[Tables, torch.device], RowExpander]] = {"kernel": KernelExpander, "torch": TorchExpander}


def expanded(
    descriptor: Descriptor,
    weights: Mapping[str, NDArray[np.float32]],
    codes: NDArray[np.uint8],
    kind: str = "kernel",
) -> NDArray[np.uint16]:
    tables = tables_for(descriptor, weights, *codes.shape[:2])
    assert tables is not None
    there = torch.from_numpy(codes.copy()).to(DEVICE)
    # The interpreter computes with numpy, which warns of what overflows.
    with np.errstate(all="ignore"):
        out = torch.empty(there.shape, dtype=torch.uint16, device=DEVICE)
        return KINDS[kind](tables, DEVICE)(there, out).cpu().numpy()


def is_known(descriptor: Descriptor, weights: Mapping[str, NDArray[np.float32]], height: int, width: int) -> bool:
    with np.errstate(all="ignore"):
        return supports(Tables.build(descriptor, weights, height, width))


def assert_within_tolerance(a: NDArray[Any], b: NDArray[Any]) -> None:
    difference = np.abs(a.astype(np.int64) - b)
    assert difference.max(initial=0) <= 2
    assert np.mean(difference > 1) <= 0.001


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", DESCRIPTORS)
@pytest.mark.parametrize("shape", [(1, 1), (3, 140)])
@pytest.mark.parametrize("affine", [None, CROP, TURN])
def test_equals_the_plain_twin(name: str, shape: tuple[int, int], affine: tuple[float, ...] | None, kind: str) -> None:
    descriptor = replace(DESCRIPTORS[name], affine=affine)
    weights, codes = weights_of(descriptor), clipped_codes(*shape)
    assert is_known(descriptor, weights, *shape)
    assert_within_tolerance(expanded(descriptor, weights, codes, kind), expand_reference(descriptor, weights, codes))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("vector", VECTORS)
def test_vectors_of_the_specification(vector: dict[str, Any], kind: str) -> None:
    data, codes = (FOLDER / vector["file"]).read_bytes(), read_ppm((FOLDER / vector["pixels"]).read_bytes())
    payload = Payload.from_bytes(extract_container(data))
    if not is_known(payload.descriptor, payload.weights(), *codes.shape[:2]):
        model = payload.descriptor
        sees_prophoto = model.rgb is not None and model.rgb.source is RgbSource.WIDE
        assert model.affine is not None or sees_prophoto or max(model.hidden) > 128
        return
    found = expand_vector(data, codes, partial(expanded, kind=kind))
    assert_within_tolerance(found, expand_vector(data, codes, expand_reference))
    samples = (FOLDER / vector["expected"]).read_bytes()[-found.size * 2 :]
    assert_within_tolerance(found, np.frombuffer(samples, ">u2").reshape(found.shape))


@settings(deadline=None, max_examples=25)
@given(payloads(), st.integers(1, 6), st.integers(1, 40), st.sampled_from(list(KINDS)))
def test_any_payload_expands_as_its_plain_twin_does(payload: Payload, height: int, width: int, kind: str) -> None:
    codes, weights = clipped_codes(height, width), payload.weights()
    assume(is_known(payload.descriptor, weights, height, width))
    result = expanded(payload.descriptor, weights, codes, kind)
    assert result.shape == codes.shape
    largest = max((float(np.abs(w).max(initial=0)) for w in weights.values()), default=0)
    if largest < 2:  # beyond that the rounding of float32 sums alone leaves the tolerance
        assert_within_tolerance(result, expand_reference(payload.descriptor, weights, codes))


@pytest.mark.parametrize("kind", KINDS)
def test_a_pixel_the_gate_is_shut_for_comes_back_as_clipping_gives_it(kind: str) -> None:
    descriptor = DESCRIPTORS["balanced"]
    weights = {name: np.full_like(w, 3e38) for name, w in weights_of(descriptor).items()}
    codes = clipped_codes(6, 80)
    shut = ((codes != 0) & (codes != 255)).all(-1)
    assert shut.any()
    result = expanded(descriptor, weights, codes, kind)
    np.testing.assert_array_equal(result[shut], expanded(Descriptor(), {}, codes, kind)[shut])
    assert np.any(result != expanded(Descriptor(), {}, codes, kind))


@pytest.mark.parametrize("kind", KINDS)
def test_a_not_a_number_becomes_black(kind: str) -> None:
    descriptor = DESCRIPTORS["ungated"]
    weights = weights_of(descriptor)
    weights["bias1"] = np.full_like(weights["bias1"], np.nan)
    assert not expanded(descriptor, weights, clipped_codes(3, 9), kind).any()


@pytest.mark.parametrize("kind", KINDS)
def test_what_overflows_does_not_spread_by_the_padding(kind: str) -> None:
    descriptor = Descriptor(head=Head.SRGB_EXCESS, rgb=Rgb(0), hidden=(3, 3), gate=None)
    weights = weights_of(descriptor)
    weights["weight0"] = np.abs(weights["weight0"]) + 1
    weights["bias0"] = np.full_like(weights["bias0"], 3e38)
    weights["weight1"] = np.full_like(weights["weight1"], 2)
    weights["weight2"] = np.ones_like(weights["weight2"])
    codes = clipped_codes(2, 40)
    np.testing.assert_array_equal(expand_reference(descriptor, weights, codes), 65535)
    np.testing.assert_array_equal(expanded(descriptor, weights, codes, kind), 65535)


@pytest.mark.parametrize("kind", KINDS)
def test_any_strides_in_and_out(kind: str) -> None:
    descriptor = DESCRIPTORS["ungated"]
    weights, codes = weights_of(descriptor), clipped_codes(8, 30)
    planes = torch.from_numpy(codes.transpose(2, 0, 1).copy()).to(DEVICE)
    out = torch.zeros((3, 30, 4), dtype=torch.uint16, device=DEVICE).permute(2, 1, 0)
    tables = tables_for(descriptor, weights, 4, 30)
    assert tables is not None
    assert KINDS[kind](tables, DEVICE)(planes.permute(1, 2, 0)[::2], out) is out
    assert_within_tolerance(out.cpu().numpy(), expand_reference(descriptor, weights, codes[::2]))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["balanced", "place"])
def test_a_picture_in_main_memory_goes_by_strips(name: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    descriptor = DESCRIPTORS[name]
    weights, codes = weights_of(descriptor), clipped_codes(7, 60)[:, ::-1]
    codes.flags.writeable = False
    whole = expanded(descriptor, weights, codes, kind)
    monkeypatch.setattr(module, "_STRIP_PIXELS", 130)
    monkeypatch.setattr(torch_expander, "_PIXELS", 60)
    tables = tables_for(descriptor, weights, 7, 60)
    assert tables is not None
    found = expand_strips(KINDS[kind](tables, DEVICE), DEVICE, codes, math.inf)
    # Products of matrices of other sizes are summed in another order by torch.
    np.testing.assert_allclose(found, whole.astype(np.int32), rtol=0, atol=0 if kind == "kernel" else 1)


def test_a_model_the_kernel_does_not_know_is_left_to_the_host() -> None:
    paper = Descriptor(head=Head.WIDE_RESIDUAL, rgb=Rgb(2, RgbSource.WIDE), hidden=(5,))
    skewed = replace(DESCRIPTORS["balanced"], affine=SHEAR)
    wide = Descriptor(head=Head.SRGB_EXCESS, rgb=Rgb(0), hidden=(129,))
    codes = clipped_codes(5, 7)
    for descriptor in (paper, skewed, wide):
        weights = weights_of(descriptor)
        assert not is_known(descriptor, weights, 5, 7)
        assert tables_for(descriptor, weights, 5, 7) is None
        found, notes = expand_checked(DEVICE, ("said",), descriptor, weights, codes)
        assert found is None
        assert notes[0] == "said"
        assert "does not know this model" in notes[1]
        on_host = expand_on_host(descriptor, weights, codes)
        found = expand_tensor(descriptor, weights, torch.from_numpy(codes).to(DEVICE)).cpu().numpy()
        np.testing.assert_array_equal(found, on_host)
