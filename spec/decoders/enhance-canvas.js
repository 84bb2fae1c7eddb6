/**
 * Draws the wide-gamut picture of a file into a canvas of a page, which may be one of half-precision floats.
 *
 * Browsers paint images with 8 bits, whatever their files hold. A canvas with the colour type "float16" has more levels
 * than that, and holds the colours outside of its space.
 * @module
 */

import { PageError, workers } from './enhance-queue.js';
import { holdsFloats, imageOf } from './float16.js';

/** Milliseconds from which on pieces are drawn: with each frame the page paints the whole canvas again. */
const PAUSE = 500;
const CHOICES = { colorSpace: ['display-p3', 'srgb'], colorType: ['unorm8', 'float16'] };

/** What a context has of what was wanted, and in words what it has not. */
function given(context, wanted) {
  const { colorSpace = 'srgb', colorType = 'unorm8' } = context.getContextAttributes?.() ?? {};
  const has = { colorSpace, colorType: colorType === 'float16' && holdsFloats() ? 'float16' : 'unorm8' };
  const notes = [];
  const reason = 'the browser has none, or the canvas had a context before';
  if (wanted.colorType === 'float16' && has.colorType === 'unorm8') {
    notes.push(`drawn with 8 bits per channel, not into a float16 canvas: ${reason}`);
  }
  if (wanted.colorSpace === 'display-p3' && colorSpace === 'srgb') {
    const clipped = has.colorType === 'unorm8' ? ', colours outside of which are clipped' : '';
    notes.push(`drawn in sRGB${clipped}, not in a Display P3 canvas: ${reason}`);
  }
  return { has, notes };
}

/** Draws pieces that the worker made. */
function draw(context, colorSpace, pieces) {
  for (const piece of pieces) context.putImageData(imageOf(piece, colorSpace), piece.x, piece.y);
}

/**
 * Draws the wide-gamut picture of a file into a canvas, upright, piece by piece as it is expanded in workers.
 *
 * The canvas gets the size of the picture. Until then, and if anything is wrong with the file or its payload, it stays
 * as it is.
 * @param {HTMLCanvasElement | OffscreenCanvas} canvas without a context, or with a 2D context
 * @param {Uint8Array} bytes a JPEG or PNG file
 * @param {object} [options]
 * @param {'unorm8' | 'float16'} [options.colorType] of the canvas: 8 bits, or half-precision floats where the browser
 *   has them. They take twice the memory, have 11 significant bits, and hold colours outside of the canvas's space
 * @param {'display-p3' | 'srgb'} [options.colorSpace] of the canvas
 * @param {number} [options.pixels] the most pixels to draw; larger pictures are made smaller
 * @param {Uint8Array} [options.sidecar] the file that holds the payload, if the picture's own does not
 * @param {string | URL} [options.jpegDecoder] as for {@link import('./enhance.js').enhance}
 * @param {number} [options.timeout] milliseconds that the expansion may pause; then the picture is given up
 * @returns {Promise<{ width: number, height: number, colorSpace: string, colorType: string, notes: string[] }>} what
 *   the canvas has now; `notes` say in words what it could not have
 * @throws {TypeError} for a colour type or space that there is not
 * @throws {PageError} `page.canvas` for a canvas of WebGL and the like; `page.worker`, `page.timeout`
 * @throws {Error} with the `code` of what is wrong with the file or its payload
 */
export async function enhanceCanvas(canvas, bytes, options = {}) {
  const { colorType = 'unorm8', colorSpace = 'display-p3', pixels = 8e6, timeout = 30_000 } = options;
  const { sidecar, jpegDecoder } = options;
  const wanted = { colorType, colorSpace };
  for (const [name, value] of Object.entries(wanted)) {
    const choices = CHOICES[name].map((choice) => `'${choice}'`).join(' or ');
    if (!CHOICES[name].includes(value)) throw new TypeError(`${name} has to be ${choices}, and is '${value}'`);
  }
  const context = canvas.getContext('2d', wanted);
  if (context === null) throw new PageError('page.canvas', 'the canvas has a context of another kind than 2D');
  const { has, notes } = given(context, wanted);
  const base = globalThis.document?.baseURI ?? location.href;
  const task = { bytes, sidecar, pixels, jpegDecoder: jpegDecoder && new URL(jpegDecoder, base).href, canvas: has };
  const pieces = [];
  let drawn = performance.now();
  const { width, height } = await workers.expand(task, timeout, ({ size, piece }) => {
    if (size) Object.assign(canvas, size);
    else pieces.push(piece);
    if (performance.now() - drawn < PAUSE) return;
    draw(context, has.colorSpace, pieces.splice(0));
    drawn = performance.now();
  });
  draw(context, has.colorSpace, pieces);
  return { width, height, ...has, notes };
}
