/**
 * From 8-bit sRGB codes to 16-bit ROMM RGB: section 7 of the specification.
 *
 * What depends on one code, one column or one row is computed once; the network runs only where the gate is open. Every
 * operation is one of float32 (Math.fround), except where the specification names float64.
 * @module
 */

const { fround } = Math;
/** Columns that are expanded at a time, so that what is kept for columns stays small in pictures of any shape. */
const TILE = 1024;

/** Linear sRGB (7.3). */
const LINEAR = Float32Array.from({ length: 256 }, (_, code) => {
  const e = code / 255;
  return e <= 0.04045 ? e / 12.92 : ((e + 0.055) / 1.055) ** 2.4;
});

/** From linear sRGB to linear ROMM RGB, row by row: Bradford, CAT02 (7.4). */
const MATRICES = [
  Float32Array.of(
    ...[0.5292804059761249, 0.33015298571181434, 0.14056660831206078],
    ...[0.09836622197088576, 0.8734639545069693, 0.02816982352214535],
    ...[0.016875340921386827, 0.11765941425612081, 0.8654652448224927],
  ),
  Float32Array.of(
    ...[0.5287719224894508, 0.3340050509488782, 0.13738087897706106],
    ...[0.09754009358934167, 0.8789413649183315, 0.023397035718273604],
    ...[0.016356963885516492, 0.10659493821303578, 0.8772228272131068],
  ),
];

/** One channel of linear ROMM RGB: three products and two sums, in this order. */
function channel(m, row, r, g, b) {
  return fround(fround(fround(m[row] * r) + fround(m[row + 1] * g)) + fround(m[row + 2] * b));
}

/** Rounds to the nearest integer, ties to even: behind 1.5 * 2^52 float64 has no more places. */
function rint(value) {
  return value + 6755399441055744 - 6755399441055744;
}

/** A 16-bit sample (7.10); NaN becomes 0. */
function sample(wide) {
  const v = wide > 0 ? (wide < 1 ? wide : 1) : 0;
  const encoded = fround(v < 1 / 512 ? 16 * v : v ** (1 / 1.8));
  return rint(fround(encoded * 65535));
}

/** Puts the sines and cosines of `count` octaves at a place (7.6). */
function octaves(out, at, t, count) {
  for (let k = 0; k < count; k++) {
    const turns = t * 2 ** (k - 1);
    const angle = fround(fround(turns - rint(turns)) * fround(6.2831855));
    out[at + k] = Math.sin(angle);
    out[at + count + k] = Math.cos(angle);
  }
}

/** What the model may do to a channel, for each code (7.8); head 1 has no gate. */
function gateTable(gate) {
  const weight = (code) => Math.max(1 - Math.min(code, 255 - code) / Math.max(gate, 1), 0);
  return Float32Array.from({ length: 256 }, (_, code) => (gate === null ? 1 : weight(code)));
}

/**
 * Expands a picture that fits its payload.
 * @param {import('./container.js').Payload} payload
 * @param {number} width
 * @param {number} height
 * @param {Uint8Array | Uint8ClampedArray} codes R, G, B of each pixel
 * @returns {Uint16Array} as many samples
 */
export function expandCodes(payload, width, height, codes) {
  const d = payload.descriptor;
  const out = new Uint16Array(3 * width * height);
  const model = d.head === 0 ? null : new Model(payload, width, height);
  for (let left = 0; left < width; left += TILE) {
    const right = Math.min(left + TILE, width);
    model?.setColumns(left, right);
    for (let y = 0; y < height; y++) expandRow(model, d, codes, out, y, width, left, right);
  }
  return out;
}

