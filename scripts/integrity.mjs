// Prints the hashes of the modules in pkg/, and the compiler that made them. With --update, it writes them into the document
// that publishes them.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { sets } from "./sets.mjs";

const sentence = /^`wicketgate_bg\.wasm` is `sha384-.*$/m;

const hash = (file) => createHash("sha384").update(readFileSync(`pkg/${file}`)).digest("base64");
// The name of the first one is the package's own.
const modules = sets.map(({ files }) => files.module).sort((a, b) => a.length - b.length);
const hashes = modules.map((file, index) => `\`${file}\`${index ? "" : " is"} \`sha384-${hash(file)}\``).join(", ");
const said = execFileSync("rustc", ["--version", "--verbose"], { encoding: "utf8" });
const [compiler] = /^rustc .*$/m.exec(said);
const [, host] = /^host: (.*)$/m.exec(said);
const now = `${hashes}, built by ${compiler} on ${host}.`;

if (process.argv.includes("--update")) {
  const file = "docs/guide/deployment.md";
  const text = readFileSync(file, "utf8");
  if (!sentence.test(text)) throw new Error(`integrity: ${file} has no such sentence`);
  writeFileSync(file, text.replace(sentence, now));
}
console.log(now);
