// The documents publish the hashes of the modules. A build with the same compiler must give the same bytes.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

test("the hash in docs/guide/deployment.md is that of the module", (t) => {
  const [published] = /^`wicketgate_bg\.wasm` is `sha384-.*$/m.exec(readFileSync("docs/guide/deployment.md", "utf8"));
  const built = execFileSync(process.execPath, ["scripts/integrity.mjs"], { encoding: "utf8" }).trim();

  const compiler = (sentence) => /built by (.*)\.$/.exec(sentence)[1];
  if (compiler(built) !== compiler(published)) {
    return t.skip(`not compared: the document's hash is that of ${compiler(published)}; here is ${compiler(built)}`);
  }
  const sysroot = execFileSync("rustc", ["--print", "sysroot"], { encoding: "utf8" }).trim();
  if (!existsSync(`${sysroot}/lib/rustlib/src/rust/library/Cargo.lock`)) {
    return t.skip("not compared: the document's hash is of a module whose standard library was built anew; here is no rust-src");
  }
  assert.equal(published, built, "the module has changed: run `make build && node scripts/integrity.mjs --update` and commit docs/guide/deployment.md");
});
