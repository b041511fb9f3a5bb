// Bundles a page's script with esbuild, like an app. `import … from "wicketgate"` finds the built package, because the build
// has put it where an installed one would be.
import { basename } from "node:path";
import { build } from "esbuild";
import { entry as entryOfTests } from "../e2e/entry.mjs";

/** The bundled script of `entry`; `alias` replaces the names of imports. */
export async function bundle(entry, alias) {
  const [script] = Object.values(await bundleFiles(entry, alias, false));
  return script;
}

/** The bundled files of `entry`, by their paths: a script that is imported on demand is a file of its own. */
export async function bundleFiles(entry, alias, splitting = true) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    write: false,
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    logLevel: "warning",
    splitting,
    outdir: "/",
    alias: { "wicketgate/all": entryOfTests, ...alias },
  });
  return Object.fromEntries(outputFiles.map(({ path, contents }) => [`/${basename(path)}`, contents]));
}
