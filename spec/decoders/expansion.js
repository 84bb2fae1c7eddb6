/**
 * From 8-bit codes to 16-bit ROMM RGB: section 7 of the specification, and section 6 and Annex C of version 2 ("2:6", "2:C").
 *
 * What depends on one code, one column or one row is computed once; the network runs only where the gate is open. Every
 * operation is one of float32 (Math.fround), except where the specification names float64.
 * @module
 */

import { stretched } from './container.js';

const { fround } = Math;
/** Columns that are expanded at a time, so that what is kept for columns stays small in pictures of any shape. */
const TILE = 1024;

/** The curve of sRGB (7.3) from 0 on. */
const curve = (e) => (e <= 0.04045 ? e / 12.92 : ((e + 0.055) / 1.055) ** 2.4);

/** Linear sRGB of the codes. */
export const LINEAR = Float32Array.from({ length: 256 }, (_, code) => curve(code / 255));

/** 64ths of a code: R', G' and B' of YCbCr samples are whole numbers of them, from the lowest on (2:6.1). */
const [PARTS, LOWEST, HIGHEST] = [64, -14516, 30723];

/**
 * What takes YCbCr samples to linear sRGB (2:6.1, 2:6.2): for each value of a sample of chroma its shares in the
 * numbers of R' and B', as places in the table of linear values, and of G'.
 */
export function samplesTables() {
  const share = (factor, from) => Int32Array.from({ length: 256 }, (_, c) => rint(PARTS * factor * (c - 128)) - from);
  return {
    red: share(1.402, LOWEST),
    greenOfBlue: share(-0.344136, LOWEST),
    greenOfRed: share(-0.714136, 0),
    blue: share(1.772, LOWEST),
    linear: Float32Array.from({ length: HIGHEST - LOWEST + 1 }, (_, place) => {
      const e = (place + LOWEST) / (PARTS * 255);
      return e < 0 ? -curve(-e) : curve(e);
    }),
  };
}

/** Linear sRGB of the codes of each channel, for R, G, B with a shoulder (2:C.1) or without: three tables of 256. */
export function codeTables(shl) {
  return [0, 1, 2].map((k) => {
    if (shl === null) return LINEAR;
    const [dark, darkGrowth, bright, brightGrowth] = shl.subarray(4 * k, 4 * k + 4);
    const table = LINEAR.slice();
    for (const [n, value] of stretched(dark, darkGrowth, false).entries()) table[dark - 1 - n] = value / 2 ** 20;
    for (const [n, value] of stretched(bright, brightGrowth, true).entries()) table[256 - bright + n] = value / 2 ** 20;
    return table;
  });
}

