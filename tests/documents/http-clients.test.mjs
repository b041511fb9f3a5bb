// docs/guide/http-clients.md: each block unchanged, with the real library, and a client that records where its token went.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { blocksOf } from "./blocks.mjs";

const document = "docs/guide/http-clients.md";
const here = fileURLToPath(new URL("./", import.meta.url));

/** The reader's own modules that the blocks import. */
const own = {
  "client.ts": `
    export const sent: unknown[] = [];
    const listeners: ((session: { status: string }) => void)[] = [];
    export const client = {
      session: () => ({ status: "signed-in" }),
      subscribe: (listener: (session: { status: string }) => void) => listeners.push(listener),
      become: (status: string) => listeners.forEach((listener) => listener({ status })),
      accessToken: async () => "token",
      fetch: async (input: RequestInfo | URL, init?: RequestInit) => {
        const request = new Request(input, init);
        sent.push(request.url);
        return Response.json(request.url.endsWith("graphql") ? { data: { me: "ada" } } : [1]);
      },
    };`,
  "schema.ts": `export interface paths { "/orders": { get: { responses: { 200: { content: { "application/json": number[] } } } } } }`,
};

let folder;
before(async () => {
  await mkdir(`${here}../../target/documents`, { recursive: true });
  // Below this folder, the libraries are found.
  folder = await mkdtemp(`${here}node_modules/.blocks-`);
  for (const [name, text] of Object.entries(own)) await writeFile(`${folder}/${name}`, text);
  for (const { file, text } of blocksOf(document)) await writeFile(`${folder}/${file.replace("src/", "")}`, text);
});
after(() => rm(folder, { recursive: true }));

/** The module of the block named `name`, and the record of its client. */
async function load(name) {
  const entry = `export * from "./${name}.ts"; export * from "./client.ts";`;
  const outfile = `${folder}/${name}.mjs`;
  const alias = { "wicketgate/axios": fileURLToPath(new URL("../../pkg/axios.js", import.meta.url)) };
  await build({ stdin: { contents: entry, resolveDir: folder, loader: "ts" }, outfile, bundle: true, format: "esm", platform: "browser", alias, logLevel: "error", define: { "process.env.NODE_ENV": '"production"' } });
  return import(pathToFileURL(outfile));
}

test("every block of the page is run here", () => {
  assert.deepEqual(blocksOf(document).map(({ file }) => file), ["ky", "openapi-fetch", "axios", "query", "apollo", "socket"].map((name) => `src/${name}.ts`));
});

for (const name of ["ky", "openapi-fetch", "axios"]) {
  test(`${name}: a request goes through the client`, async () => {
    const { orders, sent } = await load(name);
    assert.deepEqual(await orders(), [1]);
    assert.deepEqual(sent, ["https://api.example/orders"]);
  });
}

test("TanStack Query: a query goes through the client, and is forgotten with the session", async () => {
  const { queries, orders, sent, client } = await load("query");
  assert.deepEqual(await queries.fetchQuery(orders), [1]);
  assert.deepEqual(sent, ["https://api.example/orders"]);
  client.become("signed-out");
  assert.equal(queries.getQueryData(["orders"]), undefined);
  assert.deepEqual([orders.retry(0, { retryable: false }), orders.retry(0, { retryable: true }), orders.retry(3, {})], [false, true, false]);
});

test("Apollo: a query goes through the client, and is forgotten with the session", async () => {
  const { apollo, sent, client } = await load("apollo");
  const { gql } = await import("@apollo/client");
  const { data } = await apollo.query({ query: gql`{ me }` });
  assert.equal(data.me, "ada");
  assert.deepEqual(sent, ["https://api.example/graphql"]);
  assert.notDeepEqual(apollo.extract(), {});
  client.become("signed-out");
  await new Promise(setImmediate);
  assert.deepEqual(apollo.extract(), {});
});

test("WebSocket: the token is the first message, and in no URL; a connection that is closed is made anew", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const opened = [];
  globalThis.WebSocket = class extends EventTarget {
    sent = [];
    constructor(url) { super(); this.url = url; opened.push(this); }
    send(message) { this.sent.push(message); }
  };
  const { keep } = await load("socket");
  const used = [];
  keep((socket) => used.push(socket));
  await new Promise(setImmediate);
  const [first] = opened;
  first.dispatchEvent(new Event("open"));
  assert.deepEqual([first.url, first.sent, used], ["wss://api.example/live", ['{"token":"token"}'], [first]]);
  first.dispatchEvent(new Event("close"));
  t.mock.timers.tick(3000);
  await new Promise(setImmediate);
  assert.equal(used.length, 2);
});
