// node read.mjs DIRECTORY: reads containers (base64, one a line) with the parser that compile.mjs wrote to DIRECTORY, and
// prints for each {"descriptor": the map with digests in base16, "frame": base64, "checksum": number} or {"error": "..."}.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

// The parser asks for its runtime from wherever it lies; this answers from here.
const here = createRequire(import.meta.url);
const KaitaiStream = here("kaitai-struct/KaitaiStream");
const exported = {};
new Function("exports", "require", readFileSync(join(process.argv[2], "Gamutmeta.js"), "utf8"))(exported, here);
const { Gamutmeta } = exported;

const encoding = (e) => (e.format === 0xa3 ? e.float16 : e.format === 0xca ? e.scale : e.exponent);
const base16 = (bytes) => Buffer.from(bytes).toString("hex").toUpperCase();
const VALUES = {
  aff: (v) => v.coefficients.map((c) => c.value),
  bias: () => false,
  grid: (v) => [v.channels.value, v.height.value, v.width.value],
  jpeg: (v) => base16(v.digest),
  like: (v) => base16(v.likeness),
  mlp: (v) => v.widths.map((w) => w.value),
  q: (v) => v.encodings.map(encoding),
  rgb8: (v) => base16(v.digest),
  shl: (v) => base16(v.channels.flatMap(({ dark, bright }) => [dark, bright].flatMap((e) => [e.numCodes, e.growth]))),
  t: () => false,
};
const KEYS = "aff bias cat gate grid h head jpeg like mlp q rgb rgb8 shl smp src t w xy".split(" ");

function read(bytes) {
  const container = new Gamutmeta(new KaitaiStream(bytes));
  const descriptor = {};
  for (const key of KEYS) {
    const value = container.descriptor[key];
    if (value !== undefined) descriptor[key] = VALUES[key] ? VALUES[key](value) : value.value;
  }
  const frame = container.tensors === undefined ? "" : Buffer.from(container.tensors.whole).toString("base64");
  return { descriptor, frame, checksum: container.checksum };
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const bytes = Buffer.from(line, "base64");
    answer = read(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  } catch (error) {
    answer = { error: `${error.name}: ${error.message}` };
  }
  console.log(JSON.stringify(answer));
}
