// docs/guide/solid.md, as a reader follows it.
import { builds } from "./builds.mjs";
import { calls, driveAll } from "./drive.mjs";

await driveAll("solid", builds.solid, { "as it stands": calls });
