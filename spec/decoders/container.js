/**
 * Checks gamutmeta containers, and reads what they say: sections 4 to 6 of the specification; of version 2, whose
 * section numbers stand behind "2:", sections 3 and 4.
 * @module
 */

import { LARGEST, MAGIC, check, crc32, fail, has, number } from './carriers.js';
import { decompress } from './zstd.js';

// Container, section 4

/** The newest version of the format that is read here (2:3). */
const NEWEST = 2;

/**
 * What a container says. The descriptor has all keys of sections 5.2 and 2:4.1, with their defaults; null is "none", and so are a
 * grid of [0, 0, 0] and 0 octaves of the position. In `q`, numbers are scales.
 * @typedef {object} Payload
 * @property {Record<string, any>} descriptor
 * @property {number[][]} shapes of the tensors, in the order of section 6.1
 * @property {Float32Array[]} tensors their numbers
 */

/**
 * Checks a container completely, and reads it (sections 4 to 6).
 * @param {Uint8Array} container
 * @returns {Payload}
 * @throws {GamutMetaError} `payload` and what begins with it
 */
export function decode(container) {
  const n = container.length;
  const [total, described, stored, compressed] = [12, 16, 20, 24].map((at) => number(container, at, 4));
  const [oldest, writer, critical] = container.subarray(8, 11);
  check(has(container, MAGIC.slice(0, n)) && n >= 28, 'payload', 'header.magic', 'this is no container');
  check(total <= LARGEST, 'payload.limit', 'header.total_length', 'the container is too large');
  check(total >= 32 && total === n, 'payload', 'header.total_length', 'it is not that of the container');
  const checksum = crc32(container.subarray(0, n - 4));
  check(checksum === number(container, n - 4, 4), 'payload.checksum', 'checksum', 'the container is damaged');
  check(oldest >= 1 && oldest <= writer, 'payload', 'header.min_reader_version', 'the versions contradict each other');
  check(oldest <= NEWEST, 'payload.version', 'header.min_reader_version', 'a newer reader is needed');
  check(critical === 0, 'payload.version', 'header.critical_flags', 'a newer reader is needed');
  check(total === 32 + described + compressed, 'payload', 'header.total_length', 'the lengths contradict each other');
  check(described <= 1024, 'payload.limit', 'header.descriptor_length', 'the descriptor is too large');
  check(stored <= 1048576, 'payload.limit', 'header.tensor_length', 'the tensors are too large');
  const { descriptor, shapes } = readDescriptor(container.subarray(28, 28 + described), oldest);
  const sizes = shapes.map((shape, k) => product(shape) * (descriptor.q[k] === 'f16' ? 2 : 1));
  check(sum(sizes) === stored, 'payload', 'header.tensor_length', 'it is not that of the tensors');
  check(stored > 0 || compressed === 0, 'payload', 'header.compressed_length', 'there are no tensors');
  const raw = stored > 0 ? readFrame(container.subarray(28 + described, n - 4), stored) : new Uint8Array(0);
  const begins = sizes.map((_, k) => sum(sizes.slice(0, k)));
  const tensors = sizes.map((size, k) => readTensor(raw.subarray(begins[k], begins[k] + size), descriptor.q[k]));
  return { descriptor, shapes, tensors };
}

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const product = (numbers) => numbers.reduce((a, b) => a * b, 1);

/** The content of the frame (6.3). */
function readFrame(frame, size) {
  const flags = frame[4];
  const width = 1 << (flags >> 6);
  const stated = number(frame, 5, width, true) + (width === 2 ? 256 : 0);
  const usual = has(frame, '\x28\xb5\x2f\xfd') && (flags & 0b101111) === 0b100000 && stated === size;
  check(usual, 'payload', 'tensors.frame', 'its header is wrong');
  try {
    return decompress(frame, 5 + width, size);
  } catch {
    return fail('payload', 'tensors.frame', 'it is damaged');
  }
}

/** Numbers from what is stored (6.2). */
function readTensor(raw, q) {
  if (q !== 'f16') {
    return Float32Array.from(new Int8Array(raw.buffer, raw.byteOffset, raw.length), (code) => code * q);
  }
  return Float32Array.from({ length: raw.length / 2 }, (_, k) => {
    const [bits, sign] = [raw[2 * k] | ((raw[2 * k + 1] & 127) << 8), raw[2 * k + 1] > 127 ? -1 : 1];
    const [exponent, fraction] = [bits >> 10, bits & 1023];
    check(exponent < 31, 'payload', 'tensors', 'a float16 number is not finite');
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
  });
}

// Descriptor, section 5

/** What MessagePack calls a float; integers are numbers. */
class Float {
  constructor(value) {
    this.value = value;
  }
}

/** A map of MessagePack, keys and values in turn. */
class Pairs {
  items = [];
}

