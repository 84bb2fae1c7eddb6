"""The kernel compiles for GPUs that are not here: Triton brings NVIDIA's assembler along."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import json, sys
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
import triton
from gamutmeta.gpu import kernel
from gamutmeta.gpu.expand import tuning_of

function = kernel.expand_rows
constants = json.loads(sys.argv[1])
units = constants["UNITS"]
block, warps = tuning_of(units)
constants["BLOCK"] = block
types = {"codes": "*u8", "out": "*u16", "column": "*i32", "row": "*i32", "widths": "*i32"}
numbers = {"top", "width", "pieces", "across"}
signature = {
    name: "constexpr" if name in constants
    else "i32" if name in numbers or name.startswith(("codes_", "out_"))
    else types.get(name, "*fp32")
    for name in function.arg_names
}
target = GPUTarget("cuda", int(sys.argv[2]), 32)
source = ASTSource(function, signature, constexprs=constants)
compiled = triton.compile(source, target=target, options={"num_warps": warps, "enable_fp_fusion": True})
print(json.dumps({"ptx": compiled.asm["ptx"].count(chr(10)), "cubin": len(compiled.asm["cubin"]),
                  "shared": compiled.metadata.shared}))
"""

CONSTANTS = {"HEAD": 2, "HAS_CODES": True, "HAS_PLACES": True, "CHANNELS": 3, "HIDDEN": 1, "HAS_LAST": True}

SHARED_MEMORY = {80: 163 << 10, 90: 227 << 10}
"""Bytes that one block of threads may have, by compute capability (CUDA C++ Programming Guide, technical
specifications per compute capability)."""


@pytest.mark.skipif(find_spec("triton") is None or find_spec("torch") is None, reason="needs torch and triton")
@pytest.mark.parametrize(
    ("capability", "units", "precision"),
    [
        (90, 32, "ieee"),
        *(
            pytest.param(capability, units, precision, marks=pytest.mark.slow)
            for capability, units, precision in [
                (80, 32, "ieee"), (80, 64, "ieee"), (90, 16, "ieee"), (90, 64, "ieee"), (90, 128, "ieee"),
                (90, 32, "tf32x3"), (90, 64, "tf32x3"),
            ]
        ),
    ],
)  # fmt: skip
def test_it_compiles_for_a_gpu_that_is_not_here(
    capability: int, units: int, precision: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    monkeypatch.setenv("TRITON_CACHE_DIR", str(tmp_path))
    constants = json.dumps(CONSTANTS | {"UNITS": units, "PRECISION": precision})
    command = [sys.executable, "-c", PROGRAM, constants, str(capability)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    compiled = json.loads(said.splitlines()[-1])
    assert compiled["cubin"] > 0
    assert compiled["shared"] <= SHARED_MEMORY[capability]
