/**
 * Deflate in its zlib wrapper (RFC 1950, RFC 1951) for hostile input: no more is made of it than is asked for.
 *
 * What browsers have for this (DecompressionStream) is asynchronous, and takes bytes behind the end for an error.
 * @module
 */

const LENGTH_BITS = [...Array(8).fill(0), 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCE_BITS = [0, 0, ...Array.from({ length: 28 }, (_, k) => k >> 1)];
const LENGTH_BASE = [...bases(LENGTH_BITS, 3).slice(0, 28), 258];
const DISTANCE_BASE = bases(DISTANCE_BITS, 1);
/** The order in which the lengths of the code lengths' own codes are sent. */
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

function bases(bits, first) {
  return bits.map((_, code) => bits.slice(0, code).reduce((sum, n) => sum + 2 ** n, first));
}

function need(condition) {
  if (!condition) throw new Error('the compressed data are damaged');
}

/**
 * The text of a zlib stream; bytes behind its end are ignored.
 * @param {Uint8Array} bytes
 * @param {number} limit the most bytes that it may have
 * @returns {Uint8Array | null} null if there are more
 * @throws {Error} if it is damaged or cut off
 */
export function inflate(bytes, limit) {
  need(bytes.length >= 2 && (bytes[0] & 15) === 8 && bytes[0] >> 4 <= 7 && (bytes[1] & 32) === 0);
  need(((bytes[0] << 8) | bytes[1]) % 31 === 0);
  const state = { bytes, bit: 16, out: new Uint8Array(limit), end: 0 };
  for (let last = 0; last === 0;) {
    last = read(state, 1);
    const type = read(state, 2);
    need(type < 3);
    if (!(type === 0 ? stored(state) : compressed(state, type === 1 ? FIXED : readCodes(state)))) return null;
  }
  const text = state.out.subarray(0, state.end);
  const at = (state.bit + 7) >> 3;
  need(at + 4 <= bytes.length);
  need(new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(0) === adler32(text));
  return text;
}

function adler32(bytes) {
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  return b * 65536 + a;
}

/** The next bits, at most 16. */
function read(state, count) {
  const i = state.bit >> 3;
  need(state.bit + count <= 8 * state.bytes.length);
  const word = state.bytes[i] | (state.bytes[i + 1] << 8) | (state.bytes[i + 2] << 16);
  const value = (word >> (state.bit & 7)) & ((1 << count) - 1);
  state.bit += count;
  return value;
}

/** A block that is not compressed; false if there is too much. */
function stored(state) {
  state.bit = (state.bit + 7) & ~7;
  const length = read(state, 16);
  need(length === (read(state, 16) ^ 0xffff));
  const at = state.bit >> 3;
  const there = state.bytes.subarray(at, at + length);
  if (state.end + there.length > state.out.length) return false;
  need(there.length === length);
  state.out.set(there, state.end);
  state.end += length;
  state.bit += 8 * length;
  return true;
}

/** A block of literals and matches; false if there is too much. */
function compressed(state, [lengths, distances]) {
  const { out } = state;
  for (;;) {
    const symbol = decode(state, lengths);
    if (symbol === 256) return true;
    if (symbol < 256) {
      if (state.end === out.length) return false;
      out[state.end++] = symbol;
      continue;
    }
    need(symbol < 286);
    const length = LENGTH_BASE[symbol - 257] + read(state, LENGTH_BITS[symbol - 257]);
    const code = decode(state, distances);
    need(code < 30);
    const back = DISTANCE_BASE[code] + read(state, DISTANCE_BITS[code]);
    need(back <= state.end);
    if (state.end + length > out.length) return false;
    for (const behind = state.end + length; state.end < behind; state.end++) out[state.end] = out[state.end - back];
  }
}

/** How many codes there are of each length, and the symbols in the order of their codes. */
function codes(lengths) {
  const counts = new Uint16Array(16);
  for (const length of lengths) counts[length]++;
  const used = lengths.length - counts[0];
  counts[0] = 0;
  let free = 1;
  for (let length = 1; length < 16; length++) {
    free = 2 * free - counts[length];
    need(free >= 0);
  }
  const symbols = [];
  for (let length = 1; length < 16; length++) lengths.forEach((of, symbol) => of === length && symbols.push(symbol));
  return { counts, symbols, complete: free === 0, used };
}

/** The next symbol, bit by bit. */
function decode(state, { counts, symbols }) {
  let [code, first, index] = [0, 0, 0];
  for (let length = 1; length < 16; length++) {
    code |= read(state, 1);
    if (code - counts[length] < first) return symbols[index + code - first];
    index += counts[length];
    first = (first + counts[length]) << 1;
    code <<= 1;
  }
  return need(false);
}

const FIXED = [
  codes([...Array(144).fill(8), ...Array(112).fill(9), ...Array(24).fill(7), ...Array(8).fill(8)]),
  codes(Array(30).fill(5)),
];

/** The codes that a block brings along. */
function readCodes(state) {
  const [literals, distances, count] = [read(state, 5) + 257, read(state, 5) + 1, read(state, 4) + 4];
  need(literals <= 286 && distances <= 30);
  const own = Array(19).fill(0);
  for (let k = 0; k < count; k++) own[ORDER[k]] = read(state, 3);
  const meta = codes(own);
  need(meta.complete);
  const lengths = [];
  while (lengths.length < literals + distances) {
    const symbol = decode(state, meta);
    need(symbol !== 16 || lengths.length > 0);
    if (symbol < 16) lengths.push(symbol);
    else if (symbol === 16) lengths.push(...Array(3 + read(state, 2)).fill(lengths.at(-1)));
    else lengths.push(...Array(symbol === 17 ? 3 + read(state, 3) : 11 + read(state, 7)).fill(0));
  }
  need(lengths.length === literals + distances && lengths[256] > 0);
  const pair = [codes(lengths.slice(0, literals)), codes(lengths.slice(literals))];
  // One code alone takes one bit, of which one value is unused; a block of literals needs no distances.
  need(pair.every(({ complete, used, counts }) => complete || used === 0 || (used === 1 && counts[1] === 1)));
  return pair;
}
