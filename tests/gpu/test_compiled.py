"""The kernels compile for GPUs that are not here."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("triton")

from gpu.compiling import SHARED_MEMORY, compiled

from gamutmeta.fit.gpu.triton import backend as work
from gamutmeta.gpu.kernel_expander import tuning_of

if TYPE_CHECKING:
    from pathlib import Path

CONSTANTS = {
    "HEAD": 2,
    "HAS_CHROMA": False,
    "HAS_CODES": True,
    "HAS_PLACES": True,
    "CHANNELS": 3,
    "HIDDEN": 1,
    "HAS_LAST": True,
}
TYPES = {
    "codes": "*u8",
    "out": "*u16",
    "chroma": "*i32",
    "column": "*i32",
    "row": "*i32",
    "widths": "*i32",
} | dict.fromkeys(
    ["top", "width", "pieces", "across"]
    + [f"{array}_{axis}" for array in ("codes", "out") for axis in ("row", "column", "channel")],
    "i32",
)


@pytest.mark.parametrize(
    ("capability", "units", "precision", "has_chroma"),
    [
        (90, 32, "ieee", False),
        (90, 32, "ieee", True),
        *(
            pytest.param(capability, units, precision, has_chroma, marks=pytest.mark.slow)
            for capability, units, precision, has_chroma in [
                (80, 32, "ieee", False), (80, 64, "ieee", False), (90, 16, "ieee", False), (90, 64, "ieee", False),
                (90, 128, "ieee", False), (90, 32, "tf32x3", False), (90, 64, "tf32x3", False),
                (80, 32, "ieee", True), (90, 64, "ieee", True),
            ]
        ),
    ],
)  # fmt: skip
def test_expansion_compiles(capability: int, units: int, precision: str, has_chroma: bool, tmp_path: Path) -> None:  # noqa: FBT001
    block, warps = tuning_of(units)
    constants = CONSTANTS | {"HAS_CHROMA": has_chroma, "UNITS": units, "BLOCK": block, "PRECISION": precision}
    found = compiled(
        "gamutmeta.gpu.expand_kernel", "expand_rows", capability, constants=constants, types=TYPES, cache=tmp_path,
        num_warps=warps, enable_fp_fusion=True,
    )  # fmt: skip
    assert found["cubin"] > 0
    assert found["shared"] <= SHARED_MEMORY[capability]


MODELS = {
    "small": {"CHANNELS": 3, "PER_CODE": 5, "FIRST": 14, "SECOND": 12},
    "balanced": {"CHANNELS": 3, "PER_CODE": 7, "FIRST": 24, "SECOND": 24},
    "largest": {"CHANNELS": 6, "PER_CODE": 7, "FIRST": 48, "SECOND": 48},
    "least": {"CHANNELS": 2, "PER_CODE": 3, "FIRST": 6, "SECOND": 0},
}
FIT_TYPES = (
    {"codes": "*u8"}
    | dict.fromkeys(["corners", "entries", "starts", "planes", "across"], "*i32")
    | dict.fromkeys(["now", "first", "batches", "noise_starts"], "*i64")
    | dict.fromkeys(["row", "pool_row", "steps", "most", "batch", "programs", "nodes", "count"], "i32")
)


def of_fit(name: str, capability: int, constants: dict[str, Any], cache: Path, warps: int = 4) -> None:
    found = compiled(
        "gamutmeta.fit.gpu.triton.step_kernels", name, capability, constants=constants, types=FIT_TYPES, cache=cache,
        num_warps=warps, enable_fp_fusion=True,
    )  # fmt: skip
    assert found["cubin"] > 0
    assert found["shared"] <= SHARED_MEMORY[capability]
    assert found["stack"] == 0


@pytest.mark.parametrize(
    ("capability", "model", "precision"),
    [
        (90, "balanced", "ieee"),
        *(
            pytest.param(capability, model, precision, marks=pytest.mark.slow)
            for capability, model, precision in [
                (80, "balanced", "ieee"), (80, "largest", "ieee"), (90, "small", "ieee"), (90, "largest", "ieee"),
                (90, "least", "ieee"), (80, "balanced", "tf32"), (80, "balanced", "tf32x3"),
                (90, "balanced", "tf32"), (90, "balanced", "tf32x3"), (90, "largest", "tf32x3"),
            ]
        ),
    ],
)  # fmt: skip
def test_the_fits_gradient_compiles(capability: int, model: str, precision: str, tmp_path: Path) -> None:
    sizes = MODELS[model]
    features = sizes["CHANNELS"] + 3 * sizes["PER_CODE"]
    widths = [features, sizes["FIRST"], *([sizes["SECOND"]] if sizes["SECOND"] else []), 3]
    count = sum((inputs + 1) * outputs for inputs, outputs in pairwise(widths))
    units, block, warps = work.tuning_of(features, widths)
    constants = sizes | {"FEATURES": features, "MLP": count, "SCALE": 0.5, "PRECISION": precision}
    of_fit("sample_gradients", capability, constants | {"UNITS": units, "BLOCK": block}, tmp_path, warps)


@pytest.mark.parametrize(
    ("name", "constants"),
    [
        ("add_partial_sums", {"MLP": 1300, "BLOCK": work._PARAMETERS, "TOGETHER": work._PARTS}),
        ("grid_gradients", {"CHANNELS": 3, "MLP": 1300, "BLOCK": work._NODES, "TOGETHER": work._ENTRIES}),
        ("adam", {"BETA_1": 0.9, "BETA_2": 0.999, "EPSILON": 1e-8, "BLOCK": work._ADAM_BLOCK}),
    ],
)
@pytest.mark.parametrize("capability", [80, 90])
@pytest.mark.slow
def test_the_fits_other_kernels_compile(name: str, constants: dict[str, Any], capability: int, tmp_path: Path) -> None:
    of_fit(name, capability, constants, tmp_path)
