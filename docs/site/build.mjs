// Makes a site of the documents in target/site/. It copies the files unchanged, except that a link to a file outside of the
// site (a source file, an example) becomes plain text. VitePress fails on a broken link.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const here = fileURLToPath(new URL("./", import.meta.url));
const target = `${root}target/docs`;

const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "docs", "README.md", "SECURITY.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE-*", "bench/README.md", "bench/results.md", "bench/*.svg", "backend/README.md"], { cwd: root, encoding: "utf8" });
const files = listed.split("\n").filter((path) => path && !path.startsWith("docs/site/"));
const documents = files.filter((path) => path.endsWith(".md"));
const images = files.filter((path) => /\.(svg|png|webp)$/.test(path));
/** A folder's README is the page of the folder's address. */
const place = (path) => path.replace(/README\.md$/, "index.md");

rmSync(target, { recursive: true, force: true });
for (const path of documents) write(place(path), ofSite(path, readFileSync(root + path, "utf8")));
for (const path of images) {
  mkdirSync(dirname(`${target}/pages/${path}`), { recursive: true });
  copyFileSync(root + path, `${target}/pages/${path}`);
}
mkdirSync(`${target}/.vitepress`, { recursive: true });
copyFileSync(`${here}config.mjs`, `${target}/.vitepress/config.mjs`);
// The pages become components of Vue, which has to be found from there.
symlinkSync(`${here}node_modules`, `${target}/node_modules`);
execFileSync(`${here}node_modules/.bin/vitepress`, ["build", target], { stdio: "inherit", env: { ...process.env, NO_COLOR: "1" } });
console.log("The site is in target/docs/site/.");

function write(path, text) {
  mkdirSync(dirname(`${target}/pages/${path}`), { recursive: true });
  writeFileSync(`${target}/pages/${path}`, text);
}

/** Only outside of blocks of code. Vue, on which VitePress is built, would interpret pairs of braces. */
function ofSite(path, text) {
  return text
    .split(/(^```[^]*?^```$)/m)
    .map((part, index) => (index % 2 ? part : part.replace(/`([^`\n]*\{\{[^`\n]*)`/g, (_, code) => `<code v-pre>${escaped(code)}</code>`).replace(/(!?)\[((?:[^\][]|\[[^\]]*\])*)\]\(([^)\s]+)\)/g, (link, image, label, to) => linkOf(path, link, image, label, to))))
    .join("");
}

function linkOf(path, link, image, label, to) {
  if (/^(https?:|#)/.test(to)) return link;
  if (to.startsWith("crate::")) return label;
  const [file, anchor] = to.split("#");
  let aim = normalize(join(dirname(path), file)).replace(/\/$/, "");
  if (documents.includes(`${aim}/README.md`)) aim += "/README.md";
  if (!documents.includes(aim) && !images.includes(aim)) return image ? "" : label;
  return `${image}[${label}](/${place(aim)}${anchor ? `#${anchor}` : ""})`;
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
