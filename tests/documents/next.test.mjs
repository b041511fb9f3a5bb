// docs/guide/next.md, as a reader follows it.
import { builds } from "./builds.mjs";
import { calls, driveAll } from "./drive.mjs";

await driveAll("next", builds.next, { "as it stands": calls });
