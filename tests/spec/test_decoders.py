from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from carrots import CARROTS
from PIL import Image

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.agreement import CODINGS, PROGRAMS, compared, middle  # noqa: E402
from gamutmeta import carriers  # noqa: E402
from gamutmeta.container import Binding, Payload  # noqa: E402
from gamutmeta.errors import PhotoError  # noqa: E402
from gamutmeta.fit.config import PRESETS  # noqa: E402
from gamutmeta.formats.jpeg import make_segment  # noqa: E402
from gamutmeta.model.descriptor import Descriptor, SampleCoding  # noqa: E402
from gamutmeta.photo.pixels import decode_sycc  # noqa: E402
from gamutmeta.photo.read import read_photo  # noqa: E402
from spec.program import Program  # noqa: E402

SHORT = replace(PRESETS["small"], steps=200)
PIXELS = {"JavaScript": 60_000, "Python": 1_500}


@pytest.fixture(params=PROGRAMS)
def decoder(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    if shutil.which(PROGRAMS[name][0][0]) is None:
        pytest.skip(f"needs {PROGRAMS[name][0][0]}")
    return name


def identifiers() -> list[str]:
    """Of all vectors, in the order of the index."""
    return [vector["id"] for vector in json.loads((ROOT / "spec" / "vectors" / "index.json").read_bytes())["vectors"]]


@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow, id="every"), pytest.param(9, id="some")])
def test_passes_the_vectors(decoder: str, every: int) -> None:
    only = [] if every == 1 else [f"--only={identifier}" for identifier in identifiers()[::every]]
    command = [sys.executable, "-m", "spec.conformance", "--json", *only, "--", *PROGRAMS[decoder][0]]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    result = json.loads(done.stdout)
    count = len(identifiers()[::every])
    assert result["failures"] == []
    assert result["passed"] == count
    assert result["largest_difference"] <= 2


OF_SAMPLES = {f"{name} extended": {**how, "samples": "extended"} for name, how in CODINGS.items() if "JPEG" in name}


@pytest.mark.parametrize("coding", [*CODINGS, *OF_SAMPLES])
def test_restores_a_photograph_as_the_package_does(decoder: str, coding: str, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    wide = np.ascontiguousarray(middle(read_photo(CARROTS).array, PIXELS[decoder]))
    program = Program(PROGRAMS[decoder][0], 120)
    row = compared(program, wide, (CODINGS | OF_SAMPLES)[coding] | {"preset": SHORT}, tmp_path)
    assert program.finish() is None
    assert row["pixels"] > 0.9 * PIXELS[decoder]
    assert row["largest"] <= 2
    assert row["beyond_one"] <= 0.001


def jpeg(mode: str = "YCbCr", **options: Any) -> bytes:
    rng = np.random.default_rng(0)
    shape = (16, 24) if mode == "L" else (16, 24, len(mode) if mode != "YCbCr" else 3)
    file = io.BytesIO()
    Image.fromarray(rng.integers(0, 256, shape).astype(np.uint8), mode).save(file, "JPEG", **options)
    return file.getvalue()


def without(data: bytes, marker: int) -> bytes:
    at = data.index(bytes((0xFF, marker)))
    return data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :]


def with_adobe(data: bytes, transform: int) -> bytes:
    return data[:2] + make_segment(0xEE, b"Adobe" + bytes((0, 100, 0, 0, 0, 0, transform))) + data[2:]


