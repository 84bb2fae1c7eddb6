/**
 * Reads gamutmeta payloads, versions 1 and 2: the wide-gamut colours that an sRGB JPEG, PNG or TIFF file carries along.
 *
 * {@link extract} takes the container out of a file, {@link decode} checks and reads it, {@link expand} makes 16-bit
 * ROMM RGB of a picture; {@link payloadFor} and {@link expander} do so some rows at a time. All was written to the
 * specification (gamutmeta-1.md and -2.md; section numbers stand in the comments), for browsers and for Node. Bytes are hostile
 * until checked: whatever they are, the answer is a result or a GamutMetaError.
 * @module
 */

import { GamutMetaError, check, codedData, contradictsItself, extract, fail, hasYccSamples, isJpeg } from './carriers.js';
import { decode } from './container.js';
import { expander } from './fast.js';

export { GamutMetaError, decode, expander, extract };

/**
 * A picture: 8-bit R, G, B of each pixel, row by row, as the file stores them (before any orientation). With R, G, B,
 * A, as in the ImageData of browsers, A is left out. A payload whose descriptor has a `smp` of 1 is for the Y, Cb, Cr of
 * a JPEG as it holds them, before they are converted and clamped (2:5): then `coding` is "ycc" and these are the data.
 * @typedef {{ width: number, height: number, data: Uint8Array | Uint8ClampedArray, coding?: 'rgb' | 'ycc' }} Picture
 */

/**
 * @typedef {object} Options
 * @property {Uint8Array} [sidecar] the file that holds the container, if the picture's own does not
 * @property {boolean} [unbound] whether to expand a picture of another size or digest than the payload was made for
 * @property {boolean} [plain] whether to do without WebAssembly
 */

/**
 * The wide-gamut picture.
 * @param {Uint8Array} bytes the picture's file: JPEG, PNG, TIFF, or a sidecar by itself
 * @param {Picture} picture what the file holds, decoded
 * @param {Options} [options]
 * @returns {Promise<{ width: number, height: number, data: Uint16Array }>} 16-bit R, G, B of ROMM RGB
 * @throws {GamutMetaError} a code of section 9; `payload.limit` also if the result does not fit into memory;
 *   `picture.samples` if the payload is for other samples than the picture has
 * @throws {TypeError} if `picture.data` has neither 3 nor 4 samples for each pixel
 */
export async function expand(bytes, picture, options = {}) {
  const { width, height, coding } = picture;
  const codes = withoutAlpha(picture);
  const payload = await payloadFor(bytes, { width, height, data: codes, coding }, options);
  const data = room(3 * width * height);
  expander(payload, width, height, options)(codes, data);
  return { width, height, data };
}

/**
 * The payload of a picture after all checks: what {@link expander} needs to be sure of.
 * @param {Uint8Array} bytes as for {@link expand}
 * @param {Picture} picture likewise
 * @param {Options} [options]
 * @returns {Promise<import('./container.js').Payload>}
 * @throws {GamutMetaError} a code of section 9, or `picture.samples`
 */
export async function payloadFor(bytes, picture, { sidecar, unbound = false } = {}) {
  const payload = decode(extract(sidecar ?? bytes));
  if (!unbound) {
    await checkBinding(payload.descriptor, bytes, picture.width, picture.height, withoutAlpha(picture));
  }
  checkSamples(payload.descriptor, picture.coding ?? 'rgb');
  return payload;
}

/** Memory for samples; engines bound what one array holds. */
function room(samples) {
  try {
    return new Uint16Array(samples);
  } catch {
    return fail('payload.limit', 'descriptor.w', 'the expanded picture does not fit into memory');
  }
}

/** R, G, B of each pixel. */
function withoutAlpha({ width, height, data }) {
  const pixels = width * height;
  if (data.length === 3 * pixels) return data;
  if (data.length !== 4 * pixels) throw new TypeError('picture.data has neither 3 nor 4 samples for each pixel');
  const codes = new Uint8Array(3 * pixels);
  for (let from = 0, to = 0; to < codes.length; from += 4, to += 3) {
    codes[to] = data[from];
    codes[to + 1] = data[from + 1];
    codes[to + 2] = data[from + 2];
  }
  return codes;
}

/** Never takes R, G, B for Y, Cb, Cr, nor the other way round (2:7). */
function checkSamples({ smp }, coding) {
  const field = 'descriptor.smp';
  check(smp === 0 || coding === 'ycc', 'picture.samples', field, "the payload needs the JPEG's YCbCr samples");
  check(smp === 1 || coding === 'rgb', 'picture.samples', field, 'the payload is for sRGB, not for YCbCr samples');
}

/** Refuses a payload that was made for another picture (8.2, 2:7). */
async function checkBinding(d, file, width, height, codes) {
  check(width === d.w && height === d.h, 'binding', 'descriptor.w', 'the picture has another size');
  if (d.jpeg !== null) {
    check(isJpeg(file), 'binding', 'descriptor.jpeg', 'the payload belongs to a JPEG, and there is none');
    check(await equals(codedData(file), d.jpeg), 'binding', 'descriptor.jpeg', 'the coded data are others');
    check(!contradictsItself(file), 'binding', 'descriptor.jpeg', 'the JPEG says in two ways whether it is YCbCr or RGB');
    check(d.smp === 0 || hasYccSamples(file), 'binding', 'descriptor.smp', 'the JPEG holds no YCbCr samples');
  } else {
    const head = new Uint8Array(22);
    new TextEncoder().encodeInto('gamutmeta-rgb8', head);
    new DataView(head.buffer).setUint32(14, width);
    new DataView(head.buffer).setUint32(18, height);
    check(await equals([head, codes], d.rgb8), 'binding', 'descriptor.rgb8', 'the samples are others');
  }
}

/** Whether the first 16 bytes of the SHA-256 of the parts are those. */
async function equals(parts, digest) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
  return digest.every((byte, k) => byte === hash[k]);
}
