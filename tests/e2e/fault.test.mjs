// A trap inside the module, such as a panic, leaves no promise pending and no broken module in use. The tests cause it by a
// function that the module calls: an exception of the clock passes through the module like a trap.
import assert from "node:assert/strict";
import { after } from "node:test";
import { needs, testThatNeeds } from "./browser.mjs";
import { startStage } from "./stage.mjs";

const test = testThatNeeds("tokens");

const stage = await startStage();
after(() => stage.close());

const ended = { code: "unsupported_environment", message: /module crashed/, retryable: false };
const [{ config }] = stage.ways;
const trap = () => {
  Date.now = () => {
    throw new WebAssembly.RuntimeError("unreachable");
  };
};

test("in a call that answers at once: it throws our error, and so does every call after it", async (t) => {
  const tab = await stage.open(t);
  await tab.run((config) => app.outcome(async () => void (await app.ready(config))), config());
  await tab.evaluate(trap);
  const url = () => tab.run((config) => app.outcome(async () => (await app.ready(config)).authorizationUrl()), config());
  await assert.rejects(url(), ended);
  const session = () => tab.run((config) => app.outcome(async () => (await app.client(config)).session()), config());
  await assert.rejects(session(), ended);
});

test("in the first step of a call that takes its time: it rejects", async (t) => {
  const tab = await stage.open(t);
  await tab.run((config) => app.outcome(async () => void (await app.ready(config))), config());
  await tab.evaluate(trap);
  await assert.rejects(tab.run((config) => app.begin(config), config()), ended);
});

test("in a later step: everything that waits rejects, and nothing hangs", needs("early scripts"), async (t) => {
  const tab = await stage.open(t);
  await tab.begin(config());
  // At the callback, the clock fails once the token endpoint has answered.
  await tab.page.addInitScript(() => {
    const { fetch } = window;
    window.fetch = async (url, init) => {
      if (url.startsWith("https://silent.example/")) return new Promise(() => {});
      const response = await fetch(url, init);
      if (init?.method === "POST") {
        Date.now = () => {
          throw new WebAssembly.RuntimeError("unreachable");
        };
      }
      return response;
    };
  });
  await tab.answer();
  const both = await tab.evaluate(async (config) => {
    const client = await app.client(config);
    const silent = async () => (await app.createClient({ clientId: "app", issuer: "https://silent.example" })).load();
    return Promise.all([app.outcome(() => client.handleCallback()), app.outcome(silent)]);
  }, config());
  for (const { error } of both) {
    assert.equal(error?.code, ended.code);
    assert.match(error.message, ended.message);
  }
  await assert.rejects(tab.run((config) => app.outcome(async () => (await app.client(config)).session()), config()), ended);
});
