"""What hostile files cost: time and memory of extraction, decoding, validation and expansion.

    python -m benchmarks.hostile [--mutations 20000] [--seed 1]

Looked at are the conformance vectors, the seeds of the fuzz targets, mutations of both, files made to be slow, and
small files of every kind that announce 484 megapixels. Each set has a process of its own; what its resident memory
grows by from the first file on is its peak. The time of one call is processor time, the memory what Python and numpy
had allocated at most, of a second call. Then, what the largest models within the limits cost on a picture. The results
hold a digest of the code that was measured: a test fails when it is another.
"""

import argparse
import ast
import hashlib
import random
import sys
import tempfile
import time
import tracemalloc
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

from benchmarks.arrays import Codes
from benchmarks.harness import Benchmark, Result, Row, load, table
from benchmarks.machine import ROOT, peak_bytes
from gamutmeta.container import DEFAULT_LIMITS, Payload
from gamutmeta.errors import GamutMetaError
from gamutmeta.fit.config import PRESETS
from gamutmeta.model.descriptor import Descriptor, FourierXY, Grid, Head, Rgb, RgbSource
from gamutmeta.model.expand import expand as expand_pixels
from gamutmeta.photo.read import read_photo
from gamutmeta.pipeline.conformance import expand_vector, extract_container, read_ppm
from gamutmeta.pipeline.expand import expand
from gamutmeta.pipeline.validate import validate_file
from tests.fuzz import samples, slow
from tests.fuzz.announced import KINDS, announcing
from tests.fuzz.mutations import files
from tests.fuzz.seeds import CORPUS

VECTORS = ROOT / "spec" / "vectors"

STAGES = ("extract", "decode", "validate", "expand", "read")
SETS = ("vectors, valid", "vectors, invalid", "seeds", "mutations", "made to be slow", "announced sizes")
MEASURED_MODULES = (
    *(f"container/{name}.py" for name in ("descriptor_map", "frame", "header", "payload", "tensors")),
    *(
        f"model/{name}.py"
        for name in ("expand", "expand_machine", "expand_numpy", "features", "numpy_passes", "tables")
    ),
    *(f"native/{name}" for name in ("expand.c", "network.h", "products.h", "vectors.h")),
)
"""What decodes payloads and expands pictures: the costs follow from these. Carriers have tests of their own
(`tests/fuzz/test_scaling.py`)."""

_ANNOUNCED = 22_000
_MIB = 1 << 20


def measured(work: Callable[[], object]) -> tuple[object, float, int]:
    """What a function gives (None if it refuses), processor seconds, and most bytes allocated in a second call.

    Raises:
        Exception: whatever it raises that is no GamutMetaError.
    """
    started = time.process_time()
    try:
        result = work()
    except GamutMetaError:
        result = None
    seconds = time.process_time() - started
    tracemalloc.start()
    try:
        work()
    except GamutMetaError:
        pass
    finally:
        memory = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return result, seconds, memory


class Input(NamedTuple):
    """A file, and its decoded picture where that comes along: uint8 (H, W, 3)."""

    name: str
    data: bytes
    codes: Codes | None = None


def examine(inputs: Iterable[Input]) -> dict[str, Any]:
    """All stages over files given by name, and what the process grew by."""
    calls: dict[str, list[tuple[str, float, int, bool]]] = {stage: [] for stage in STAGES}
    count = largest = 0
    before = peak_bytes()
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of damaged files
        for one in inputs:
            count, largest = count + 1, max(largest, len(one.data))
            path = Path(folder) / "file"
            path.write_bytes(one.data)
            for stage, work in _stages(one, path):
                result, seconds, memory = measured(work)
                is_result = result is not None and bool(getattr(result, "is_good", True))
                calls[stage].append((one.name, seconds, memory, is_result))
    stages = {stage: _cost(of_stage) for stage, of_stage in calls.items()}
    return {"files": count, "largest_bytes": largest, "grown_bytes": peak_bytes() - before, "stages": stages}


def _cost(calls: Sequence[tuple[str, float, int, bool]]) -> dict[str, Any]:
    """Figures of all calls of a stage: file, seconds, bytes, and whether there was a result."""
    nothing = "", 0.0, 0, False
    worst = max(calls, key=lambda call: call[1], default=nothing)
    greediest = max(calls, key=lambda call: call[2], default=nothing)
    results = sum(call[3] for call in calls)
    return {
        "results": results, "refusals": len(calls) - results,
        "median_seconds": median([call[1] for call in calls] or [0.0]), "worst_seconds": worst[1],
        "worst_file": worst[0], "most_bytes": greediest[2], "greediest_file": greediest[0],
    }  # fmt: skip


