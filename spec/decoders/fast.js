/**
 * The expansion of expansion.js in machine code: WebAssembly with SIMD, made of wasm/expansion.c.
 *
 * Results are the same bit for bit, but where the network computes features of linear colours (`src` 1) or the picture
 * was turned by 90 degrees; there they are within the tolerance of section 7.11. Where WebAssembly is missing or
 * forbidden, and for payloads that are not known here, the plain expansion takes its place.
 * @module
 */

import { LINEAR, MATRICES, Model, ROMM, codeTables, plainExpander, samplesTables } from './expansion.js';
import { CODE } from './wasm-code.js';

/** The fields of `Plan` in wasm/expansion.c, in their order; each has 4 bytes. */
// prettier-ignore
const FIELDS = [
  'codes', 'out', 'head', 'ycc', 'gate', 'linear', 'shares', 'matrix', 'romm', 'layers', 'depth', 'rows', 'columns',
  'channels', 'above', 'below', 'share', 'tints', 'octaves', 'plain', 'source', 'first', 'coded',
];
/** Of these, what is no integer. */
const FLOATS = ['share'];
/** Pixels of a row for one call, as in wasm/expansion.c. */
const PIECE = 1024;
/** Float32 numbers of columns that are kept; beyond that, columns are prepared in several steps. */
const KEPT = 2 ** 22;
const PAGE = 65536;

/** What descriptors hold that is expanded here. A key that came later may change everything, unless it is not set. */
// prettier-ignore
const KNOWN = new Set([
  'aff', 'bias', 'cat', 'gate', 'grid', 'h', 'head', 'jpeg', 'like', 'mlp', 'q', 'rgb', 'rgb8', 'shl', 'smp', 'src', 't', 'w',
  'xy',
]);

/** Whether a payload can be expanded here. */
function isKnown(d) {
  const [a, b, , c, e] = d.aff;
  const keys = Object.keys(d).every((key) => KNOWN.has(key) || d[key] === null || d[key] === undefined);
  const values = d.head <= 2 && d.smp <= 1 && d.src <= 1 && d.cat <= 1;
  return keys && values && ((b === 0 && c === 0) || (a === 0 && e === 0));
}

let compiled;

/** The compiled module; null if the browser cannot run it, or a Content Security Policy forbids it. */
function machineCode() {
  if (compiled === undefined) {
    try {
      compiled = new WebAssembly.Module(Uint8Array.from(atob(CODE), (character) => character.charCodeAt(0)));
    } catch {
      compiled = null;
    }
  }
  return compiled;
}

/** Memory of an instance, handed out from the end of its own data on. */
class Memory {
  constructor({ memory, __heap_base: base }) {
    this.memory = memory;
    this.end = base.value;
  }

  /** The place of so many bytes. */
  take(bytes) {
    const at = (this.end + 15) & ~15;
    this.end = at + bytes;
    const missing = this.end - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    return at;
  }

  /** The place of a copy of a typed array. */
  put(array) {
    const at = this.take(array.byteLength);
    this.view(array.constructor, at, array.length).set(array);
    return at;
  }

  /** Views are made anew, since memory that grows detaches them. */
  view(type, at, length) {
    return new type(this.memory.buffer, at, length);
  }
}

/** The table of ROMM RGB as pairs: a value, and a 4096th of the step to the next. */
function rommPairs() {
  const pairs = new Float64Array(2 * ROMM.length);
  for (let k = 0; k < ROMM.length; k++) {
    pairs[2 * k] = ROMM[k];
    pairs[2 * k + 1] = k + 1 < ROMM.length ? (ROMM[k + 1] - ROMM[k]) / 4096 : 0;
  }
  return pairs;
}

/** Tables of 256 numbers, one after the other. */
function joined(tables) {
  const found = new Float32Array(256 * tables.length);
  for (const [k, table] of tables.entries()) found.set(table, 256 * k);
  return found;
}

/** Four tables of shares for YCbCr samples, one after the other. */
function sharesOf({ red, greenOfBlue, greenOfRed, blue }) {
  const shares = new Int32Array(4 * 256);
  [red, greenOfBlue, greenOfRed, blue].forEach((table, k) => shares.set(table, 256 * k));
  return shares;
}

