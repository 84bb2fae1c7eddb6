/**
 * Decodes JPEG and PNG files in browsers, to exactly the codes that the file stores: what the expansion starts from.
 *
 * Browsers turn pictures upright, convert them by their profiles and multiply colours by transparency. What makes them
 * do so is taken out of the file before they see it, since not all of them understand the options that forbid it.
 * @module
 */

import { PNG, TIFF, has, isJpeg, jpegParts, number } from './carriers.js';

/** Why a browser cannot decode a picture. */
export class PictureError extends Error {
  /**
   * @param {string} code `picture.` and then `tiff`, `unsupported`, `damaged`, `transparency` or `memory`; of samples
   *   before clamping also `ycc`, `subsampling` or `samples`
   * @param {string} message for people
   */
  constructor(code, message) {
    super(message);
    this.name = 'PictureError';
    this.code = code;
  }
}

/** Canvases are read in pieces of at most this side: some devices have small limits. */
const TILE = 2048;
const [APP1, APP2] = [0xe1, 0xe2];
const EXIF = 'Exif\0\0';
const AS_STORED = { colorSpaceConversion: 'none', premultiplyAlpha: 'none' };

/**
 * A picture as its file stores it.
 * @typedef {object} Decoded
 * @property {number} width
 * @property {number} height
 * @property {Uint8Array} data R, G, B of each pixel, not multiplied by the transparency
 * @property {Uint8Array | null} alpha transparency of each pixel, 255 for opaque
 * @property {number} orientation of EXIF, 1 to 8
 * @property {'ycc'} [coding] if the samples are Y, Cb, Cr instead
 */

/**
 * Decodes a picture. Needs createImageBitmap and OffscreenCanvas, in a window or a worker.
 * @param {Uint8Array} bytes a JPEG or PNG file
 * @returns {Promise<Decoded>}
 * @throws {PictureError}
 */
export async function readPicture(bytes) {
  const parts = isJpeg(bytes) ? shownJpeg(bytes) : has(bytes, PNG) ? pngToShow(bytes) : unknown(bytes);
  let bitmap;
  try {
    bitmap = await createImageBitmap(new Blob([joined(parts.kept)], { type: parts.type }), AS_STORED);
  } catch (error) {
    throw new PictureError('picture.damaged', `the browser cannot decode it (${error.message})`);
  }
  try {
    const { width, height } = bitmap;
    const data = room(3 * width * height);
    const alpha = parts.transparent ? room(width * height) : null;
    const read = alpha === null ? canvasReader(bitmap) : textureReader(bitmap);
    for (let top = 0; top < height; top += TILE) {
      for (let left = 0; left < width; left += TILE) {
        const [across, down] = [Math.min(TILE, width - left), Math.min(TILE, height - top)];
        copyTile(await read(left, top, across, down), { width, data, alpha }, left, top, across, down);
      }
    }
    return { width, height, data, alpha, orientation: parts.orientation };
  } finally {
    bitmap.close();
  }
}

function unknown(bytes) {
  if (TIFF.some((signature) => has(bytes, signature))) {
    throw new PictureError('picture.tiff', 'browsers do not show TIFF');
  }
  throw new PictureError('picture.unsupported', 'this is neither JPEG nor PNG');
}

/** Memory for 8-bit samples. */
export function room(samples) {
  try {
    return new Uint8Array(samples);
  } catch {
    throw new PictureError('picture.memory', 'the picture does not fit into the memory that the browser grants');
  }
}