/** Expands columns `left` to `right` - 1 of a row (7.9). */
function expandRow(model, d, codes, out, y, width, left, right) {
  const m = MATRICES[d.cat];
  const gate = model?.gate;
  for (let x = left, at = 3 * (y * width + left); x < right; x++, at += 3) {
    const [red, green, blue] = [codes[at], codes[at + 1], codes[at + 2]];
    let [r, g, b] = [LINEAR[red], LINEAR[green], LINEAR[blue]];
    const active = model !== null && (gate[red] > 0 || gate[green] > 0 || gate[blue] > 0);
    const o = active ? model.run(x, y, red, green, blue) : null;
    if (active && d.head === 2) {
      r = fround(r + fround(gate[red] * o[0]));
      g = fround(g + fround(gate[green] * o[1]));
      b = fround(b + fround(gate[blue] * o[2]));
    }
    let [wideR, wideG, wideB] = [channel(m, 0, r, g, b), channel(m, 3, r, g, b), channel(m, 6, r, g, b)];
    if (active && d.head === 1) {
      wideR = fround(wideR + o[0]);
      wideG = fround(wideG + o[1]);
      wideB = fround(wideB + o[2]);
    }
    out[at] = sample(wideR);
    out[at + 1] = sample(wideG);
    out[at + 2] = sample(wideB);
  }
}

/** A network, and what of its first layer is known beforehand. Sums may be formed in any order (7.2). */
class Model {
  constructor({ descriptor: d, shapes, tensors }, width, height) {
    Object.assign(this, { d, width, height });
    const rest = tensors.map((numbers, k) => ({ numbers, shape: shapes[k] }));
    [this.channels, this.down, this.across] = [d.grid[0], d.grid[1], d.grid[2]];
    this.grid = this.channels > 0 ? rest.shift().numbers : new Float32Array(0);
    this.layers = [];
    while (rest.length > 0) {
      const { numbers: weight, shape } = rest.shift();
      const bias = d.bias ? rest.shift().numbers : new Float32Array(shape[0]);
      this.layers.push({ weight, bias, outputs: shape[0], inputs: shape[1], out: new Float32Array(shape[0]) });
    }
    this.gate = gateTable(d.gate);
    this.node = new Float32Array(this.channels);
    this.waves = new Float32Array(4 * d.xy);
    this.tint = new Float32Array(d.rgb === null ? 0 : Number(d.t) + 2 * d.rgb);
    const [a, b, , e, f] = d.aff;
    this.separable = b === 0 && e === 0 && (a !== 0 || f !== 0);
    this.row = -1;
    if (d.rgb !== null && d.src === 0) this.tints = this.tintTable();
  }

  /** Adds to the sums of the first layer what features, which begin with number `first`, contribute. */
  add(features, first, sums, at = 0) {
    const { weight, inputs, outputs } = this.layers[0];
    for (let j = 0; j < outputs; j++) {
      let total = sums[at + j];
      const begin = j * inputs + first;
      for (let i = 0; i < features.length; i++) total = fround(total + fround(weight[begin + i] * features[i]));
      sums[at + j] = total;
    }
  }

  /** Sets the features of one channel of the colour (7.6). */
  setTint(t) {
    if (this.d.t) this.tint[0] = t;
    octaves(this.tint, Number(this.d.t), t, this.d.rgb);
  }

  /** For each channel and code, what its features contribute. */
  tintTable() {
    const { outputs } = this.layers[0];
    const first = this.channels + this.waves.length;
    const table = new Float32Array(3 * 256 * outputs);
    for (let code = 0; code < 256; code++) {
      this.setTint(fround(code / 127.5 - 1));
      for (let k = 0; k < 3; k++) this.add(this.tint, first + k * this.tint.length, table, (256 * k + code) * outputs);
    }
    return table;
  }

  /** A position in the fitted picture (7.5), float64 until the end. */
  position(x, y) {
    const [u, v] = [(x + 0.5) / this.width, (y + 0.5) / this.height];
    const [a, b, c, d, e, f] = this.d.aff;
    return [fround(a * u + b * v + c), fround(d * u + e * v + f)];
  }

  /** The node before a coordinate, and how far behind it that lies (7.6). */
  nodeBefore(coordinate, nodes) {
    const p = fround(Math.min(Math.max(coordinate, 0), 1) * (nodes - 1));
    const node = Math.min(Math.floor(p), nodes - 2);
    return [node, p - node];
  }

  /** Prepares columns: contributions of their octaves, and where they lie in the grid. */
  setColumns(left, right) {
    this.left = left;
    this.row = -1;
    if (!this.separable) return;
    const { outputs } = this.layers[0];
    this.columnSums = new Float32Array((right - left) * outputs);
    this.columnNodes = new Int32Array(right - left);
    this.columnShares = new Float32Array(right - left);
    for (let x = left; x < right; x++) {
      const [u] = this.position(x, 0);
      this.addWaves(u, 0, this.columnSums, (x - left) * outputs);
      [this.columnNodes[x - left], this.columnShares[x - left]] = this.nodeBefore(u, this.across);
    }
  }

