// README.md, as a reader follows it.
import { builds } from "./builds.mjs";
import { assertReason, driveAll } from "./drive.mjs";

await driveAll("readme", builds.readme, {
  "as it stands": {
    async "the user says no"(page, { home }, heard) {
      await page.goto(home);
      await page.getByRole("button", { name: "Log in" }).click();
      await page.getByRole("button", { name: "Deny" }).click();
      await page.getByRole("heading", { name: "You cancelled the login." }).waitFor();
      assertReason(heard);
    },
  },
});
