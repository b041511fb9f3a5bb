// The two crates as they would be published: complete, and without any other file.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const crates = {
  wicketgate: { manifest: "Cargo.toml", also: ["CHANGELOG.md", "docs/guide/rust.md"] },
  "wicketgate-backend": { manifest: "backend/Cargo.toml", also: ["src/main.rs"] },
};

for (const [crate, { manifest, also }] of Object.entries(crates)) {
  const files = execFileSync("cargo", ["package", "--list", "--allow-dirty", "--quiet", "--package", crate], { encoding: "utf8" }).split("\n");

  test(`${crate} has its source, its README, its licences`, () => {
    for (const file of ["Cargo.toml", "README.md", "LICENSE-MIT", "LICENSE-APACHE", "src/lib.rs", ...also]) {
      assert.ok(files.includes(file), `${file} is missing`);
    }
  });

  test(`${crate} has no tests, whose servers are elsewhere`, () => {
    assert.deepEqual(files.filter((file) => /^(tests|examples|bench|npm|scripts)\//.test(file)), []);
  });

  test(`${crate} says what a registry asks for`, () => {
    const text = readFileSync(manifest, "utf8");
    for (const key of ["description", "license", "documentation", "readme", "keywords", "categories"]) {
      assert.match(text, new RegExp(`^${key}(\\.workspace)? = `, "m"), key);
    }
  });
}

test("a crate of this workspace that another needs has its version there", () => {
  const version = /^version = "(.+)"$/m.exec(readFileSync("Cargo.toml", "utf8"))[1];
  assert.match(readFileSync("backend/Cargo.toml", "utf8"), new RegExp(`^wicketgate = .*version = "${version}"`, "m"));
});
