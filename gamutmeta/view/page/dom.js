/**
 * Short names for what the page does with its elements.
 * @module
 */

import { holdsFloats } from './float16.js';

export const byId = (id) => document.getElementById(id);

/** A new element; text is never taken for HTML. */
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** A canvas of a colour space and type, for as many pixels. */
export function canvasOf(width, height, colorSpace = 'srgb', colorType = 'unorm8') {
  const canvas = element('canvas', { width, height });
  return { canvas, context: canvas.getContext('2d', { colorSpace, colorType, willReadFrequently: true }) };
}

/** Whether this browser's canvases have the colours of Display P3. */
export function hasWideCanvas() {
  return canvasOf(1, 1, 'display-p3').context.getContextAttributes?.().colorSpace === 'display-p3';
}

/** Whether this browser's canvases have half-precision floats. */
export function hasFloatCanvas() {
  return canvasOf(1, 1, 'srgb', 'float16').context.getContextAttributes?.().colorType === 'float16' && holdsFloats();
}
