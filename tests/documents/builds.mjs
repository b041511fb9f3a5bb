// What is built of each document, and driven: the kind of a build, the later headings that the reader follows, and the options
// of `drive`. A block that no build has is run elsewhere or says why not: tests/package/documents.test.mjs counts.
import { some } from "./drive.mjs";

/** SvelteKit hides its text for screen readers by a style attribute, and starts by an inline script. */
const svelte = { scripts: "'self' 'unsafe-inline' 'wasm-unsafe-eval'", styles: "'self' 'unsafe-inline'" };
/** The Angular CLI loads the style sheet by an attribute, and writes the most urgent styles into the page. */
const angular = { ...svelte, bases: "'self'" };

const base = { kind: "a base path", headings: ["A base path"], base: "/app/", cases: some };
const hash = { kind: "a hash router", headings: ["A hash router"], account: "#/account", cases: some };
const dev = { kind: "the dev server", isDev: true, cases: some };
const whole = { kind: "as it stands" };

export const builds = {
  vanilla: { document: "docs/guide/login.md", kinds: [whole, base, dev] },
  readme: { framework: "vanilla", document: "README.md", kinds: [{ ...whole, cases: ["login from a button, and out again"] }] },
  react: {
    document: "docs/guide/react.md",
    kinds: [whole, base, { kind: "a data router", headings: ["A data router"] }, hash, { ...dev, kind: "StrictMode, in the dev server" }],
  },
  vue: { document: "docs/guide/vue.md", kinds: [whole, base, hash, dev] },
  svelte: { document: "docs/guide/svelte.md", page: svelte, kinds: [whole, base, hash, dev] },
  solid: { document: "docs/guide/solid.md", kinds: [whole, base, hash, dev] },
  next: { document: "docs/guide/next.md", kinds: [whole, { ...base, home: "/app" }, dev] },
  angular: { document: "docs/guide/angular.md", page: angular, kinds: [whole, base, hash] },
};
