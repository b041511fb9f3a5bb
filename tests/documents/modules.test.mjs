// The blocks of the documents that are modules of an app: each is bundled as it stands and called, with a client that says where
// its token went.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { blocksOf } from "./blocks.mjs";

const wicketgate = fileURLToPath(new URL("../../pkg/errors.js", import.meta.url));

/** The reader's own module that creates the client. */
const client = `
  export const asked = [];
  export const client = {
    asked,
    async fetch(input, init) {
      asked.push([String(input), init?.method]);
      return Response.json([1], { status: init?.method === "POST" ? 401 : 200 });
    },
    accessToken: async (options) => \`token \${options?.minValidity ?? 0}\`,
    stepUp: ({ status }) => (status === 401 ? { acrValues: "strong" } : undefined),
    beginLogin: async (options) => void asked.push(["login", options]),
    async loginWithPopup({ signal }) {
      asked.push(["popup", signal]);
      if (signal) throw Object.assign(new Error(), signal);
    },
    session: () => ({}),
    subscribe: (listener) => (asked.push(listener), () => {}),
    async loginSilently() {
      asked.push(["silently"]);
      throw Object.assign(new Error(), { code: "authorization_failed" });
    },
  };`;

/** The module that `document` shows as `file`. */
async function load(document, file) {
  const { text } = blocksOf(document).find((block) => block.file === file);
  const plugin = {
    name: "own",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\/(auth|main)\.js$/ }, () => ({ path: "client", namespace: "own" }));
      onResolve({ filter: /^wicketgate$/ }, () => ({ path: wicketgate }));
      onLoad({ filter: /.*/, namespace: "own" }, () => ({ contents: client }));
    },
  };
  const contents = file.endsWith(".ts") ? text : `${text}\nexport { asked } from "./auth.js";`;
  const { outputFiles } = await build({ stdin: { contents, loader: "ts" }, bundle: true, format: "esm", write: false, plugins: [plugin], logLevel: "error" });
  return import(`data:text/javascript,${encodeURIComponent(`${outputFiles[0].text}// ${document}`)}`);
}

for (const document of ["README.md", "docs/guide/api-calls.md"]) {
  test(`${document}: orders() goes through the client`, async () => {
    const { orders, asked } = await load(document, "src/orders.js");
    assert.deepEqual(await orders(), [1]);
    assert.deepEqual(asked, [["https://api.example/orders", undefined]]);
  });
}

test("docs/guide/api-calls.md: an API that wants more of the login gets it", async () => {
  const { transfer, asked } = await load("docs/guide/api-calls.md", "src/transfer.js");
  assert.equal((await transfer("")).status, 401);
  assert.deepEqual(asked, [["https://api.example/transfers", "POST"], ["login", { acrValues: "strong" }]]);
});

test("docs/guide/sessions.md: a token, and one that is good for longer", async () => {
  const { token, longer } = await load("docs/guide/sessions.md", "src/token.js");
  assert.deepEqual([await token(), await longer()], ["token 0", "token 300"]);
});

test("docs/guide/login.md: a login in a popup, and by redirect if the browser opens none", async () => {
  const { loginInPopup, asked } = await load("docs/guide/login.md", "src/popup.js");
  await loginInPopup();
  for (const code of ["popup_closed", "aborted", "popup_blocked"]) await loginInPopup({ code });
  assert.deepEqual(asked.map(([call]) => call), ["popup", "popup", "popup", "popup", "login"]);
  await assert.rejects(loginInPopup({ code: "network_failed" }), { code: "network_failed" });
});

test("docs/guide/sessions.md: a countdown, while the end is near", async () => {
  const { countDown, asked } = await load("docs/guide/sessions.md", "src/countdown.js");
  const shown = [];
  countDown((left) => shown.push(left));
  const [tell] = asked;
  tell({ endingAt: Date.now() / 1000 + 30 });
  tell({});
  assert.deepEqual(shown, [undefined, 30, undefined]);
});

test("docs/guide/login.md: a silent login that is refused is no failure", async () => {
  const { tryToSignIn, asked } = await load("docs/guide/login.md", "src/silent.js");
  await tryToSignIn();
  assert.deepEqual(asked, [["silently"]]);
});

test("docs/guide/login.md: a sentence for the user, for each failure", async () => {
  const { sentence } = await load("docs/guide/login.md", "src/failure.ts");
  const of = (code, oauth) => sentence(Object.assign(new Error(), { name: "WicketgateError", code, hint: "", retryable: false, oauth }));
  assert.equal(of("transaction_used"), undefined);
  assert.equal(of("transaction_expired"), "This login is too old. Please log in again.");
  assert.equal(of("authorization_failed", { error: "access_denied" }), "You cancelled the login.");
  assert.equal(of("authorization_failed", { error: "server_error" }), "The server refused the login.");
  assert.equal(of("timed_out"), "The login server cannot be reached.");
  assert.equal(of("id_token_invalid"), "The login failed.");
  assert.throws(() => sentence(new TypeError("another's")), TypeError);
});
