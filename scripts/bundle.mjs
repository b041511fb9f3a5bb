// Makes pkg/ from npm/ and the generated WebAssembly: everything except the declarations.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { pack, sorted } from "./pack.mjs";
import { sets } from "./sets.mjs";

const unpacker = "npm/generated/unpack.wasm";
execFileSync("wasm-opt", ["npm/unpack.wat", "--enable-bulk-memory", "-Oz", "-Oz", "-o", unpacker]);

// Not minified: an app's own bundler does that, and the code of a security library should be readable where it is installed.
const readable = { outdir: "pkg", format: "esm", target: "es2022", charset: "utf8", legalComments: "none", sourcemap: true, logLevel: "warning" };

mkdirSync("pkg", { recursive: true });
for (const set of sets) {
  const { files } = set;
  const module = sorted(readFileSync(`npm/generated/${set.name}/wicketgate_bg.wasm`), readFileSync(unpacker));
  generate(set, module);
  await build({
    ...readable,
    entryPoints: {
      [files.index]: `npm/${files.index}.ts`,
      [files.streaming]: `npm/${files.streaming}.ts`,
      [files.embedded]: "npm/embedded.ts",
    },
    bundle: true,
    // What only `wicketgate/all` has costs the other entries no byte.
    dropLabels: set.name === "all" ? [] : ["ALL"],
    plugins: [ofSet(set)],
  });
  dropBytesFromMap(`pkg/${files.embedded}.js.map`);
  writeFileSync(`pkg/${files.module}`, module);
}
// For tools that find an entry by its path and do not read the manifest's `exports`: Parcel, and older resolvers.
for (const { entry, files } of sets.filter(({ files }) => files.index !== "index")) {
  const folder = `pkg/${entry.split("/")[1]}`;
  mkdirSync(folder, { recursive: true });
  for (const kind of ["js", "d.ts"]) writeFileSync(`${folder}/streaming.${kind}`, `export * from "../${files.streaming}.js";\n`);
}
await build({ ...readable, entryPoints: ["npm/testing.ts", "npm/providers.ts", "npm/doctor.ts", "npm/cli.ts"], bundle: true });
// File by file: shared code exists once, and each "use client" stays in its file.
await build({
  ...readable,
  entryPoints: ["auth", "guard", "errors", "react", "vue", "svelte", "solid", "angular", "axios"].map((name) => `npm/${name}.ts`),
  bundle: false,
});

for (const file of ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE"]) {
  if (existsSync(file)) copyFileSync(file, `pkg/${file}`);
}
const manifest = JSON.parse(readFileSync("npm/package.json", "utf8"));
manifest.version = /^version = "(.+)"$/m.exec(readFileSync("Cargo.toml", "utf8"))[1];
writeFileSync("pkg/package.json", JSON.stringify(manifest, null, 2) + "\n");

/**
 * The sources name the generated files and the imported script without the set: this plugin inserts the set's name. In a set
 * with proofs, it puts the `fetch` that sends them in the place of the other one.
 */
function ofSet({ name, files, features }) {
  return {
    name: "of-set",
    setup({ onResolve }) {
      onResolve({ filter: /^\.\/generated\// }, ({ path }) => ({ path: join(process.cwd(), "npm/generated", name, path.slice("./generated/".length)) }));
      if (features.includes("dpop")) {
        const withProof = join(process.cwd(), "npm/fetch-with-proof.ts");
        onResolve({ filter: /^\.\/fetch\.js$/ }, ({ importer }) => (importer === withProof ? undefined : { path: withProof }));
      }
      // It stays a file of its own, so that an app's bundler sees its name.
      onResolve({ filter: /^\.\/embedded\.js$/ }, () => ({ path: `./${files.embedded}.js`, external: true }));
    },
  };
}

/** Generates the files that wasm-bindgen does not make. */
function generate({ name, files }, module) {
  const folder = `npm/generated/${name}`;
  const put = (file, script, declarations) => {
    writeFileSync(`${folder}/${file}.js`, script);
    writeFileSync(`${folder}/${file}.d.ts`, declarations);
  };
  const packed = pack(module, readFileSync(unpacker));
  put(
    "packed",
    `export const packed = ${JSON.stringify(packed)};\nexport const unpacker = "${readFileSync(unpacker, "base64")}";\n`,
    "export declare const packed: string;\nexport declare const unpacker: string;\n",
  );
  put("file", `export const file = () => new URL("${files.module}", import.meta.url);\n`, "export declare function file(): URL;\n");
  // The browser's part lies in a folder whose name is a hash.
  const [snippet] = readdirSync(`${folder}/snippets`);
  put(
    "page",
    `export * from "./snippets/${snippet}/src/browser/page.js";\n`,
    "export declare function expect(url: string, answer: Promise<Response>, abort: () => void): () => void;\n",
  );
}

/** Removes the module from a source map, because its copy would double the package. */
function dropBytesFromMap(path) {
  const map = JSON.parse(readFileSync(path, "utf8"));
  map.sourcesContent = map.sourcesContent.map((text, i) => (map.sources[i].endsWith("/packed.js") ? null : text));
  writeFileSync(path, JSON.stringify(map));
}
