// The interceptor with the real axios: which requests carry a token, and which do not.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import axios from "axios";
import { authInterceptor } from "wicketgate/axios";
import { signedIn, signedOut, standIn } from "./stand-in.mjs";

const { fetch } = globalThis;
let plain;
beforeEach(() => {
  plain = [];
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    plain.push([request.url, request.headers.get("authorization"), await request.text()]);
    return Response.json({ by: "the page" });
  };
});
afterEach(() => (globalThis.fetch = fetch));

function start(source = standIn({ session: signedIn }), client = source) {
  const sent = [];
  client.fetch = async (input, init) => {
    const request = new Request(input, init);
    if (new URL(request.url).origin !== "https://api.example") {
      await request.text();
      throw Object.assign(new Error(), { code: "origin_not_allowed" });
    }
    sent.push([request.method, request.url, await request.text()]);
    return Response.json({ by: "the client" });
  };
  const instance = axios.create({ adapter: "fetch" });
  instance.interceptors.request.use(authInterceptor(source));
  return { instance, sent, client };
}

test("axios: a request to an allowed origin goes through the client", async () => {
  const { instance, sent } = start();
  const { data, status } = await instance.post("https://api.example/orders", { a: 1 });
  assert.deepEqual([data, status, sent, plain], [{ by: "the client" }, 200, [["POST", "https://api.example/orders", '{"a":1}']], []]);
});

test("axios: every other goes out as it is, its body included, and without a token", async () => {
  const { instance, sent } = start();
  const { data } = await instance.post("https://other.example/", { a: 1 });
  assert.deepEqual([data, sent, plain], [{ by: "the page" }, [], [["https://other.example/", null, '{"a":1}']]]);
});

test("axios: so does one of a page where nobody is signed in, and one with a header of its own", async () => {
  const { instance, sent, client } = start();
  await instance.get("https://api.example/", { headers: { Authorization: "Basic x" } });
  client.become(signedOut);
  await instance.get("https://api.example/");
  assert.deepEqual([sent, plain.map(([, header]) => header)], [[], ["Basic x", null]]);
});

test("axios: the client may come later, or be that of a framework", async () => {
  const client = standIn({ session: signedIn });
  for (const source of [Promise.resolve(client), () => client, async () => client]) {
    const { instance, sent } = start(source, client);
    await instance.get("https://api.example/");
    assert.equal(sent.length, 1);
  }
  const { instance } = start(() => undefined, client);
  assert.deepEqual((await instance.get("https://api.example/")).data, { by: "the page" });
});

test("axios: what the client refuses for another reason is an error", async () => {
  const { instance, client } = start();
  client.fetch = async () => { throw Object.assign(new Error("over"), { code: "session_ended" }); };
  await assert.rejects(instance.get("https://api.example/"), ({ message, cause }) => /over/.test(message) || /over/.test(cause?.message));
});
