// node compile.mjs LANGUAGE DIRECTORY: compiles ../gamutmeta.ksy and writes the parser's source files there.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import KaitaiStructCompiler from "kaitai-struct-compiler";
import { parse } from "yaml";

const [language, directory] = process.argv.slice(2);
if (!language || !directory) {
  console.error("usage: node compile.mjs LANGUAGE DIRECTORY (for example: python out)");
  process.exit(2);
}
const grammar = parse(readFileSync(new URL("../gamutmeta.ksy", import.meta.url), "utf8"));
const files = await KaitaiStructCompiler.compile(language, grammar, null, false);
mkdirSync(directory, { recursive: true });
for (const [name, source] of Object.entries(files)) {
  writeFileSync(join(directory, name), source);
  console.log(name);
}
