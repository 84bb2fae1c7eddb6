/**
 * What Python put into the page about the original: a small copy of it, and maps of the errors.
 * @module
 */

import { canvasOf } from './dom.js';

/** Bytes of base64. */
export function fromBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

async function drawn(base64, space, type = 'image/jpeg') {
  const bitmap = await createImageBitmap(new Blob([fromBase64(base64)], { type }));
  const made = canvasOf(bitmap.width, bitmap.height, space);
  made.context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return made;
}

/** A map of grey values, in colours. */
async function coloured(base64, colours) {
  const made = await drawn(base64, 'srgb');
  const pixels = made.context.getImageData(0, 0, made.canvas.width, made.canvas.height);
  const table = Uint32Array.from(colours, ([r, g, b]) => (255 << 24) | (b << 16) | (g << 8) | r);
  const words = new Uint32Array(pixels.data.buffer);
  for (let k = 0; k < words.length; k++) words[k] = table[words[k] & 255];
  made.context.putImageData(pixels, 0, 0);
  return made;
}

/**
 * The layers of a reference.
 * @param {object} reference as in the page's data
 * @param {string} space of canvases
 */
export async function referenceLayers({ original, errors }, space) {
  return {
    original: await drawn(original, space),
    errors: {
      clipped: await coloured(errors.clipped, errors.colours),
      restored: await coloured(errors.restored, errors.colours),
    },
  };
}
