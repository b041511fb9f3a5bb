// What a page pays for the package: a bundle of scripts/size-page.js, against size-budget.json.
import { readFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { minify } from "terser";

const budget = JSON.parse(readFileSync("size-budget.json", "utf8")).brotli;
const noModule = {
  name: "no-module",
  setup({ onLoad }) {
    onLoad({ filter: /pkg\/index\.js$/ }, ({ path }) => {
      const whole = readFileSync(path, "utf8");
      const contents = whole.replace(/^var bytes_default = .*$/m, () => 'var bytes_default = "";');
      if (contents.length > whole.length / 2) throw new Error("the module was not found in pkg/index.js");
      return { contents };
    });
  },
};

const whole = await bundle();
const parts = {
  "page, esbuild": Buffer.from(whole),
  "  of it JavaScript": Buffer.from(await bundle([noModule])),
  "  of it WebAssembly": readFileSync("pkg/wicketgate_bg.wasm"),
  "page, terser": Buffer.from((await minify(whole, { module: true })).code),
};
console.log("".padEnd(20) + ["raw", "gzip", "brotli"].map((title) => title.padStart(9)).join(""));
for (const [name, bytes] of Object.entries(parts)) {
  const sizes = [bytes.length, gzipSync(bytes, { level: 9 }).length, brotli(bytes)];
  console.log(name.padEnd(20) + sizes.map((size) => String(size).padStart(9)).join(""));
}

const size = brotli(parts["page, esbuild"]);
console.log(`${size} of ${budget} bytes brotli (${Math.round((100 * size) / budget)} %)`);
if (size > budget) {
  console.error(`size: ${size - budget} bytes above the budget of size-budget.json`);
  process.exitCode = 1;
}

async function bundle(plugins = []) {
  const options = { entryPoints: ["scripts/size-page.js"], bundle: true, minify: true, format: "esm", target: "es2022" };
  const { outputFiles } = await build({ ...options, plugins, write: false, logLevel: "warning" });
  return outputFiles[0].text;
}

function brotli(bytes) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return brotliCompressSync(bytes, { params }).length;
}
