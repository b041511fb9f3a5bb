// Bundles a page's script with esbuild, the way an app does. `import … from "wicketgate"` finds the built package,
// which the build has put where an installed one would be.
import { build } from "esbuild";

/** The script that `entry` becomes; `alias` has other names for what it imports. */
export async function bundle(entry, alias) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    write: false,
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    logLevel: "warning",
    ...(alias && { alias }),
  });
  return outputFiles[0].contents;
}