/** A layer's weights, input by input. */
function turned({ weight, inputs, padded }) {
  const found = new Float32Array(weight.length);
  for (let j = 0; j < padded; j++) for (let i = 0; i < inputs; i++) found[i * padded + j] = weight[j * inputs + i];
  return found;
}

/** The grid with nodes padded to `channels`; rows and columns are exchanged for pictures that were turned. */
function gridOf(model, channels, isTurned) {
  const { grid, channels: given, down, across } = model;
  const found = new Float32Array(down * across * channels);
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      const to = channels * (isTurned ? x * down + y : y * across + x);
      for (let c = 0; c < given; c++) found[to + c] = grid[(y * across + x) * given + c];
    }
  }
  return found;
}

/** An expansion in machine code, with memory of its own. */
class Expansion {
  constructor(payload, width, height) {
    const { exports } = new WebAssembly.Instance(machineCode());
    const d = payload.descriptor;
    Object.assign(this, { exports, width, memory: new Memory(exports), model: null });
    const { memory } = this;
    const tables = d.smp === 1 ? samplesTables() : null;
    this.fields = {
      codes: memory.take(3 * PIECE),
      out: memory.take(2 * 3 * (PIECE + 4)),
      head: d.head,
      ycc: d.smp,
      linear: memory.put(tables?.linear ?? joined(codeTables(d.shl))),
      shares: tables === null ? 0 : memory.put(sharesOf(tables)),
      matrix: memory.put(MATRICES[d.cat]),
      romm: memory.put(rommPairs()),
      depth: 0,
    };
    if (d.head !== 0) this.takeModel(new Model(payload, width, height));
    this.plan = exports.plan();
    for (const name of Object.keys(this.fields)) this.set(name, this.fields[name]);
    exports.open();
  }

  set(name, value) {
    const type = FLOATS.includes(name) ? Float32Array : Int32Array;
    this.memory.view(type, this.plan + 4 * FIELDS.indexOf(name), 1)[0] = value;
  }

  takeModel(model) {
    const { memory, width, fields } = this;
    const { d, layers, first } = model;
    const channels = (model.channels + 3) & ~3;
    const isTurned = !model.separable;
    Object.assign(this, { model, channels, isTurned });
    // Channels beyond those of the grid are 0, and have weights of 0.
    const weights = layers.map(turned);
    const [own, colours] = [model.channels * first.padded, model.beforeTints * first.padded];
    const before = new Float32Array(channels * first.padded);
    before.set(weights[0].subarray(0, own));
    const rest = weights[0].subarray(colours);
    weights[0] = new Float32Array(before.length + rest.length);
    weights[0].set(before);
    weights[0].set(rest, before.length);
    const records = layers.map((one, k) => [one.inputs, one.padded, memory.put(weights[k]), memory.put(one.bias)]);
    this.kept = Math.max(1, Math.min(width, Math.floor(KEPT / Math.max(first.padded, channels))));
    [this.begin, this.end, this.nodeRow] = [0, 0, -1];
    this.columns = memory.take(4 * this.kept * first.padded);
    this.nodes = memory.take(4 * this.kept);
    this.shares = memory.take(4 * this.kept);
    this.grid = memory.put(gridOf(model, channels, isTurned));
    [this.above, this.below] = [0, 0].map(() => memory.take(4 * this.kept * channels));
    Object.assign(fields, {
      gate: memory.put(joined(model.gates)),
      layers: memory.put(Int32Array.from(records.flat())),
      depth: layers.length,
      rows: memory.take(4 * first.padded),
      channels,
      tints: model.tints === null ? 0 : memory.put(model.tints),
      octaves: d.rgb !== null && d.src === 1 ? d.rgb : -1,
      plain: Number(d.t),
      source: memory.put(MATRICES[d.cat]),
      first: channels,
      coded: memory.put(LINEAR),
    });
  }

