/**
 * From samples to what a canvas shows: Display P3 or sRGB, in 8 bits or half-precision floats, made smaller and turned
 * upright.
 * @module
 */

/** Linear value of each 16-bit sample of ROMM RGB. */
export const ROMM_LINEAR = Float32Array.from({ length: 65536 }, (_, sample) => {
  const e = sample / 65535;
  return e < 16 / 512 ? e / 16 : e ** 1.8;
});

/** Linear value of each 8-bit sRGB code. */
export const SRGB_LINEAR = Float32Array.from({ length: 256 }, (_, code) => {
  const e = code / 255;
  return e <= 0.04045 ? e / 12.92 : ((e + 0.055) / 1.055) ** 2.4;
});

/** The curve that sRGB and Display P3 share, from 0 upwards. */
const curve = (v) => (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055);

/** Its 8-bit codes for 65,536 numbers from 0 to 1. */
const ENCODED = Uint8Array.from({ length: 65536 }, (_, k) => Math.round(255 * curve(k / 65535)));

const encode = (v) => ENCODED[v <= 0 ? 0 : v >= 1 ? 65535 : (v * 65535 + 0.5) | 0];

/** Bits of the half-precision float (IEEE 754) nearest to a number from 0 to 65,504. */
function halfBits(v) {
  const exponent = Math.max(-14, Math.floor(Math.log2(v)));
  return 1024 * (exponent + 14) + Math.round(v * 2 ** (10 - exponent));
}

/** Colours of ROMM RGB are nearer to 0 than that, in linear sRGB and in linear Display P3. */
const FURTHEST = 2.5;
/** The curve's values as half-precision floats, made when they are needed first. */
let halves = null;

/** Colours outside of the space are below 0, where the curve is that above 0 mirrored, or above 1. */
function encodeHalf(v) {
  halves ??= Uint16Array.from({ length: FURTHEST * 65535 }, (_, k) => halfBits(curve(k / 65535)));
  const half = halves[(Math.min(Math.abs(v), FURTHEST - 0.001) * 65535 + 0.5) | 0];
  return v < 0 ? half | 0x8000 : half;
}

const OPACITY = Uint16Array.from({ length: 256 }, (_, alpha) => halfBits(alpha / 255));

/** By their names for canvases, types of channels: arrays, and what becomes of a linear number and of alpha. */
const COLOR_TYPES = {
  unorm8: { Pixels: Uint8ClampedArray, encoded: encode, opacity: (alpha) => alpha },
  float16: { Pixels: Uint16Array, encoded: encodeHalf, opacity: (alpha) => OPACITY[Math.round(alpha)] },
};

/** Primaries and white, CIE xy (IEC 61966-2-1, SMPTE EG 432-1, BT.2020, ISO 22028-2). */
const D65 = [0.3127, 0.329];
// prettier-ignore
export const SPACES = {
  srgb: { primaries: [[0.64, 0.33], [0.3, 0.6], [0.15, 0.06]], white: D65 },
  'display-p3': { primaries: [[0.68, 0.32], [0.265, 0.69], [0.15, 0.06]], white: D65 },
  rec2020: { primaries: [[0.708, 0.292], [0.17, 0.797], [0.131, 0.046]], white: D65 },
  romm: { primaries: [[0.7347, 0.2653], [0.1596, 0.8404], [0.0366, 0.0001]], white: [0.3457, 0.3585] },
};

const BRADFORD = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];

const xyz = ([x, y]) => [x / y, 1, (1 - x - y) / y];
const applied = (m, v) => m.map((row) => row[0] * v[0] + row[1] * v[1] + row[2] * v[2]);
const transposed = (m) => m[0].map((_, k) => m.map((row) => row[k]));
const product = (a, b) => transposed(transposed(b).map((column) => applied(a, column)));

function inverse(m) {
  const cofactor = (r, c) => {
    const [[a, b], [d, e]] = [1, 2].map((i) => [1, 2].map((j) => m[(r + i) % 3][(c + j) % 3]));
    return a * e - b * d;
  };
  const determinant = [0, 1, 2].reduce((sum, c) => sum + m[0][c] * cofactor(0, c), 0);
  return m.map((_, r) => m.map((_, c) => cofactor(c, r) / determinant));
}

/** From linear RGB to XYZ under the space's own white. */
function toXyz({ primaries, white }) {
  const columns = transposed(primaries.map(xyz));
  const scale = applied(inverse(columns), xyz(white));
  return columns.map((row) => row.map((n, k) => n * scale[k]));
}

/** From XYZ under one white to XYZ under another (Bradford). */
function adaptation(from, to) {
  const [before, after] = [from, to].map((white) => applied(BRADFORD, xyz(white)));
  const scaled = BRADFORD.map((row, k) => row.map((n) => (n * after[k]) / before[k]));
  return product(inverse(BRADFORD), scaled);
}

/** From linear RGB of a space to XYZ under D65, nine numbers, row by row. */
export function matrixToXyz(space) {
  return Float64Array.from(product(adaptation(SPACES[space].white, D65), toXyz(SPACES[space])).flat());
}

