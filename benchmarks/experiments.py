"""What could be done to a fitted model before it is stored: each change alone, in bytes and decibels.

    python -m benchmarks.experiments PHOTOGRAPH...

Every photograph is fitted once with `balanced`, as a PNG. What came of the changes that need a fit of their own is told
in ``experiments.md`` beside this file.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from statistics import mean

import numpy as np

from benchmarks.arrays import Floats
from benchmarks.harness import Benchmark, Result, Row, add_photographs, table
from benchmarks.pictures import each_photograph
from gamutmeta.color.adaptation import Adaptation
from gamutmeta.color.gamut import reduce_to_codes
from gamutmeta.container.frame import compress
from gamutmeta.container.tensors import Tensor, tensor_bytes
from gamutmeta.fit.config import preset_named
from gamutmeta.measure.quality import measure as measure_quality
from gamutmeta.model.expand import expand
from gamutmeta.photo.read import read_photo

Parts = list[bytes]
Change = tuple[Parts, dict[str, Floats]]
"""What would be compressed, and what the reader would compute with."""


def as_stored(tensors: dict[str, Tensor]) -> Change:
    return tensor_bytes(tensors.values()), {name: tensor.decode() for name, tensor in tensors.items()}


def planar(tensors: dict[str, Tensor]) -> Change:
    """The grid channel by channel instead of node by node."""
    parts, weights = as_stored(tensors)
    return [tensors["grid"].values.transpose(2, 0, 1).tobytes(), *parts[1:]], weights


def nibbles(tensors: dict[str, Tensor]) -> Change:
    """Grid values from -8 to 7 in half a byte, the others behind an escape."""
    parts, weights = as_stored(tensors)
    flat = tensors["grid"].values.ravel()
    small = np.where((flat >= -7) & (flat <= 7), flat + 8, 0).astype(np.uint8)
    small = np.append(small, 0) if len(small) % 2 else small
    packed = (small[::2] << 4 | small[1::2]).tobytes() + flat[(flat < -7) | (flat > 7)].tobytes()
    return [packed, *parts[1:]], weights


def zigzag_rows(tensors: dict[str, Tensor]) -> Change:
    """The grid as differences from the node before."""
    parts, weights = as_stored(tensors)
    values = tensors["grid"].values
    return [np.diff(values, axis=1, prepend=np.int8(0)).astype(np.int8).tobytes(), *parts[1:]], weights


def fewer_bits(bits: int) -> Callable[[dict[str, Tensor]], Change]:
    """The MLP's weights rounded to so many bits after the fit."""

    def change(tensors: dict[str, Tensor]) -> Change:
        largest = (1 << (bits - 1)) - 1
        rounded = {}
        for name, tensor in tensors.items():
            if name.startswith("weight"):
                values = tensor.decode()
                scale = float(np.float32(np.abs(values).max() / largest))
                rounded[name] = Tensor(np.rint(values / scale).astype(np.int8), scale)
            else:
                rounded[name] = tensor
        return as_stored(rounded)

    return change


CHANGES: dict[str, Callable[[dict[str, Tensor]], Change]] = {
    "as it is": as_stored,
    "grid planar": planar,
    "grid in half bytes before zstd": nibbles,
    "grid as differences": zigzag_rows,
    "MLP weights of 7 bits": fewer_bits(7),
    "MLP weights of 6 bits": fewer_bits(6),
    "MLP weights of 5 bits": fewer_bits(5),
}


def run(path: Path) -> list[Row]:
    from gamutmeta.fit.engine import fit

    wide = read_photo(path).array
    codes, _ = reduce_to_codes(wide, Adaptation.BRADFORD)
    result = fit(codes, wide, preset_named("balanced"), device="cpu")
    specs = zip(result.descriptor.tensor_specs(), result.tensors, strict=True)
    tensors = {spec.name: tensor for spec, tensor in specs}
    rows: list[Row] = []
    for name, change in CHANGES.items():
        parts, weights = change(tensors)
        quality = measure_quality(wide, expand(result.descriptor, weights, codes), strict=True)
        rows.append({"photograph": path.stem, "change": name, "bytes": len(compress(parts)), "og": quality.psnr_og})
    return [row | {"more": row["bytes"] / rows[0]["bytes"] - 1, "gain": row["og"] - rows[0]["og"]} for row in rows]


def document(result: Result) -> str:
    lines = []
    for change in dict.fromkeys(row["change"] for row in result["rows"]):
        of = [row for row in result["rows"] if row["change"] == change]
        gains = [row["gain"] for row in of]
        decibels = [f"{gain:+.3f}" for gain in (mean(gains), min(gains), max(gains))]
        lines.append([change, f"{mean(row['more'] for row in of):+.1%}", *decibels])
    return table(["change", "bytes, mean", "OG dB, mean", "least", "most"], lines) + "\n"


BENCHMARK = Benchmark("experiments", __doc__, add_photographs, each_photograph(run), document)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
