/**
 * Zstandard (RFC 8878) for hostile input: the blocks of one frame whose size is known. Whatever breaks the rules
 * throws, and nothing is written, copied or looped over that the size does not allow: time and memory are bounded.
 *
 * Not a package, since the usual one in plain JavaScript (fzstd 0.1.1) takes damaged frames for sound ones, and most of
 * a minute for a frame of 21 bytes whose sequences ask for more than its content has.
 * @module
 */

/** Literal length and match length codes: how many bits follow each, and the smallest length it stands for. */
const LITERAL_BITS = [...Array(16).fill(0), 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
const MATCH_BITS = [...Array(32).fill(0), 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
const LITERAL_BASE = bases(LITERAL_BITS, 0);
const MATCH_BASE = bases(MATCH_BITS, 3);

/** The tables that blocks may refer to without sending them. */
const ones = (count) => Array(count).fill(1);
const twos = (count) => Array(count).fill(2);
const rare = (count) => Array(count).fill(-1);
const USUAL_LITERALS = [4, 3, ...twos(11), ...ones(3), ...twos(9), 3, 2, ...ones(5), ...rare(4)];
const USUAL_OFFSETS = [...ones(6), ...twos(3), ...ones(15), ...rare(5)];
const USUAL_MATCHES = [1, 4, 3, ...twos(6), ...ones(37), ...rare(7)];

/** Kinds of code in a sequence, in the order of their tables: accuracy and highest code allowed, the usual table. */
const KINDS = [
  { accuracy: 9, highest: 35, usual: stateTable(USUAL_LITERALS, 6) },
  { accuracy: 8, highest: 31, usual: stateTable(USUAL_OFFSETS, 5) },
  { accuracy: 9, highest: 52, usual: stateTable(USUAL_MATCHES, 6) },
];

const LARGEST_BLOCK = 131072;

/**
 * The content of a frame.
 * @param {Uint8Array} bytes the frame, from which its header has been read
 * @param {number} at where its first block begins
 * @param {number} size how many bytes it holds
 * @returns {Uint8Array}
 * @throws {Error} if the blocks are damaged, hold another number of bytes, or do not end where `bytes` ends
 */
export function decompress(bytes, at, size) {
  const state = { out: new Uint8Array(size), end: 0, repeats: [1, 4, 8], tables: null, huffman: null };
  for (let last = false; !last;) {
    need(at + 3 <= bytes.length);
    const header = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
    const [type, length] = [(header >> 1) & 3, header >> 3];
    last = (header & 1) === 1;
    at += 3;
    const stored = type === 1 ? 1 : length;
    need(type < 3 && length <= Math.min(LARGEST_BLOCK, size) && at + stored <= bytes.length);
    if (type === 2) {
      compressedBlock(bytes.subarray(at, at + length), state);
    } else {
      need(state.end + length <= size);
      if (type === 1) state.out.fill(bytes[at], state.end, state.end + length);
      else state.out.set(bytes.subarray(at, at + length), state.end);
      state.end += length;
    }
    at += stored;
  }
  need(at === bytes.length && state.end === size);
  return state.out;
}

function need(condition) {
  if (!condition) throw new Error('the Zstandard frame is damaged');
}

function bases(bits, first) {
  return bits.map((_, code) => bits.slice(0, code).reduce((sum, n) => sum + 2 ** n, first));
}

/** The place of the highest bit. */
function highest(value) {
  return 31 - Math.clz32(value);
}

/** Up to 25 bits from bit number `at` on; bits behind the end are 0. */
function bitsAt(bytes, at, count) {
  const i = at >> 3;
  const word = bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
  return (word >>> (at & 7)) & ((1 << count) - 1);
}

/** Reads bits from the end of the bytes towards their beginning; the highest bit that is set marks the end. */
class Backwards {
  constructor(bytes) {
    need(bytes.length > 0 && bytes[bytes.length - 1] > 0);
    this.bytes = bytes;
    this.left = 8 * (bytes.length - 1) + highest(bytes[bytes.length - 1]);
  }

  /** The next bits, without going on; as many bits as are missing are 0. */
  peek(count) {
    if (this.left >= count) return bitsAt(this.bytes, this.left - count, count);
    return this.left > 0 ? bitsAt(this.bytes, 0, this.left) << (count - this.left) : 0;
  }

  read(count) {
    const value = this.peek(count);
    this.left -= count;
    return value;
  }
}

/** A table of finite state entropy from the shares of its symbols (-1: less than one). */
function stateTable(shares, accuracy) {
  const size = 1 << accuracy;
  const [symbols, bits, next] = [new Uint8Array(size), new Uint8Array(size), new Uint16Array(size)];
  const counters = shares.map((share) => Math.abs(share));
  let top = size - 1;
  shares.forEach((share, symbol) => {
    if (share < 0) symbols[top--] = symbol;
  });
  let place = 0;
  shares.forEach((share, symbol) => {
    for (let i = 0; i < share; i++) {
      symbols[place] = symbol;
      do place = (place + (size >> 1) + (size >> 3) + 3) & (size - 1);
      while (place > top);
    }
  });
  for (let i = 0; i < size; i++) {
    const counter = counters[symbols[i]]++;
    bits[i] = accuracy - highest(counter);
    next[i] = (counter << bits[i]) - size;
  }
  return { accuracy, symbols, bits, next };
}

/** Reads a table of finite state entropy, and says where it ends. */
function readStateTable(bytes, at, most, lastSymbol) {
  const accuracy = (bytes[at] & 15) + 5;
  need(at < bytes.length && accuracy <= most);
  const shares = [];
  let [left, bit] = [1 << accuracy, 8 * at + 4];
  while (left > 0) {
    need(shares.length <= lastSymbol && bit < 8 * bytes.length);
    const width = highest(left + 1);
    const short = bitsAt(bytes, bit, width);
    const shorts = 2 ** (width + 1) - 2 - left;
    let value = short;
    if (short < shorts) {
      bit += width;
    } else {
      value = bitsAt(bytes, bit, width + 1);
      if (value >= 1 << width) value -= shorts;
      bit += width + 1;
    }
    left -= Math.abs(value - 1);
    shares.push(value - 1);
    for (let more = value === 1 ? 3 : 0; more === 3; bit += 2) {
      more = bitsAt(bytes, bit, 2);
      need(shares.length + more <= lastSymbol + 1);
      shares.push(...Array(more).fill(0));
    }
  }
  const end = (bit + 7) >> 3;
  need(left === 0 && end <= bytes.length);
  return { table: stateTable(shares, accuracy), end };
}

/** The weights of a Huffman tree that are compressed themselves, by two states in turn. */
function compressedWeights(bytes) {
  const { table, end } = readStateTable(bytes, 0, 6, 255);
  const stream = new Backwards(bytes.subarray(end));
  const states = [stream.read(table.accuracy), stream.read(table.accuracy)];
  need(stream.left >= 0);
  const weights = [];
  for (let turn = 0; stream.left >= 0; turn = 1 - turn) {
    weights.push(table.symbols[states[turn]]);
    states[turn] = table.next[states[turn]] + stream.read(table.bits[states[turn]]);
    if (stream.left < 0) weights.push(table.symbols[states[1 - turn]]);
    need(weights.length < 256);
  }
  return weights;
}

/** Reads a Huffman tree, and says where it ends. */
function readHuffman(bytes, at) {
  const header = bytes[at++];
  const end = at + (header < 128 ? header : (header - 126) >> 1);
  need(end <= bytes.length);
  const packed = [...bytes.subarray(at, end)];
  const weights = header < 128 ? compressedWeights(bytes.subarray(at, end)) : packed.flatMap((n) => [n >> 4, n & 15]);
  if (header >= 128) weights.length = header - 127;
  const total = weights.reduce((sum, weight) => sum + (weight && 2 ** (weight - 1)), 0);
  need(total > 0 && total < 2048);
  const depth = highest(total) + 1;
  const rest = (1 << depth) - total;
  need((rest & (rest - 1)) === 0);
  weights.push(highest(rest) + 1);
  need(weights.includes(1));
  const [symbols, lengths] = [new Uint8Array(1 << depth), new Uint8Array(1 << depth)];
  let place = 0;
  for (let weight = 1; weight <= depth; weight++) {
    weights.forEach((of, symbol) => {
      if (of !== weight) return;
      const behind = place + (1 << (weight - 1));
      symbols.fill(symbol, place, behind);
      lengths.fill(depth + 1 - weight, place, behind);
      place = behind;
    });
  }
  return { tree: { depth, symbols, lengths }, end };
}

/** Fills `out` with the symbols of one stream, which must end with them. */
function huffmanStream(bytes, tree, out) {
  const stream = new Backwards(bytes);
  for (let i = 0; i < out.length; i++) {
    const index = stream.peek(tree.depth);
    out[i] = tree.symbols[index];
    stream.left -= tree.lengths[index];
    need(stream.left >= 0);
  }
  need(stream.left === 0);
}

/** Reads the literals of a block, at most `most` of them, and says where they end. */
function readLiterals(bytes, state, most) {
  need(bytes.length > 0);
  const [type, form] = [bytes[0] & 3, (bytes[0] >> 2) & 3];
  if (type < 2) {
    const width = form === 3 ? 3 : form === 1 ? 2 : 1;
    const size = bitsAt(bytes, width === 1 ? 3 : 4, [0, 5, 12, 20][width]);
    const end = width + (type === 1 ? 1 : size);
    need(end <= bytes.length && size <= most);
    return { literals: type === 1 ? new Uint8Array(size).fill(bytes[width]) : bytes.subarray(width, end), end };
  }
  const width = form < 2 ? 10 : form === 2 ? 14 : 18;
  let at = (4 + 2 * width) >> 3;
  const [size, end] = [bitsAt(bytes, 4, width), at + bitsAt(bytes, 4 + width, width)];
  need(end <= bytes.length && size <= most);
  if (type === 2) ({ tree: state.huffman, end: at } = readHuffman(bytes.subarray(0, end), at));
  need(state.huffman);
  const literals = new Uint8Array(size);
  if (form === 0) {
    huffmanStream(bytes.subarray(at, end), state.huffman, literals);
    return { literals, end };
  }
  need(size >= 6 && at + 6 <= end);
  const quarter = (size + 3) >> 2;
  let begin = at + 6;
  for (let k = 0; k < 4; k++) {
    const behind = k < 3 ? begin + bitsAt(bytes, 8 * (at + 2 * k), 16) : end;
    need(begin <= behind && behind <= end);
    const part = literals.subarray(k * quarter, k < 3 ? (k + 1) * quarter : size);
    huffmanStream(bytes.subarray(begin, behind), state.huffman, part);
    begin = behind;
  }
  return { literals, end };
}

/** Reads which tables the sequences use, and says where the tables end. */
function readTables(bytes, at, state) {
  const modes = bytes[at++];
  need((modes & 3) === 0);
  state.tables = KINDS.map(({ accuracy, highest: lastCode, usual }, kind) => {
    const mode = (modes >> (6 - 2 * kind)) & 3;
    if (mode === 0) return usual;
    if (mode === 3) {
      need(state.tables);
      return state.tables[kind];
    }
    if (mode === 1) {
      need(bytes[at] <= lastCode);
      return { accuracy: 0, symbols: [bytes[at++]], bits: [0], next: [0] };
    }
    const { table, end } = readStateTable(bytes, at, accuracy, lastCode);
    at = end;
    return table;
  });
  return at;
}

/** Where a match lies, by its offset value and the last three (RFC 8878, section 3.1.1.5). */
function offset(value, literals, repeats) {
  if (value > 3) {
    repeats.unshift(value - 3);
    repeats.length = 3;
    return value - 3;
  }
  const index = value - (literals > 0 ? 1 : 0);
  const found = index < 3 ? repeats[index] : repeats[0] - 1;
  if (index > 0) repeats.splice(0, 3, found, repeats[0], repeats[index === 1 ? 2 : 1]);
  return found;
}

function compressedBlock(bytes, state) {
  const { out } = state;
  const limit = Math.min(out.length, state.end + LARGEST_BLOCK);
  let { literals, end: at } = readLiterals(bytes, state, limit - state.end);
  need(at < bytes.length);
  let count = bytes[at++];
  if (count > 127) {
    const wide = count === 255;
    count = wide ? bitsAt(bytes, 8 * at, 16) + 0x7f00 : ((count - 128) << 8) | bytes[at];
    at += wide ? 2 : 1;
  }
  if (count > 0) {
    need(at < bytes.length);
    at = readTables(bytes, at, state);
    literals = runSequences(new Backwards(bytes.subarray(at)), count, literals, limit, state);
  } else {
    need(at === bytes.length);
  }
  need(state.end + literals.length <= limit);
  out.set(literals, state.end);
  state.end += literals.length;
}

/** Copies literals and matches as the sequences say, and returns the literals that are left. */
function runSequences(stream, count, literals, limit, state) {
  const { out, repeats } = state;
  const [lengths, offsets, matches] = state.tables;
  let [l, o, m] = [stream.read(lengths.accuracy), stream.read(offsets.accuracy), stream.read(matches.accuracy)];
  let used = 0;
  for (let k = 0; k < count; k++) {
    const code = offsets.symbols[o];
    need(code <= 21); // what is further away lies before the beginning of the largest content
    const value = (1 << code) + stream.read(code);
    const match = MATCH_BASE[matches.symbols[m]] + stream.read(MATCH_BITS[matches.symbols[m]]);
    const length = LITERAL_BASE[lengths.symbols[l]] + stream.read(LITERAL_BITS[lengths.symbols[l]]);
    if (k < count - 1) {
      l = lengths.next[l] + stream.read(lengths.bits[l]);
      m = matches.next[m] + stream.read(matches.bits[m]);
      o = offsets.next[o] + stream.read(offsets.bits[o]);
    }
    const begin = state.end + length;
    const back = offset(value, length, repeats);
    need(stream.left >= 0 && used + length <= literals.length && begin + match <= limit && back >= 1 && back <= begin);
    out.set(literals.subarray(used, used + length), state.end);
    for (let i = begin; i < begin + match; i++) out[i] = out[i - back];
    used += length;
    state.end = begin + match;
  }
  need(stream.left === 0);
  return literals.subarray(used);
}
