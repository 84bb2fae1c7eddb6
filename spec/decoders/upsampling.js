/**
 * Brings the chroma planes of a JPEG to the size of its luma, bit for bit as libjpeg does it by default ("fancy").
 *
 * Half as many columns: each sample lies in the middle of two pixels, and each pixel takes three quarters of the nearer
 * sample and one of the next. Rows likewise, with the rounding left to the end.
 * @module
 */

/**
 * A plane of 8-bit samples, without anything beyond the picture.
 * @typedef {{ data: Uint8Array, width: number, height: number }} Plane
 */

/** Libjpeg takes the nearest sample where a plane is so narrow. */
const NARROW = 2;

/**
 * Writes a plane, made larger, into every third place of the picture's samples.
 * @param {Plane} plane
 * @param {{ width: number, height: number, data: Uint8Array }} picture as wide and high as the plane is, or twice that,
 *   or one less than twice that
 * @param {number} channel where to write: 0, 1 or 2
 * @param {[number, number]} factors pixels for each sample of the plane, across and down: 1 x 1, 2 x 1 or 2 x 2
 */
export function upsample(plane, picture, channel, [across, down]) {
  const { width, height, data } = picture;
  const row = new Uint8Array(2 * plane.width);
  const sums = new Uint16Array(plane.width);
  for (let y = 0, to = channel; y < height; y++) {
    fillRow(plane, y, across, down, sums, row);
    for (let x = 0; x < width; x++, to += 3) data[to] = row[x];
  }
}

/** One row of the picture. */
function fillRow(plane, y, across, down, sums, row) {
  const { data, width, height } = plane;
  if (across === 1) {
    row.set(data.subarray(y * width, (y + 1) * width));
  } else if (width <= NARROW) {
    const begin = Math.floor(y / down) * width;
    for (let x = 0; x < 2 * width; x++) row[x] = data[begin + (x >> 1)];
  } else if (down === 1) {
    // Four quarters: 1 and 2 are added by turns, so that rounding has no direction.
    sums.set(data.subarray(y * width, (y + 1) * width));
    widen(sums, 2, 1, 2, row);
  } else {
    // Sixteen sixteenths. Beyond the first and the last row, they are repeated.
    const near = (y >> 1) * width;
    const next = Math.min(Math.max((y >> 1) + (y & 1 ? 1 : -1), 0), height - 1) * width;
    for (let x = 0; x < width; x++) sums[x] = 3 * data[near + x] + data[next + x];
    widen(sums, 4, 8, 7, row);
  }
}

/** Twice as many columns of sums, divided by 2^bits; what is added before differs for left and right pixels. */
function widen(sums, bits, left, right, row) {
  const last = sums.length - 1;
  for (let x = 0, before = sums[0]; x <= last; x++) {
    const here = sums[x];
    const behind = x < last ? sums[x + 1] : here;
    row[2 * x] = (3 * here + before + left) >> bits;
    row[2 * x + 1] = (3 * here + behind + right) >> bits;
    before = here;
  }
}
