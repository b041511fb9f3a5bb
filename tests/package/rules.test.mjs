// docs/design/rules.md equals what scripts/rules.mjs makes of the tests.
import { execFileSync } from "node:child_process";
import { test } from "node:test";

test("docs/design/rules.md is up to date", () => {
  execFileSync(process.execPath, ["scripts/rules.mjs", "--check"], { stdio: "inherit" });
});
