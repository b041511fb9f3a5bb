// The feature sets of the npm package: the entry of each, the crate's features that it is built with, and the names of its
// files in the package. `node scripts/sets.mjs` prints a line for each: name, features.
import { fileURLToPath } from "node:url";

const set = (name, entry, features) => {
  const prefix = name === "page" ? "" : `${name}-`;
  return {
    name,
    entry,
    features,
    /**
     * The wrapper, the script that it imports when it needs the module, the wrapper for a module in a file of its own, and that
     * file.
     */
    files: {
      index: name === "page" ? "index" : name,
      embedded: `${prefix}embedded`,
      streaming: `${prefix}streaming`,
      module: `wicketgate_${prefix.replace("-", "_")}bg.wasm`,
    },
  };
};

export const sets = [
  set("handoff", "wicketgate/handoff", ["backend"]),
  set("page", "wicketgate", ["tokens", "end-session", "restart"]),
  set("all", "wicketgate/all", [
    "backend", "tokens", "end-session", "restart", "popup", "idle", "environment", "dpop", "par", "rar", "resources",
  ]),
];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { name, features } of sets) console.log(name, features.join());
}
