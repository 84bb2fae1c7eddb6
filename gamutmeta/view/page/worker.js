/**
 * Decodes and expands a file for the page, away from the thread that has to answer its user.
 * @module
 */

import { bands } from './bands.js';
import { ROMM_LINEAR, SRGB_LINEAR, layout, matrixBetween, toCanvas, upright } from './display.js';
import { decode, extract, payloadFor } from './gamutmeta.js';
import { readPicture } from './picture.js';
import { Statistics } from './statistics.js';

/** The payload, or what is wrong with it: the picture is shown in either case. */
async function payloadOrError(bytes, picture, options) {
  try {
    return { payload: await payloadFor(bytes, picture, options) };
  } catch (error) {
    return { refused: { code: error.code, message: error.message } };
  }
}

/** Whatever can be told of a payload in a line or two. */
function description(bytes) {
  const container = extract(bytes);
  const { descriptor, shapes } = decode(container);
  const numbers = shapes.reduce((sum, shape) => sum + shape.reduce((a, b) => a * b, 1), 0);
  return { descriptor, numbers, bytes: container.length };
}

/**
 * @param {object} task
 * @param {Uint8Array} task.bytes the file
 * @param {Uint8Array} [task.sidecar] what holds its payload, if not itself
 * @param {boolean} task.unbound whether to expand a picture that the payload was not made for
 * @param {number} task.most pixels to show
 * @param {string} task.space of the restored picture, as canvases name it
 */
async function show({ bytes, sidecar, unbound, most, space }) {
  const begin = performance.now();
  const picture = await readPicture(bytes);
  const shown = layout(picture.width, picture.height, picture.orientation, most);
  const { payload = null, refused } = await payloadOrError(bytes, picture, { sidecar, unbound });
  postMessage({
    kind: 'begin',
    shown,
    stored: { width: picture.width, height: picture.height },
    refused,
    payload: payload === null ? null : description(sidecar ?? bytes),
  });
  const matrix = matrixBetween('romm', space);
  const statistics = new Statistics(picture.width * picture.height);
  const [across, down] = [Math.ceil(picture.width / shown.step), Math.ceil(picture.height / shown.step)];
  for (const { top, codes, wide, alpha } of bands(picture, payload, shown.step)) {
    const turned = (rgba) => upright(rgba, across, top / shown.step, down, shown.orientation);
    const layers = { file: turned(toCanvas(codes, SRGB_LINEAR, null, picture.width, shown.step, alpha)) };
    if (wide !== null) {
      layers.restored = turned(toCanvas(wide, ROMM_LINEAR, matrix, picture.width, shown.step, alpha));
      layers.marks = turned(statistics.add(codes, wide, picture.width, shown.step));
    }
    const done = Math.min(1, (top + codes.length / (3 * picture.width)) / picture.height);
    postMessage({ kind: 'band', layers, done }, Object.values(layers).map(({ data }) => data.buffer));
  }
  const found = payload === null ? null : statistics.found();
  postMessage({ kind: 'end', statistics: found, seconds: (performance.now() - begin) / 1000 });
}

onmessage = async ({ data }) => {
  try {
    await show(data);
  } catch (error) {
    postMessage({ kind: 'failed', error: { code: error.code ?? error.name, message: error.message } });
  }
};