/** From linear sRGB to linear ROMM RGB, row by row: Bradford, CAT02 (7.4). */
export const MATRICES = [
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

/** Samples at numbers from 1/512 to 1, 2048 in each octave: all the float32 numbers whose last 12 bits are 0. */
const FIRST_BITS = 0x3b000000;
export const ROMM = Float64Array.from({ length: 9 * 2048 + 1 }, (_, k) => {
  const v = new Float32Array(Int32Array.of(FIRST_BITS + 4096 * k).buffer)[0];
  return 65535 * v ** (1 / 1.8);
});
const one = new Float32Array(1);
const oneBits = new Int32Array(one.buffer);

/** A 16-bit sample (7.10), between two of the table, which is 0.0005 off at most; NaN becomes 0. */
function sample(wide) {
  if (!(wide > 0)) return 0;
  if (wide >= 1) return 65535;
  if (wide < 1 / 512) return rint(fround(fround(16 * wide) * 65535));
  one[0] = wide;
  const bits = oneBits[0] - FIRST_BITS;
  const before = ROMM[bits >> 12];
  return rint(before + (ROMM[(bits >> 12) + 1] - before) * ((bits & 4095) / 4096));
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

/** What the model may do to each channel, for each code (7.8), counted from the codes of a shoulder (2:C.3). */
function gateTables(gate, shl) {
  return [0, 1, 2].map((k) => {
    const [dark, bright] = shl === null ? [0, 0] : [Math.max(shl[4 * k] - 1, 0), Math.max(shl[4 * k + 2] - 1, 0)];
    const distance = (code) => Math.max(Math.min(code - dark, 255 - bright - code), 0);
    const weight = (code) => Math.max(1 - distance(code) / Math.max(gate, 1), 0);
    return Float32Array.from({ length: 256 }, (_, code) => (gate === null ? 1 : weight(code)));
  });
}

/**
 * Expands a picture that fits its payload, some of its rows at a time.
 * @param {import('./container.js').Payload} payload
 * @param {number} width
 * @param {number} height
 * @returns {(codes: Uint8Array | Uint8ClampedArray, out: Uint16Array, top?: number) => void} a function that is given
 *   R, G, B (or Y, Cb, Cr, if `smp` of the descriptor is 1) of each pixel of the rows from `top` on, and fills `out`,
 *   which has as many samples
 */
export function plainExpander(payload, width, height) {
  const d = payload.descriptor;
  const model = d.head === 0 ? null : new Model(payload, width, height);
  const ycc = d.smp === 1 ? samplesTables() : null;
  const tables = codeTables(d.shl);
  return (codes, out, top = 0) => {
    const bottom = top + out.length / (3 * width);
    for (let left = 0; left < width; left += TILE) {
      const right = Math.min(left + TILE, width);
      model?.setColumns(left, right);
      for (let y = top; y < bottom; y++) expandRow(model, d, ycc, tables, codes, out, top, y, width, left, right);
    }
  };
}

/**
 * Expands columns `left` to `right` - 1 of a row (7.9); the first that is given is `top`. `ycc` is null for R, G, B,
 * whose values are in `tables`.
 */
function expandRow(model, d, ycc, tables, codes, out, top, y, width, left, right) {
  const matrix = MATRICES[d.cat];
  const [redGate, greenGate, blueGate] = model === null ? SHUT : model.gates;
  const [reds, greens, blues] = tables;
  for (let x = left, at = 3 * ((y - top) * width + left); x < right; x++, at += 3) {
    const red = codes[at];
    const green = codes[at + 1];
    const blue = codes[at + 2];
    const active = redGate[red] > 0 || greenGate[green] > 0 || blueGate[blue] > 0;
    const o = active ? model.run(x, y, red, green, blue) : NOTHING;
    const residual = d.head === 1 ? o : NOTHING;
    let r;
    let g;
    let b;
    if (ycc === null) {
      r = reds[red];
      g = greens[green];
      b = blues[blue];
    } else {
      const luma = PARTS * red; // the codes are Y, Cb, Cr
      r = ycc.linear[luma + ycc.red[blue]];
      g = ycc.linear[luma + ycc.greenOfBlue[green] + ycc.greenOfRed[blue]];
      b = ycc.linear[luma + ycc.blue[green]];
    }
    if (active && d.head === 2) {
      r = fround(r + fround(redGate[red] * o[0]));
      g = fround(g + fround(greenGate[green] * o[1]));
      b = fround(b + fround(blueGate[blue] * o[2]));
    }
    out[at] = sample(fround(channel(matrix, 0, r, g, b) + residual[0]));
    out[at + 1] = sample(fround(channel(matrix, 3, r, g, b) + residual[1]));
    out[at + 2] = sample(fround(channel(matrix, 6, r, g, b) + residual[2]));
  }
}

/** Without a model every gate is shut, and nothing is added. */
const SHUT = [0, 1, 2].map(() => new Float32Array(256));
const NOTHING = new Float32Array(3);

/**
 * Adds to sums, from place `at` on, what some inputs of a layer contribute, which begin with input `first`. Four sums
 * grow at a time, so that none waits for the one before; layers are padded for that.
 */
function accumulate({ weight, inputs, padded }, first, values, count, sums, at) {
  for (let j = 0; j < padded; j += 4) {
    let p = j * inputs + first;
    let a = sums[at + j];
    let b = sums[at + j + 1];
    let c = sums[at + j + 2];
    let d = sums[at + j + 3];
    for (let i = 0; i < count; i++, p++) {
      const value = values[i];
      a = fround(a + fround(weight[p] * value));
      b = fround(b + fround(weight[p + inputs] * value));
      c = fround(c + fround(weight[p + 2 * inputs] * value));
      d = fround(d + fround(weight[p + 3 * inputs] * value));
    }
    sums[at + j] = a;
    sums[at + j + 1] = b;
    sums[at + j + 2] = c;
    sums[at + j + 3] = d;
  }
}

/** A layer for `accumulate`: as many outputs as the next multiple of four, of which the last have weights of 0. */
function layer(weight, bias, [outputs, inputs]) {
  const padded = (outputs + 3) & ~3;
  const found = { inputs, padded, weight: new Float32Array(padded * inputs), bias: new Float32Array(padded) };
  found.weight.set(weight);
  found.bias.set(bias);
  found.sums = new Float32Array(padded);
  return found;
}

/** A network, and what of its first layer is known beforehand. Sums may be formed in any order (7.2). */
export class Model {
  constructor({ descriptor: d, shapes, tensors }, width, height) {
    Object.assign(this, { d, width, height, gates: gateTables(d.gate, d.shl), row: -1 });
    [this.channels, this.down, this.across] = d.grid;
    const rest = tensors.map((numbers, k) => [numbers, shapes[k]]);
    this.grid = this.channels > 0 ? rest.shift()[0] : new Float32Array(0);
    this.layers = [];
    while (rest.length > 0) {
      const [weight, shape] = rest.shift();
      this.layers.push(layer(weight, d.bias ? rest.shift()[0] : [], shape));
    }
    this.first = this.layers[0];
    this.node = new Float32Array(this.channels);
    this.waves = new Float32Array(2 * d.xy);
    this.tint = new Float32Array(d.rgb === null ? 0 : Number(d.t) + 2 * d.rgb);
    this.beforeTints = this.channels + 4 * d.xy;
    this.tints = d.rgb !== null && d.src === 0 ? this.tintTable() : null;
    this.separable = d.aff[1] === 0 && d.aff[3] === 0;
  }

  /** Adds the contributions of one channel of the colour (7.6), which may be infinite or no numbers. */
  addTint(k, t, sums, at) {
    if (this.d.t) this.tint[0] = t;
    octaves(this.tint, Number(this.d.t), t, this.d.rgb);
    accumulate(this.first, this.beforeTints + k * this.tint.length, this.tint, this.tint.length, sums, at);
  }

  /** For each channel and code, what its features contribute. */
  tintTable() {
    const n = this.first.padded;
    const table = new Float32Array(3 * 256 * n);
    for (let code = 0; code < 256; code++) {
      for (let k = 0; k < 3; k++) this.addTint(k, fround(code / 127.5 - 1), table, (256 * k + code) * n);
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

  /** Adds the contributions of the octaves of one coordinate, the first or the second. */
  addWaves(coordinate, second, sums, at) {
    const { waves } = this;
    octaves(waves, 0, fround(fround(2 * coordinate) - 1), waves.length / 2);
    accumulate(this.first, this.channels + second * waves.length, waves, waves.length, sums, at);
  }

  /** Prepares columns: contributions of their octaves, and where they lie in the grid. */
  setColumns(left, right) {
    this.left = left;
    this.row = -1;
    if (!this.separable) return;
    const n = this.first.padded;
    this.columnSums = new Float32Array((right - left) * n);
    this.columnNodes = new Int32Array(right - left);
    this.columnShares = new Float32Array(right - left);
    for (let x = 0; x < right - left; x++) {
      const [u] = this.position(left + x, 0);
      this.addWaves(u, 0, this.columnSums, x * n);
      [this.columnNodes[x], this.columnShares[x]] = this.nodeBefore(u, this.across);
    }
  }

  /** Prepares a row. */
  setRow(y) {
    this.row = y;
    const [, v] = this.position(0, y);
    this.rowSums = this.first.bias.slice();
    this.addWaves(v, 1, this.rowSums, 0);
    [this.rowNode, this.rowShare] = this.nodeBefore(v, this.down);
  }

  /** Adds the contribution of the grid, between node `i`, `j` and the next ones (7.6). */
  addGrid(i, a, j, b, sums) {
    const { grid, channels, node, across } = this;
    const top = (j * across + i) * channels;
    const bottom = top + across * channels;
    for (let c = 0; c < channels; c++) {
      const above = fround(fround(grid[top + c] * fround(1 - a)) + fround(grid[top + channels + c] * a));
      const below = fround(fround(grid[bottom + c] * fround(1 - a)) + fround(grid[bottom + channels + c] * a));
      node[c] = fround(fround(above * fround(1 - b)) + fround(below * b));
    }
    accumulate(this.first, 0, node, channels, sums, 0);
  }

  /** Sets sums to what bias and position contribute. */
  setPosition(x, y, sums) {
    if (this.separable) {
      if (this.row !== y) this.setRow(y);
      const { rowSums, columnSums } = this;
      const column = x - this.left;
      const begin = column * sums.length;
      for (let j = 0; j < sums.length; j++) sums[j] = fround(rowSums[j] + columnSums[begin + j]);
      if (this.channels === 0) return;
      this.addGrid(this.columnNodes[column], this.columnShares[column], this.rowNode, this.rowShare, sums);
    } else {
      const [u, v] = this.position(x, y);
      sums.set(this.first.bias);
      this.addWaves(u, 0, sums, 0);
      this.addWaves(v, 1, sums, 0);
      if (this.channels === 0) return;
      this.addGrid(...this.nodeBefore(u, this.across), ...this.nodeBefore(v, this.down), sums);
    }
  }

  /** Adds what the colour contributes. */
  addColour(red, green, blue, sums) {
    const { tints } = this;
    if (tints !== null) {
      const n = sums.length;
      const r = red * n;
      const g = (256 + green) * n;
      const b = (512 + blue) * n;
      for (let j = 0; j < n; j++) {
        sums[j] = fround(sums[j] + fround(fround(tints[r + j] + tints[g + j]) + tints[b + j]));
      }
    } else if (this.d.rgb !== null) {
      for (let k = 0; k < 3; k++) {
        const wide = channel(MATRICES[this.d.cat], 3 * k, LINEAR[red], LINEAR[green], LINEAR[blue]);
        this.addTint(k, fround(fround(2 * wide) - 1), sums, 0);
      }
    }
  }

  /** The outputs for a pixel (7.7), and more numbers behind them; NaN passes the ReLU. */
  run(x, y, red, green, blue) {
    const { layers } = this;
    let { sums } = this.first;
    this.setPosition(x, y, sums);
    this.addColour(red, green, blue, sums);
    for (let k = 1; k < layers.length; k++) {
      const next = layers[k];
      for (let i = 0; i < next.inputs; i++) if (sums[i] < 0) sums[i] = 0;
      next.sums.set(next.bias);
      accumulate(next, 0, sums, next.inputs, next.sums, 0);
      ({ sums } = next);
    }
    return sums;
  }
}
