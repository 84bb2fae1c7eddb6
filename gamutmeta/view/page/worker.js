/**
 * Decodes and expands a file for the page, away from the thread that has to answer its user.
 *
 * The script is that of two kinds of workers: the one that is given files, and those that share its work, to whom it
 * has ports.
 * @module
 */

import { bands } from './bands.js';
import { SRGB_LINEAR, layout, toCanvas, upright } from './display.js';
import { expanding } from './expanding.js';
import { decode, extract } from './gamutmeta.js';
import { readPicture } from './picture.js';
import { payloadAndCodes } from './samples.js';
import { expandTogether, serve } from './share.js';
import { together } from './statistics.js';

/** Pixels of a band: few, so that all workers have something to do until the end. */
const BAND = 2 ** 16;

/** Of an error of ours its code, of others their name. */
function codeAndMessage({ code, name, message }) {
  return { code: typeof code === 'string' ? code : name, message };
}

/** The payload and what it starts from, or what is wrong: the picture is shown in either case. */
async function payloadOrError(bytes, picture, options) {
  try {
    return await payloadAndCodes(bytes, picture, options);
  } catch (error) {
    if (!globalThis.isSecureContext) return { refused: { code: 'page.insecure', message: error.message } };
    return { refused: codeAndMessage(error) };
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
 * @param {string} task.type of its canvas's channels, likewise
 * @param {MessagePort[]} task.ports of the workers that share the work
 */
async function show({ bytes, sidecar, unbound, most, space, type, ports }) {
  const begin = performance.now();
  const picture = await readPicture(bytes);
  const shown = layout(picture.width, picture.height, picture.orientation, most);
  const { payload = null, codes = picture, refused } = await payloadOrError(bytes, picture, { sidecar, unbound });
  const stored = { width: picture.width, height: picture.height };
  postMessage({ kind: 'begin', shown, stored, refused, payload: payload && description(sidecar ?? bytes) });

  const [across, down] = [Math.ceil(stored.width / shown.step), Math.ceil(stored.height / shown.step)];
  const turned = (rgba, top) => upright(rgba, across, top / shown.step, down, shown.orientation);
  const post = (layers, done) =>
    postMessage(
      { kind: 'band', layers, done },
      Object.values(layers).map(({ data }) => data.buffer),
    );

  // The file's own picture comes first, since it takes no time.
  const plain = [...bands(picture, null, shown.step, BAND)];
  for (const { top, codes: rgb, alpha } of plain) {
    post({ file: turned(toCanvas(rgb, SRGB_LINEAR, null, stored.width, shown.step, alpha), top) }, 0);
  }
  let statistics = null;
  if (payload !== null) {
    let ready = 0;
    const setup = { payload, stored, step: shown.step, space, type };
    const work = [...bands(codes, null, shown.step, BAND)].map((band, k) => ({ ...band, rgb: plain[k].codes }));
    const counted = await expandTogether(ports, setup, work, ({ top, restored, marks }) => {
      ready++;
      post({ restored: turned(restored, top), marks: turned(marks, top) }, ready / work.length);
    });
    statistics = together(counted);
  }
  postMessage({ kind: 'end', statistics, seconds: (performance.now() - begin) / 1000 });
}

onmessage = async ({ data }) => {
  if (data.port) {
    serve(data.port, expanding);
    return;
  }
  try {
    await show(data);
  } catch (error) {
    postMessage({ kind: 'failed', error: codeAndMessage(error) });
  }
};