const MANY = Infinity;
const SIDE = ['int', 1, 2 ** 32 - 1, null];
const DIGEST = ['bytes', 16, 16, null];
/** Type (of the elements of an array), range (of a byte string the length) and default of every key (5.2). */
const KEYS = new Map([
  ['aff', [['float'], -16, 16, Object.freeze([1, 0, 0, 0, 1, 0])]],
  ['bias', ['bool', 0, 1, true]],
  ['cat', ['int', 0, 1, 0]],
  ['gate', ['int', 0, 255, null]],
  ['grid', [['int'], 1, MANY, Object.freeze([0, 0, 0])]],
  ['h', SIDE],
  ['head', ['int', 0, 2, 0]],
  ['jpeg', DIGEST],
  ['like', ['bytes', 71, 71, null]],
  ['mlp', [['int'], 1, MANY, Object.freeze([])]],
  ['q', [[], 0, 0, Object.freeze([])]],
  ['rgb', ['int', 0, 16, null]],
  ['rgb8', DIGEST],
  ['shl', ['bytes', 12, 12, null]],
  ['smp', ['int', 0, 1, 0]],
  ['src', ['int', 0, 1, 0]],
  ['t', ['bool', 0, 1, true]],
  ['w', SIDE],
  ['xy', ['int', 1, 16, 0]],
]);
/** The version that brought a key, if not the first (2:4.1). */
const SINCE = { like: 2, shl: 2, smp: 2 };
const OF_A_MODEL = ['aff', 'bias', 'gate', 'grid', 'mlp', 'q', 'rgb', 'xy'];

function typeOf(value) {
  if (value instanceof Float) return 'float';
  if (value instanceof Uint8Array) return 'bytes';
  return { number: 'int', boolean: 'bool', string: 'string' }[typeof value] ?? 'another';
}

/** Whether a value has its type and is in its range; a float must be one of float32. */
function fits(value, kind, low, high) {
  if (Array.isArray(kind)) return Array.isArray(value) && value.every((element) => fits(element, kind[0], low, high));
  const magnitude = value?.value ?? value?.length ?? value;
  return typeOf(value) === kind && low <= magnitude && magnitude <= high && (kind !== 'float' || holds(magnitude));
}

const holds = (value) => Math.fround(value) === value;

/** Reads a descriptor of a container of some version, and checks it in the order of sections 5.5 and 2:4.2. */
function readDescriptor(bytes, version) {
  const bad = (field, message) => fail('payload', `descriptor.${field}`, message);
  const { value: map, canonical } = readMessagePack(bytes, version === 1 ? 16 : 71);
  if (!(map instanceof Pairs)) bad('map', 'it is no map');
  const keys = map.items.filter((_, k) => k % 2 === 0);
  const given = new Map(keys.map((key, k) => [key, map.items[2 * k + 1]]));
  if (!keys.every((key) => KEYS.has(key))) bad('map', 'a key is unknown');
  if (given.size < keys.length) bad('map', 'a key occurs twice');
  const needed = Math.max(1, ...keys.map((key) => SINCE[key] ?? 1));
  if (needed > version) bad('map', 'a key is newer than the container');
  for (const side of ['w', 'h']) if (!fits(given.get(side), ...SIDE)) bad(side, 'it is missing or out of range');
  check(given.get('w') * given.get('h') <= 2 ** 30, 'payload.limit', 'descriptor.w', 'the picture is too large');
  if (given.has('jpeg') === given.has('rgb8')) bad('rgb8', 'there is no binding, or two');
  for (const [key, value] of given) {
    if (key !== 'q' && !fits(value, ...KEYS.get(key))) bad(key, 'it is of another type or out of range');
  }
  const d = Object.fromEntries([...KEYS].map(([key, [, , , usual]]) => [key, given.has(key) ? given.get(key) : usual]));
  checkRules(d, given, bad);
  const shapes = tensorShapes(d);
  const grid = d.grid[1] * d.grid[2] <= 65536;
  const small = d.mlp.length <= 7 && features(d) <= 256 && Math.max(0, ...d.mlp) <= 256 && grid;
  check(small && sum(shapes.map(product)) <= 1048576, 'payload.limit', 'descriptor', 'the model is too large');
  if (!Array.isArray(d.q) || d.q.length !== shapes.length) bad('q', 'it is not as long as there are tensors');
  const known = (q) => q === 'f16' || fits(q, 'int', -120, 126) || fits(q, 'float', 2 ** -126, 2 ** 120);
  if (!d.q.every(known)) bad('q', 'an element is unknown or out of range');
  if (!canonical || !isCanonical(keys, given)) bad('map', 'it is not in its canonical form');
  check(needed === version, 'payload', 'header.min_reader_version', 'no key needs it');
  d.aff = d.aff.map((n) => n.value ?? n);
  d.q = d.q.map((q) => (typeof q === 'number' ? 2 ** -q : (q.value ?? q)));
  return { descriptor: d, shapes };
}

