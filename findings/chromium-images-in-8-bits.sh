#!/usr/bin/env bash
# Question: what of the more than 8 bits of a float16 canvas does Chromium bring to the screen, and what of those of a
#   16-bit PNG?
# Versions: @sparticuz/chromium 153.0.0 (npm, with the browser) and puppeteer-core 25.16.0 (npm), which drives it.
# Behaviour seen: toBlob makes a PNG of 16 bits of the canvas, and drawn into another float16 canvas the image has every
#   level of it. But in a page the image is painted with 8 bits, and only the canvas with more; that where Chromium
#   rasters with a graphics processor (here an emulated one), and not with --disable-gpu. Nothing tells. The page's CSS
#   makes differences visible: contrast(8), of which a screenshot of 8 bits shows the steps. Debian's Chromium 156
#   paints both as this one does with the emulated processor.
# So who wants to show more than 8 bits has to leave a canvas in the page: an image gains nothing from 16.
# Output seen: levels of a ramp: 308 in the canvas, 308 in the image; painted 205 as a canvas, 26 as an image; with
#   --disable-gpu 26 and 26
# The script fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export TMPDIR=$folder # where the browser is unpacked
npm --silent init -y > npm.log
npm --silent install @sparticuz/chromium@153.0.0 puppeteer-core@25.16.0 >> npm.log
cat > look.mjs << 'JS'
import assert from 'node:assert';
import chromium from '@sparticuz/chromium';
import puppeteer from 'puppeteer-core';

const HEADLESS = ['--no-sandbox', '--enable-unsafe-swiftshader', '--force-color-profile=srgb'];
const EMULATED = ['--use-angle=swiftshader', '--ignore-gpu-blocklist', '--enable-gpu-rasterization'];
const path = await chromium.executablePath();

/** Runs in the page: makes a canvas of floats and an image of it; what these hold. */
async function make() {
  const [width, height] = [1024, 1];
  const settings = { colorSpace: 'srgb', pixelFormat: 'rgba-float16' };
  const canvasOf = () => {
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    canvas.style = 'display: block; width: 1024px; height: 20px; filter: contrast(8)';
    return { canvas, context: canvas.getContext('2d', { colorSpace: 'srgb', colorType: 'float16' }) };
  };
  const pixels = new ImageData(width, height, settings);
  for (let k = 0; k < width; k++) {
    pixels.data.fill(0.45 + (0.1 * k) / 1023, 4 * k, 4 * k + 3); // a grey ramp
    pixels.data[4 * k + 3] = 1;
  }
  const levels = (source) => {
    const { context } = canvasOf();
    context.drawImage(source, 0, 0);
    const { data } = context.getImageData(0, 0, width, height, settings);
    return new Set(data.filter((_, k) => k % 4 === 0)).size;
  };
  const { canvas, context } = canvasOf();
  context.putImageData(pixels, 0, 0);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve));
  const image = Object.assign(new Image(), { src: URL.createObjectURL(blob) });
  await image.decode();
  image.style = canvas.style.cssText;
  document.body.style.margin = 0;
  document.body.append(canvas, image);
  const depth = new Uint8Array(await blob.arrayBuffer())[24];
  return { depth, canvas: levels(canvas), image: levels(image) };
}

/** Runs in the page: levels in rows of a screenshot. */
async function levels(base64, rows) {
  const image = Object.assign(new Image(), { src: `data:image/png;base64,${base64}` });
  await image.decode();
  const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
  context.drawImage(image, 0, 0);
  return rows.map((y) => new Set(context.getImageData(0, y, 1024, 1).data.filter((_, k) => k % 4 === 0)).size);
}

async function look(flags) {
  const browser = await puppeteer.launch({ executablePath: path, headless: 'shell', args: [...HEADLESS, ...flags] });
  try {
    const page = await browser.newPage();
    await page.setViewport({ width: 1100, height: 100 });
    const found = await page.evaluate(make);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 500))));
    const shot = await page.screenshot({ encoding: 'base64' });
    const [canvas, image] = await page.evaluate(levels, shot, [3, 23]);
    return { ...found, painted: { canvas, image } };
  } finally {
    await browser.close();
  }
}

const [emulated, none] = [await look(EMULATED), await look(['--disable-gpu'])];
console.log('emulated:', JSON.stringify(emulated));
console.log('--disable-gpu:', JSON.stringify(none));
for (const { depth, canvas, image } of [emulated, none]) assert(depth === 16 && canvas > 300 && image === canvas);
assert(emulated.painted.canvas > 150 && emulated.painted.image < 40);
assert(none.painted.canvas < 40 && none.painted.image < 40);
console.log('as described');
JS
node look.mjs