def _stages(one: Input, path: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    """Each stage with its work; decoding only where something can be extracted."""
    _, data, codes = one
    yield "extract", lambda: extract_container(data)
    try:
        container = extract_container(data)
    except GamutMetaError:
        container = None
    if container is not None:
        yield "decode", lambda: Payload.from_bytes(container)
    yield "validate", lambda: validate_file(path)
    yield "expand", lambda: expand(data, threads=1) if codes is None else expand_vector(data, codes)
    yield "read", lambda: read_photo(path)


def inputs_of(name: str, mutations: int, seed: int) -> Iterator[Input]:
    if name.startswith("vectors"):
        yield from _vectors("ok" if name.endswith(" valid") else "error")
    elif name == "seeds":
        yield from _seeds()
    elif name == "mutations":
        pool = [*_vectors("ok"), *_vectors("error"), *_seeds()]
        chance = random.Random(seed)  # noqa: S311 - the same every time
        for number in range(mutations):
            original, data, codes = chance.choice(pool)
            mutated = files.mutated(data, chance, chance.choice(pool).data)
            yield Input(f"mutation {number} of {original}", mutated, codes)
    elif name == "announced sizes":
        yield from (Input(kind, announcing(kind, _ANNOUNCED, _ANNOUNCED)) for kind in KINDS)
    else:
        yield from (Input(kind, make()) for kind, make in slow.FILES.items())


def _vectors(result: str) -> Iterator[Input]:
    for vector in load(VECTORS / "index.json")["vectors"]:
        if vector["result"] == result:
            codes = read_ppm((VECTORS / vector["pixels"]).read_bytes()) if "pixels" in vector else None
            yield Input(vector["id"], (VECTORS / vector["file"]).read_bytes(), codes)


def _seeds() -> Iterator[Input]:
    for path in sorted(CORPUS.rglob("*")):
        if path.is_file() and path.suffix != ".json":
            yield Input(str(path.relative_to(CORPUS)), path.read_bytes())


def _in_own_process(name: str, mutations: int, seed: int) -> dict[str, Any]:
    """:func:`examine`, after everything that is loaded only once was loaded."""
    examine([Input("", samples.bound("jpeg/baseline", "default")), Input("", samples.bound("tiff/exif", "skewed"))])
    return examine(inputs_of(name, mutations, seed))


# --- models ----------------------------------------------------------------------------------------------------------

_PRESET = PRESETS["balanced"]
_TURNED = 0.875, 0.125, -0.125, 0.875, 0.0, 0.0625
_LARGEST = Descriptor(Head.WIDE_RESIDUAL, Grid(93, 2, 2), FourierXY(16), Rgb(16), hidden=(256,) * 7)
MODELS: Mapping[str, Descriptor] = {
    "no model": Descriptor(),
    "like preset balanced": Descriptor(
        Head.SRGB_EXCESS, Grid(_PRESET.grid_channels, 64, 96), rgb=Rgb(_PRESET.rgb_octaves), hidden=_PRESET.hidden
    ),
    "the paper's": Descriptor(
        Head.WIDE_RESIDUAL, xy=FourierXY(12), rgb=Rgb(12, RgbSource.WIDE, identity=False), hidden=(32, 32), bias=False
    ),
    "largest with layers=4, layer_width=64": Descriptor(
        Head.WIDE_RESIDUAL, Grid(25, 2, 2), FourierXY(6), Rgb(2), hidden=(64,) * 3
    ),
    "256 inputs, no hidden layer": Descriptor(Head.WIDE_RESIDUAL, Grid(256, 2, 2)),
    "256 inputs, no hidden layer, picture turned": Descriptor(Head.WIDE_RESIDUAL, Grid(256, 2, 2), affine=_TURNED),
    "largest": _LARGEST,
    "largest, machine code": _LARGEST,
    "largest, picture turned": replace(_LARGEST, affine=_TURNED),
}
_SHAPES = ((500, 500), (1, 250_000))
_SHAPES_OF_LARGEST = ((112, 112), (1, 12_544))


def code_digest() -> str:
    """Of the statements of the measured modules; comments and docstrings of Python do not count."""
    digest = hashlib.sha256()
    for path in MEASURED_MODULES:
        text = (ROOT / "gamutmeta" / path).read_text(encoding="utf-8")
        if not path.endswith(".py"):
            digest.update(f"{path} {text}\n".encode())
            continue
        tree = ast.parse(text)
        for node in ast.walk(tree):
            body = getattr(node, "body", None)
            if isinstance(body, list):
                node.body = [  # type: ignore[attr-defined]  # of modules, classes, functions and blocks
                    one for one in body if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))
                ]
        digest.update(f"{path} {ast.dump(tree)}\n".encode())
    return digest.hexdigest()[:32]


