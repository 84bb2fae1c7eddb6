#!/usr/bin/env bash
# Question: what does sharp make of a 16-bit PNG with a Display P3 profile, if it is told nothing but to write a PNG?
# Versions: sharp 0.35.5 (npm, with libvips 8.18.7), Node 20 or newer. The profile is libvips' own for "p3".
# Behaviour seen: (1) An 8-bit P3 picture is converted to sRGB, as documented. A 16-bit one keeps its P3 numbers (it is
#   converted to P3, whatever its profile is). Both come out with 8 bits and no profile, so readers take P3 numbers for sRGB.
#   (2) keepIccProfile() keeps numbers and profile, with 8 bits. (3) With toColourspace('rgb16') before it, 16 bits stay.
# So who hands on 16-bit PNGs adds both.
# The script fails if that changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm --silent init -y > npm.log
npm --silent install sharp@0.35.5 >> npm.log
cat > try.js << 'JS'
const assert = require('node:assert');
const sharp = require('sharp');

const codes = [200, 80, 40]; // of sRGB; of Display P3 they are [185, 88, 52]
const first = async (file) => {
  const { data, info } = await sharp(file, { ignoreIcc: true }).raw({ depth: 'ushort' }).toColourspace('rgb16')
    .toBuffer({ resolveWithObject: true });
  const { depth, icc } = await sharp(file).metadata();
  const pixel = Array.from(new Uint16Array(data.buffer, data.byteOffset, info.channels));
  return { depth, hasProfile: icc !== undefined, pixel: pixel.map((code) => Math.round(code / 257)) };
};
const near = (a, b) => a.every((code, k) => Math.abs(code - b[k]) <= 1);

(async () => {
  const raw = { width: 8, height: 8, channels: 3 };
  const samples = Array.from({ length: 64 }, () => codes).flat();
  const eight = await sharp(Buffer.from(samples), { raw }).png().withIccProfile('p3').toBuffer();
  const own = await first(eight);
  const sixteen = await sharp(eight).toColourspace('rgb16').keepIccProfile().png().toBuffer();
  const stored = await first(sixteen);
  assert(stored.depth === 'ushort' && stored.hasProfile && near(stored.pixel, own.pixel));
  const [from8, from16] = [await first(await sharp(eight).png().toBuffer()), await first(await sharp(sixteen).png().toBuffer())];
  const kept = await first(await sharp(sixteen).keepIccProfile().png().toBuffer());
  const deep = await first(await sharp(sixteen).toColourspace('rgb16').keepIccProfile().png().toBuffer());
  console.log({ stored, from8, from16, kept, deep });
  assert(from8.depth === 'uchar' && !from8.hasProfile && !near(from8.pixel, stored.pixel));
  assert(from16.depth === 'uchar' && !from16.hasProfile && near(from16.pixel, stored.pixel));
  assert(kept.depth === 'uchar' && kept.hasProfile && near(kept.pixel, stored.pixel));
  assert(deep.depth === 'ushort' && deep.hasProfile && near(deep.pixel, stored.pixel));
})().catch((error) => { console.error(error); process.exit(1); });
JS
node try.js
echo "as described"
