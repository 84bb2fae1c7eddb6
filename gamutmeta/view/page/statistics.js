/**
 * What is outside which gamut, pixel by pixel, and how chromaticities are distributed.
 * @module
 */

import { ROMM_LINEAR, SRGB_LINEAR, matrixBetween, matrixToXyz } from './display.js';

/** Cells of the chromaticity plot: x from 0 to 0.8 and y from 0 to 0.9, 500 for each unit. */
export const CELLS = { width: 400, height: 450, unit: 500 };

/** What rounding can feign beyond a gamut, as in color/gamut.py: at least, and per unit of the largest channel. */
const OUTSIDE = { least: 5e-4, share: 8e-3 };
/** Pixels that are looked at for the plot. */
const PLOTTED = 4e5;
/** Of white: where it is darker, rounding decides about chromaticity. */
const DARKEST = 2e-3;
/** R, G, B, A of a pixel outside sRGB but within Display P3, and of one outside both; told apart by lightness, too. */
export const MARKS = [
  [100, 143, 255, 255],
  [255, 176, 0, 255],
];

/** Whether a colour is outside a gamut: not if it is merely too dark or too bright. */
function outside(m, r, g, b) {
  const p = m[0] * r + m[1] * g + m[2] * b;
  const q = m[3] * r + m[4] * g + m[5] * b;
  const s = m[6] * r + m[7] * g + m[8] * b;
  const { least, share } = OUTSIDE;
  const most = 1 + least;
  // Nearly all.
  if (p >= -least && q >= -least && s >= -least && p <= most && q <= most && s <= most) return false;
  const [lowest, highest] = [Math.min(p, q, s), Math.max(p, q, s)];
  const margin = least + share * Math.min(Math.max(highest, 0), 1);
  return (lowest < -margin || highest > 1 + margin) && highest >= -margin && lowest <= 1 + margin;
}

/** 0 within sRGB, 1 outside it, 2 outside Display P3, 3 outside Rec. 2020. */
function classified(gamuts, r, g, b) {
  let beyond = 0;
  while (beyond < 3 && outside(gamuts[beyond], r, g, b)) beyond++;
  return beyond;
}

export class Statistics {
  #gamuts = ['srgb', 'display-p3', 'rec2020'].map((space) => matrixBetween('romm', space));
  #counts = [0, 0, 0];
  #pixels = 0;
  #toXyz = { file: matrixToXyz('srgb'), restored: matrixToXyz('romm') };
  #cells = { file: new Uint32Array(CELLS.width * CELLS.height), restored: new Uint32Array(CELLS.width * CELLS.height) };

  /** @param {number} pixels of the whole picture */
  constructor(pixels) {
    this.stride = Math.max(1, Math.round(pixels / PLOTTED));
  }

  /**
   * Adds rows of the picture.
   * @param {Uint8Array} codes of the file
   * @param {Uint16Array} wide ROMM RGB
   * @param {number} width
   * @param {number} step of the layout
   * @returns {Uint8ClampedArray} marks for a canvas: of pixels of which half or more is outside sRGB
   */
  add(codes, wide, width, step) {
    const rows = wide.length / (3 * width);
    const across = Math.ceil(width / step);
    const blocks = new Uint16Array(2 * across * Math.ceil(rows / step));
    const [gamuts, found] = [this.#gamuts, [0, 0, 0, 0]];
    for (let y = 0, at = 0; y < rows; y++) {
      const begin = Math.floor(y / step) * across;
      for (let x = 0; x < width; x++, at += 3) {
        const beyond = classified(gamuts, ROMM_LINEAR[wide[at]], ROMM_LINEAR[wide[at + 1]], ROMM_LINEAR[wide[at + 2]]);
        if (beyond === 0) continue;
        found[beyond]++;
        blocks[2 * (begin + Math.floor(x / step))]++;
        if (beyond > 1) blocks[2 * (begin + Math.floor(x / step)) + 1]++;
      }
    }
    for (let k = 0; k < 3; k++) this.#counts[k] += found.slice(k + 1).reduce((sum, count) => sum + count);
    this.#plot('file', codes, SRGB_LINEAR);
    this.#plot('restored', wide, ROMM_LINEAR);
    this.#pixels += wide.length / 3;
    const marks = new Uint8ClampedArray(2 * blocks.length);
    for (let k = 0; k < blocks.length; k += 2) {
      if (2 * blocks[k] >= step * step) marks.set(MARKS[2 * blocks[k + 1] >= blocks[k] ? 1 : 0], 2 * k);
    }
    return marks;
  }

  #plot(which, samples, linear) {
    const [m, cells] = [this.#toXyz[which], this.#cells[which]];
    for (let at = 0; at < samples.length; at += 3 * this.stride) {
      const [r, g, b] = [linear[samples[at]], linear[samples[at + 1]], linear[samples[at + 2]]];
      const [X, Y, Z] = [
        m[0] * r + m[1] * g + m[2] * b,
        m[3] * r + m[4] * g + m[5] * b,
        m[6] * r + m[7] * g + m[8] * b,
      ];
      if (Y < DARKEST) continue;
      const [x, y] = [Math.floor((X / (X + Y + Z)) * CELLS.unit), Math.floor((Y / (X + Y + Z)) * CELLS.unit)];
      if (x >= 0 && x < CELLS.width && y >= 0 && y < CELLS.height) cells[y * CELLS.width + x]++;
    }
  }

  /** What was counted so far. */
  counted() {
    return { pixels: this.#pixels, counts: this.#counts, cells: this.#cells };
  }
}

/**
 * What was counted in parts of a picture, taken together.
 * @param {ReturnType<Statistics['counted']>[]} parts
 * @returns {object} `outside`: shares of the pixels outside srgb, p3 and rec2020; `cells`: of the plot, from the bottom
 *   up, for file and restored
 */
export function together(parts) {
  const pixels = parts.reduce((sum, part) => sum + part.pixels, 0);
  const [srgb, p3, rec2020] = [0, 1, 2].map((k) => parts.reduce((sum, { counts }) => sum + counts[k], 0) / pixels);
  const added = (name) => parts[0].cells[name].map((_, k) => parts.reduce((sum, { cells }) => sum + cells[name][k], 0));
  return { outside: { srgb, p3, rec2020 }, cells: { file: added('file'), restored: added('restored') } };
}
