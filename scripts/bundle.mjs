// From npm/ and the generated WebAssembly to pkg/: everything but the declarations.
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

writeBytes(readFileSync("npm/generated/wicketgate_bg.wasm"));
namePage();

mkdirSync("pkg", { recursive: true });
// Not minified: an app's own bundler does that, and what a security library does should be readable
// where it is installed.
await build({
  entryPoints: ["npm/index.ts", "npm/streaming.ts", "npm/testing.ts"],
  outdir: "pkg",
  bundle: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  sourcemap: true,
  logLevel: "warning",
});
// File by file: what two of them share is there once, and a "use client" stays where it has to be.
await build({
  entryPoints: ["auth", "guard", "errors", "react", "vue", "svelte", "solid"].map((name) => `npm/${name}.ts`),
  outdir: "pkg",
  bundle: false,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  sourcemap: true,
  logLevel: "warning",
});
for (const entry of ["index", "streaming"]) dropBytesFromMap(`pkg/${entry}.js.map`);

copyFileSync("npm/generated/wicketgate_bg.wasm", "pkg/wicketgate_bg.wasm");
for (const file of ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"]) {
  if (existsSync(file)) copyFileSync(file, `pkg/${file}`);
}
const manifest = JSON.parse(readFileSync("npm/package.json", "utf8"));
manifest.version = /^version = "(.+)"$/m.exec(readFileSync("Cargo.toml", "utf8"))[1];
writeFileSync("pkg/package.json", JSON.stringify(manifest, null, 2) + "\n");

/** One character for each byte: brotli pays 2 to 5 % for it, where base64 costs 31 %. */
function writeBytes(wasm) {
  const literal = JSON.stringify(wasm.toString("latin1"))
    // Legal inside a string, but editors and terminals act on them.
    .replace(/[\x7f-\x9f]/g, (c) => "\\x" + c.charCodeAt(0).toString(16));
  writeFileSync("npm/generated/bytes.js", `export default ${literal};\n`);
  writeFileSync("npm/generated/bytes.d.ts", "declare const bytes: string;\nexport default bytes;\n");
}

/** The browser's part lies in a folder whose name is a hash. */
function namePage() {
  const [folder] = readdirSync("npm/generated/snippets");
  writeFileSync("npm/generated/page.js", `export * from "./snippets/${folder}/src/browser/page.js";\n`);
  writeFileSync("npm/generated/page.d.ts", "export declare function askAhead(url: string): () => void;\n");
}

/** A source map that holds the module once more would double the package. */
function dropBytesFromMap(path) {
  const map = JSON.parse(readFileSync(path, "utf8"));
  map.sourcesContent = map.sourcesContent.map((text, i) => (map.sources[i].endsWith("/bytes.js") ? null : text));
  writeFileSync(path, JSON.stringify(map));
}
