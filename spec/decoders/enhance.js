/**
 * Shows pictures of a web page in Display P3: `<img src="photo.jpg" data-gamutmeta alt="...">`.
 *
 * The element stays what it is, with its place, style and text; only what it shows is exchanged, and only where screen
 * and browser can show more than sRGB. Pictures are fetched when they come near the visible part of the page, and
 * expanded one after the other in workers.
 * @module
 */

import { PageError, workers } from './enhance-queue.js';

/** Whether screen and browser can show more than sRGB. */
export function showsWideGamut() {
  const context = document.createElement('canvas').getContext('2d', { colorSpace: 'display-p3' });
  return matchMedia('(color-gamut: p3)').matches && context?.getContextAttributes?.().colorSpace === 'display-p3';
}

/** Of an element, the promise that it will be settled; all copies of this module know it, and none does it twice. */
const SETTLED = Symbol.for('gamutmeta.settled');

/**
 * Takes care of all `<img data-gamutmeta>` that are there now. The attribute's value may be the address of a sidecar.
 *
 * `data-gamutmeta-state` of an element becomes `expanded`, `srgb` (nothing was done, since sRGB is all that can be
 * shown) or `error`; then the event `gamutmeta` is dispatched, with `detail.state` and, for an error, `detail.error`. A
 * picture with an error stays as it was. Elements that an earlier call takes care of are left to it.
 * @param {ParentNode} [root] where to look for them
 * @param {object} [options]
 * @param {number} [options.pixels] the most pixels to show; larger pictures are made smaller
 * @param {boolean} [options.always] expand on sRGB screens as well
 * @param {string | URL} [options.jpegDecoder] pdf.image_decoders.min.mjs of the npm package pdfjs-dist, for pictures
 *   whose payload starts from YCbCr samples: loaded where the browser does not give them, and only then
 * @param {number} [options.timeout] milliseconds that a server or the expansion may pause; then the picture is given up
 * @returns {Promise<void>} when every picture that has come near the visible part is done
 */
export async function enhance(root = document, { pixels = 8e6, always = false, jpegDecoder, timeout = 30_000 } = {}) {
  const images = [...root.querySelectorAll('img[data-gamutmeta]:not([data-gamutmeta-state])')];
  if (!always && !showsWideGamut()) {
    for (const image of images) if (!image[SETTLED]) settle(image, 'srgb');
    return;
  }
  // The worker would take a relative address for one beside itself.
  const task = { pixels, jpegDecoder: jpegDecoder && new URL(jpegDecoder, document.baseURI).href };
  await Promise.all(images.map((image) => (image[SETTLED] ??= expand(image, task, timeout))));
}

/** When an element comes near the visible part of the page. */
function near(element) {
  return new Promise((resolve) => {
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        observer.disconnect();
        resolve();
      },
      { rootMargin: '50%' },
    );
    observer.observe(element);
  });
}

async function expand(image, task, timeout) {
  await near(image);
  try {
    if (image.closest('picture') !== null) {
      throw new PageError('page.picture', 'an image within <picture> cannot be exchanged');
    }
    const before = sources(image);
    const bytes = await load(image.currentSrc || image.src, timeout);
    const { gamutmeta } = image.dataset;
    const sidecar = gamutmeta === '' ? undefined : await load(new URL(gamutmeta, document.baseURI).href, timeout);
    await exchange(image, await workers.expand({ bytes, sidecar, ...task }, timeout), before);
    settle(image, 'expanded');
  } catch (error) {
    settle(image, 'error', error);
  }
}

/** The bytes of a file. A server may take as long as it likes, if only something comes from time to time. */
async function load(address, timeout) {
  const stop = new AbortController();
  let timer;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stop.abort(), timeout);
  };
  try {
    wait();
    const response = await fetch(address, { signal: stop.signal });
    if (!response.ok) throw new PageError('page.load', `${address}: ${response.status} ${response.statusText}`);
    const parts = [];
    for (const reader = response.body.getReader(); ; ) {
      wait();
      const { value, done } = await reader.read();
      if (done) return new Uint8Array(await new Blob(parts).arrayBuffer());
      parts.push(value);
    }
  } catch (error) {
    if (error instanceof PageError) throw error;
    if (stop.signal.aborted) throw new PageError('page.timeout', `${address}: nothing came for ${timeout} ms`);
    const reason = 'does its server allow it (CORS), and the Content Security Policy (connect-src)?';
    throw new PageError('page.load', `${address}: ${error.message}; ${reason}`);
  } finally {
    clearTimeout(timer);
  }
}

/** What says which picture an element shows. */
const sources = (image) => ['srcset', 'src'].map((name) => [name, image.getAttribute(name)]);

/**
 * Shows another picture in an element. Whether the page can show it is tried elsewhere first: until then, and if it
 * cannot, the element has its own.
 */
async function exchange(image, blob, before) {
  const address = URL.createObjectURL(blob); // for as long as the page is there, since it may be saved
  try {
    await Object.assign(new Image(), { src: address }).decode();
    if (String(sources(image)) !== String(before)) throw new PageError('page.changed', 'it shows another picture now');
    image.removeAttribute('srcset');
    image.src = address;
    await image.decode();
  } catch (error) {
    if (image.getAttribute('src') === address) {
      for (const [name, value] of before) if (value !== null) image.setAttribute(name, value);
    }
    URL.revokeObjectURL(address);
    if (error instanceof PageError) throw error;
    const reason = 'does the Content Security Policy allow blob: (img-src)?';
    throw new PageError('page.show', `the page cannot show it: ${error.message}; ${reason}`);
  }
}

function settle(image, state, error) {
  delete image[SETTLED];
  image.dataset.gamutmetaState = state;
  image.dispatchEvent(new CustomEvent('gamutmeta', { bubbles: true, detail: { state, error } }));
}
