/**
 * The page: shows the picture that was put into it, then whatever is opened or dropped.
 * @module
 */

import { MAGIC, has } from './carriers.js';
import { byId, element, hasFloatCanvas, hasWideCanvas } from './dom.js';
import { describeFigures, describeFile, describeScreen, describeView, screenGamut } from './panels.js';
import { drawPlot } from './plot.js';
import { fromBase64, referenceLayers } from './reference.js';
import { Stage } from './stage.js';
import { explained, percent } from './words.js';

/** Pixels shown at most: more than nearly all screens have, and within the limits of phones' canvases. */
const MOST = 8e6;
/** Workers that share the work: as many as there are processors, since the page has little to do meanwhile. */
const SHARING = Math.min(navigator.hardwareConcurrency ?? 2, 8);

const data = JSON.parse(byId('page-data').textContent);
const space = hasWideCanvas() ? 'display-p3' : 'srgb';
const worker = URL.createObjectURL(new Blob([byId('worker-source').textContent], { type: 'text/javascript' }));
const stage = new Stage((view) => describeView(view, now.reference?.errors));
/** What is shown at the moment. */
let now = {};

/**
 * Shows a file.
 * @param {object} opened
 * @param {string} opened.name
 * @param {Uint8Array} opened.bytes
 * @param {Uint8Array} [opened.sidecar]
 * @param {boolean} [opened.alone] whether `sidecar` only says that the samples are to be taken without a payload
 * @param {boolean} [opened.unbound]
 * @param {object} [opened.reference]
 */
function open(opened) {
  dismiss();
  const type = byId('float16').checked ? 'float16' : 'unorm8';
  now = { ...opened, type, workers: Array.from({ length: 1 + SHARING }, () => new Worker(worker)) };
  byId('name').textContent = now.name;
  document.title = now.name;
  document.body.dataset.state = 'busy';
  byId('notice').hidden = true;
  byId('frame').classList.add('empty');
  document.body.classList.remove('bare');
  byId('summary').textContent = '';
  tell(0, 'Decoding …');
  describeAll();
  const { bytes, sidecar, unbound = false } = now;
  const [first, ...others] = now.workers;
  first.onmessage = ({ data: message }) => answers[message.kind](message);
  for (const one of now.workers) one.onerror = ({ message }) => answers.failed({ error: { code: 'worker', message } });
  const ports = others.map((other) => {
    const { port1, port2 } = new MessageChannel();
    other.postMessage({ port: port1 }, [port1]);
    return port2;
  });
  first.postMessage({ bytes, sidecar, unbound, most: MOST, space, type: now.type, ports }, ports);
}

function dismiss() {
  for (const one of now.workers ?? []) one.terminate();
}

const answers = {
  begin(message) {
    now.begun = message;
    stage.begin(message.shown, space, now.type);
    byId('frame').classList.remove('empty');
    if (message.refused) {
      stage.withoutPayload();
      complain(message.refused);
    }
    describeAll();
  },
  band({ layers, done }) {
    stage.paint(layers);
    tell(done, `Restoring: ${Math.round(100 * done)} %`);
  },
  async end({ statistics, seconds }) {
    Object.assign(now, { statistics, seconds });
    if (now.reference && !now.begun.refused) {
      const shown = now;
      const layers = await referenceLayers(now.reference, space);
      if (now !== shown) return;
      stage.addReference(layers);
    }
    stage.complete();
    finish('done');
    describeAll();
  },
  failed({ error }) {
    complain(error);
    finish('failed');
  },
};

function finish(state) {
  dismiss();
  byId('progress').hidden = true;
  document.body.classList.toggle('bare', now.begun === undefined);
  document.body.dataset.state = state;
}

function tell(done, text) {
  byId('progress').hidden = false;
  byId('bar').value = done;
  byId('progress-text').textContent = text;
}

