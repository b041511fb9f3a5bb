// Makes the module small: optimizes it, and shortens the names of its imports and exports to one or two letters, in the module
// and in its script. The long names contain a hash each, and stand in both files; a hash does not compress. It also removes
// functions from the script that the wrapper never calls. bench/README.md lists what else was tried.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const [wasm, script] = process.argv.slice(2);
// Not --converge, which would change the names again in each round.
const passes = ["-Oz", "-Oz", "-Oz"];
// Makes an addition of less than 1,024 the offset of a load or store. The result differs only if the sum wraps around to an
// address below 1,024. Only the last bytes of the stack lie there (scripts/build), and the access would trap.
const memory = "--low-memory-unused";
// Zeros between data stay where they are: the header of another segment costs more.
const data = "--skip-pass=memory-packing";
// In the same run: wasm-opt reads the module's features from the section that it then strips.
const strip = ["--strip-target-features", "--strip-producers", "--minify-imports-and-exports-and-modules"];
const printed = execFileSync("wasm-opt", [wasm, memory, data, ...passes, ...strip, "-o", wasm], { encoding: "utf8" });
const { imports, exports } = JSON.parse(printed);
let text = readFileSync(script, "utf8");

function replace(pattern, replacement, what) {
  const before = text;
  text = text.replaceAll(pattern, () => replacement);
  if (text === before) throw new Error(`optimize: ${what} is not in the script`);
}
const wasmExport = (name) => `wasm["${exports.find(([long]) => long === name)[1]}"]`;
const escaped = (name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

for (const [, name, short] of imports) replace(new RegExp(`(?<![\\w$])${escaped(name)}(?=: function)`, "g"), JSON.stringify(short), name);
for (const module of new Set(imports.map(([module]) => module))) replace(JSON.stringify(module), '"a"', module);
for (const [name, short] of exports) {
  // The script need not contain exports that only the module itself uses.
  if (new RegExp(`\\bwasm\\.${escaped(name)}(?![\\w$])`).test(text)) {
    replace(new RegExp(`\\bwasm\\.${escaped(name)}(?![\\w$])`, "g"), `wasm[${JSON.stringify(short)}]`, name);
  }
}
// Removes two parts of the script: ways to load the module that the wrapper does not use; and the release of closures by
// JavaScript, because the module releases its own closures, or never does.
const instantiate = "    return __wbg_finalize_init(new WebAssembly.Instance(module, __wbg_get_imports()), module);\n";
replace(/function initSync\(module\) \{\n[^]*?(?=\}\n\nasync)/g, `function initSync({ module }) {\n${instantiate}`, "initSync");
replace(/const CLOSURE_DTORS = [^]*?;\n/g, "", "CLOSURE_DTORS");
replace(/ *CLOSURE_DTORS\..*\n/g, "", "the use of CLOSURE_DTORS");
// One way to pass a text, which is undefined or short: the generated code first tries to do without the encoder.
replace(/isLikeNone\((\w+)\) \? 0 : (?=passStringToWasm0\()/g, "", "the way without a text");
replace(/(?<=passStringToWasm0\(\w+), \w+\["\w+"\], \w+\["\w+"\](?=\))/g, "", "the memory for a text");
replace(
  /function passStringToWasm0\([^]*?\n\}\n/g,
  `function passStringToWasm0(text) {
    if (isLikeNone(text)) return 0;
    const bytes = cachedTextEncoder.encode(text);
    const ptr = ${wasmExport("__wbindgen_malloc")}(bytes.length, 1) >>> 0;
    getUint8ArrayMemory0().set(bytes, ptr);
    WASM_VECTOR_LEN = bytes.length;
    return ptr;
}
`,
  "passStringToWasm0",
);
// A page would have to decode 2 GiB before this matters in Safari.
replace(/    numBytesDecoded \+= len;\n    if [^]*?\n    \}\n/g, "", "the limit of Safari's decoder");
replace(/const MAX_SAFARI_DECODE_BYTES.*\nlet numBytesDecoded.*\n/g, "", "the count of decoded bytes");
// A view of the memory is made for each use, because the memory may have grown since the last one.
replace(/let cached(DataView|Uint8Array)Memory0 = null;\n/g, "", "the remembered views of the memory");
for (const view of ["DataView", "Uint8Array"]) {
  replace(
    new RegExp(`function get${view}Memory0\\(\\) \\{\\n[^]*?\\n\\}\\n`, "g"),
    `function get${view}Memory0() {\n    return new ${view}(${wasmExport("memory")}.buffer);\n}\n`,
    `get${view}Memory0`,
  );
}
// One way to read a text, and one to return it.
replace(/ decodeText\(ptr >>> 0, len\)/g, " cachedTextDecoder.decode(getArrayU8FromWasm0(ptr, len))", "decodeText");
replace(/function decodeText\([^]*?\n\}\n/g, "", "decodeText");
replace(
  /(?:var|const) ptr1 = passStringToWasm0\(ret\);\n.*\n.*setInt32\(arg0 \+ 4 \* 1, len1, true\);\n.*setInt32\(arg0 \+ 4 \* 0, ptr1, true\);/g,
  "returnString(arg0, ret);",
  "the return of a text",
);
replace(
  /(?=function passStringToWasm0\()/g,
  `function returnString(place, text) {
    const ptr = passStringToWasm0(text);
    new Uint32Array(${wasmExport("memory")}.buffer, place).set([ptr, WASM_VECTOR_LEN]);
}

`,
  "passStringToWasm0",
);
// Of the instance, the script needs the exports.
replace(
  /let wasmModule, wasmInstance, wasm;\nfunction __wbg_finalize_init\([^]*?\n\}\n/g,
  `let wasm;
function __wbg_finalize_init(instance) {
    wasm = instance.exports;
    ${wasmExport("__wbindgen_start")}();
    return wasm;
}
`,
  "__wbg_finalize_init",
);
// The imports: arrow functions, and one function that catches.
replace(/function handleError\(f, args\) \{\n    try \{\n        return f\.apply\(this, args\);/g, "const caught = (f) => (...args) => {\n    try {\n        return f(...args);", "handleError");
text = text.replaceAll(/(?<="\w+": )function\(\) \{ return handleError\(function \((.*?)\) (\{\n[^]*?\n        \}), arguments\); \}/g, "caught(($1) => $2)");
text = text.replaceAll(/(?<="\w+": )function\((.*?)\) (?=\{\n)/g, "($1) => ");
writeFileSync(script, text);
