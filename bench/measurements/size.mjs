// What a page pays for the whole job, in bytes: its script, minified by esbuild, and what it loads later.
import { sizes } from "../bundle.mjs";
import { takingPartIn } from "../peers/index.mjs";

export async function measure(rig) {
  return Object.fromEntries(takingPartIn("size").map(({ name, id }) => [name, sizes(rig.bundles[id])]));
}