/** Parts of a file as one array: Firefox does not decode a Blob of several parts, of which the first is short. */
export function joined(parts) {
  const whole = room(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** R, G, B and transparency of a tile that was read as R, G, B, A. */
function copyTile(tile, { width, data, alpha }, left, top, across, down) {
  for (let y = 0, from = 0; y < down; y++) {
    let pixel = (top + y) * width + left;
    for (let to = 3 * pixel, x = 0; x < across; x++, from += 4, to += 3, pixel++) {
      data[to] = tile[from];
      data[to + 1] = tile[from + 1];
      data[to + 2] = tile[from + 2];
      if (alpha !== null) alpha[pixel] = tile[from + 3];
    }
  }
}

/** Reads pieces of an opaque bitmap. */
function canvasReader(bitmap) {
  const canvas = new OffscreenCanvas(Math.min(TILE, bitmap.width), Math.min(TILE, bitmap.height));
  const context = canvas.getContext('2d', { colorSpace: 'srgb', willReadFrequently: true });
  return (left, top, across, down) => {
    context.drawImage(bitmap, left, top, across, down, 0, 0, across, down);
    return context.getImageData(0, 0, across, down).data;
  };
}

/** Reads pieces of a bitmap with transparency, by which a 2D canvas would multiply the colours. */
function textureReader(bitmap) {
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (gl === null) throw new PictureError('picture.transparency', 'exact colours of transparent pixels need WebGL 2');
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
  return async (left, top, across, down) => {
    const piece = await createImageBitmap(bitmap, left, top, across, down, AS_STORED);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, piece);
    piece.close();
    gl.framebufferTexture2D(
      gl.FRAMEBUFFER,
      gl.COLOR_ATTACHMENT0,
      gl.TEXTURE_2D,
      gl.getParameter(gl.TEXTURE_BINDING_2D),
      0,
    );
    const tile = new Uint8Array(4 * across * down);
    gl.readPixels(0, 0, across, down, gl.RGBA, gl.UNSIGNED_BYTE, tile);
    return tile;
  };
}

/**
 * A JPEG without EXIF and profile. What is damaged is left for the browser to judge.
 * @param {Uint8Array} bytes
 * @returns {{ type: string, kept: Uint8Array[], transparent: boolean, orientation: number }} `kept`: parts of the file
 */
export function shownJpeg(bytes) {
  const found = { type: 'image/jpeg', kept: [bytes], transparent: false, orientation: 1 };
  try {
    const kept = [bytes.subarray(0, 2)];
    for (const [marker, begin, end] of jpegParts(bytes)) {
      if (marker === APP1 && has(bytes, EXIF, begin + 4, end)) {
        found.orientation = orientationOf(bytes.subarray(begin + 4 + EXIF.length, end));
      }
      if (marker !== APP1 && marker !== APP2) kept.push(bytes.subarray(begin, end));
    }
    found.kept = kept;
  } catch {
    // The walk ended early: the file as it is may be good enough to be shown.
  }
  return found;
}

/** A PNG with nothing but its pixels. */
function pngToShow(bytes) {
  const kept = [bytes.subarray(0, 8)];
  const found = { type: 'image/png', kept, transparent: (bytes[25] & 4) !== 0, orientation: 1 };
  for (let at = 8, end; at + 12 <= bytes.length; at = end) {
    end = at + 12 + number(bytes, at, 4);
    if (has(bytes, 'eXIf', at + 4)) found.orientation = orientationOf(bytes.subarray(at + 8, end - 4));
    if (has(bytes, 'tRNS', at + 4)) found.transparent = true;
    const critical = (bytes[at + 4] & 0x20) === 0;
    if (critical || has(bytes, 'tRNS', at + 4)) kept.push(bytes.subarray(at, end));
    if (has(bytes, 'IEND', at + 4)) break;
  }
  return found;
}

/** The orientation in an EXIF block, 1 if there is none. */
function orientationOf(tiff) {
  const little = has(tiff, 'II*\0');
  if (!little && !has(tiff, 'MM\0*')) return 1;
  const value = (at, size) => number(tiff, at, size, little);
  const directory = value(4, 4);
  for (let k = 0; k < Math.min(value(directory, 2), 1000); k++) {
    const entry = directory + 2 + 12 * k;
    if (value(entry, 2) === 0x0112) {
      const orientation = value(entry + 8, 2);
      return orientation >= 1 && orientation <= 8 ? orientation : 1;
    }
  }
  return 1;
}
