/**
 * Short names for what the page does with its elements.
 * @module
 */

export const byId = (id) => document.getElementById(id);

/** A new element; text is never taken for HTML. */
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** A canvas of a colour space, for as many pixels. */
export function canvasOf(width, height, colorSpace = 'srgb') {
  const canvas = element('canvas', { width, height });
  return { canvas, context: canvas.getContext('2d', { colorSpace, willReadFrequently: true }) };
}

/** Whether this browser's canvases have the colours of Display P3. */
export function hasWideCanvas() {
  return canvasOf(1, 1, 'display-p3').context.getContextAttributes?.().colorSpace === 'display-p3';
}
