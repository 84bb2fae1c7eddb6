/**
 * What the page says: errors, and figures as people write them.
 * @module
 */

const COMMAND = 'gamutmeta expand FILE -o restored.tif';

/** Title and explanation by error code: section 9 of the specification, and what only browsers run into. */
const ERRORS = {
  carrier: ['The file is damaged', 'It cannot be read up to the place where a payload would be.'],
  'carrier.unsupported': ['This is no picture with a payload', 'Payloads are in JPEG, PNG and TIFF files.'],
  'carrier.none': [
    'There is no payload in this file',
    'It is an ordinary picture, or what it carried was removed on the way: many services strip metadata. If its payload ' +
      'lies in a .gamut file beside it, drop both together.',
  ],
  'carrier.duplicate': ['The file carries two payloads', 'Which of them is right cannot be known.'],
  'carrier.too-large': ['The payload is too large', 'No writer makes one of this size.'],
  payload: ['The payload is malformed', 'It breaks the rules of the specification.'],
  'payload.checksum': ['The payload is damaged', 'Its checksum does not match.'],
  'payload.version': ['The payload is newer than this page', 'Make the page anew with a newer version of gamutmeta.'],
  'payload.limit': ['The payload asks for too much', 'It exceeds a limit of the specification.'],
  binding: [
    'The payload was made for another picture',
    'Size or digest differ: the picture was edited or coded anew after the payload was made. Expanded all the same, its ' +
      'colours may be wrong.',
  ],
  'picture.tiff': [
    'Browsers do not show TIFF',
    `Use “gamutmeta view FILE”, which makes a page of it, or “${COMMAND}”.`,
  ],
  'picture.unsupported': [
    'This is neither JPEG nor PNG',
    'Of the formats that carry payloads, browsers show these two.',
  ],
  'picture.damaged': [
    'The browser cannot decode the picture',
    'The file is damaged, or of a kind that this browser does not know.',
  ],
  'picture.transparency': [
    'This browser cannot read transparent pixels exactly',
    `It needs WebGL 2. “${COMMAND}” does without.`,
  ],
  'picture.memory': ['The picture is too large for this browser', `“${COMMAND}” takes pictures up to 500 megapixels.`],
  'picture.samples': [
    'This browser does not give what the payload starts from',
    'It starts from the YCbCr samples of the JPEG, before they are clipped to sRGB. Chrome, Edge and others of their ' +
      `family give them; “${COMMAND}” does as well.`,
  ],
  'picture.subsampling': [
    'Browsers do not give what the payload starts from',
    `The chroma of this JPEG is subsampled in a rare way. “${COMMAND}” takes it.`,
  ],
  'picture.ycc': [
    'The picture does not hold what the payload starts from',
    'The payload starts from the YCbCr samples of a JPEG, and this picture has none.',
  ],
  'page.sidecar': ['A .gamut file alone is no picture', 'Drop it together with its picture.'],
  'page.stopped': ['Stopped', 'What was not restored yet has the colours of the sRGB file.'],
  'page.insecure': ['This browser checks no digests here', 'Open the page from a file or over https.'],
};

/** Title, explanation and technical detail of an error. */
export function explained({ code, message }) {
  const [title, text] = ERRORS[code] ?? ['Something went wrong', 'The picture could not be decoded here.'];
  return { title, text, detail: `${code}: ${message}` };
}

const LOCALE = 'en';

/** Bytes, with a unit of 1,000. */
export function bytes(count) {
  if (count < 1000) return `${count} bytes`;
  const [value, unit] = count < 1e6 ? [count / 1e3, 'KB'] : [count / 1e6, 'MB'];
  return `${value.toFixed(1)} ${unit} (${count.toLocaleString(LOCALE)} bytes)`;
}

/** A share in per cent. */
export function percent(share) {
  if (share > 0 && share < 1e-4) return '< 0.01 %';
  return `${(100 * share).toFixed(2)} %`;
}

/** A PSNR, infinite where nothing differs. */
export const decibel = (value) => (value === null ? 'exact' : `${value.toFixed(1)} dB`);

export const size = (width, height) => `${width.toLocaleString(LOCALE)} × ${height.toLocaleString(LOCALE)} pixels`;

export const count = (number) => number.toLocaleString(LOCALE);
