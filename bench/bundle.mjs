// The script of each peer's page: `page.js` with the peer in it, by esbuild, minified. The options are the same for all, except
// that a peer's script can be one file or several.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** @returns `files`, by name: `page.js`, and the files that it loads later */
export async function bundle(peer) {
  const { outputFiles } = await build({
    entryPoints: [here("page.js")],
    alias: { "the-peer": here(`peers/${peer.file}`) },
    bundle: true,
    minify: true,
    splitting: !peer.inOne,
    format: "esm",
    target: "es2022",
    outdir: "/",
    write: false,
    logLevel: "error",
  });
  const files = {};
  for (const { path, contents } of outputFiles) files[path.replace(/^\//, "")] = compress(contents, "text/javascript; charset=utf-8");
  if (peer.file === "wicketgate-streaming.js") {
    files["wicketgate_bg.wasm"] = compress(readFileSync(here("../pkg/wicketgate_bg.wasm")), "application/wasm");
  }
  return { files };
}

/** The raw bytes, and the bytes in transit. */
function compress(contents, type) {
  const bytes = Buffer.from(contents);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return { type, raw: bytes, gzip: gzipSync(bytes, { level: 9 }), brotli: brotliCompressSync(bytes, { params }) };
}

/** `{ first, later }`, each `{ raw, gzip, brotli }` in bytes: the page's script with its static imports, and the rest. */
export function sizes({ files }) {
  const first = importedFirst(files);
  const sum = (names) => {
    const total = (kind) => names.reduce((all, name) => all + files[name][kind].length, 0);
    return { raw: total("raw"), gzip: total("gzip"), brotli: total("brotli") };
  };
  return { first: sum(first), later: sum(Object.keys(files).filter((name) => !first.includes(name))) };
}

function importedFirst(files, name = "page.js", seen = []) {
  seen.push(name);
  for (const [, other] of files[name].raw.toString().matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g)) {
    if (!seen.includes(other)) importedFirst(files, other, seen);
  }
  return seen;
}