/** From XYZ under D65 to linear RGB of a space, nine numbers, row by row. */
export function matrixFromXyz(space) {
  return Float64Array.from(product(inverse(toXyz(SPACES[space])), adaptation(D65, SPACES[space].white)).flat());
}

/** From linear RGB of one space to that of another, nine numbers, row by row. */
export function matrixBetween(from, to) {
  const adapted = product(adaptation(SPACES[from].white, SPACES[to].white), toXyz(SPACES[from]));
  return Float64Array.from(product(inverse(toXyz(SPACES[to])), adapted).flat());
}

/**
 * How a picture is shown: every `step` x `step` pixels become one, so that there are at most `most`.
 * @param {number} width of the picture as stored
 * @param {number} height
 * @param {number} orientation of EXIF
 * @param {number} most
 * @returns {{ step: number, width: number, height: number, orientation: number }} size as shown, upright
 */
export function layout(width, height, orientation, most) {
  let step = 1;
  while (Math.ceil(width / step) * Math.ceil(height / step) > most) step++;
  const [across, down] = [Math.ceil(width / step), Math.ceil(height / step)];
  return {
    step,
    orientation,
    ...(orientation > 4 ? { width: down, height: across } : { width: across, height: down }),
  };
}

/**
 * Rows of a picture as R, G, B, A for a canvas; blocks of pixels are averaged in linear light.
 * @param {Uint8Array | Uint16Array} samples R, G, B of each pixel
 * @param {Float32Array} linear what each sample stands for
 * @param {Float64Array | null} matrix to linear RGB of the canvas's space, if that is another
 * @param {number} width of the rows
 * @param {number} step of the layout
 * @param {Uint8Array | null} alpha transparency of each pixel
 * @param {'unorm8' | 'float16'} colorType of the canvas: 8 bits, or half-precision floats, which also hold the colours
 *   outside of its space
 * @returns {Uint8ClampedArray | Uint16Array} not turned yet; of floats the bits, of which
 *   `new Float16Array(pixels.buffer)` makes what an ImageData takes
 */
export function toCanvas(samples, linear, matrix, width, step, alpha = null, colorType = 'unorm8') {
  const { Pixels, encoded, opacity } = COLOR_TYPES[colorType];
  const rows = samples.length / (3 * width);
  const across = Math.ceil(width / step);
  const down = Math.ceil(rows / step);
  const out = new Pixels(4 * across * down);
  const m = matrix ?? [1, 0, 0, 0, 1, 0, 0, 0, 1];
  for (let y = 0, to = 0; y < down; y++) {
    const bottom = Math.min((y + 1) * step, rows);
    for (let x = 0; x < across; x++, to += 4) {
      const right = Math.min((x + 1) * step, width);
      let r = 0;
      let g = 0;
      let b = 0;
      let a = 0;
      for (let v = y * step; v < bottom; v++) {
        for (let at = v * width + x * step, end = v * width + right; at < end; at++) {
          r += linear[samples[3 * at]];
          g += linear[samples[3 * at + 1]];
          b += linear[samples[3 * at + 2]];
          a += alpha === null ? 255 : alpha[at];
        }
      }
      const share = 1 / ((bottom - y * step) * (right - x * step));
      out[to] = encoded((m[0] * r + m[1] * g + m[2] * b) * share);
      out[to + 1] = encoded((m[3] * r + m[4] * g + m[5] * b) * share);
      out[to + 2] = encoded((m[6] * r + m[7] * g + m[8] * b) * share);
      out[to + 3] = opacity(a * share);
    }
  }
  return out;
}

/**
 * Turns R, G, B, A of a piece of the picture upright.
 * @param {Uint8ClampedArray | Uint16Array} pixels as {@link toCanvas} makes them
 * @param {number} across columns of the piece, which is as wide as the picture
 * @param {number} top its first row
 * @param {number} down rows of the whole picture
 * @param {number} orientation of EXIF
 * @returns {{ data: Uint8ClampedArray | Uint16Array, width: number, height: number, x: number, y: number }} and where
 *   it goes
 */
export function upright(pixels, across, top, down, orientation) {
  const rows = pixels.length / (4 * across);
  const [turned, mirrored, flipped] = [
    orientation > 4,
    [2, 3, 7, 8].includes(orientation),
    [3, 4, 6, 7].includes(orientation),
  ];
  const place = flipped ? down - top - rows : top;
  if (orientation === 1) return { data: pixels, width: across, height: rows, x: 0, y: top };
  const data = new pixels.constructor(pixels.length);
  const [from, to] = [new Uint32Array(pixels.buffer), new Uint32Array(data.buffer)];
  const words = pixels.BYTES_PER_ELEMENT; // of 32 bits, which a pixel has
  for (let y = 0, at = 0; y < rows; y++) {
    const v = flipped ? rows - 1 - y : y;
    for (let x = 0; x < across; x++, at++) {
      const u = mirrored ? across - 1 - x : x;
      const pixel = turned ? u * rows + v : v * across + u;
      if (words === 1) {
        to[pixel] = from[at];
      } else {
        to[2 * pixel] = from[2 * at];
        to[2 * pixel + 1] = from[2 * at + 1];
      }
    }
  }
  if (turned) return { data, width: rows, height: across, x: place, y: 0 };
  return { data, width: across, height: rows, x: 0, y: place };
}