  /** Prepares columns, unless they are: contributions of their octaves, and where they lie in the grid. */
  setColumns(left, right) {
    if (this.begin === left && this.end === right) return;
    [this.begin, this.end, this.nodeRow] = [left, right, -1];
    const { model, memory, isTurned } = this;
    const n = model.first.padded;
    const sums = memory.view(Float32Array, this.columns, (right - left) * n).fill(0);
    const nodes = memory.view(Int32Array, this.nodes, right - left);
    const shares = memory.view(Float32Array, this.shares, right - left);
    const along = isTurned ? model.down : model.across;
    for (let x = 0; x < right - left; x++) {
      const coordinate = model.position(left + x, 0)[isTurned ? 1 : 0];
      model.addWaves(coordinate, isTurned ? 1 : 0, sums, x * n);
      if (this.channels > 0) [nodes[x], shares[x]] = model.nodeBefore(coordinate, along);
    }
  }

  /** Prepares a row. */
  setRow(y) {
    const { model, memory, isTurned, fields, channels, exports } = this;
    const coordinate = model.position(0, y)[isTurned ? 0 : 1];
    const sums = memory.view(Float32Array, fields.rows, model.first.padded);
    sums.set(model.first.bias);
    model.addWaves(coordinate, isTurned ? 0 : 1, sums, 0);
    if (channels === 0) return;
    const along = isTurned ? model.down : model.across;
    const [node, share] = model.nodeBefore(coordinate, isTurned ? model.across : model.down);
    this.set('share', share);
    if (node === this.nodeRow) return;
    this.nodeRow = node;
    for (const [k, out] of [this.above, this.below].entries()) {
      const row = this.grid + 4 * channels * along * (node + k);
      exports.between(row, this.nodes, this.shares, out, this.end - this.begin);
    }
  }

  /** As the function that `expander` gives. */
  expand(codes, out, top) {
    const { width, memory, model, exports, fields } = this;
    const rows = out.length / (3 * width);
    const step = model === null ? width : this.kept;
    const given = memory.view(Uint8Array, fields.codes, 3 * PIECE);
    const made = memory.view(Uint16Array, fields.out, 3 * PIECE);
    for (let left = 0; left < width; left += step) {
      const right = Math.min(left + step, width);
      if (model !== null) this.setColumns(left, right);
      for (let y = 0; y < rows; y++) {
        if (model !== null) this.setRow(top + y);
        for (let x = left; x < right; x += PIECE) {
          const count = Math.min(PIECE, right - x);
          const at = 3 * (y * width + x);
          given.set(codes.subarray(at, at + 3 * count));
          if (model !== null) this.setPlace(x - left);
          exports.expand(count);
          out.set(count === PIECE ? made : made.subarray(0, 3 * count), at);
        }
      }
    }
  }

  /** Says where the columns of a piece are. */
  setPlace(x) {
    this.set('columns', this.columns + 4 * x * this.model.first.padded);
    this.set('above', this.above + 4 * x * this.channels);
    this.set('below', this.below + 4 * x * this.channels);
  }
}

/**
 * The expansion in machine code; null where it cannot be had.
 * @param {import('./container.js').Payload} payload
 * @param {number} width
 * @param {number} height
 * @returns {ReturnType<typeof plainExpander> | null}
 */
export function fastExpander(payload, width, height) {
  if (!isKnown(payload.descriptor) || machineCode() === null) return null;
  try {
    const expansion = new Expansion(payload, width, height);
    return (codes, out, top = 0) => expansion.expand(codes, out, top);
  } catch (error) {
    if (error instanceof RangeError || error instanceof WebAssembly.RuntimeError) return null; // there is no memory
    throw error;
  }
}

/**
 * Expands a picture that fits its payload, some of its rows at a time, as fast as it can be done here.
 * @param {import('./container.js').Payload} payload
 * @param {number} width
 * @param {number} height
 * @param {object} [options]
 * @param {boolean} [options.plain] whether to do without machine code
 * @returns {ReturnType<typeof plainExpander>}
 */
export function expander(payload, width, height, { plain = false } = {}) {
  const fast = plain ? null : fastExpander(payload, width, height);
  return fast ?? plainExpander(payload, width, height);
}
