// docs/guide/login.md, as a reader follows it.
import { builds } from "./builds.mjs";
import { driveAll } from "./drive.mjs";

await driveAll("vanilla", builds.vanilla);