RGB = jpeg("RGB", keep_rgb=True)
PLAIN = without(jpeg(), 0xE0)
HOSTS = {
    "jfif": (jpeg(), None),
    "progressive": (jpeg(progressive=True), None),
    "no marker": (PLAIN, None),
    "adobe 1": (with_adobe(PLAIN, 1), None),
    "adobe 2": (with_adobe(PLAIN, 2), None),
    "adobe 0": (with_adobe(PLAIN, 0), "binding"),
    "adobe 0 behind jfif": (with_adobe(jpeg(), 0), None),
    "the last adobe": (with_adobe(with_adobe(PLAIN, 0), 1), "binding"),
    "rgb": (RGB, "binding"),
    "rgb without adobe": (without(RGB, 0xEE) if b"Adobe" in RGB else RGB, "binding"),
    "grey": (jpeg("L"), "binding"),
    "cmyk": (jpeg("CMYK"), "binding"),
    "12 bits": (PLAIN.replace(b"\xff\xc0\x00\x11\x08", b"\xff\xc1\x00\x11\x0c"), "binding"),
    "lossless": (PLAIN.replace(b"\xff\xc0", b"\xff\xc3"), "binding"),
}


@pytest.mark.parametrize("name", HOSTS)
def test_only_some_jpegs_hold_samples(decoder: str, name: str, tmp_path: Path) -> None:
    """Section 5.3 of version 2, which follows libjpeg."""
    host, error = HOSTS[name]
    payload = Payload(24, 16, Binding("jpeg", carriers.coded_digest(host)), Descriptor(samples=SampleCoding.SYCC), ())
    (tmp_path / "x.jpg").write_bytes(carriers.embed(host, payload.to_bytes(), carrier="com"))
    (tmp_path / "x.ppm").write_bytes(b"P6\n24 16\n255\n" + bytes(3 * 24 * 16))
    program = Program(PROGRAMS[decoder][0], 120)
    question = {"operation": "expand", "file": str(tmp_path / "x.jpg"), "pixels": str(tmp_path / "x.ppm")}
    assert program.ask({"id": "x", **question}).get("error") == error
    assert program.finish() is None
    if name not in {"12 bits", "lossless"}:  # which libjpeg does not decode
        try:
            decode_sycc(host)
        except PhotoError:
            assert error is not None
        else:
            assert error is None


_SCRIPT = """
import { readFileSync } from 'node:fs';
import { decode, expand, expander, extract, payloadFor } from './gamutmeta.js';

const bytes = new Uint8Array(readFileSync(process.argv[1]));
const { descriptor } = decode(extract(bytes));
const [width, height] = [descriptor.w, descriptor.h];
const data = Uint8Array.from({ length: 3 * width * height }, (_, k) => (k * 2654435761) >>> 24);
const said = {};
for (const coding of [undefined, 'rgb', 'ycc']) {
  for (const unbound of [false, true]) {
    const picture = { width, height, data, coding };
    said[`${coding} ${unbound}`] = await expand(bytes, picture, { unbound }).then(
      () => 'expanded',
      ({ code, message }) => `${code} ${message}`,
    );
  }
}
const rows = new Uint16Array(3 * width);
const picture = { width, height, data, coding: 'ycc' };
expander(await payloadFor(bytes, picture), width, height)(data.subarray(0, 3 * width), rows);
const whole = await expand(bytes, picture);
console.log(JSON.stringify({ said, same: rows.every((sample, k) => sample === whole.data[k]) }));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_javascript_never_takes_rgb_for_samples() -> None:
    file = ROOT / "spec" / "vectors" / "files" / "expand-sycc-grid-colour.jpg"
    command = ["node", "--input-type=module", "--eval", _SCRIPT, str(file)]
    ran = subprocess.run(command, cwd=ROOT / "spec" / "decoders", capture_output=True, text=True, check=True)
    found = json.loads(ran.stdout)
    assert found["same"]
    refused = "picture.samples descriptor.smp: the payload needs the JPEG's YCbCr samples"
    assert found["said"] == {
        f"{coding} {unbound}": "expanded" if coding == "ycc" else refused
        for coding in ("undefined", "rgb", "ycc")
        for unbound in ("false", "true")
    }


def test_the_decoders_share_nothing_with_the_package() -> None:
    for path in (ROOT / "spec" / "decoders").glob("*.py"):
        assert "gamutmeta." not in "".join(
            line for line in path.read_text().splitlines() if line.startswith(("import ", "from "))
        )
