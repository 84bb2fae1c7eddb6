/**
 * Workers that share the bands of a picture.
 * @module
 */

import { ROMM_LINEAR, matrixBetween, toCanvas } from './display.js';
import { expander } from './fast.js';
import { Statistics } from './statistics.js';

/**
 * What expands bands, and counts.
 * @param {object} setup
 * @param {import('./container.js').Payload} setup.payload
 * @param {{ width: number, height: number }} setup.stored
 * @param {number} setup.step of the layout
 * @param {string} setup.space of the canvas
 * @returns {(band: { top: number, codes: Uint8Array, rgb: Uint8Array, alpha: Uint8Array | null } | null) => object}
 *   canvas pixels, not turned yet, of `codes` that the payload starts from; for null, what `Statistics` counted, which
 *   compares with `rgb`
 */
function expanding({ payload, stored: { width, height }, step, space }) {
  const expand = expander(payload, width, height);
  const matrix = matrixBetween('romm', space);
  const statistics = new Statistics(width * height);
  return (band) => {
    if (band === null) return statistics.counted();
    const { top, codes, rgb, alpha } = band;
    const wide = new Uint16Array(codes.length);
    expand(codes, wide, top);
    return {
      top,
      restored: toCanvas(wide, ROMM_LINEAR, matrix, width, step, alpha),
      marks: statistics.add(rgb, wide, width, step),
    };
  };
}

/**
 * Lets other workers expand bands.
 * @param {MessagePort[]} ports of those workers; some may get nothing to do
 * @param {object} setup as for `expanding`
 * @param {object[]} work the bands
 * @param {(expanded: object) => void} done is given each band as it is ready, in any order
 * @returns {Promise<object[]>} what each of them has counted
 */
export function expandTogether(ports, setup, work, done) {
  const waiting = [...work];
  return Promise.all(ports.slice(0, work.length).map((port) => employ(port, setup, waiting, done)));
}

function employ(port, setup, waiting, done) {
  return new Promise((resolve, reject) => {
    const next = () => {
      const band = waiting.shift();
      if (band === undefined) return port.postMessage({ band: null });
      const [codes, rgb] = [band.codes.slice(), band.rgb.slice()];
      const copied = { ...band, codes, rgb, alpha: band.alpha?.slice() ?? null };
      return port.postMessage({ band: copied }, [codes.buffer, rgb.buffer]);
    };
    port.onmessage = ({ data }) => {
      if (data.error) return reject(new Error(data.error));
      if (data.counts) return resolve(data);
      done(data);
      return next();
    };
    port.postMessage({ setup });
    next();
  });
}

/** What a worker does with its port: it is given a setup first, then bands. */
export function serve(port) {
  let expand;
  port.onmessage = ({ data }) => {
    try {
      if (data.setup) expand = expanding(data.setup);
      else port.postMessage(expand(data.band));
    } catch ({ message }) {
      port.postMessage({ error: message });
    }
  };
}
