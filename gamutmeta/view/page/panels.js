/**
 * The panels below the picture: what the screen can show, figures, and facts about the file.
 * @module
 */

import { byId, element, hasWideCanvas } from './dom.js';
import { MARKS } from './statistics.js';
import { bytes, count, decibel, percent, size } from './words.js';

const rgb = ([r, g, b]) => `rgb(${r} ${g} ${b})`;

/** What the screen shows, in the browser's own words: `srgb`, `p3` or `rec2020`. */
export function screenGamut() {
  return ['rec2020', 'p3'].find((name) => matchMedia(`(color-gamut: ${name})`).matches) ?? 'srgb';
}

/**
 * @param {{ srgb: number, p3: number } | null} outside shares of pixels of the restored picture
 * @param {object | null} payload if there is something to be restored
 * @param {'unorm8' | 'float16'} type of the canvas
 */
export function describeScreen(outside, payload, type) {
  const gamut = screenGamut();
  const title = { srgb: 'sRGB alone', p3: 'Display P3', rec2020: 'Rec. 2020' }[gamut];
  const said = [`This screen shows ${title}, the browser says.`];
  if (!hasWideCanvas()) {
    said.push(
      'Canvases of this browser hold sRGB alone: restored colours are clipped to it, and both sides look alike.',
    );
  } else if (payload && gamut === 'srgb') {
    said.push(
      'The restored picture is drawn in Display P3, but here both sides look nearly alike.',
      '“Outside sRGB” shows where colours came back.',
      '“Muted” makes the difference visible, with all colours paler than they are.',
    );
  } else if (payload) {
    said.push('The restored picture is drawn in Display P3 and shown as it is.');
  }
  if (payload && type === 'float16') {
    said.push(
      'Its canvas has half-precision floats.',
      'Without a graphics processor, Chromium shows all colours of it paler than they are.',
    );
  }
  if (outside && hasWideCanvas()) {
    const fate = type === 'float16' ? ', which only wider screens show' : ' and clipped to it on every screen';
    said.push(`${percent(outside.p3)} of its pixels are outside Display P3${fate}.`);
  }
  byId('screen').textContent = said.join(' ');
}

function row(cells, header = 'td') {
  return element(
    'tr',
    {},
    ...cells.map((text, k) => {
      const name = k === 0 || header === 'th' ? 'th' : 'td';
      const cell = element(name, { textContent: text });
      if (name === 'th') cell.scope = header === 'th' ? 'col' : 'row';
      return cell;
    }),
  );
}

function table(caption, head, rows) {
  return element(
    'table',
    {},
    element('caption', { textContent: caption }),
    element('thead', {}, row(head, 'th')),
    element('tbody', {}, ...rows.map((cells) => row(cells))),
  );
}

/**
 * @param {{ srgb: number, p3: number, rec2020: number } | null} outside
 * @param {object | null} reference what Python measured
 */
export function describeFigures(outside, reference) {
  const tables = [];
  if (outside) {
    tables.push(
      table(
        'Restored colours, of all pixels',
        ['outside', 'share'],
        [
          ['sRGB', percent(outside.srgb)],
          ['Display P3', percent(outside.p3)],
          ['Rec. 2020', percent(outside.rec2020)],
        ],
      ),
    );
  }
  if (reference) {
    const { report, difference } = reference;
    const pair = (title, clipped, restored, show) =>
      clipped === undefined || restored === undefined ? [] : [[title, show(clipped), show(restored)]];
    tables.push(
      table(
        `Against ${reference.name}, measured when this page was made`,
        ['', 'sRGB file', 'restored'],
        [
          ...pair('PSNR outside sRGB', report.psnr_clip_og, report.psnr_og, decibel),
          ...pair('PSNR, all pixels', report.psnr_clip, report.psnr, decibel),
          ...Object.entries(difference).map(([title, [a, b]]) => [title, a.toFixed(2), b.toFixed(2)]),
        ],
      ),
    );
  }
  if (tables.length === 0) tables.push(element('p', { className: 'faint', textContent: 'None without a payload.' }));
  byId('figures').replaceChildren(...tables);
}

function model({ descriptor: d, numbers }) {
  const stretched = d.shl === null ? '' : 'codes with a shoulder, the last of which hold colours outside sRGB';
  const samples = d.smp === 1 ? 'YCbCr samples before they are clipped' : stretched;
  if (d.head === 0) return samples ? `none: ${samples}` : 'none: expanded as clipped';
  const parts = samples ? [`from ${samples}`] : [];
  if (d.grid[0] > 0) parts.push(`grid of ${d.grid[1]} × ${d.grid[2]} nodes, ${d.grid[0]} channels`);
  if (d.xy > 0) parts.push(`${d.xy} octaves of position`);
  if (d.rgb !== null) parts.push(`colour, ${d.rgb} octaves`);
  parts.push(`layers of ${[...d.mlp, 3].join(', ')}`, d.gate === null ? 'no gate' : `gate ${d.gate}`);
  return `${parts.join('; ')}; ${count(numbers)} numbers`;
}

const owner = ({ descriptor }) => (descriptor.jpeg ? 'the coded data of this JPEG' : 'the samples of this picture');

/** Rows of the file's panel; those without a value are left out. */
export function describeFile({ name, file, begun, seconds, sidecar, alone, unbound }) {
  const { stored, shown, payload } = begun ?? {};
  const place = sidecar ? 'in a file beside it' : percent(payload?.bytes / file);
  const facts = [
    ['Name', name],
    ['Picture', stored && size(stored.width, stored.height)],
    [
      'Shown',
      shown?.step > 1 && `${size(shown.width, shown.height)}, each the average of ${shown.step} × ${shown.step}`,
    ],
    ['File', bytes(file)],
    [
      'Payload',
      payload && (alone ? 'not used: the picture’s own samples are shown' : `${bytes(payload.bytes)}, ${place}`),
    ],
    [
      'Belongs to',
      payload && !alone && (unbound ? 'not checked: colours are wrong if the payload was made for another picture' : owner(payload)),
    ],
    ['Model', payload && !alone && model(payload)],
    ['Decoded in', seconds && `${seconds.toFixed(1)} s`],
  ];
  byId('facts').replaceChildren(
    ...facts
      .filter(([, text]) => text)
      .flatMap(([title, text]) => [element('dt', { textContent: title }), element('dd', { textContent: text })]),
  );
}

/** What colours of the view mean. */
export function describeView(view, errors) {
  const legend = byId('legend');
  legend.hidden = view === 'picture' || (view === 'errors' && !errors);
  if (view === 'outside') {
    const [near, far] = MARKS.map((colour) => {
      const box = element('i');
      box.style.background = rgb(colour);
      return box;
    });
    legend.replaceChildren(
      element('span', {}, near, 'outside sRGB, within Display P3'),
      element('span', {}, far, 'outside Display P3 as well'),
      element('span', { className: 'faint', textContent: 'All else is grey.' }),
    );
  } else if (view === 'errors' && errors) {
    const scale = element('canvas', { width: 256, height: 1 });
    const pixels = new ImageData(256, 1);
    errors.colours.forEach((colour, k) => pixels.data.set([...colour, 255], 4 * k));
    scale.getContext('2d').putImageData(pixels, 0, 0);
    scale.setAttribute('aria-hidden', 'true');
    legend.replaceChildren(
      element('span', { textContent: '0' }),
      scale,
      element('span', { textContent: `${errors.top} and more: difference from the original, CIEDE2000` }),
    );
  }
}
