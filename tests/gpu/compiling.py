"""Compiling a kernel for a GPU that is not here: Triton brings NVIDIA's assembler along."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["SHARED_MEMORY", "compiled"]

PROGRAM = """
import importlib, json, re, subprocess, sys, tempfile
from pathlib import Path
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
import triton

asked = json.loads(sys.argv[1])
function = getattr(importlib.import_module(asked["module"]), asked["name"])
constants, types = asked["constants"], asked["types"]
signature = {name: "constexpr" if name in constants else types.get(name, "*fp32") for name in function.arg_names}
target = GPUTarget("cuda", asked["capability"], 32)
source = ASTSource(function, signature, constexprs=constants)
compiled = triton.compile(source, target=target, options=asked["options"])
with tempfile.TemporaryDirectory() as folder:
    code = Path(folder, "kernel.cubin")
    code.write_bytes(compiled.asm["cubin"])
    reader = Path(triton.__file__).parent / "backends/nvidia/bin/cuobjdump"
    report = subprocess.run([reader, "-res-usage", code], capture_output=True, text=True, check=True).stdout
stack = sum(int(number) for number in re.findall(r"STACK:(\\d+)", report))
assert "REG:" in report
print(json.dumps({"cubin": len(compiled.asm["cubin"]), "shared": compiled.metadata.shared, "stack": stack}))
"""

SHARED_MEMORY = {80: 163 << 10, 90: 227 << 10}
"""Bytes that one block of threads may have, by compute capability (CUDA C++ Programming Guide, technical
specifications per compute capability)."""


def compiled(
    module: str,
    name: str,
    capability: int,
    *,
    constants: Mapping[str, Any],
    types: Mapping[str, str],
    cache: Path,
    **options: Any,
) -> dict[str, int]:
    """Compile a kernel, whose arguments without a type are pointers to float32.

    Returns:
        Bytes of code ("cubin"), of shared memory ("shared"), and of registers that are spilled ("stack").
    """
    asked = {"module": module, "name": name, "capability": capability, "constants": constants, "types": types}
    environment = {key: value for key, value in os.environ.items() if key != "TRITON_INTERPRET"}
    environment["TRITON_CACHE_DIR"] = str(cache)
    command = [sys.executable, "-c", PROGRAM, json.dumps(asked | {"options": options})]
    said = subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout
    result: dict[str, int] = json.loads(said.splitlines()[-1])
    return result
