#!/usr/bin/env node
/**
 * Answers the conformance runner (annex E.2 of the specification): for each JSON object on a line of standard input,
 * one on standard output. With --plain it does without WebAssembly.
 * @module
 */

import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { hasYccSamples, isJpeg } from './carriers.js';
import { GamutMetaError, decode, expand, extract } from './gamutmeta.js';

const plain = process.argv.includes('--plain');

/** A binary PPM of 8-bit samples (E.1): R, G, B, or Y, Cb, Cr, as the payload wants them (annex A of version 2). */
function readPpm(bytes, coding) {
  const [head, width, height] = /^P6\s(\d+)\s(\d+)\s255\s/.exec(bytes.subarray(0, 64).toString('latin1'));
  return { width: Number(width), height: Number(height), data: bytes.subarray(head.length), coding };
}

/** 16-bit samples as big-endian bytes. */
function bigEndian(samples) {
  const bytes = Buffer.alloc(2 * samples.length);
  samples.forEach((sample, k) => bytes.writeUInt16BE(sample, 2 * k));
  return bytes;
}

async function answer({ operation, file, pixels }) {
  const bytes = await readFile(file);
  if (operation === 'extract') return { container: Buffer.from(extract(bytes)).toString('base64') };
  if (pixels === undefined) {
    const { smp } = decode(extract(bytes)).descriptor;
    if (smp === 1 && !(isJpeg(bytes) && hasYccSamples(bytes))) {
      throw new GamutMetaError('binding', 'descriptor.smp', 'the file holds no YCbCr samples'); // 2:7.1
    }
    throw new GamutMetaError('photo', 'picture', 'it cannot be decoded to codes'); // 8.2
  }
  const coding = decode(extract(bytes)).descriptor.smp === 1 ? 'ycc' : 'rgb';
  const { width, height, data } = await expand(bytes, readPpm(await readFile(pixels), coding), { plain });
  return { width, height, samples: bigEndian(data).toString('base64') };
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  const response = await answer(request).catch((error) => {
    if (!(error instanceof GamutMetaError)) throw error;
    return { error: error.code, message: error.message };
  });
  process.stdout.write(`${JSON.stringify({ id: request.id, ...response })}\n`);
}
