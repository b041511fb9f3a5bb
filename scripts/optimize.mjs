// Makes the module small: optimizes it, and gives its imports and exports names of one or two letters, in the
// module and in the script that goes with it. The long names hold a hash each, and are paid for twice: that is
// what does not compress. From the script it takes what the wrapper never calls for. bench/README.md says what else
// was tried.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const [wasm, script] = process.argv.slice(2);
// Not --converge: the names would be changed once more with each round.
const passes = ["-Oz", "-Oz", "-Oz"];
// In one run: wasm-opt reads the module's features from the section that it then strips.
const strip = ["--strip-target-features", "--strip-producers", "--minify-imports-and-exports-and-modules"];
const printed = execFileSync("wasm-opt", [wasm, ...passes, ...strip, "-o", wasm], { encoding: "utf8" });
const { imports, exports } = JSON.parse(printed);
let text = readFileSync(script, "utf8");

function replace(pattern, replacement, what) {
  const before = text;
  text = text.replaceAll(pattern, () => replacement);
  if (text === before) throw new Error(`optimize: ${what} is not in the script`);
}
const escaped = (name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

for (const [, name, short] of imports) replace(new RegExp(`(?<![\\w$])${escaped(name)}(?=: function)`, "g"), JSON.stringify(short), name);
for (const module of new Set(imports.map(([module]) => module))) replace(JSON.stringify(module), '"a"', module);
for (const [name, short] of exports) {
  // What only the module itself uses need not be in the script.
  if (new RegExp(`\\bwasm\\.${escaped(name)}(?![\\w$])`).test(text)) {
    replace(new RegExp(`\\bwasm\\.${escaped(name)}(?![\\w$])`, "g"), `wasm[${JSON.stringify(short)}]`, name);
  }
}
// Other ways to be given the module than the wrapper's; strings without `--encode-into always`; closures that only
// JavaScript would let go of: the module lets go of its own, or never does.
const instantiate = "    return __wbg_finalize_init(new WebAssembly.Instance(module, __wbg_get_imports()), module);\n";
replace(/function initSync\(module\) \{\n[^]*?(?=\}\n\nasync)/g, `function initSync({ module }) {\n${instantiate}`, "initSync");
replace(/const CLOSURE_DTORS = [^]*?;\n/g, "", "CLOSURE_DTORS");
replace(/ *CLOSURE_DTORS\..*\n/g, "", "the use of CLOSURE_DTORS");
replace(/    if \(realloc === undefined\) \{\n[^]*?\n    \}\n/g, "", "the way without realloc");
writeFileSync(script, text);