def model_cost(descriptor: Descriptor, shape: tuple[int, int], *, compiled: bool = False) -> dict[str, Any]:
    """Seconds, and most bytes beyond picture and result, of a picture on all pixels of which the model acts."""
    rng = np.random.default_rng(0)
    weights = {s.name: rng.normal(0, 0.05, s.shape).astype(np.float32) for s in descriptor.tensor_specs()}
    codes = np.full((*shape, 3), 255, np.uint8)
    if compiled:
        expand_pixels(descriptor, weights, codes[:1, :1], threads=1, compiled=True)
    _, seconds, memory = measured(lambda: expand_pixels(descriptor, weights, codes, threads=1, compiled=compiled))
    pixels = shape[0] * shape[1]
    most = min(DEFAULT_LIMITS.picture_pixels, DEFAULT_LIMITS.multiply_adds // max(descriptor.multiply_adds, 1))
    return {
        "pixels": f"{shape[1]}x{shape[0]}",
        "parameters": descriptor.parameter_count,
        "multiply_adds": descriptor.multiply_adds,
        "seconds_per_megapixel": 1e6 * seconds / pixels,
        "most_pixels": most,
        "most_seconds": seconds / pixels * most,
        "bytes": memory - 6 * pixels,
    }


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mutations", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1, help="of the mutations")


def measure(options: argparse.Namespace, result: Result) -> Iterator[str]:
    result |= {"mutations": options.mutations, "seed": options.seed, "code": code_digest(), "sets": {}, "models": {}}
    for name in SETS:
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            work = pool.submit(_in_own_process, name, options.mutations, options.seed)
            result["sets"][name] = work.result()
        yield name
    for name, model in MODELS.items():
        shapes = _SHAPES_OF_LARGEST if model.parameter_count > 100_000 else _SHAPES
        result["models"][name] = [model_cost(model, shape, compiled="machine" in name) for shape in shapes]
        yield name


def document(result: Result) -> str:
    """One line for each stage of each set, and one for each model and picture."""
    heads = ["files", "stage", "results", "refusals", "median", "worst", "allocated", "process grew"]
    lines = []
    for name, found in result["sets"].items():
        first = f"{name}: {found['files']:,}, up to {found['largest_bytes'] / 1000:,.0f} KB"
        grown = f"{found['grown_bytes'] / _MIB:.0f} MiB"
        for stage, cost in found["stages"].items():
            times = [f"{1000 * cost['median_seconds']:.2f} ms", f"{1000 * cost['worst_seconds']:,.0f} ms"]
            counts = [f"{cost['results']:,}", f"{cost['refusals']:,}"]
            lines.append([first, stage, *counts, *times, f"{cost['most_bytes'] / _MIB:.1f} MiB", grown])
            first = grown = ""
    models = [_model_line(name, row) for name, rows in result["models"].items() for row in rows]
    model_heads = [
        "model", "multiply-adds", "picture", "per megapixel, one thread", "largest picture, by default", "takes",
        "beside picture and result",
    ]  # fmt: skip
    return (
        f"{table(heads, lines, 'llr')}\n\nMedian and worst of one call, processor time. Allocated: the most at once "
        f"through Python and numpy. Process grew: its highest resident memory over all calls, beyond that after the "
        f"first files. Nothing but results and errors of gamutmeta's came of any file.\n\n"
        f"{table(model_heads, models, 'lr')}\n\nMultiply-adds: of the layers, for one pixel. The largest picture has "
        f"500 megapixels, or as many as the limit on multiply-adds allows; what it takes is reckoned, for one thread.\n"
    )


def _model_line(name: str, row: Row) -> list[str]:
    seconds, memory = f"{row['seconds_per_megapixel']:.2f} s", f"{row['bytes'] / _MIB:.0f} MiB"
    most = f"{row['most_pixels'] / 1e6:.0f} MP", f"{row['most_seconds'] / 60:.1f} min"
    return [name, f"{row['multiply_adds']:,}", row["pixels"], seconds, *most, memory]


BENCHMARK = Benchmark("hostile", __doc__, arguments, measure, document)

if __name__ == "__main__":
    sys.exit(BENCHMARK.main())
