"""How many multiply-adds the cores compute at most, measured by a loop that does nothing else (``peak.c``)."""

import ctypes
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gamutmeta.native.build import compiler
from gamutmeta.native.library import variant

_SOURCE = Path(__file__).with_name("peak.c")
_CONTRACTS = {True: "fast", False: "off"}
_ROUNDS = 60_000_000
"""About a tenth of a second."""
_WIDTH = 8
"""Floats that the loop gives at most."""


class Peak:
    """A loop of multiply-adds on so many threads, for the instructions that gamutmeta's machine code uses here.

    Args:
        threads: how many.
        is_fused: whether multiplication and addition are one instruction, if the processor has it. gamutmeta's
            expansion needs two: its samples are to be those of numpy, which rounds the product.

    Raises:
        RuntimeError: if there is no C compiler.
    """

    def __init__(self, threads: int, *, is_fused: bool) -> None:
        command = compiler()
        if command is None:
            raise RuntimeError("the peak needs a C compiler: install gcc or clang, or `pip install ziglang`")
        flags = ["-mavx2", "-mfma"] if variant() == "avx2" else []
        with tempfile.TemporaryDirectory() as name:
            target = Path(name) / "peak.so"
            contract = f"-ffp-contract={_CONTRACTS[is_fused]}"
            options = ["-O3", "-std=gnu11", "-fPIC", "-shared", *flags, contract]
            subprocess.run([*command, *options, str(_SOURCE), "-o", str(target)], check=True)
            self._library = ctypes.CDLL(str(target))
        self._library.peak.restype = ctypes.c_int64
        self._threads = threads

    def __call__(self) -> int:
        """Compute, and give the number of multiply-adds."""
        with ThreadPoolExecutor(self._threads) as pool:
            return sum(pool.map(self._run, range(self._threads)))

    def _run(self, _: int) -> int:
        # A factor of nearly 1, so that no value becomes so small that the processor is slow.
        factor, term, out = ctypes.c_float(0.999), ctypes.c_float(0.5), (ctypes.c_float * _WIDTH)()
        return int(self._library.peak(ctypes.c_int64(_ROUNDS), factor, term, out))
