// The browser's page if IndexedDB does not answer: the page's own file, with an IndexedDB that a test controls.
import assert from "node:assert/strict";
import { test } from "node:test";

const NAME = "wicketgate.session.one";

/** IndexedDB with one store. `silence` names the call that gets no answer: `open`, `upgrade`, `get` or `put`. */
function database(silence = new Set()) {
  const kept = new Map();
  const waiting = [];
  const answering = (what, work) => {
    const request = {};
    const answer = () => {
      try {
        request.result = work();
        request.onsuccess?.();
      } catch (error) {
        request.error = error;
        request.onerror?.();
      }
    };
    if (silence.has(what)) waiting.push(answer);
    else setImmediate(answer);
    return request;
  };
  const store = {
    get: (key) => answering("get", () => kept.get(key)),
    put: (value, key) => answering("put", () => void kept.set(key, value)),
    add: (value, key) => answering("put", () => {
      if (kept.has(key)) throw new DOMException("there", "ConstraintError");
      kept.set(key, value);
    }),
  };
  let opened = 0;
  const connection = {
    createObjectStore: () => store,
    transaction: () => ({ objectStore: () => store }),
    close: () => opened--,
  };
  return {
    kept,
    connections: () => opened,
    isSilent: () => waiting.length > 0,
    open() {
      const request = answering("open", () => (opened++, connection));
      // Another tab keeps an older version open: neither event follows.
      if (silence.has("upgrade")) request.onblocked?.();
      return request;
    },
    answer() {
      silence.clear();
      for (const answer of waiting.splice(0)) answer();
    },
  };
}

/** A new copy of the file, as each page load brings it. */
let loads = 0;
const load = async (indexedDB) => {
  globalThis.indexedDB = indexedDB;
  return import(`../../src/browser/page.js?${++loads}`);
};

/** The outcome of `promise`. Two seconds pass at once if `held` does not answer, unless `isHurried` forbids it. */
async function outcome(t, held, promise, isHurried = true) {
  let ended;
  promise.then((value) => (ended = { value }), () => (ended = "rejected"));
  for (const start = performance.now(); !ended && performance.now() - start < 5000; ) {
    await new Promise(setImmediate);
    if (isHurried && held.isSilent()) t.mock.timers.tick(2000);
  }
  return ended ?? "unsettled";
}

for (const what of ["open", "upgrade", "get", "put"]) {
  test(`a wait for IndexedDB ends within two seconds, if ${what} does not answer`, async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const silence = new Set(what === "upgrade" ? ["open", "upgrade"] : [what]);
    const held = database(silence);
    const page = await load(held);
    assert.equal(await outcome(t, held, page.seal("secret", NAME)), "rejected");
    assert.equal(await outcome(t, held, page.mark("a", "b")), "rejected");
    // From now on, no call waits.
    for (const call of [() => page.seal("secret", NAME), () => page.unseal("3.AAAA", NAME), () => page.marked("a"), () => page.hasEnded("a"), () => page.end("a")]) {
      assert.equal(await outcome(t, held, call(), false), "rejected", String(call));
    }
    // Until it answers after all.
    held.answer();
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    const { value: sealed } = await outcome(t, held, page.seal("secret", NAME));
    assert.deepEqual(await outcome(t, held, page.unseal(sealed, NAME)), { value: "secret" });
    assert.equal(held.connections(), 0, "and every connection is closed");
  });
}

test("an IndexedDB that answers is not hurried", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const held = database();
  const page = await load(held);
  const { value: sealed } = await outcome(t, held, page.seal("secret", NAME));
  t.mock.timers.tick(10_000);
  assert.deepEqual(await outcome(t, held, page.unseal(sealed, NAME)), { value: "secret" });
  assert.deepEqual(await outcome(t, held, page.unseal(sealed, "wicketgate.session.two")), { value: undefined });
});
