/**
 * What each of the workers does that share a picture: it expands bands, and counts.
 * @module
 */

import { ROMM_LINEAR, matrixBetween, toCanvas } from './display.js';
import { expander } from './fast.js';
import { Statistics } from './statistics.js';

/**
 * @param {object} setup
 * @param {import('./container.js').Payload} setup.payload
 * @param {{ width: number, height: number }} setup.stored
 * @param {number} setup.step of the layout
 * @param {string} setup.space of the canvas
 * @param {string} setup.type of its channels
 * @returns {(band: { top: number, codes: Uint8Array, rgb: Uint8Array, alpha: Uint8Array | null } | null) => object}
 *   canvas pixels, not turned yet, of `codes` that the payload starts from; for null, what `Statistics` counted, which
 *   compares with `rgb`
 */
export function expanding({ payload, stored: { width, height }, step, space, type }) {
  const expand = expander(payload, width, height);
  const matrix = matrixBetween('romm', space);
  const statistics = new Statistics(width * height);
  return (band) => {
    if (band === null) return statistics.counted();
    const { top, codes, rgb, alpha } = band;
    const wide = new Uint16Array(codes.length);
    expand(codes, wide, top);
    return {
      top,
      restored: toCanvas(wide, ROMM_LINEAR, matrix, width, step, alpha, type),
      marks: statistics.add(rgb, wide, width, step),
    };
  };
}
