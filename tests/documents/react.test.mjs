// docs/guide/react.md, as a reader follows it.
import assert from "node:assert/strict";
import { builds } from "./builds.mjs";
import { calls, driveAll, logIn } from "./drive.mjs";

await driveAll("react", builds.react, {
  "as it stands": calls,
  "StrictMode, in the dev server": {
    async "a file changes, and the user is still signed in"(page, { home, edit }) {
      await page.goto(`${home}account`);
      await logIn(page);
      await page.getByRole("heading", { name: "Ada Lovelace's account" }).waitFor();
      await edit("src/App.tsx", "'s account", "'s own account");
      await page.getByRole("heading", { name: "Ada Lovelace's own account" }).waitFor();
      assert.equal(page.url(), `${home}account`);
    },
  },
});
