"""The JavaScript decoder's machine code gives what its plain twin gives, and stands aside where it cannot."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DECODERS = ROOT / "spec" / "decoders"
VECTORS = ROOT / "spec" / "vectors"

KNOWN = {
    *("aff", "bias", "cat", "gate", "grid", "h", "head", "jpeg", "like", "mlp", "q", "rgb", "rgb8", "smp", "src"),
    *("shl", "t", "w", "xy"),
}
"""Keys of the descriptor that the machine code takes."""

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs node")

_COMMON = """
import { readFileSync } from 'node:fs';
import { decode, extract } from './gamutmeta.js';
import { plainExpander } from './expansion.js';
import { expander, fastExpander } from './fast.js';

const read = (name) => decode(extract(new Uint8Array(readFileSync(name))));
const noise = (count) => Uint8Array.from({ length: count }, (_, k) => (Math.imul(k + 1, 2654435761) >>> 24));

/** How many samples differ, and by how much at most; null if there is no machine code for it. */
function compared(payload, width, height, codes, top = 0, rows = height) {
  const fast = fastExpander(payload, width, height);
  if (fast === null) return null;
  const outs = [fast, plainExpander(payload, width, height)].map((expand) => {
    const out = new Uint16Array(3 * width * rows).fill(7);
    expand(codes, out, top);
    return out;
  });
  let [differing, largest] = [0, 0];
  for (let k = 0; k < outs[0].length; k++) {
    const difference = Math.abs(outs[0][k] - outs[1][k]);
    if (difference > 0) differing++;
    largest = Math.max(largest, difference);
  }
  return { differing, largest };
}
"""


def node(script: str, *arguments: str | Path) -> Any:
    """What a script prints, which finds the decoder's modules beside it."""
    command = ["node", "--input-type=module", "--eval", _COMMON + script, *map(str, arguments)]
    ran = subprocess.run(command, cwd=DECODERS, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


_EVERY_VECTOR = """
const folder = process.argv[1];
const { vectors } = JSON.parse(readFileSync(`${folder}/index.json`));
const found = {};
for (const { id, operation, result, file, pixels } of vectors) {
  if (operation !== 'expand' || result !== 'ok') continue;
  const payload = read(`${folder}/${file}`);
  const { w, h, aff, src } = payload.descriptor;
  const ppm = new Uint8Array(readFileSync(`${folder}/${pixels}`));
  const codes = ppm.subarray(ppm.length - 3 * w * h);
  const keys = Object.entries(payload.descriptor).filter(([, value]) => value !== null).map(([key]) => key);
  found[id] = { aff, src, keys, result: compared(payload, w, h, codes) };
}
console.log(JSON.stringify(found));
"""


@needs_node
def test_every_vector() -> None:
    found = node(_EVERY_VECTOR, VECTORS)
    assert len(found) > 200
    exact = []
    for name, vector in found.items():
        a, b, _, c, d, _ = vector["aff"]
        mixed = (b, c) != (0, 0) and (a, d) != (0, 0)  # a pixel's place depends on column and row at once
        assert (vector["result"] is None) == (mixed or not KNOWN.issuperset(vector["keys"])), name
        if vector["result"] is None:
            continue
        if vector["src"] == 1 or (b, c) != (0, 0):
            assert vector["result"]["largest"] <= 1, name
        else:
            exact.append(name)
            assert vector["result"]["differing"] == 0, name
    assert len(exact) > 200


_SIZES = """
const file = (name) => read(`${process.argv[1]}/files/expand-${name}.gmt`);
const sizes = [[1, 1], [3, 2], [1023, 2], [1024, 1], [1025, 3], [4099, 2]];
const payloads = { grid: file('grid-4x29x31'), gate: file('gate-0-grid'), all: file('inputs-excess-grid-xy-rgb'),
  residual: file('inputs-residual-grid-xy-rgb'), clip: file('clip-bradford-all-codes'),
  turned: file('affine-turn-90-grid') };
for (const name of ['gate-1-mixed', 'grid', 'alone-mixed']) {
  payloads[name] = read(`${process.argv[1]}/files/expand-shoulder-${name}.png`);
}
const found = {};
for (const [name, payload] of Object.entries(payloads)) {
  found[name] = sizes.map(([w, h]) => compared(payload, w, h, noise(3 * w * h)));
  // Rows from the middle on, twice in a row: what is kept of columns and rows must not be taken for others.
  found[name].push(compared(payload, 700, 90, noise(3 * 700 * 5), 60, 5));
  const fast = fastExpander(payload, 300, 40);
  const plain = plainExpander(payload, 300, 40);
  const codes = noise(3 * 300 * 2);
  const same = [38, 0, 17, 17].every((top) => {
    const [one, two] = [new Uint16Array(codes.length), new Uint16Array(codes.length)];
    fast(codes, one, top);
    plain(codes, two, top);
    return name === 'turned' || one.every((sample, k) => sample === two[k]);
  });
  found[name].push({ differing: same ? 0 : 1, largest: 0 });
}
// Layers so wide that not all columns are kept; few pixels are active, to save time.
const widest = file('limits-layers');
Object.assign(widest.descriptor, { head: 2, gate: 0 });
const calm = noise(3 * 17000).map((code, k) => (k % 301 === 0 ? 255 : 64 + (code >> 1)));
found.widest = [compared(widest, 17000, 1, calm)];
console.log(JSON.stringify(found));
"""


@needs_node
def test_pieces_columns_and_rows() -> None:
    found = node(_SIZES, VECTORS)
    for name, results in found.items():
        for result in results:
            assert result["largest"] <= (1 if name == "turned" else 0), name
    assert all(result["differing"] == 0 for name in found.keys() - {"turned"} for result in found[name])


_STAND_ASIDE = """
const payload = read(process.argv[1]);
const { w, h } = payload.descriptor;
const codes = noise(3 * w * h);
const expected = new Uint16Array(codes.length);
plainExpander(payload, w, h)(codes, expected);
const expands = (options) => {
  const out = new Uint16Array(codes.length);
  expander(payload, w, h, options)(codes, out);
  return out.every((sample, k) => sample === expected[k]);
};
const fastWith = (keys) =>
  fastExpander({ ...payload, descriptor: { ...payload.descriptor, ...keys } }, w, h) !== null;
const found = {
  known: fastWith({}),
  'unknown, not set': fastWith({ later: null }),
  'unknown, set': fastWith({ later: new Uint8Array(256) }),
  'unknown, zero': fastWith({ later: 0 }),
  head: fastWith({ head: 3 }),
  samples: fastWith({ smp: 2 }),
  source: fastWith({ src: 2 }),
  matrix: fastWith({ cat: 2 }),
  fast: expands(),
  plain: expands({ plain: true }),
};
const { WebAssembly: before } = globalThis;
for (const [name, value] of Object.entries({
  missing: undefined,
  forbidden: { ...before, Module: function () { throw new before.CompileError('forbidden by policy'); } },
})) {
  globalThis.WebAssembly = value;
  const { expander: fresh, fastExpander: none } = await import(`./fast.js?${name}`);
  const out = new Uint16Array(codes.length);
  fresh(payload, w, h)(codes, out);
  found[name] = none(payload, w, h) === null && out.every((sample, k) => sample === expected[k]);
}
// No room for what it needs.
globalThis.WebAssembly = { ...before, Module: before.Module, Instance: before.Instance,
  RuntimeError: before.RuntimeError };
before.Memory.prototype.grow = () => { throw new RangeError('no memory'); };
found['no memory'] = fastExpander(payload, w, h) === null && expands();
console.log(JSON.stringify(found));
"""


@needs_node
def test_it_stands_aside_for_the_plain_one() -> None:
    assert node(_STAND_ASIDE, VECTORS / "files" / "expand-grid-4x29x31.gmt") == {
        "known": True,
        "unknown, not set": True,
        "unknown, set": False,
        "unknown, zero": False,
        "head": False,
        "samples": False,
        "source": False,
        "matrix": False,
        "fast": True,
        "plain": True,
        "missing": True,
        "forbidden": True,
        "no memory": True,
    }


@needs_node
def test_the_plain_one_passes_every_vector() -> None:
    command = [sys.executable, "-m", "spec.conformance", "--json", "--", "node", str(DECODERS / "pipe.mjs"), "--plain"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert json.loads(done.stdout)["failures"] == []


def test_the_committed_code_is_what_the_compiler_makes() -> None:
    try:
        version("ziglang")
    except PackageNotFoundError:
        pytest.skip("needs the package ziglang")
    script = DECODERS / "wasm" / "build.py"
    assert subprocess.run([sys.executable, str(script), "--check"], check=False).returncode == 0
