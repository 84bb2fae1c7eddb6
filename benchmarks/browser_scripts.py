"""What the benchmark of the JavaScript decoder runs in the browser."""

WORKER = """import { expander } from './fast.js';
import { serve } from './share.js';
onmessage = ({ data }) => serve(data.port, ({ payload, width, height }) => {
  const expand = expander(payload, width, height);
  return (band) => {
    if (band === null) return {};
    const wide = new Uint16Array(band.codes.length);
    expand(band.codes, wide, band.top);
    return { wide };
  };
});
"""

EXPANSION = """import { bands } from './bands.js';
import { plainExpander } from './expansion.js';
import { fastExpander } from './fast.js';
import { readPicture } from './picture.js';
import { payloadAndCodes } from './samples.js';
import { expandTogether } from './share.js';

let [payload, codes, work] = [];
globalThis.prepare = async (file) => {
  const bytes = new Uint8Array(await (await fetch(file)).arrayBuffer());
  ({ payload, codes } = await payloadAndCodes(bytes, await readPicture(bytes)));
  work = [...bands(codes, null, 1, 65536)].filter((_, k) => k % 32 === 0);
  const { width, height } = codes;
  return { width, height, pixels: work.reduce((sum, band) => sum + band.codes.length / 3, 0) };
};
const seconds = async (action) => {
  const begin = performance.now();
  await action();
  return (performance.now() - begin) / 1000;
};
const alone = (made) => {
  const expand = made(payload, codes.width, codes.height);
  const one = (band) => expand(band.codes, new Uint16Array(band.codes.length), band.top);
  work.slice(0, 2).forEach(one); // engines compile what is run often
  return seconds(() => work.forEach(one));
};
const together = async () => {
  const start = () => new Worker('./measured.js', { type: 'module' });
  const workers = Array.from({ length: Math.min(navigator.hardwareConcurrency, 8) }, start);
  const ports = workers.map((worker) => {
    const { port1, port2 } = new MessageChannel();
    worker.postMessage({ port: port1 }, [port1]);
    return port2;
  });
  const { width, height } = codes;
  const run = (parts) => expandTogether(ports, { payload, width, height }, parts, () => {});
  await run(work.slice(0, 2 * ports.length));
  const found = await seconds(() => run(work));
  workers.forEach((worker) => worker.terminate());
  return found;
};
globalThis.measure = (way) =>
  ({ 'plain JavaScript': () => alone(plainExpander), 'machine code': () => alone(fastExpander),
    'machine code in workers': together })[way]();
"""

PAGE = '<!doctype html><title>x</title><link rel="icon" href="data:,">{body}<script type="module">{script}</script>'
ENHANCE = """import { enhance } from './enhance.js';
globalThis.begin = async () => {
  const start = performance.now();
  await enhance(document, { always: true });
  globalThis.found = [document.images[0].dataset.gamutmetaState, (performance.now() - start) / 1000];
};"""
WATCH = """addEventListener('DOMContentLoaded', () => {
  new MutationObserver((_, observer) => {
    const { state } = document.body.dataset;
    if (state === undefined || state === 'busy') return;
    observer.disconnect();
    globalThis.found = [state, performance.now() / 1000];
  }).observe(document.body, { attributeFilter: ['data-state'] });
});"""
