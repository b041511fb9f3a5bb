// The module travels as text. A tool that prints this text anew must not change a character of it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { build } from "esbuild";
import { minify } from "terser";
import { sets } from "../../scripts/sets.mjs";

// Outside a browser, the package loads no module; these globals are enough of a browser.
Object.assign(globalThis, { window: globalThis, location: { href: "https://app.example/" }, sessionStorage: {}, addEventListener() {}, requestIdleCallback() {} });
globalThis.document = { addEventListener() {}, querySelector: () => null };

for (const { entry, files } of sets) {
  const wasm = readFileSync(`pkg/${files.module}`);

  test(`${entry}: the package as it is gives the module's bytes`, async () => {
    assert.deepEqual(await bytesOf(await bundle(entry, { minify: false })), wasm);
  });

  for (const charset of ["ascii", "utf8"]) {
    test(`${entry}: esbuild's minified output in ${charset} gives the module's bytes`, async () => {
      assert.deepEqual(await bytesOf(await bundle(entry, { minify: true, charset })), wasm);
    });
    test(`${entry}: terser's minified output of ${charset} gives the module's bytes`, async () => {
      const { code } = await minify(await bundle(entry, { minify: false, charset }), { module: true });
      assert.deepEqual(await bytesOf(code), wasm);
    });
  }

  test(`${entry}: the text is printable ASCII, which no bundler escapes and every server sends as it is`, () => {
    const [, text] = /^var packed = (".*");$/m.exec(readFileSync(`pkg/${files.embedded}.js`, "utf8"));
    assert.match(JSON.parse(text), /^[\x20-\x7e]*$/);
  });

  test(`${entry}: terser's output limited to ASCII gives the module's bytes`, async () => {
    const { code } = await minify(await bundle(entry, { minify: false }), { module: true, format: { ascii_only: true } });
    assert.match(code, /^[\x00-\x7f]*$/);
    assert.deepEqual(await bytesOf(code), wasm);
  });
}

async function bundle(entry, options) {
  const { outputFiles } = await build({
    stdin: { contents: `export { createClient } from "${entry}";`, resolveDir: "." },
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
    ...options,
  });
  return outputFiles[0].text;
}

/** The bytes that the code compiles when it loads its first client. The code compiles the unpacker before them, in another way. */
async function bytesOf(code) {
  const { createClient } = await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`);
  const { compile, instantiate } = WebAssembly;
  try {
    return await new Promise((resolve, reject) => {
      const seen = (bytes) => {
        resolve(Buffer.from(bytes));
        throw new Error("seen");
      };
      WebAssembly.compile = WebAssembly.instantiate = async (bytes) => seen(bytes);
      createClient({ clientId: "app", metadata: { authorization_endpoint: "https://login.example/authorize" } })
        .then((client) => client.load())
        .then(() => reject(new Error("no module was made")), reject);
    });
  } finally {
    Object.assign(WebAssembly, { compile, instantiate });
  }
}