  /** Adds the contributions of the octaves of one coordinate, the first or the second. */
  addWaves(coordinate, second, sums, at) {
    const count = this.d.xy;
    if (count === 0) return;
    const waves = this.waves.subarray(0, 2 * count);
    octaves(waves, 0, fround(fround(2 * coordinate) - 1), count);
    this.add(waves, this.channels + 2 * count * second, sums, at);
  }

  /** Prepares a row. */
  setRow(y) {
    this.row = y;
    const [, v] = this.position(0, y);
    this.rowSums = Float32Array.from(this.layers[0].bias);
    this.addWaves(v, 1, this.rowSums, 0);
    [this.rowNode, this.rowShare] = this.nodeBefore(v, this.down);
  }

  /** Adds the contribution of the grid, between node `i`, `j` and the next ones (7.6). */
  addGrid(i, a, j, b, sums) {
    const { grid, channels, node } = this;
    const top = (j * this.across + i) * channels;
    const bottom = top + this.across * channels;
    for (let c = 0; c < channels; c++) {
      const above = fround(fround(grid[top + c] * (1 - a)) + fround(grid[top + channels + c] * a));
      const below = fround(fround(grid[bottom + c] * (1 - a)) + fround(grid[bottom + channels + c] * a));
      node[c] = fround(above * (1 - b)) + fround(below * b);
    }
    this.add(node, 0, sums);
  }

  /** Sets the sums of the first layer to what position and bias contribute. */
  addPosition(x, y, sums) {
    const { channels } = this;
    if (this.separable) {
      if (this.row !== y) this.setRow(y);
      const begin = (x - this.left) * sums.length;
      for (let j = 0; j < sums.length; j++) sums[j] = this.rowSums[j] + this.columnSums[begin + j];
      if (channels > 0) {
        this.addGrid(this.columnNodes[x - this.left], this.columnShares[x - this.left], this.rowNode, this.rowShare, sums);
      }
      return;
    }
    const [u, v] = this.position(x, y);
    sums.set(this.layers[0].bias);
    this.addWaves(u, 0, sums, 0);
    this.addWaves(v, 1, sums, 0);
    if (channels > 0) this.addGrid(...this.nodeBefore(u, this.across), ...this.nodeBefore(v, this.down), sums);
  }

  /** Adds what the colour contributes. */
  addColour(red, green, blue, sums) {
    const n = sums.length;
    if (this.tints) {
      const { tints } = this;
      const [r, g, b] = [red * n, (256 + green) * n, (512 + blue) * n];
      for (let j = 0; j < n; j++) sums[j] += fround(fround(tints[r + j] + tints[g + j]) + tints[b + j]);
    } else if (this.d.rgb !== null) {
      for (let k = 0; k < 3; k++) {
        const wide = channel(MATRICES[this.d.cat], 3 * k, LINEAR[red], LINEAR[green], LINEAR[blue]);
        this.setTint(fround(fround(2 * wide) - 1));
        this.add(this.tint, this.channels + this.waves.length + k * this.tint.length, sums);
      }
    }
  }

  /** The outputs for a pixel (7.7); NaN passes the ReLU. */
  run(x, y, red, green, blue) {
    const { layers } = this;
    this.addPosition(x, y, layers[0].out);
    this.addColour(red, green, blue, layers[0].out);
    for (let k = 1; k < layers.length; k++) {
      const values = layers[k - 1].out;
      for (let i = 0; i < values.length; i++) if (values[i] < 0) values[i] = 0;
      multiply(layers[k], values);
    }
    return layers.at(-1).out;
  }
}

/** One layer. */
function multiply({ weight, bias, inputs, outputs, out }, values) {
  for (let j = 0, at = 0; j < outputs; j++) {
    let total = bias[j];
    for (let i = 0; i < inputs; i++, at++) total = fround(total + fround(weight[at] * values[i]));
    out[j] = total;
  }
}
