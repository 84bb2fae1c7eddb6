/**
 * Takes the YCbCr samples out of a JPEG before anybody converts them to RGB and clamps them: what payloads of version 2
 * may start from (gamutmeta-2.md, section 5).
 *
 * `ImageDecoder` of WebCodecs gives them where a browser keeps what it decoded as YCbCr, as Chromium does. Elsewhere a
 * decoder in JavaScript has to be at hand. Chroma is brought to full size here in either case.
 * @module
 */

import { has, isJpeg, jpegParts, number } from './carriers.js';
import { planesOfModule } from './pdfjs.js';
import { PictureError, room, shownJpeg } from './picture.js';
import { upsample } from './upsampling.js';

/** Pixels for each chroma sample, across and down, by the name that frames of video have for it. */
const FORMATS = { I444: [1, 1], I422: [2, 1], I420: [2, 2] };
/** JFIF's equations, which video has two names for. */
const MATRICES = ['smpte170m', 'bt470bg'];
const [SOS, APP0, APP14] = [0xda, 0xe0, 0xee];
const TYPE = 'image/jpeg';

/**
 * @typedef {object} SampleOptions
 * @property {string} [jpegDecoder] address of pdf.image_decoders.mjs (or .min.mjs) of the npm package pdfjs-dist, which
 *   is loaded where the browser itself gives no samples, and only then
 */

/**
 * What a payload starts from: the codes of a picture, or the samples of its file.
 * @param {import('./container.js').Payload} payload
 * @param {Uint8Array} bytes the file
 * @param {import('./picture.js').Decoded} picture what `readPicture` made of it
 * @param {SampleOptions} [options]
 * @returns {Promise<import('./picture.js').Decoded>}
 * @throws {PictureError} as for {@link readSamples}
 */
export async function codesFor(payload, bytes, picture, options) {
  return payload.descriptor.smp === 1 ? readSamples(bytes, options) : picture;
}

/**
 * The samples of a JPEG, in the form in which `readPicture` gives codes: Y, Cb, Cr of each pixel.
 * @param {Uint8Array} bytes
 * @param {SampleOptions} [options]
 * @returns {Promise<import('./picture.js').Decoded>}
 * @throws {PictureError} `picture.ycc` if the file has no such samples, `picture.subsampling` if its chroma is
 *   subsampled in a rare way, `picture.samples` if nothing here can give them
 */
export async function readSamples(bytes, { jpegDecoder } = {}) {
  const header = headerOf(bytes);
  const { factors, width, height } = header;
  const { kept, orientation } = shownJpeg(bytes);
  // Memory first: a decoder of others need not say what it lacks.
  const picture = { width, height, data: room(3 * width * height), alpha: null, orientation };
  const planes = (await planesOfBrowser(kept)) ?? (await planesOfModule(bytes, header, jpegDecoder));
  planes.forEach((plane, channel) => {
    const [across, down] = channel === 0 ? [1, 1] : factors;
    if (plane.width !== Math.ceil(width / across) || plane.height !== Math.ceil(height / down)) {
      throw new PictureError('picture.damaged', 'it was decoded to another size than its header says');
    }
    upsample(plane, picture, channel, [across, down]);
  });
  return picture;
}

/** What the segments before the first scan say: size, and pixels for each chroma sample; checked (5.3). */
function headerOf(bytes) {
  const none = (message) => new PictureError('picture.ycc', message);
  if (!isJpeg(bytes)) throw none('only a JPEG has YCbCr samples');
  let [frame, jfif, adobe] = [null, false, null];
  try {
    for (const [marker, begin, end] of jpegParts(bytes)) {
      if (marker === SOS) break;
      const content = bytes.subarray(begin + 4, end);
      if (marker >= 0xc0 && marker < 0xd0 && ![0xc4, 0xc8, 0xcc].includes(marker)) frame ??= content;
      if (marker === APP0 && content.length >= 14 && has(content, 'JFIF\0')) jfif = true;
      if (marker === APP14 && content.length >= 12 && has(content, 'Adobe')) adobe = content[11];
    }
  } catch (error) {
    throw new PictureError('picture.damaged', error.message);
  }
  if (frame === null || frame.length < 15 || frame[0] !== 8 || frame[5] !== 3) {
    throw none('it does not have three components of 8 bits');
  }
  const isRgb = adobe === null ? has([frame[6], frame[9], frame[12]], 'RGB') : adobe === 0;
  if (!jfif && isRgb) throw none('it is coded as RGB');
  return { width: number(frame, 3, 2), height: number(frame, 1, 2), factors: factorsOf(frame) };
}

/** Pixels for each chroma sample, across and down. */
function factorsOf(frame) {
  const [luma, blue, red] = [7, 10, 13].map((at) => [frame[at] >> 4, frame[at] & 15]);
  const factors = luma.map((samples, k) => samples / blue[k]);
  const known = Object.values(FORMATS).some((format) => format.every((n, k) => n === factors[k]));
  if (!known || blue.some((samples, k) => samples !== red[k])) {
    throw new PictureError('picture.subsampling', 'its chroma is neither 4:4:4 nor 4:2:2 nor 4:2:0');
  }
  return factors;
}

/**
 * What the browser's own decoder gives.
 * @param {Uint8Array[]} parts of a JPEG without EXIF and profile
 * @returns {Promise<import('./upsampling.js').Plane[] | null>} Y, Cb, Cr; null if they cannot be had, for whatever
 *   reason: browsers that have just RGB say so in several ways
 */
async function planesOfBrowser(parts) {
  let [decoder, frame] = [];
  try {
    const data = await new Blob(parts).arrayBuffer();
    decoder = new ImageDecoder({ data, type: TYPE, colorSpaceConversion: 'none' });
    ({ image: frame } = await decoder.decode());
    const { fullRange, matrix } = frame.colorSpace;
    if (!(frame.format in FORMATS) || !fullRange || !MATRICES.includes(matrix)) return null;
    const copy = new Uint8Array(frame.allocationSize());
    const layout = await frame.copyTo(copy);
    const { width, height } = frame.visibleRect;
    return layout.map(({ offset, stride }, k) => {
      const [across, down] = k === 0 ? [1, 1] : FORMATS[frame.format];
      return dense(copy, offset, stride, Math.ceil(width / across), Math.ceil(height / down));
    });
  } catch {
    return null;
  } finally {
    frame?.close();
    decoder?.close();
  }
}

/** A plane without what may stand between its rows. */
function dense(from, offset, stride, width, height) {
  if (stride === width) return { width, height, data: from.subarray(offset, offset + width * height) };
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) data.set(from.subarray(offset + y * stride, offset + y * stride + width), y * width);
  return { width, height, data };
}
