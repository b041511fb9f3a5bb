// The cost of a login for an app in Rust: yew's bare template alone, with wicketgate, and with each peer. All are built alike:
// the profile of Cargo.toml, wasm-bindgen, wasm-opt -Oz. `bench/rust/measure` installs the tools and runs this.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { transformSync } from "esbuild";

const target = "wasm32-unknown-unknown";
const build = "target/examples/build";
const out = "target/examples/bench";
const apps = ["bare", "with-wicketgate", "with-yew-oauth2", "with-openidconnect"];
const run = (program, ...args) => execFileSync(program, args, { stdio: ["ignore", "inherit", "inherit"] });

const sizes = new Map();
for (const app of apps) {
  const place = ["--manifest-path", "bench/rust/Cargo.toml", "--target", target, "--target-dir", build];
  // One at a time: in one build, a crate that two apps share would have the features of both.
  run("cargo", "build", "--quiet", "--locked", "--release", "--package", app, ...place);
  run("wasm-bindgen", "--target", "web", "--no-typescript", "--out-dir", out, "--out-name", app, `${build}/${target}/release/${app}.wasm`);
  const module = `${out}/${app}_bg.wasm`;
  run("wasm-opt", "-Oz", "--strip-producers", "--strip-target-features", module, "-o", module);
  const { code } = transformSync(readFileSync(`${out}/${app}.js`, "utf8"), { minify: true, format: "esm" });
  const wasm = readFileSync(module);
  sizes.set(app, { raw: wasm.length, gzip: gzipSync(wasm, { level: 9 }).length, brotli: brotli(wasm), glue: brotli(Buffer.from(code)) });
}

const bare = sizes.get("bare");
const columns = ["app", "module raw", "gzip", "brotli", "glue brotli", "module and glue over bare"];
console.log(`| ${columns.join(" | ")} |\n|${" --- |".repeat(columns.length)}`);
for (const [app, { raw, gzip, brotli, glue }] of sizes) {
  const figures = [raw, gzip, brotli, glue, brotli + glue - bare.brotli - bare.glue];
  console.log(`| ${app} | ${figures.map((figure) => figure.toLocaleString("en")).join(" | ")} |`);
}

function brotli(bytes) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return brotliCompressSync(bytes, { params }).length;
}
