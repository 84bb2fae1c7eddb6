/**
 * Shows pictures of a web page in Display P3: `<img src="photo.jpg" data-gamutmeta alt="...">`.
 *
 * The element stays what it is, with its place, style and text; only what it shows is exchanged, and only where screen
 * and browser can show more than sRGB. Pictures are fetched when they come near the visible part of the page, and
 * expanded one after the other in a worker.
 * @module
 */

/** Whether screen and browser can show more than sRGB. */
export function showsWideGamut() {
  const context = document.createElement('canvas').getContext('2d', { colorSpace: 'display-p3' });
  return matchMedia('(color-gamut: p3)').matches && context?.getContextAttributes?.().colorSpace === 'display-p3';
}

/**
 * Takes care of all `<img data-gamutmeta>` that are there now. The attribute's value may be the address of a sidecar.
 *
 * `data-gamutmeta-state` of an element becomes `expanded`, `srgb` (nothing was done, since sRGB is all that can be
 * shown) or `error`; then the event `gamutmeta` is dispatched, with `detail.state` and, for an error, `detail.error`. A
 * picture with an error stays as it was.
 * @param {ParentNode} [root] where to look for them
 * @param {object} [options]
 * @param {number} [options.pixels] the most pixels to show; larger pictures are made smaller
 * @param {boolean} [options.always] expand on sRGB screens as well
 * @param {string | URL} [options.jpegDecoder] pdf.image_decoders.min.mjs of the npm package pdfjs-dist, for pictures
 *   whose payload starts from YCbCr samples: loaded where the browser does not give them, and only then
 * @returns {Promise<void>} when every picture that has come near the visible part is done
 */
export async function enhance(root = document, { pixels = 8e6, always = false, jpegDecoder } = {}) {
  const images = [...root.querySelectorAll('img[data-gamutmeta]:not([data-gamutmeta-state])')];
  if (!always && !showsWideGamut()) {
    for (const image of images) settle(image, 'srgb');
    return;
  }
  const worker = new Worker(new URL('./enhance-worker.js', import.meta.url), { type: 'module' });
  // The worker would take a relative address for one beside itself.
  const options = { pixels, jpegDecoder: jpegDecoder && new URL(jpegDecoder, document.baseURI).href };
  let last = Promise.resolve();
  await Promise.all(
    images.map(async (image) => {
      await near(image);
      last = last.then(() => expand(image, worker, options));
      await last;
    }),
  );
  worker.terminate();
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

async function expand(image, worker, options) {
  try {
    if (image.closest('picture') !== null) throw new Error('an image within <picture> cannot be exchanged');
    const bytes = await load(image.currentSrc || image.src);
    const sidecar = image.dataset.gamutmeta === '' ? undefined : await load(image.dataset.gamutmeta);
    const answer = new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
    });
    worker.postMessage({ bytes, sidecar, ...options });
    const { blob, error } = await answer;
    if (error) throw Object.assign(new Error(error.message), { code: error.code });
    image.removeAttribute('srcset');
    image.src = URL.createObjectURL(blob); // for as long as the page is there, since it may be saved
    await image.decode();
    settle(image, 'expanded');
  } catch (error) {
    settle(image, 'error', error);
  }
}

async function load(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status} ${response.statusText}`);
  return new Uint8Array(await response.arrayBuffer());
}

function settle(image, state, error) {
  image.dataset.gamutmetaState = state;
  image.dispatchEvent(new CustomEvent('gamutmeta', { bubbles: true, detail: { state, error } }));
}
