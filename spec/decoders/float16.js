/**
 * Canvases whose colour type is "float16": of half-precision floats.
 * @module
 */

/** Whether ImageData takes half-precision floats; browsers that do not know the setting pass over it. */
export function holdsFloats() {
  try {
    return new ImageData(1, 1, { pixelFormat: 'rgba-float16' }).pixelFormat === 'rgba-float16';
  } catch {
    return false;
  }
}

/**
 * A piece of a picture as a canvas takes it.
 * @param {{ data: Uint8ClampedArray | Uint16Array, width: number, height: number }} piece R, G, B, A of each pixel:
 *   8-bit codes, or the bits of half-precision floats
 * @param {'srgb' | 'display-p3'} colorSpace of its numbers
 * @returns {ImageData}
 */
export function imageOf({ data, width, height }, colorSpace) {
  return data instanceof Uint16Array
    ? new ImageData(new Float16Array(data.buffer), width, height, { colorSpace, pixelFormat: 'rgba-float16' })
    : new ImageData(data, width, height, { colorSpace });
}
