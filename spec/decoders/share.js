/**
 * Workers that share the bands of a picture.
 * @module
 */

/** Bands that a worker has at a time: one to expand, and one that is there when it has finished. */
const AHEAD = 2;

/**
 * Lets other workers expand bands.
 * @param {MessagePort[]} ports of those workers, which call {@link serve}; some may get nothing to do
 * @param {object} setup what they need to know of the picture
 * @param {{ top: number }[]} work the bands; their typed arrays are copied
 * @param {(expanded: object) => void} done is given the answer to each band as it is ready, in any order
 * @returns {Promise<object[]>} what each of them says at the end
 */
export function expandTogether(ports, setup, work, done) {
  const waiting = [...work];
  return Promise.all(ports.slice(0, work.length).map((port) => employ(port, setup, waiting, done)));
}

function employ(port, setup, waiting, done) {
  return new Promise((resolve, reject) => {
    let [expected, ended] = [0, false];
    const next = () => {
      const band = waiting.shift();
      if (band !== undefined) {
        const copy = Object.fromEntries(Object.entries(band).map(([key, value]) => [key, value?.slice?.() ?? value]));
        expected++;
        port.postMessage({ band: copy }, buffersOf(copy));
      } else if (expected === 0 && !ended) {
        ended = true;
        port.postMessage({ band: null });
      }
    };
    port.onmessage = ({ data }) => {
      if (data.error) return reject(new Error(data.error));
      if (ended) return resolve(data.answer);
      expected--;
      done(data.answer);
      return next();
    };
    port.postMessage({ setup });
    for (let k = 0; k < AHEAD; k++) next();
  });
}

/**
 * What a worker does with its port: it is given a setup first, then bands, and null at the end of each picture.
 * @param {MessagePort} port
 * @param {(setup: object) => (band: object | null) => object} expanding gives what answers bands, and null
 */
export function serve(port, expanding) {
  let expand;
  port.onmessage = ({ data }) => {
    try {
      if (data.setup) {
        expand = expanding(data.setup);
      } else {
        const answer = expand(data.band);
        port.postMessage({ answer }, buffersOf(answer));
      }
    } catch ({ message }) {
      port.postMessage({ error: message });
    }
  };
}

/** The memory of all typed arrays of an object, to be handed over. */
function buffersOf(object) {
  const arrays = Object.values(object).filter((value) => ArrayBuffer.isView(value));
  return arrays.map((array) => array.buffer);
}
