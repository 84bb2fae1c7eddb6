/**
 * Takes the YCbCr samples out of a JPEG before anybody converts them to RGB and clamps them: what payloads of version 2
 * may start from (gamutmeta-2.md, whose section numbers stand behind "2:").
 *
 * `ImageDecoder` of WebCodecs gives them where a browser keeps what it decoded as YCbCr, as Chromium does. Elsewhere a
 * decoder in JavaScript has to be at hand. Chroma is brought to full size here in either case.
 * @module
 */

import { extract, hasYccSamples, isJpeg, jpegParts, number } from './carriers.js';
import { decode } from './container.js';
import { payloadFor } from './gamutmeta.js';
import { planesOfModule } from './pdfjs.js';
import { PictureError, joined, room, shownJpeg } from './picture.js';
import { upsample } from './upsampling.js';

/** Pixels for each chroma sample, across and down, by the name that frames of video have for it. */
const FORMATS = { I444: [1, 1], I422: [2, 1], I420: [2, 2] };
/** JFIF's equations, which video has two names for. */
const MATRICES = ['smpte170m', 'bt470bg'];
const TYPE = 'image/jpeg';

/**
 * @typedef {object} SampleOptions
 * @property {string} [jpegDecoder] address of pdf.image_decoders.mjs (or .min.mjs) of the npm package pdfjs-dist, which
 *   is loaded where the browser itself gives no samples, and only then
 */

/**
 * The payload of a picture, as `payloadFor` gives it, and what it starts from.
 * @param {Uint8Array} bytes the file
 * @param {import('./picture.js').Decoded} picture what `readPicture` made of it
 * @param {import('./gamutmeta.js').Options & SampleOptions} [options]
 * @returns {Promise<{ payload: import('./container.js').Payload, codes: import('./picture.js').Decoded }>} `codes`: the
 *   picture, or the samples of its file
 * @throws {import('./gamutmeta.js').GamutMetaError} a code of section 9
 * @throws {PictureError} as for {@link readSamples}
 */
export async function payloadAndCodes(bytes, picture, { jpegDecoder, ...options } = {}) {
  const takesSamples = decode(extract(options.sidecar ?? bytes)).descriptor.smp === 1;
  // Whether they belong together is seen from size and file alone where a payload takes samples (2:7), and comes first.
  const coding = takesSamples ? 'ycc' : 'rgb';
  const payload = await payloadFor(bytes, { ...picture, coding }, options);
  return { payload, codes: takesSamples ? await readSamples(bytes, { jpegDecoder }) : picture };
}

/**
 * The samples of a JPEG, in the form in which `readPicture` gives codes: Y, Cb, Cr of each pixel (2:5).
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
  const picture = { width, height, data: room(3 * width * height), alpha: null, orientation, coding: 'ycc' };
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

/** Size, and pixels for each chroma sample; checked. */
function headerOf(bytes) {
  try {
    if (isJpeg(bytes) && hasYccSamples(bytes)) {
      for (const [marker, begin, end] of jpegParts(bytes)) {
        if (!isFrame(marker)) continue;
        const frame = bytes.subarray(begin + 4, end);
        return { width: number(frame, 3, 2), height: number(frame, 1, 2), factors: factorsOf(frame) };
      }
    }
  } catch (error) {
    if (error instanceof PictureError) throw error;
    throw new PictureError('picture.damaged', error.message);
  }
  throw new PictureError('picture.ycc', 'it is no JPEG with YCbCr samples of 8 bits');
}

const isFrame = (marker) => marker >= 0xc0 && marker < 0xd0 && ![0xc4, 0xc8, 0xcc].includes(marker);

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
    decoder = new ImageDecoder({ data: joined(parts), type: TYPE, colorSpaceConversion: 'none' });
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
