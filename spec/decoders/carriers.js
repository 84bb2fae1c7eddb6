/**
 * Takes gamutmeta containers out of JPEG, PNG and TIFF files: section 8.1 and annexes A to D of the specification.
 * @module
 */

import { inflate } from './inflate.js';

/** What is wrong with a file or payload. */
export class GamutMetaError extends Error {
  /**
   * @param {string} code one of section 9, `payload.checksum` for example
   * @param {string} field what was looked at, for people
   * @param {string} message what is wrong with it, for people
   */
  constructor(code, field, message) {
    super(`${field}: ${message}`);
    this.name = 'GamutMetaError';
    this.code = code;
    this.field = field;
  }
}

/** Throws. */
export function fail(code, field, message) {
  throw new GamutMetaError(code, field, message);
}

/** Throws unless the condition holds. */
export function check(condition, code, field, message) {
  if (!condition) fail(code, field, message);
}

export const MAGIC = '\x89GMT\r\n\x1a\n';
export const PNG = '\x89PNG\r\n\x1a\n';
export const TIFF = ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'];
const PROJECT = '\xa6\xbe\xbb\x68\x56\xdb\x46\xf0\xa9\x9d\x63\x9f\x47\xf4\xc0\x52';
/** Bytes of a container. */
export const LARGEST = 61440;
const LARGEST_TEXT = 122880;