/** Which keys go together: step 4 of sections 5.5 and 2:4.2, and the lengths of arrays. */
function checkRules(d, given, bad) {
  if (d.aff.length !== 6) bad('aff', 'it has not six elements');
  if (d.grid.length !== 3) bad('grid', 'it has not three elements');
  if (d.smp === 1) {
    if (!given.has('jpeg')) bad('smp', 'YCbCr samples have another binding');
    if (d.head === 1 || given.has('gate') || d.src === 1) bad('smp', 'YCbCr samples have another head, a gate, or src');
  }
  if (d.shl !== null) {
    if (d.smp === 1 || d.head === 1 || d.src === 1) bad('shl', 'it goes with none of smp, src and wide-residual');
    if (d.shl.every((byte) => byte === 0)) bad('shl', 'no end has codes');
    for (let at = 0; at < 12; at += 2) {
      const [count, growth] = d.shl.subarray(at, at + 2);
      if (count > 8 || (count === 0) !== (growth === 0)) bad('shl', 'an end is wrong');
      if (stretched(count, growth, at % 4 === 2) === null) bad('shl', 'an end reaches too far');
    }
  }
  if (!given.has('rgb') && (given.has('src') || given.has('t'))) bad('rgb', 'it is missing');
  if (d.head === 0) {
    if (OF_A_MODEL.some((key) => given.has(key))) bad('head', 'there are keys of a model, but no head');
    return;
  }
  if (features(d) < 1) bad('head', 'the network has no features');
  if (given.has('grid') && Math.min(d.grid[1], d.grid[2]) < 2) bad('grid', 'it has fewer than two nodes');
  if (d.rgb === 0 && !d.t) bad('rgb', 'it has no features');
  if (given.has('gate') && d.head !== 2) bad('gate', 'it is there without srgb-excess');
}

/** Linear sRGB of a code (7.3) in parts of 2^-20 (2:C.1). */
function ordinary(code) {
  const e = code / 255;
  return Math.round(2 ** 20 * (e <= 0.04045 ? e / 12.92 : ((e + 0.055) / 1.055) ** 2.4));
}

/** The values of an end of a shoulder from its knee outwards, in parts of 2^-20 (2:C.1), or null if they are too large. */
export function stretched(count, growth, bright) {
  const [knee, outwards] = bright ? [255 - count, 1] : [count, -1];
  let value = ordinary(knee);
  let step = count === 0 ? 0 : Math.abs(ordinary(knee + outwards) - value);
  const found = [];
  for (let k = 0; k < count; k++) {
    step = Math.floor((step * (16 + growth)) / 16);
    value += outwards * step;
    if (Math.abs(value) >= 2 ** 24) return null;
    found.push(value);
  }
  return found;
}

/** Whether everything is said in the one way there is (5.5, step 7). */
function isCanonical(keys, given) {
  const values = (key) => (given.get(key) ?? []).map((element) => element.value);
  const defaults = [...given].some(([key, value]) => same(value, KEYS.get(key)[3]));
  const idle = given.has('aff') && !given.has('grid') && !given.has('xy');
  const minusZero = values('aff').some((n) => Object.is(n, -0));
  const powers = values('q').some((scale) => scale !== undefined && isPowerOfTwo(scale));
  return !defaults && !idle && !minusZero && !powers && keys.every((key, k) => k === 0 || keys[k - 1] < key);
}

/** Of positive float32 numbers that are not subnormal. */
function isPowerOfTwo(value) {
  return (new Uint32Array(Float32Array.of(value).buffer)[0] & 0x7fffff) === 0;
}

function same(value, usual) {
  if (!Array.isArray(usual)) return value === usual;
  return value.length === usual.length && usual.every((n, k) => (value[k].value ?? value[k]) === n);
}

/** F, the number of input features (5.3). */
function features(d) {
  return d.grid[0] + 4 * d.xy + (d.rgb === null ? 0 : 3 * (Number(d.t) + 2 * d.rgb));
}

/** The shapes of all tensors, in their order (6.1). */
function tensorShapes(d) {
  if (d.head === 0) return [];
  const widths = [features(d), ...d.mlp, 3];
  const layers = widths.slice(1).map((outputs, k) => [[outputs, widths[k]], ...(d.bias ? [[outputs]] : [])]);
  return [...(d.grid[0] > 0 ? [[d.grid[1], d.grid[2], d.grid[0]]] : []), ...layers.flat()];
}

// MessagePack, section 5.1

