// docs/guide/vue.md, as a reader follows it.
import { builds } from "./builds.mjs";
import { calls, driveAll } from "./drive.mjs";

await driveAll("vue", builds.vue, { "as it stands": calls });