/** Whether bytes hold a text (of Latin-1) at a place, and before `end`. */
export function has(bytes, text, at = 0, end = bytes.length) {
  if (at + text.length > end) return false;
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** An unsigned integer; bytes behind the end are 0. Above 2^53 it is not exact, but large enough for every check. */
export function number(bytes, at, size, little = false) {
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 256 + (bytes[little ? at + size - 1 - i : at + i] ?? 0);
  return value;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

/** The CRC-32 of PNG, which is that of containers as well (4.1). */
export function crc32(bytes) {
  let c = 0xffffffff;
  for (const byte of bytes) c = CRC_TABLE[(c ^ byte) & 255] ^ (c >>> 8);
  return ~c >>> 0;
}

export const isJpeg = (bytes) => has(bytes, '\xff\xd8\xff');

/**
 * The container in a JPEG, PNG or TIFF file, or in a sidecar (section 8.1).
 * @param {Uint8Array} bytes the file
 * @returns {Uint8Array} the container, which is not checked but for its first eight bytes
 * @throws {GamutMetaError} `carrier` and what begins with it
 */
export function extract(bytes) {
  const container = extractUnchecked(bytes);
  check(container.length <= LARGEST, 'carrier.too-large', 'container', 'it is larger than any carrier takes');
  check(has(container, MAGIC), 'carrier', 'container', 'it does not begin with the magic');
  return container;
}

function extractUnchecked(bytes) {
  if (isJpeg(bytes)) return fromJpeg(bytes);
  if (has(bytes, PNG)) return fromPng(bytes);
  if (TIFF.some((signature) => has(bytes, signature))) return fromTiff(bytes);
  check(has(bytes, MAGIC), 'carrier.unsupported', 'file', 'it is no JPEG, PNG, TIFF or container');
  return bytes;
}

// JPEG, annex A

const [EOI, SOS, APP0, APP11, APP14, COM] = [0xd9, 0xda, 0xe0, 0xeb, 0xee, 0xfe];
/** Frames coded by DCT, and those of other kinds. */
const [DCT_FRAMES, OTHER_FRAMES] = [
  [0xc0, 0xc1, 0xc2, 0xc9, 0xca],
  [0xc3, 0xc5, 0xc6, 0xc7, 0xcb, 0xcd, 0xce, 0xcf],
];
const CODED_DATA = 0;
const standsAlone = (marker) => marker === 0x01 || (marker >= 0xd0 && marker <= EOI);

/** The segments up to EOI (A.1), and the coded data behind SOS (A.5), as `[marker, begin, end]`. */
export function* jpegParts(bytes) {
  const fault = (message) => fail('carrier', 'jpeg.segments', message);
  for (let at = 2, count = 0; ;) {
    const first = at;
    while (bytes[at] === 0xff) at++;
    const marker = bytes[at++] ?? 0;
    const begin = at - 2;
    if (begin < first || marker === 0 || marker === 0xd8) fault('there is no marker where one should be');
    if (++count > 65536) fault('there are too many');
    if (!standsAlone(marker)) at += Math.max(number(bytes, at, 2), 2);
    if (at > bytes.length) fault('one runs past the end of the file');
    yield [marker, begin, at];
    if (marker === EOI) return;
    if (marker === SOS) {
      const end = codedDataEnd(bytes, at) ?? fault('the file ends within the coded data');
      yield [CODED_DATA, at, end];
      at = end;
    }
  }
}

/** Where coded data end: before the fill bytes of the next marker that is no restart. */
function codedDataEnd(bytes, begin) {
  for (let at = bytes.indexOf(0xff, begin); at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at)) {
    const next = bytes[at + 1];
    if (next === 0xff) {
      at += 1;
    } else if (next === 0 || (next >= 0xd0 && next <= 0xd7)) {
      at += 2;
    } else {
      while (at > begin && bytes[at - 1] === 0xff) at--;
      return at;
    }
  }
  return undefined;
}

/** Faults within segments of ours are kept until the walk is over, since those of the JPEG come first (A.1). */
function fromJpeg(bytes) {
  const claims = new Map();
  for (const [marker, begin, end] of jpegParts(bytes)) {
    if (marker === SOS || marker === EOI) break;
    const content = bytes.subarray(begin + 4, end);
    let claim;
    try {
      if (marker === APP11) claim = fromApp11(content);
      else if (marker === COM && has(content, 'gamutmeta1 ')) claim = fromBase64(content.subarray(11), 'jpeg.com');
    } catch (error) {
      claim = error;
    }
    if (claim === undefined) continue;
    check(!claims.has(marker), 'carrier.duplicate', 'jpeg', 'two segments claim to hold a container');
    claims.set(marker, claim);
  }
  const found = claims.get(APP11) ?? claims.get(COM) ?? fail('carrier.none', 'jpeg', 'no segment holds a container');
  if (found instanceof Error) throw found;
  return found;
}

/** The container in an APP11 segment; undefined if the segment is somebody else's (A.2). */
function fromApp11(content) {
  const field = 'jpeg.app11';
  let [length, at] = [number(content, 8, 4), 16];
  if (length === 1) [length, at] = [number(content, 16, 8), 24];
  const labelled = has(content, 'jumd', at + 4) && (content[at + 24] & 2) !== 0 && has(content, 'gamutmeta\0', at + 25);
  if (!has(content, 'JP') || !has(content, 'jumb', 12) || !labelled) return undefined;
  const whole = number(content, 4, 4) === 1 && length === content.length - 8;
  check(whole, 'carrier', field, 'the superbox is not in one segment');
  const found = [];
  while (at < content.length) {
    const size = number(content, at, 4);
    check(size >= 8 && at + size <= content.length, 'carrier', field, 'a box has a wrong length');
    if (has(content, `uuid${PROJECT}`, at + 4, at + size)) found.push(content.subarray(at + 24, at + size));
    at += size;
  }
  check(found.length < 2, 'carrier.duplicate', field, 'one superbox holds two containers');
  return found[0];
}

/** The text form (A.4). */
function fromBase64(bytes, field) {
  check(bytes.length <= LARGEST_TEXT, 'carrier.too-large', field, 'the text is too long');
  let end = bytes.length; // without a pattern, which would take quadratic time
  while (end > 0 && [0x00, 0x20, 0x09, 0x0a, 0x0d].includes(bytes[end - 1])) end--;
  const text = Array.from(bytes.subarray(0, end), (byte) => String.fromCharCode(byte)).join('');
  const dense = text.replace(/[ \t-\r]+/g, '');
  const sound = dense.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(dense);
  check(sound, 'carrier', field, 'the text is no base64');
  return Uint8Array.from(atob(dense), (character) => character.charCodeAt(0));
}

/** The first frame header, its marker, and whether segments before the first SOS say YCbCr, or nothing (A.5). */
function colourSigns(bytes) {
  let [frame, isJfif, adobe] = [null, false, null];
  for (const [marker, begin, end] of jpegParts(bytes)) {
    if (marker === SOS) break;
    const content = bytes.subarray(begin + 4, end);
    if (DCT_FRAMES.includes(marker) || OTHER_FRAMES.includes(marker)) frame ??= [marker, content];
    if (marker === APP0 && content.length >= 14 && has(content, 'JFIF\0')) isJfif = true;
    if (marker === APP14 && content.length >= 12 && has(content, 'Adobe')) adobe = content;
  }
  const [marker, content] = frame ?? [0, new Uint8Array(0)];
  const isOfThree = content.length >= 15 && content[5] === 3;
  const isNamedYcc = isOfThree && ![6, 9, 12].every((at, k) => content[at] === 'RGB'.charCodeAt(k));
  return { marker, content, isOfThree, isNamedYcc, told: isJfif || (adobe === null ? undefined : adobe[11] !== 0) };
}

/** Whether segments of a JPEG of three components say YCbCr where its frame header says RGB, or the reverse (A.5). */
export function contradictsItself(bytes) {
  const { isOfThree, isNamedYcc, told } = colourSigns(bytes);
  return isOfThree && told !== undefined && told !== isNamedYcc;
}

/** Whether a JPEG that is sound holds YCbCr samples of 8 bits (section 5.3 of version 2). */
export function hasYccSamples(bytes) {
  const { marker, content, isOfThree, isNamedYcc, told } = colourSigns(bytes);
  return DCT_FRAMES.includes(marker) && isOfThree && content[0] === 8 && (told ?? isNamedYcc);
}

/** The parts of a JPEG that are hashed for the digest of its coded data (A.5). */
export function codedData(bytes) {
  const hashed = (marker) =>
    marker === CODED_DATA || (marker >= 0xc0 && marker < 0xd0) || (marker >= EOI && marker <= 0xdd);
  const parts = [...jpegParts(bytes)];
  check(
    parts.some(([marker]) => marker === SOS),
    'carrier',
    'jpeg',
    'there is no scan',
  );
  return parts.filter(([marker]) => hashed(marker)).map(([, begin, end]) => bytes.subarray(begin, end));
}

// PNG, annex B

function fromPng(bytes) {
  const found = [];
  for (let at = 8, count = 1, kind = ''; kind !== 'IDAT' && kind !== 'IEND'; count++) {
    const length = number(bytes, at, 4);
    const end = at + 12 + length;
    kind = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    const usual = /^[A-Za-z]{4}$/.test(kind) && (count > 1 || kind === 'IHDR') && count <= 262144;
    check(usual && length < 2 ** 31 && end <= bytes.length, 'carrier', 'png.chunks', `number ${count} is wrong`);
    if (['iTXt', 'zTXt', 'tEXt'].includes(kind) && has(bytes, 'gamutmeta\0', at + 8, end - 4))
      found.push(bytes.subarray(at + 4, end));
    at = end;
  }
  check(found.length > 0, 'carrier.none', 'png', 'no chunk holds a container');
  check(found.length < 2, 'carrier.duplicate', 'png', 'two chunks hold a container');
  return fromChunk(found[0]);
}

/** The container in a chunk, which is given from its type to its CRC. */
function fromChunk(chunk) {
  const field = 'png.text';
  check(chunk.length - 8 <= 123904, 'carrier.too-large', field, 'the chunk is too long');
  check(crc32(chunk.subarray(0, -4)) === number(chunk, chunk.length - 4, 4), 'carrier', field, 'the CRC differs');
  const data = chunk.subarray(14, -4); // behind type and keyword
  if (has(chunk, 'tEXt')) return fromBase64(data, field);
  if (has(chunk, 'zTXt')) return fromBase64(inflated(data[0], data.subarray(1), field), field);
  const language = data.indexOf(0, 2);
  const keyword = language < 0 ? -1 : data.indexOf(0, language + 1);
  check(keyword >= 0, 'carrier', field, 'it ends before its text');
  check(data[0] < 2, 'carrier', field, 'its compression flag is unknown');
  const text = data.subarray(keyword + 1);
  return fromBase64(data[0] === 0 ? text : inflated(data[1], text, field), field);
}

/** A compressed text. */
function inflated(method, bytes, field) {
  check(method === 0, 'carrier', field, 'it is compressed in an unknown way');
  let text;
  try {
    text = inflate(bytes, LARGEST_TEXT);
  } catch {
    fail('carrier', field, 'the compressed text is damaged');
  }
  return text ?? fail('carrier.too-large', field, 'the text is too long');
}

// TIFF, annex C

function fromTiff(bytes) {
  const [little, big] = [has(bytes, 'II'), bytes[2] + bytes[3] === 43];
  const [header, counter, entry, word] = big ? [16, 8, 20, 8] : [8, 2, 12, 4];
  const value = (at, size) => number(bytes, at, size, little);
  check(!big || (value(4, 2) === 8 && value(6, 2) === 0), 'carrier', 'tiff.header', 'it is not that of a BigTIFF');
  const directory = value(header - word, word);
  const begin = directory + counter;
  const entries = begin <= bytes.length ? value(directory, counter) : 0;
  const end = begin + entries * entry;
  const sound = bytes.length >= header && directory >= header && entries <= 262144 && end + word <= bytes.length;
  check(sound, 'carrier', 'tiff.directory', 'it is not within the file');
  let found;
  for (let at = begin; at < end; at += entry) {
    if (value(at, 2) !== 65357 || value(at + 2, 2) !== 1) continue;
    const length = value(at + 4, word);
    const place = big && length <= 8 ? at + 12 : value(at + 4 + word, word);
    if (length < 8 || !has(bytes, MAGIC, place)) continue;
    check(!found, 'carrier.duplicate', 'tiff', 'two fields hold a container');
    found = { place, length };
  }
  check(found, 'carrier.none', 'tiff', 'no field holds a container');
  check(found.length <= LARGEST, 'carrier.too-large', 'tiff', 'the container is too large');
  check(found.place + found.length <= bytes.length, 'carrier', 'tiff', 'the container runs past the end of the file');
  return bytes.subarray(found.place, found.place + found.length);
}