function describeAll() {
  const outside = now.statistics?.outside ?? null;
  describeScreen(outside, now.begun?.payload, now.type);
  describeFigures(outside, now.reference);
  describeFile({ ...now, file: now.bytes.length });
  plot();
  byId('muted-label').hidden = space === 'srgb' || now.begun?.refused !== undefined;
  if (outside) byId('summary').textContent = `${percent(outside.srgb)} of the restored pixels are outside sRGB`;
}

function plot() {
  const cells = now.statistics?.cells[byId('plot-choice').elements.plot.value] ?? null;
  drawPlot(cells, space);
  const outside = now.statistics?.outside;
  const said = outside
    ? `: ${percent(outside.srgb)} of the restored pixels are outside the triangle of sRGB, ` +
      `${percent(outside.p3)} outside Display P3, ${percent(outside.rec2020)} outside Rec. 2020`
    : '';
  byId('plot').setAttribute('aria-label', `CIE 1931 xy chromaticity diagram${said}`);
}

/** Says what is wrong, and offers what can be done about it. */
function complain(error) {
  const { title, text, detail } = explained(error);
  const notice = byId('notice');
  notice.replaceChildren(
    element('strong', { textContent: title }),
    `${text} `,
    element('span', { className: 'faint', textContent: `(${detail})` }),
  );
  if (error.code === 'binding') {
    const button = element('button', { type: 'button', textContent: 'Expand it all the same' });
    const { name, bytes, sidecar, reference } = now;
    button.addEventListener('click', () => open({ name, bytes, sidecar, reference, unbound: true }));
    notice.append(element('br'), button);
  }
  notice.hidden = false;
}

/** Opens a picture, with a payload beside it if there are two files. */
async function openFiles(files) {
  const found = await Promise.all(
    [...files].map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })),
  );
  const sidecar = found.find(({ bytes }) => has(bytes, MAGIC));
  const picture = found.find(({ bytes }) => !has(bytes, MAGIC));
  if (picture) open({ ...picture, sidecar: sidecar?.bytes });
  else if (sidecar) complain({ code: 'page.sidecar', message: sidecar.name });
}

byId('open').addEventListener('click', () => byId('file').click());
byId('file').addEventListener('change', ({ target }) => {
  openFiles(target.files);
  target.value = '';
});
byId('stop').addEventListener('click', () => {
  stage.complete();
  finish('stopped');
  complain({ code: 'page.stopped', message: byId('progress-text').textContent });
});

let dragged = 0;
const holdsFiles = ({ dataTransfer }) => dataTransfer?.types.includes('Files');
addEventListener('dragenter', (event) => {
  if (holdsFiles(event)) byId('drop').hidden = ++dragged === 0;
});
addEventListener('dragleave', (event) => {
  if (holdsFiles(event)) byId('drop').hidden = --dragged <= 0;
});
addEventListener('dragover', (event) => holdsFiles(event) && event.preventDefault());
addEventListener('drop', (event) => {
  if (!holdsFiles(event)) return;
  event.preventDefault();
  dragged = 0;
  byId('drop').hidden = true;
  openFiles(event.dataTransfer.files);
});

byId('float16').addEventListener('change', () => {
  const { name, bytes, sidecar, alone, unbound, reference } = now;
  open({ name, bytes, sidecar, alone, unbound, reference });
});
byId('plot-choice').addEventListener('change', plot);
for (const query of ['(color-gamut: p3)', '(color-gamut: rec2020)', '(prefers-color-scheme: dark)']) {
  matchMedia(query).addEventListener('change', describeAll);
}
addEventListener('resize', plot);

const given = byId('picture-data');
const bytes = fromBase64(given.textContent);
given.remove(); // half as much again as the picture
document.body.dataset.gamut = screenGamut();
byId('float16-label').hidden = !hasFloatCanvas();
open({
  name: data.name,
  bytes,
  sidecar: data.sidecar ? fromBase64(data.sidecar) : undefined,
  alone: data.alone,
  unbound: data.unbound,
  reference: data.reference ?? undefined,
});
