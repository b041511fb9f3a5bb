// The bytes that a page loads for the whole job: its script, minified by esbuild, and the files that it loads later.
import { sizes } from "../bundle.mjs";
import { takingPartIn } from "../peers/index.mjs";

export async function measure(rig) {
  return Object.fromEntries(takingPartIn("size").map(({ name, id }) => [name, sizes(rig.bundles[id])]));
}