/** First byte: kind, how to read the number behind it (value or length), its bytes, the range with no shorter form. */
const NEVER = [1, 0];
const FORMS = {
  0xc0: ['nil', '', 0, ...NEVER],
  0xc2: ['bool', '', 0, 0, 1],
  0xc3: ['bool', '', 0, 0, 1],
  0xc4: ['bytes', 'Uint8', 1, 0, 255],
  0xc5: ['bytes', 'Uint16', 2, ...NEVER],
  0xc6: ['bytes', 'Uint32', 4, ...NEVER],
  0xca: ['float', 'Float32', 4, -MANY, MANY],
  0xcb: ['float', 'Float64', 8, ...NEVER],
  0xcc: ['int', 'Uint8', 1, 128, MANY],
  0xcd: ['int', 'Uint16', 2, 256, MANY],
  0xce: ['int', 'Uint32', 4, 65536, MANY],
  0xcf: ['int', 'BigUint64', 8, ...NEVER],
  0xd0: ['int', 'Int8', 1, -128, -33],
  0xd1: ['int', 'Int16', 2, ...NEVER],
  0xd2: ['int', 'Int32', 4, ...NEVER],
  0xd3: ['int', 'BigInt64', 8, ...NEVER],
  0xd9: ['string', 'Uint8', 1, ...NEVER],
  0xda: ['string', 'Uint16', 2, ...NEVER],
  0xdb: ['string', 'Uint32', 4, ...NEVER],
  0xdc: ['array', 'Uint16', 2, 16, MANY],
  0xdd: ['array', 'Uint32', 4, ...NEVER],
  0xde: ['map', 'Uint16', 2, 16, MANY],
  0xdf: ['map', 'Uint32', 4, ...NEVER],
};

/** Kind and number at a place, the place behind, and whether no form is shorter. */
function readHead(bytes, at) {
  const wrong = (message) => fail('payload', 'descriptor', message);
  if (at >= bytes.length) wrong('it is cut off');
  const byte = bytes[at];
  if (byte < 0x80 || byte >= 0xe0) return ['int', byte < 0x80 ? byte : byte - 256, at + 1, true];
  if (byte < 0xc0) {
    const kind = ['map', 'array', 'string', 'string'][(byte - 0x80) >> 4];
    return [kind, byte & (kind === 'string' ? 31 : 15), at + 1, true];
  }
  const [kind, form, width, least, most] = FORMS[byte] ?? wrong('it holds an extension type, or no MessagePack');
  if (at + 1 + width > bytes.length) wrong('it is cut off');
  const view = new DataView(bytes.buffer, bytes.byteOffset + at + 1, width);
  const value = form === '' ? Number(byte === 0xc3) : Number(view[`get${form}`](0));
  return [kind, value, at + 1 + width, least <= value && value <= most];
}

/**
 * The one object that bytes hold, with no byte string above `longest`, and whether all forms are the shortest. Open
 * arrays and maps are on a stack.
 */
function readMessagePack(bytes, longest) {
  const wrong = (message) => fail('payload', 'descriptor', message);
  const root = [];
  const stack = [{ items: root, missing: 1 }];
  let [at, canonical] = [0, true];
  while (stack.length > 0) {
    const top = stack.at(-1);
    if (top.missing-- === 0) {
      if (top.isMap && !hasPlainKeys(top.items)) wrong('keys of a map are wrong');
      stack.pop();
      continue;
    }
    const [kind, value, behind, shortest] = readHead(bytes, at);
    at = behind;
    canonical &&= shortest;
    if (kind === 'array' || kind === 'map') {
      const inner = kind === 'map' ? new Pairs() : [];
      top.items.push(inner);
      const isMap = kind === 'map';
      stack.push({ items: inner.items ?? inner, missing: isMap ? 2 * value : value, isMap });
    } else if (kind === 'string' || kind === 'bytes') {
      if (value > (kind === 'string' ? 32 : longest) || at + value > bytes.length) wrong('a string is too long');
      const content = bytes.slice(at, at + value);
      top.items.push(kind === 'string' ? (utf8(content) ?? wrong('a string is no UTF-8')) : content);
      at += value;
    } else {
      top.items.push({ nil: null, bool: value === 1, float: new Float(value), int: value }[kind]);
    }
  }
  if (at < bytes.length) wrong('something follows it');
  return { value: root[0], canonical };
}

/** The string that bytes are in UTF-8, or null (5.5, 1). */
function utf8(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Whether a map, wherever it is, has few enough keys, strings or byte strings, none of them twice (5.5, 1). */
function hasPlainKeys(items) {
  const keys = items.filter((_, k) => k % 2 === 0);
  const plain = keys.every((key) => typeof key === 'string' || key instanceof Uint8Array);
  return keys.length <= 16 && plain && new Set(keys.map((key) => `${typeof key} ${key}`)).size === keys.length;
}
