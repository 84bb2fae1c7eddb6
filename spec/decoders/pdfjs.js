/**
 * The YCbCr planes of a JPEG by the decoder of pdf.js (npm: pdfjs-dist, by Mozilla, Apache-2.0), which is no part of
 * this package. Its inverse DCT is one code off that of libjpeg at most, where measured.
 * @module
 */

import { jpegParts } from './carriers.js';
import { PictureError, joined, room } from './picture.js';

const [FIRST_APP, LAST_APP] = [0xe0, 0xef];

/**
 * @param {Uint8Array} bytes a JPEG with three components
 * @param {{ width: number, height: number, factors: [number, number] }} header pixels for each chroma sample: `factors`
 * @param {string} [address] of the module; it is loaded now
 * @returns {Promise<import('./upsampling.js').Plane[]>} Y, Cb, Cr
 * @throws {PictureError} `picture.samples` without a decoder
 */
export async function planesOfModule(bytes, { width, height, factors }, address) {
  const { JpegImage } = await loaded(address);
  let samples;
  try {
    const image = new JpegImage({ colorTransform: 0 });
    image.parse(withoutApplications(bytes));
    samples = image.getData({ width, height });
  } catch (error) {
    throw new PictureError('picture.samples', `the decoder cannot decode it (${error.message})`);
  }
  return [[1, 1], factors, factors].map((each, channel) => planeOf(samples, width, height, channel, each));
}

async function loaded(address) {
  const unable = 'this browser does not give the YCbCr samples of a JPEG';
  if (address === undefined) throw new PictureError('picture.samples', unable);
  try {
    return await import(/* webpackIgnore: true */ /* @vite-ignore */ address);
  } catch (error) {
    throw new PictureError('picture.samples', `${unable}, and there is no decoder at ${address} (${error.message})`);
  }
}

/** A JPEG without APPn segments: Adobe's would make the decoder convert to RGB, whatever it is told. */
function withoutApplications(bytes) {
  const kept = [bytes.subarray(0, 2)];
  for (const [marker, begin, end] of jpegParts(bytes)) {
    if (marker < FIRST_APP || marker > LAST_APP) kept.push(bytes.subarray(begin, end));
  }
  return joined(kept);
}

/** A channel as it is coded: the decoder repeats samples to fill the picture, where libjpeg interpolates. */
function planeOf(samples, width, height, channel, [across, down]) {
  const plane = { width: Math.ceil(width / across), height: Math.ceil(height / down) };
  const data = room(plane.width * plane.height);
  for (let y = 0, to = 0; y < plane.height; y++) {
    const row = 3 * y * down * width + channel;
    for (let x = 0; x < plane.width; x++, to++) data[to] = samples[row + 3 * x * across];
  }
  return { ...plane, data };
}
