// docs/guide/deployment.md: the blocks for web servers, each in the server itself. Only the port and the folder are others.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { blocksOf } from "./blocks.mjs";

const document = "docs/guide/deployment.md";
const policy = /^default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' https:\/\/login\.example; base-uri 'none'; frame-ancestors 'none'$/;

const hosts = {
  nginx: {
    file: "nginx.conf",
    version: ["-v"],
    from: { "listen 8080;": (port) => `listen 127.0.0.1:${port};` },
    around: (block, folder) => `daemon off; pid ${folder}/pid; error_log stderr;
      events {}
      http { include /etc/nginx/mime.types; access_log ${folder}/access.log;
        client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder}; uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
        ${block} }`,
    start: (config, folder) => ["-p", folder, "-c", config],
    missing: 404,
    logs: true,
  },
  caddy: {
    file: "Caddyfile",
    version: ["version"],
    from: { "app.example {": (port) => `http://127.0.0.1:${port} {` },
    around: (block) => `{\n admin off\n}\n${block}`,
    start: (config) => ["run", "--adapter", "caddyfile", "--config", config],
    missing: 200,
  },
};

for (const [name, { file, version, from, around, start, missing, logs }] of Object.entries(hosts)) {
  const isThere = spawnSync(name, version).status === 0;
  test(`${name} serves an app as the document's lines say`, { skip: !isThere && `${name} is not on PATH` }, async (t) => {
    const folder = await mkdtemp(`${tmpdir()}/wicketgate-`);
    t.after(() => rm(folder, { recursive: true }));
    const port = await freePort();
    await mkdir(`${folder}/assets`);
    await writeFile(`${folder}/index.html`, "<!doctype html><title>The app</title>");
    await writeFile(`${folder}/assets/app.js`, "// the app");
    await writeFile(`${folder}/assets/app.wasm`, "");

    let { text } = blocksOf(document).find((block) => block.file === file);
    for (const [old, now] of Object.entries({ ...from, "/srv/app": () => folder })) {
      assert.equal(text.split(old).length, 2, old);
      text = text.replace(old, now(port));
    }
    await writeFile(`${folder}/config`, around(text, folder));
    const server = spawn(name, start(`${folder}/config`, folder), { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, HOME: folder } });
    const said = [];
    server.stderr.on("data", (data) => said.push(data));
    const ended = new Promise((resolve) => server.on("exit", resolve));
    t.after(() => (server.kill(), ended));
    const get = async (path) => {
      for (;;) {
        const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
        if (answer) return answer;
        if (server.exitCode !== null) throw new Error(`${name} ended: ${said.join("")}`);
        await new Promise(setImmediate);
      }
    };

    for (const path of ["/", "/account?tab=2", "/callback?code=secret&state=s"]) {
      const answer = await get(path);
      assert.equal(answer.status, 200, path);
      assert.match(await answer.text(), /The app/, path);
      assert.match(answer.headers.get("content-security-policy"), policy, path);
      assert.equal(answer.headers.get("referrer-policy"), "no-referrer", path);
      assert.equal(answer.headers.get("x-content-type-options"), "nosniff", path);
    }
    const script = await get("/assets/app.js");
    assert.match(script.headers.get("content-type"), /javascript/);
    assert.match(script.headers.get("content-security-policy"), policy);
    assert.equal((await get("/assets/app.wasm")).headers.get("content-type"), "application/wasm");
    assert.equal((await get("/assets/old.js")).status, missing);
    if (logs) assert.doesNotMatch(await readFile(`${folder}/access.log`, "utf8"), /secret/, "the code is not in the log");
  });
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
