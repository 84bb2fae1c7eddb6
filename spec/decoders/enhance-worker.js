/**
 * Makes a Display P3 picture of the file it is sent, for {@link import('./enhance.js')}.
 * @module
 */

import { bands } from './bands.js';
import { ROMM_LINEAR, layout, matrixBetween, toCanvas, upright } from './display.js';
import { readPicture } from './picture.js';
import { payloadAndCodes } from './samples.js';

const P3 = { colorSpace: 'display-p3' };
const TO_P3 = matrixBetween('romm', 'display-p3');

async function displayP3({ bytes, sidecar, pixels, jpegDecoder }) {
  const picture = await readPicture(bytes);
  const { payload, codes } = await payloadAndCodes(bytes, picture, { sidecar, jpegDecoder });
  const { width, height, step, orientation } = layout(picture.width, picture.height, picture.orientation, pixels);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', P3);
  const [across, down] = [Math.ceil(picture.width / step), Math.ceil(picture.height / step)];
  for (const { top, wide, alpha } of bands(codes, payload, step)) {
    const rgba = toCanvas(wide, ROMM_LINEAR, TO_P3, picture.width, step, alpha);
    const piece = upright(rgba, across, top / step, down, orientation);
    context.putImageData(new ImageData(piece.data, piece.width, piece.height, P3), piece.x, piece.y);
  }
  return canvas.convertToBlob({ type: 'image/png' });
}

onmessage = async ({ data }) => {
  try {
    postMessage({ blob: await displayP3(data) });
  } catch ({ code, message }) {
    postMessage({ error: { code, message } });
  }
};
