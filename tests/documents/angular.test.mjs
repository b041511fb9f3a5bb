// docs/guide/angular.md, as a reader follows it.
import { builds } from "./builds.mjs";
import { calls, driveAll } from "./drive.mjs";

await driveAll("angular", builds.angular, { "as it stands": calls });
