// The module travels as a string. Whatever prints that string anew must not change a byte of it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { build } from "esbuild";
import { minify } from "terser";

const wasm = readFileSync("pkg/wicketgate_bg.wasm");
// Outside a browser no module is loaded; this is enough of one.
globalThis.window = globalThis;

test("the package as it is gives the module's bytes", async () => {
  assert.deepEqual(await bytesOf(await bundle({ minify: false })), wasm);
});

for (const charset of ["ascii", "utf8"]) {
  test(`esbuild's minified output in ${charset} gives the module's bytes`, async () => {
    assert.deepEqual(await bytesOf(await bundle({ minify: true, charset })), wasm);
  });
  test(`terser's minified output of ${charset} gives the module's bytes`, async () => {
    const { code } = await minify(await bundle({ minify: false, charset }), { module: true });
    assert.deepEqual(await bytesOf(code), wasm);
  });
}

test("terser's output limited to ASCII gives the module's bytes", async () => {
  const { code } = await minify(await bundle({ minify: false }), { module: true, format: { ascii_only: true } });
  assert.match(code, /^[\x00-\x7f]*$/);
  assert.deepEqual(await bytesOf(code), wasm);
});

async function bundle(options) {
  const { outputFiles } = await build({
    stdin: { contents: 'export { createClient } from "wicketgate";', resolveDir: "." },
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
    ...options,
  });
  return outputFiles[0].text;
}

/** The bytes that the code hands to the WebAssembly API when it makes its first client. */
async function bytesOf(code) {
  const { createClient } = await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`);
  const { Module, compile, instantiate } = WebAssembly;
  try {
    return await new Promise((resolve, reject) => {
      const seen = (bytes) => {
        resolve(Buffer.from(bytes));
        throw new Error("seen");
      };
      WebAssembly.Module = class { constructor(bytes) { seen(bytes); } };
      WebAssembly.compile = WebAssembly.instantiate = async (bytes) => seen(bytes);
      createClient({ clientId: "app", metadata: { authorization_endpoint: "https://login.example/authorize" } })
        .then(() => reject(new Error("no module was made")), reject);
    });
  } finally {
    Object.assign(WebAssembly, { Module, compile, instantiate });
  }
}
