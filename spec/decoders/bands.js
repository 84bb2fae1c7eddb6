/**
 * Expands a picture piece by piece, so that it can be shown while the rest is computed.
 * @module
 */

import { expander } from './fast.js';

const PIXELS = 2 ** 18;

/**
 * Bands of rows from the top down.
 * @param {import('./picture.js').Decoded} picture what the payload starts from: codes, or YCbCr samples
 * @param {import('./container.js').Payload | null} payload null if there is none to expand with
 * @param {number} step of the layout: every band but the last has a multiple of it
 * @param {number} [pixels] about as many to a band
 * @returns {Generator<{ top: number, codes: Uint8Array, wide: Uint16Array?, alpha: Uint8Array? }>} first row of a band,
 *   and its samples: as given, expanded, and transparency
 */
export function* bands({ width, height, data, alpha }, payload, step, pixels = PIXELS) {
  const expand = payload === null ? null : expander(payload, width, height);
  const rows = step * Math.max(1, Math.floor(pixels / (step * width)));
  for (let top = 0; top < height; top += rows) {
    const bottom = Math.min(top + rows, height);
    const codes = data.subarray(3 * top * width, 3 * bottom * width);
    const wide = expand === null ? null : new Uint16Array(codes.length);
    expand?.(codes, wide, top);
    yield { top, codes, wide, alpha: alpha === null ? null : alpha.subarray(top * width, bottom * width) };
  }
}
