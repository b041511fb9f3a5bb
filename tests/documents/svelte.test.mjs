// docs/guide/svelte.md, as a reader follows it.
import { builds } from "./builds.mjs";
import { calls, driveAll } from "./drive.mjs";

await driveAll("svelte", builds.svelte, { "as it stands": calls });
