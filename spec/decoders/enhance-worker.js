/**
 * Makes a Display P3 picture of the file it is sent, for {@link import('./enhance.js')}.
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
const TO_P3 = matrixBetween('romm', 'display-p3');
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
function expanding({ payload, width, height, step }) {
  const expand = expander(payload, width, height);
  return (band) => {
    if (band === null) return {};
    const wide = new Uint16Array(band.codes.length);
    expand(band.codes, wide, band.top);
    return { top: band.top, rgba: toCanvas(wide, ROMM_LINEAR, TO_P3, width, step, band.alpha) };
  };
}

async function displayP3({ bytes, sidecar, pixels, jpegDecoder }) {
  const picture = await readPicture(bytes);
  const { payload, codes } = await payloadAndCodes(bytes, picture, { sidecar, jpegDecoder });
  const { width, height, step, orientation } = layout(picture.width, picture.height, picture.orientation, pixels);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', P3);
  const [across, down] = [Math.ceil(picture.width / step), Math.ceil(picture.height / step)];
  const put = ({ top, rgba }) => {
    const piece = upright(rgba, across, top / step, down, orientation);
    context.putImageData(new ImageData(piece.data, piece.width, piece.height, P3), piece.x, piece.y);
    postMessage({ progress: true });
  };
  const setup = { payload, width: picture.width, height: picture.height, step };
  const work = bands(codes, null, step, BAND);
  const others = picture.width * picture.height < SHARED ? [] : await askForPorts();
  if (others.length > 0) {
    await expandTogether(others, setup, [...work], put);
  } else {
    const expand = expanding(setup);
    for (const band of work) put(expand(band));
  }
  return canvas.convertToBlob({ type: 'image/png' });
}

onmessage = async ({ data }) => {
  if (data.port) return serve(data.port, expanding);
  if (data.ports) return told(data.ports);
  try {
    return postMessage({ blob: await displayP3(data) });
  } catch ({ code, message }) {
    return postMessage({ error: { code, message } });
  }
};
