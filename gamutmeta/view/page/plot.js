/**
 * The CIE 1931 chromaticity diagram: where the picture's colours lie, and which of them a gamut holds.
 * @module
 */

import { SPACES, matrixFromXyz, matrixToXyz } from './display.js';
import { byId } from './dom.js';
import { LOCUS } from './locus.js';
import { CELLS } from './statistics.js';

const GAMUTS = [
  ['srgb', 'sRGB', []],
  ['display-p3', 'Display P3', [6, 4]],
  ['rec2020', 'Rec. 2020', [2, 3]],
  ['romm', 'ProPhoto', [1, 4]],
];
const EDGE = { x: [-0.02, 0.78], y: [-0.02, 0.88] };

/** Corners of a space's triangle under D65. */
function corners(space) {
  const m = matrixToXyz(space);
  return [0, 1, 2].map((k) => {
    const [X, Y, Z] = [m[k], m[3 + k], m[6 + k]];
    return [X / (X + Y + Z), Y / (X + Y + Z)];
  });
}

/** A bright colour of that chromaticity; those that the canvas does not have come out less saturated. */
function colourAt(fromXyz, x, y, space) {
  const [X, Y, Z] = [x / y, 1, (1 - x - y) / y];
  const linear = [0, 3, 6].map((row) => Math.max(0, fromXyz[row] * X + fromXyz[row + 1] * Y + fromXyz[row + 2] * Z));
  const most = Math.max(...linear);
  const codes = linear.map((v) => 0.9 * (v / most) ** (1 / 2.2));
  return space === 'display-p3'
    ? `color(display-p3 ${codes.join(' ')})`
    : `rgb(${codes.map((v) => 255 * v).join(' ')})`;
}

/**
 * Draws the diagram.
 * @param {Uint32Array | null} cells of `Statistics`
 * @param {string} space of the canvas
 */
export function drawPlot(cells, space) {
  const canvas = byId('plot');
  const { width } = canvas.getBoundingClientRect();
  const scale = (width * devicePixelRatio) / (EDGE.x[1] - EDGE.x[0]);
  canvas.width = Math.round(width * devicePixelRatio);
  canvas.height = Math.round((EDGE.y[1] - EDGE.y[0]) * scale);
  const context = canvas.getContext('2d', { colorSpace: space });
  const style = getComputedStyle(document.documentElement);
  const [text, faint, rule, card] = ['--text', '--faint', '--rule', '--card'].map((name) =>
    style.getPropertyValue(name),
  );
  const place = ([x, y]) => [(x - EDGE.x[0]) * scale, (EDGE.y[1] - y) * scale];
  const path = (points) => {
    context.beginPath();
    for (const point of points) context.lineTo(...place(point));
    context.closePath();
  };
  const unit = devicePixelRatio;
  context.font = `${12 * unit}px system-ui, sans-serif`;
  context.lineWidth = unit;

  context.strokeStyle = rule;
  context.fillStyle = faint;
  for (let k = 0; k <= 8; k += 2) {
    const [x, y] = [place([k / 10, 0]), place([0, k / 10])];
    context.beginPath();
    context.moveTo(x[0], 0);
    context.lineTo(...x);
    context.moveTo(...y);
    context.lineTo(canvas.width, y[1]);
    context.stroke();
    if (k > 0) context.fillText(`0.${k}`, x[0] + 3 * unit, x[1] - 4 * unit);
    if (k > 0) context.fillText(`0.${k}`, y[0] + 3 * unit, y[1] - 4 * unit);
  }
  context.fillText('x', canvas.width - 12 * unit, place([0, 0])[1] - 4 * unit);
  context.fillText('y', place([0, 0])[0] + 3 * unit, 12 * unit);

  if (cells !== null) drawCells(context, cells, place, space);

  context.strokeStyle = faint;
  path(LOCUS);
  context.stroke();
  context.strokeStyle = text;
  context.fillStyle = text;
  context.lineWidth = 1.5 * unit;
  for (const [name, title, dash] of GAMUTS) {
    const points = corners(name);
    context.setLineDash(dash.map((n) => n * unit));
    path(points);
    context.stroke();
    context.setLineDash([]);
  }
  context.strokeStyle = card;
  context.lineWidth = 4 * unit;
  for (const [name, title] of GAMUTS) {
    const [x, y] = place(corners(name)[1]);
    const words = [title, x + 8 * unit, y + (name === 'romm' ? 14 : 4) * unit];
    context.strokeText(...words);
    context.fillText(...words);
  }
  context.strokeStyle = text;
  context.lineWidth = 1.5 * unit;
  const white = place(SPACES.srgb.white);
  context.beginPath();
  context.arc(...white, 4 * unit, 0, 7);
  context.stroke();
}

/** Every cell that the picture has colours in, in those colours; the fuller, the more opaque. */
function drawCells(context, cells, place, space) {
  const most = cells.reduce((a, b) => Math.max(a, b), 0);
  const half = 0.5 / CELLS.unit;
  const fromXyz = matrixFromXyz(space);
  for (let k = 0; k < cells.length; k++) {
    if (cells[k] === 0) continue;
    const [x, y] = [((k % CELLS.width) + 0.5) / CELLS.unit, (Math.floor(k / CELLS.width) + 0.5) / CELLS.unit];
    context.globalAlpha = 0.5 + 0.5 * (Math.log1p(cells[k]) / Math.log1p(most));
    context.fillStyle = colourAt(fromXyz, x, y, space);
    const [left, bottom] = place([x - half, y - half]).map(Math.round);
    const [right, top] = place([x + half, y + half]).map(Math.round);
    context.fillRect(left, top, right - left, bottom - top);
  }
  context.globalAlpha = 1;
}
