// The entry of the package that the pages of the end-to-end tests import: `wicketgate/all`, or the entry in ENTRY.

export const entry = process.env.ENTRY || "wicketgate/all";

/** What the entry's feature set lacks, with the reason that a test gives instead of running. */
const sets = {
  "wicketgate/handoff": ["tokens", "end-session", "restart", "popup", "idle", "environment", "dpop", "resources"],
  wicketgate: ["backend", "popup", "idle", "environment", "dpop", "resources"],
  "wicketgate/all": [],
};

if (!sets[entry]) throw new Error(`ENTRY=${entry}: it is one of ${Object.keys(sets).join(", ")}`);
export const lacks = Object.fromEntries(sets[entry].map((ability) => [ability, `the feature set of ${entry} lacks ${ability}`]));
