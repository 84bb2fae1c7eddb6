/**
 * Makes a Display P3 picture of the file it is sent, for {@link import('./enhance.js')}, or the parts of one for a
 * canvas, for {@link import('./enhance-canvas.js')}.
 *
 * The script is that of two kinds of workers: the one that is given files, and those that share its work, to whom it
 * has ports.
 * @module
 */

import { bands } from './bands.js';
import { ROMM_LINEAR, layout, matrixBetween, toCanvas, upright } from './display.js';
import { expander } from './fast.js';
import { readPicture } from './picture.js';
import { payloadAndCodes } from './samples.js';
import { expandTogether, serve } from './share.js';

const P3 = { colorSpace: 'display-p3' };
/** Pixels of a band: few, so that all workers have something to do until the end. */
const BAND = 2 ** 16;
/** Pixels from which on others are asked to share the work, which they take some time to begin. */
const SHARED = 2 ** 19;

/** Ports of those who share the work, once they were asked for, and who waits for them. */
let ports;
let told;

function askForPorts() {
  ports ??= new Promise((resolve) => {
    told = resolve;
    postMessage({ share: true });
  });
  return ports;
}

/** What expands bands to canvas pixels, not turned yet. */
function expanding({ payload, width, height, step, colorSpace, colorType }) {
  const expand = expander(payload, width, height);
  const matrix = matrixBetween('romm', colorSpace);
  return (band) => {
    if (band === null) return {};
    const wide = new Uint16Array(band.codes.length);
    expand(band.codes, wide, band.top);
    return { top: band.top, rgba: toCanvas(wide, ROMM_LINEAR, matrix, width, step, band.alpha, colorType) };
  };
}

/** Says that the work goes on. */
const live = () => postMessage({ progress: true });

/**
 * Expands a file.
 * @param {object} task with the settings of the canvas that its pixels are for
 * @param {(size: { width: number, height: number }) => (piece: object) => void} begin is told the size when it is sure
 *   that the file can be expanded, and gives what takes the pieces, upright
 * @returns {Promise<void>}
 */
async function expandFile({ bytes, sidecar, pixels, jpegDecoder }, { colorSpace, colorType }, begin) {
  const picture = await readPicture(bytes);
  live();
  const { payload, codes } = await payloadAndCodes(bytes, picture, { sidecar, jpegDecoder });
  live();
  const { width, height, step, orientation } = layout(picture.width, picture.height, picture.orientation, pixels);
  const take = begin({ width, height });
  const [across, down] = [Math.ceil(picture.width / step), Math.ceil(picture.height / step)];
  const put = ({ top, rgba }) => take(upright(rgba, across, top / step, down, orientation));
  const setup = { payload, width: picture.width, height: picture.height, step, colorSpace, colorType };
  const work = bands(codes, null, step, BAND);
  const others = picture.width * picture.height < SHARED ? [] : await askForPorts();
  if (others.length > 0) {
    await expandTogether(others, setup, [...work], put);
  } else {
    const expand = expanding(setup);
    for (const band of work) put(expand(band));
  }
}

/** The picture as a PNG of 8-bit Display P3. */
async function displayP3(task) {
  let canvas;
  await expandFile(task, P3, ({ width, height }) => {
    canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d', P3);
    return ({ data, width: across, height: down, x, y }) => {
      context.putImageData(new ImageData(data, across, down, P3), x, y);
      live();
    };
  });
  return canvas.convertToBlob({ type: 'image/png' });
}

/** Sends the size of the picture, and then its pieces; the size again at the end. */
async function parts(task) {
  let size;
  await expandFile(task, task.canvas, (found) => {
    size = found;
    postMessage({ part: { size } });
    return (piece) => postMessage({ part: { piece } }, [piece.data.buffer]);
  });
  return size;
}

onmessage = async ({ data }) => {
  if (data.port) return serve(data.port, expanding);
  if (data.ports) return told(data.ports);
  try {
    return postMessage({ done: await (data.canvas ? parts(data) : displayP3(data)) });
  } catch ({ code, message }) {
    return postMessage({ error: { code, message } });
  }
};
