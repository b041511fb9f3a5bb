// Says what the module in pkg/ hashes to and what made it, as the README publishes it. With --update it writes that into
// the README.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

const sentence = /^`wicketgate_bg\.wasm` is `sha384-.*$/m;

const hash = createHash("sha384").update(readFileSync("pkg/wicketgate_bg.wasm")).digest("base64");
const said = execFileSync("rustc", ["--version", "--verbose"], { encoding: "utf8" });
const [compiler] = /^rustc .*$/m.exec(said);
const [, host] = /^host: (.*)$/m.exec(said);
const now = `\`wicketgate_bg.wasm\` is \`sha384-${hash}\`, built by ${compiler} on ${host}.`;

if (process.argv.includes("--update")) {
  // The package has a copy.
  for (const file of ["README.md", "pkg/README.md"]) {
    const text = readFileSync(file, "utf8");
    if (!sentence.test(text)) throw new Error(`integrity: ${file} has no such sentence`);
    writeFileSync(file, text.replace(sentence, now));
  }
}
console.log(now);
