// The bytes that a page loads for the package: bundles of scripts/size-page.js, compared with size-budget.json.
import { readFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { sets } from "./sets.mjs";

const budgets = JSON.parse(readFileSync("size-budget.json", "utf8"));
const noModule = {
  name: "no-module",
  setup({ onLoad }) {
    onLoad({ filter: /embedded\.js$/ }, ({ path }) => {
      const whole = readFileSync(path, "utf8");
      const contents = whole.replace(/^var packed = .*$/m, () => 'var packed = "";');
      if (contents.length > whole.length / 2) throw new Error(`the module was not found in ${path}`);
      return { contents };
    });
  },
};

console.log("".padEnd(28) + ["raw", "gzip", "brotli", "budget"].map((title) => title.padStart(9)).join(""));
// Scripts that are imported on demand lie in files of their own. This is the first script, the same for every entry.
check("before anything is needed", await bundle("wicketgate", { splitting: true, outdir: "size" }));
for (const { entry, files } of sets) {
  check(entry, await bundle(entry));
  print("  of it JavaScript", await bundle(entry, { plugins: [noModule] }));
  print("  of it WebAssembly", readFileSync(`pkg/${files.module}`));
}

/** The script that the page loads. */
async function bundle(entry, more) {
  const { outputFiles, metafile } = await build({
    entryPoints: ["scripts/size-page.js"],
    alias: entry === "wicketgate" ? {} : { wicketgate: entry },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
    metafile: true,
    logLevel: "warning",
    ...more,
  });
  const outputs = Object.values(metafile.outputs);
  const first = outputs.findIndex(({ entryPoint }) => entryPoint === "scripts/size-page.js");
  // Its static imports belong to it.
  if (outputs[first].imports.some(({ kind }) => kind === "import-statement")) throw new Error("size: the page's script is in two files");
  return Buffer.from(outputFiles[first].contents);
}

function check(name, bytes) {
  const size = print(name, bytes, budgets[name]);
  if (size <= budgets[name]) return;
  console.error(`size: ${name}: ${size - budgets[name]} bytes above the budget of size-budget.json`);
  process.exitCode = 1;
}

function print(name, bytes, budget = "") {
  const sizes = [bytes.length, gzipSync(bytes, { level: 9 }).length, brotli(bytes)];
  console.log(name.padEnd(28) + [...sizes, budget].map((size) => String(size).padStart(9)).join(""));
  return sizes[2];
}

function brotli(bytes) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return brotliCompressSync(bytes, { params }).length;
}
